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
export interface ScrapeFault {
  readonly path: Path;
  readonly on: "key" | "value";
  readonly problem: string;
}

/** Returns what Prometheus' own code refuses in each of some jobs, judged in one batch. */
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

function toFault(error: UpstreamError, yaml: YamlFile, isJob: boolean): ScrapeFault {
  const above = isJob ? ["scrape_configs", 0] : ["global"];
  const unknown = /^field (\S+) not found in type/.exec(error.message)?.[1];
  const whole =
    (error.line === undefined
      ? findMentionedPath(error.message, yaml, above)
      : findPathAtLine(error, yaml)) ?? above;
  const isBelow = above.every((step, index) => whole[index] === step);
  const said = unknown === undefined ? error.message : `unknown key ${unknown}`;
  return {
    path: isBelow ? whole.slice(above.length) : [],
    on: unknown === undefined ? "value" : "key",
    problem: `Prometheus ${judgedBy.prometheus}: ${said}`,
  };
}

function findPathAtLine({ line, message }: UpstreamError, yaml: YamlFile): Path | undefined {
  const unknown = /^field (\S+) not found in type/.exec(message)?.[1];
  const inLine = yaml.entries().filter(({ key, value }) => yaml.placeOf(key ?? value).line === line);
  return (inLine.find(({ path }) => path.at(-1) === unknown) ?? inLine[0])?.path;
}

/** Upstream's messages name the setting in words: the key whose words come first in the message. */
function findMentionedPath(message: string, yaml: YamlFile, above: Path): Path | undefined {
  const words = message.toLowerCase().replaceAll(/[_-]/g, " ");
  const found = yaml
    .entries()
    .filter(({ path }) => path.length > above.length && above.every((step, index) => path[index] === step))
    .flatMap(({ path, scalar }) => {
      const key = String(path.at(-1)).toLowerCase().replaceAll("_", " ");
      const value = String(scalar?.value ?? "");
      const byKey = typeof path.at(-1) === "string" && key.length > 3 ? words.indexOf(key) : -1;
      // A value is shown as it is, in quotes or at the end.
      const byValue = value.length > 2 && path.at(-1) !== "job_name" ? message.indexOf(value) : -1;
      const at = byKey >= 0 ? byKey : byValue >= 0 ? byValue : undefined;
      return at === undefined ? [] : [{ path, at, both: byKey >= 0 && byValue >= 0 }];
    })
    .sort((a, b) => Number(b.both) - Number(a.both) || a.at - b.at || b.path.length - a.path.length);
  return found[0]?.path;
}

/** Returns the jobs that have a name which another one before them has. */
export function findRepeatedNames(
  jobs: readonly unknown[],
  taken: readonly string[] = [],
): { readonly index: number; readonly name: string }[] {
  const seen = new Set(taken);
  return jobs.flatMap((job, index) => {
    const name = isMapping(job) ? job["job_name"] : undefined;
    if (typeof name !== "string") return [];
    const isSecond = seen.has(name);
    seen.add(name);
    return isSecond ? [{ index, name }] : [];
  });
}
