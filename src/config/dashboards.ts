import { isMapping } from "./mapping.ts";
import { isHttpUrl } from "./mirrors.ts";
import { shown } from "./mistakes.ts";
import { type Base, type Parsed, type Parser, type Problem, problem, text, toAbsolute } from "./parsers.ts";
import { didYouMean } from "./suggest.ts";

/** Where a dashboard comes from. Paths are absolute. */
export type DashboardSource =
  | { readonly kind: "id"; readonly id: number; readonly revision: number | undefined }
  | { readonly kind: "file"; readonly path: string }
  /** All .json files in it; those in a sub-folder go into a folder of Grafana's of its name. */
  | { readonly kind: "dir"; readonly path: string }
  | { readonly kind: "url"; readonly url: string; readonly sha256: string | undefined };

/** A dashboard that the user wants in Grafana. */
export interface DashboardWish {
  readonly source: DashboardSource;
  /** Grafana's folder; undefined: the general one. */
  readonly folder: string | undefined;
  /** What the dashboard's inputs shall be, by their names: a datasource's uid or name, or a text. */
  readonly inputs: Readonly<Record<string, string>>;
}

const right = "right would be an id of grafana.com like 1860 or 1860@37, a .json file, a folder or a URL";

/** An id, a path or a URL, or a mapping that says more. */
export const dashboard: Parser<DashboardWish> = (given, base) => {
  if (isMapping(given)) return fromMapping(given, base);
  const source = fromText(given, base);
  return "problems" in source ? source : { value: { source: source.value, folder: undefined, inputs: {} } };
};

function fromText(given: unknown, base: Base): Parsed<DashboardSource> {
  const written = typeof given === "number" ? String(given) : typeof given === "string" ? given.trim() : "";
  const [, id, revision] = /^(\d{1,9})(?:@(\d{1,6}))?$/.exec(written) ?? [];
  if (id !== undefined)
    return {
      value: { kind: "id", id: Number(id), revision: revision === undefined ? undefined : Number(revision) },
    };
  if (isHttpUrl(written)) return { value: { kind: "url", url: written, sha256: undefined } };
  if (written === "") return problem(`${shown(given)} is not a dashboard; ${right}`);
  const path = toAbsolute(written, base);
  return { value: /\.json$/i.test(written) ? { kind: "file", path } : { kind: "dir", path } };
}

const sources = ["id", "file", "dir", "url"] as const;
const keys = [...sources, "revision", "sha256", "folder", "inputs"];

function fromMapping(given: Readonly<Record<string, unknown>>, base: Base): Parsed<DashboardWish> {
  const problems: Problem[] = Object.keys(given)
    .filter((key) => !keys.includes(key))
    .map((key) => ({ at: [key], text: `unknown key; ${didYouMean(key, keys)}` }));
  const [kind, second] = sources.filter((key) => given[key] !== undefined);
  if (kind === undefined) return problem(`it has neither id, file, dir nor url; ${right}`);
  if (second !== undefined)
    problems.push({ at: [second], text: `a dashboard has either ${kind} or ${second}` });
  const note = (at: string, parsed: Parsed<unknown>) => {
    if ("problems" in parsed)
      problems.push(...parsed.problems.map((one) => ({ ...one, at: [at, ...one.at] })));
  };
  const source = sourceOf(kind, given, base);
  note(kind, source);
  const folder =
    given["folder"] === undefined ? { value: undefined } : text("a folder's name")(given["folder"], base);
  note("folder", folder);
  const inputs = inputsOf(given["inputs"]);
  note("inputs", inputs);
  for (const [key, of] of [
    ["revision", "id"],
    ["sha256", "url"],
  ] as const)
    if (given[key] !== undefined && kind !== of)
      problems.push({ at: [key], text: `only one by ${of} has a ${key}` });
  if (given["revision"] !== undefined && !isCount(given["revision"]))
    problems.push({
      at: ["revision"],
      text: `${shown(given["revision"])} is not a revision; right would be e.g. 37`,
    });
  const sum = given["sha256"];
  if (sum !== undefined && !(typeof sum === "string" && /^[0-9a-f]{64}$/i.test(sum)))
    problems.push({
      at: ["sha256"],
      text: `${shown(sum)} is no sha256; right would be 64 hex digits, in quotes`,
    });
  if (problems.length > 0 || "problems" in source || "problems" in folder || "problems" in inputs)
    return { problems };
  return { value: { source: source.value, folder: folder.value, inputs: inputs.value } };
}

function isCount(given: unknown): given is number {
  return typeof given === "number" && Number.isInteger(given) && given > 0;
}

function sourceOf(
  kind: (typeof sources)[number],
  given: Readonly<Record<string, unknown>>,
  base: Base,
): Parsed<DashboardSource> {
  const value = given[kind];
  if (kind === "id") {
    const parsed = fromText(value, base);
    if ("problems" in parsed || parsed.value.kind !== "id")
      return problem(`${shown(value)} is not an id of grafana.com; right would be e.g. 1860`);
    const { revision } = given;
    return { value: { ...parsed.value, revision: isCount(revision) ? revision : parsed.value.revision } };
  }
  if (kind === "url") {
    if (typeof value !== "string" || !isHttpUrl(value))
      return problem(`${shown(value)} is not a URL; right would be one with https:// or http://`);
    const sum = given["sha256"];
    return { value: { kind, url: value, sha256: typeof sum === "string" ? sum.toLowerCase() : undefined } };
  }
  const path = text("a path")(value, base);
  return "problems" in path ? path : { value: { kind, path: toAbsolute(path.value, base) } };
}

function inputsOf(given: unknown): Parsed<Readonly<Record<string, string>>> {
  if (given === undefined || given === null) return { value: {} };
  if (!isMapping(given))
    return problem(`${shown(given)} is not a mapping; right would be e.g. DS_PROMETHEUS: prometheus`);
  const problems = Object.entries(given).flatMap(([name, value]): Problem[] =>
    typeof value === "string"
      ? []
      : [{ at: [name], text: `${shown(value)} is not a text; right would be quotes around it` }],
  );
  return problems.length > 0 ? { problems } : { value: given as Record<string, string> };
}
