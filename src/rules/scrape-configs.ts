import { isMapping } from "../lib/object.ts";
import { judgedBy } from "../upstream/judge.ts";
import type { Judge, UpstreamError } from "../upstream/protocol.ts";
import { readYaml, type YamlFile } from "../yaml/read.ts";

type Path = readonly (string | number)[];

/** A job of Prometheus' scrape_configs, and what holds for all of them. */
export interface ScrapeToJudge {
  /** Undefined: the global settings alone are judged. */
  readonly job?: unknown;
  readonly global: Readonly<Record<string, unknown>>;
}

/** What Prometheus refuses of a job; the path is that of the job, or of the global settings. */
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
    // JSON is YAML in which no text can be taken for something else, and each key has a line of its own.
    JSON.stringify({ global, ...(job === undefined ? {} : { scrape_configs: [job] }) }, null, 1),
  );
  const answers = await judge.ask(
    "scrape",
    texts.map((text) => ({ text })),
  );
  return texts.map((text, index) => {
    const isJob = scrapes[index]?.job !== undefined;
    const yaml = readYaml(text);
    return (answers[index]?.errors ?? []).map((error) => toFault(error, yaml, isJob));
  });
}

/** Converts upstream's error to a fault with its path in the job or in the global section. */
function toFault(error: UpstreamError, yaml: YamlFile, isJob: boolean): ScrapeFault {
  const basePath = isJob ? ["scrape_configs", 0] : ["global"];
  const unknown = /^field (\S+) not found in type/.exec(error.message)?.[1];
  const whole =
    (error.line === undefined
      ? findMentionedPath(error.message, yaml, basePath)
      : findPathAtLine(error, yaml)) ?? basePath;
  const isBelow = basePath.every((step, index) => whole[index] === step);
  const reason = unknown === undefined ? error.message : `unknown key ${unknown}`;
  return {
    path: isBelow ? whole.slice(basePath.length) : [],
    on: unknown === undefined ? "value" : "key",
    problem: `Prometheus ${judgedBy.prometheus}: ${reason}`,
  };
}

function findPathAtLine({ line, message }: UpstreamError, yaml: YamlFile): Path | undefined {
  const unknown = /^field (\S+) not found in type/.exec(message)?.[1];
  const inLine = yaml.entries().filter(({ key, value }) => yaml.placeOf(key ?? value).line === line);
  return (inLine.find(({ path }) => path.at(-1) === unknown) ?? inLine[0])?.path;
}

/** Returns the path of the setting that upstream's message names in words: of the keys in the message, the first one. */
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
      const byKey = typeof path.at(-1) === "string" && key.length > 3 ? words.indexOf(key) : -1;
      // A value is shown as it is, in quotes or at the end.
      const byValue = value.length > 2 && path.at(-1) !== "job_name" ? message.indexOf(value) : -1;
      const index = byKey >= 0 ? byKey : byValue >= 0 ? byValue : undefined;
      return index === undefined ? [] : [{ path, at: index, both: byKey >= 0 && byValue >= 0 }];
    })
    .sort((a, b) => Number(b.both) - Number(a.both) || a.at - b.at || b.path.length - a.path.length);
  return matches[0]?.path;
}

/** Returns the jobs whose names an earlier job has. */
export function findRepeatedNames(
  jobs: readonly unknown[],
  taken: readonly string[] = [],
): { readonly index: number; readonly name: string }[] {
  const seenNames = new Set(taken);
  return jobs.flatMap((job, index) => {
    const name = isMapping(job) ? job["job_name"] : undefined;
    if (typeof name !== "string") return [];
    const isSecond = seenNames.has(name);
    seenNames.add(name);
    return isSecond ? [{ index, name }] : [];
  });
}
