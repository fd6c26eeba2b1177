import { didYouMean } from "../lib/suggest.ts";
import { isMapping } from "../lib/values.ts";
import type { Judge, UpstreamError } from "../upstream/types.ts";
import { judgedBy as versions } from "../upstream/versions.ts";
import { isNewer } from "./alertmanager-versions.ts";

type Path = readonly (string | number)[];

/** Something with which Alertmanager would not start. */
export interface ConfigFault {
  /** What is at fault: keys, and indices from 0. */
  readonly path: Path;
  readonly problem: string;
  /** A key that Alertmanager doesn't know: it is at fault, not its value. */
  readonly isUnknownKey: boolean;
  /** The type of value that a text stands in the place of. */
  readonly wanted?: "number" | "boolean";
}

/** The Alertmanager whose code judges. */
export const judgedBy = `Alertmanager ${versions.alertmanager}`;

/** Whether a deployed version is newer than the one that judges: a key that is unknown here may be known there. */
export function mayKnowMore(version: string | undefined): boolean {
  return version !== undefined && isNewer(version, versions.alertmanager);
}

/** What upstream's own code refuses in a configuration, as it would be deployed. */
export async function judgeAlertmanager(
  judge: Pick<Judge, "ask">,
  config: unknown,
  features: readonly string[] = [],
): Promise<ConfigFault[]> {
  // JSON is YAML in which no text can be taken for something else.
  const [verdict] = await judge.ask("alertmanager", [{ text: JSON.stringify(config ?? {}), features }]);
  return (verdict?.errors ?? []).map((error) => toFault(error, config));
}

function toFault(error: UpstreamError, config: unknown): ConfigFault {
  const { message, path = [], known = [] } = error;
  const key = /^field (.+) not found in type /.exec(message)?.[1];
  if (key !== undefined) {
    const problem = `the key ${key} is not known to ${judgedBy}; ${didYouMean(key, known)}`;
    return { path, problem, isUnknownKey: true };
  }
  const [, found = "", type = ""] =
    /^cannot unmarshal !!(\w+) (?:`[\s\S]*` )?into (\S+)$/.exec(message) ?? [];
  if (type === "") return { path, problem: inWords(message, config), isUnknownKey: false };
  const wanted = wantedBy(type, found);
  const problem = `expected ${wanted}, found ${foundName[found] ?? "something else"}; ${judgedBy} refuses it`;
  const plain = wanted.includes("number") ? "number" : wanted === booleanName ? "boolean" : undefined;
  return { path, problem, isUnknownKey: false, ...(found === "str" && plain ? { wanted: plain } : {}) };
}

const booleanName = "true or false";

const foundName: Readonly<Record<string, string>> = {
  str: "a text",
  int: "another number",
  float: "another number",
  bool: booleanName,
  seq: "a list",
  map: "a mapping",
  null: "nothing",
};

/** Of a type of Go's; one of Alertmanager's own is a mapping, or a text where a mapping is refused. */
function wantedBy(type: string, found: string): string {
  if (type === "bool") return booleanName;
  if (type === "time.Duration") return "a duration, for example 30s or 5m";
  if (/^uint\d*$/.test(type)) return "a whole number from 0";
  if (/^int\d*$/.test(type)) return "a whole number";
  if (type.startsWith("float")) return "a number";
  if (type.startsWith("[]")) return "a list";
  if (found === "seq" && !type.startsWith("map[") && type !== "string") return "a single value or a mapping";
  return type === "string" || found === "map" ? "a text" : "a mapping";
}

function inWords(message: string, config: unknown): string {
  const [, what = "", quoted = ""] =
    /^undefined (receiver|time interval) ("[\s\S]*") used in route$/.exec(message) ?? [];
  if (what === "") return `${judgedBy} refuses it: ${message}`;
  const name = unquoted(quoted);
  const keys = what === "receiver" ? ["receivers"] : ["time_intervals", "mute_time_intervals"];
  return `there is no ${what} ${name}; ${didYouMean(name, namesIn(config, keys))} (${judgedBy} refuses it)`;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text.slice(1, -1);
  }
}

function namesIn(config: unknown, keys: readonly string[]): string[] {
  if (!isMapping(config)) return [];
  const lists = keys.flatMap((key) => (Array.isArray(config[key]) ? config[key] : []));
  return lists.flatMap((one: unknown) => (isMapping(one) && one["name"] ? [String(one["name"])] : []));
}
