import { isMapping } from "../lib/object.ts";
import { judgedBy } from "../upstream/judge.ts";
import type { Judge, UpstreamError } from "../upstream/protocol.ts";
import { readYaml, type YamlFile } from "../yaml/read.ts";

type Path = readonly (string | number)[];

/** A job of Prometheus' scrape_configs, and the settings for all jobs. */
export interface ScrapeToJudge {
  /** Undefined: only the global settings are checked. */
  readonly job?: unknown;
  readonly global: Readonly<Record<string, unknown>>;
}

/** A mistake for which Prometheus refuses a job. The path begins at the job, or at the global settings if there is no job. */
interface ScrapeFault {
  readonly path: Path;
  readonly on: "key" | "value";
  readonly problem: string;
}

/** Returns the faults for which Prometheus' own code refuses each of the jobs. All jobs are judged in one batch. */
export async function judgeScrapes(
  judge: Pick<Judge, "ask">,
  scrapes: readonly ScrapeToJudge[],
): Promise<ScrapeFault[][]> {
  const texts = scrapes.map(({ job, global }) =>
    // JSON is YAML in which a text is never read as a number or a boolean. With indentation each key has its own line.
    JSON.stringify({ global, ...(job === undefined ? {} : { scrape_configs: [job] }) }, null, 1),
  );
  const answers = await judge.ask(
    "scrape",
    texts.map((text) => ({ text })),
  );
  return texts.map((text, index) => {
    const isJob = scrapes[index]?.job !== undefined;
    const yaml = readYaml(text);
    return (answers[index]?.errors ?? []).map((error) => createFault(error, yaml, isJob));
  });
}

/** Converts upstream's error to a fault with its path in the job or in the global section. */
function createFault(error: UpstreamError, yaml: YamlFile, isJob: boolean): ScrapeFault {
  const basePath = isJob ? ["scrape_configs", 0] : ["global"];
  const unknownKey = /^field (\S+) not found in type/.exec(error.message)?.[1];
  const fullPath =
    (error.line === undefined
      ? findMentionedPath(error.message, yaml, basePath)
      : findPathAtLine(error, yaml)) ?? basePath;
  const isBelow = basePath.every((step, index) => fullPath[index] === step);
  const reason = unknownKey === undefined ? error.message : `unknown key ${unknownKey}`;
  return {
    path: isBelow ? fullPath.slice(basePath.length) : [],
    on: unknownKey === undefined ? "value" : "key",
    problem: `Prometheus ${judgedBy.prometheus}: ${reason}`,
  };
}

/**
 * Returns the path at an error's line: of the unknown key that the message names, else of the first entry in the
 * line.
 */
function findPathAtLine({ line, message }: UpstreamError, yaml: YamlFile): Path | undefined {
  const unknownKey = /^field (\S+) not found in type/.exec(message)?.[1];
  const entriesInLine = yaml.entries().filter(({ key, value }) => yaml.placeOf(key ?? value).line === line);
  return (entriesInLine.find(({ path }) => path.at(-1) === unknownKey) ?? entriesInLine[0])?.path;
}

/**
 * Returns the path of the setting that an error's message names in words. Entries whose key and value are both in the
 * message come first, then those that the message names first.
 */
function findMentionedPath(message: string, yaml: YamlFile, basePath: Path): Path | undefined {
  const words = message.toLowerCase().replaceAll(/[_-]/g, " ");
  const matches = yaml
    .entries()
    .filter(
      ({ path }) => path.length > basePath.length && basePath.every((step, index) => path[index] === step),
    )
    .flatMap(({ path, scalar }) => {
      const key = String(path.at(-1)).toLowerCase().replaceAll("_", " ");
      const value = String(scalar?.value ?? "");
      const keyIndex = typeof path.at(-1) === "string" && key.length > 3 ? words.indexOf(key) : -1;
      // Upstream's messages contain a value unchanged. Short keys and values are in too many messages.
      const valueIndex = value.length > 2 && path.at(-1) !== "job_name" ? message.indexOf(value) : -1;
      if (keyIndex < 0 && valueIndex < 0) return [];
      const isBoth = keyIndex >= 0 && valueIndex >= 0;
      return [{ path, index: keyIndex >= 0 ? keyIndex : valueIndex, isBoth }];
    })
    .sort(
      (a, b) => Number(b.isBoth) - Number(a.isBoth) || a.index - b.index || b.path.length - a.path.length,
    );
  return matches[0]?.path;
}

/**
 * Returns the jobs with a name that an earlier job has.
 * @param takenNames names of jobs that come before these
 */
export function findRepeatedNames(
  jobs: readonly unknown[],
  takenNames: readonly string[] = [],
): { readonly index: number; readonly name: string }[] {
  const seenNames = new Set(takenNames);
  return jobs.flatMap((job, index) => {
    const name = isMapping(job) ? job["job_name"] : undefined;
    if (typeof name !== "string") return [];
    const isRepeated = seenNames.has(name);
    seenNames.add(name);
    return isRepeated ? [{ index, name }] : [];
  });
}
