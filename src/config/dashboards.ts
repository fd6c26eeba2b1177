import { mapping } from "../yaml/mapping.ts";
import { shown } from "../yaml/mistakes.ts";
import { type Base, listOf, type Parsed, type Parser, path, problem, text } from "../yaml/parsers.ts";

/** Where a dashboard comes from. */
export type DashboardSource =
  /** Of grafana.com; without a revision the newest. */
  | { readonly kind: "id"; readonly id: number; readonly revision: number | undefined }
  /** Absolute. */
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "url"; readonly url: string; readonly sha256: string | undefined };

/** Absolute; each file below it, those of a sub-folder in Grafana's folder of that name. */
type DashboardFolder = { readonly kind: "dir"; readonly path: string };

interface About {
  /** Grafana's; undefined: the root. */
  readonly folder: string | undefined;
  /** Names of the export's inputs, or of its datasources, to what takes their place: a datasource's uid or name, or a constant. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** An item of `dashboards`, as it is written. */
export interface DashboardEntry extends About {
  readonly source: DashboardSource | DashboardFolder;
}

/** A dashboard that Grafana is to have. */
export interface AskedDashboard extends About {
  readonly source: DashboardSource;
  /** Which item of `dashboards` asks for it. */
  readonly index: number;
  /** It is one of a folder's: `inputs` may name what others have. */
  readonly isOneOfMany: boolean;
}

const right = "right would be an ID of grafana.com (1860 or 1860@37), a file.json, a folder, or a URL";

function idOf(written: unknown): Parsed<{ id: number; revision: number | undefined }> {
  const [, before, after] = /^(\d{1,9})@(.*)$/.exec(String(written).trim()) ?? [];
  if (before !== undefined && !/^0*[1-9]\d{0,5}$/.test(after ?? ""))
    return problem(
      `${shown(after)} is no revision of the dashboard ${before}; right would be a whole number from 1, e.g. ${before}@37`,
    );
  const [, id, revision] = /^(\d{1,9})(?:@(\d{1,6}))?$/.exec(String(written).trim()) ?? [];
  if (id === undefined || Number(id) === 0 || Number(revision ?? 1) === 0)
    return problem(`${shown(written)} is no ID of a dashboard; right would be e.g. 1860, or 1860@37`);
  return { value: { id: Number(id), revision: revision === undefined ? undefined : Number(revision) } };
}

const id: Parser<{ id: number; revision: number | undefined }> = (given) => idOf(given);

const revision: Parser<number> = (given) =>
  Number.isInteger(given) && Number(given) > 0
    ? { value: Number(given) }
    : problem(`${shown(given)} is no revision; right would be a whole number from 1`);

const url: Parser<string> = (given) => {
  const written = typeof given === "string" ? given.trim() : "";
  return /^https?:\/\//.test(written) && URL.canParse(written)
    ? { value: written }
    : problem(`${shown(given)} is not a URL; right would be https://...`);
};

const sha256 = text("a sha256 (64 hexadecimal digits)", (hex) => /^[0-9a-fA-F]{64}$/.test(hex));

const inputs: Parser<Readonly<Record<string, string>>> = (given) => {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return problem(`${shown(given)} is not a mapping; right would be e.g. DS_PROMETHEUS: prometheus`);
  const entries = Object.entries(given);
  const wrong = entries.filter(([, value]) => !["string", "number", "boolean"].includes(typeof value));
  if (wrong.length > 0)
    return {
      problems: wrong.map(([key, value]) => ({ at: [key], text: `${shown(value)} is no text` })),
    };
  return { value: Object.fromEntries(entries.map(([key, value]) => [key, String(value)])) };
};

/** In Grafana's own words `General` is the root, and nothing may be a folder of that name. */
const folder: Parser<string | undefined> = (given, base) => {
  const parsed = text("a folder's title (at most 189 characters)", (title) => title.length <= 189)(
    given,
    base,
  );
  if ("problems" in parsed) return parsed;
  return { value: parsed.value.toLowerCase() === "general" ? undefined : parsed.value };
};

const fields = mapping("a mapping with one of id, file, dir and url", {
  id,
  revision,
  file: path,
  dir: path,
  url,
  sha256,
  folder,
  inputs,
});

const sources = ["id", "file", "dir", "url"] as const;

function fromMapping(given: unknown, base: Base): Parsed<DashboardEntry> {
  const parsed = fields(given, base);
  if ("problems" in parsed) return parsed;
  const { id, revision, file, dir, url, sha256, folder, inputs = {} } = parsed.value;
  const there = sources.filter((key) => parsed.value[key] !== undefined);
  if (there.length !== 1)
    return problem(
      there.length === 0
        ? "nothing says where it comes from; right would be one of id, file, dir and url"
        : `there are ${there.join(" and ")}; right would be one of them`,
    );
  if (revision !== undefined && id === undefined)
    return problem("only what has an id has revisions", ["revision"]);
  if (sha256 !== undefined && url === undefined)
    return problem("it belongs to a url: a revision of grafana.com's doesn't change", ["sha256"]);
  const source = (): DashboardEntry["source"] => {
    if (id) return { kind: "id", id: id.id, revision: revision ?? id.revision };
    if (url !== undefined) return { kind: "url", url, sha256: sha256?.toLowerCase() };
    return file === undefined ? { kind: "dir", path: dir ?? "" } : { kind: "file", path: file };
  };
  return { value: { source: source(), folder, inputs } };
}

/** `1860`, `1860@37`, a path or a URL; or a mapping. */
const dashboard: Parser<DashboardEntry> = (given, base) => {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return fromMapping(given, base);
  const bare = (source: DashboardEntry["source"]) => ({ value: { source, folder: undefined, inputs: {} } });
  if (typeof given === "number" || (typeof given === "string" && /^\d+(@[^/]*)?$/.test(given.trim()))) {
    const parsed = idOf(given);
    return "problems" in parsed ? parsed : bare({ kind: "id", ...parsed.value });
  }
  if (typeof given !== "string" || given.trim() === "")
    return problem(`${shown(given)} is no dashboard; ${right}`);
  if (/^[a-z]+:\/\//.test(given.trim())) {
    const parsed = url(given, base);
    return "problems" in parsed ? parsed : bare({ kind: "url", url: parsed.value, sha256: undefined });
  }
  const parsed = path(given, base);
  if ("problems" in parsed) return parsed;
  return bare({ kind: parsed.value.endsWith(".json") ? "file" : "dir", path: parsed.value });
};

const list = listOf(dashboard, "a list of dashboards");

/** The whole of `dashboards:`. */
export const dashboards: Parser<readonly DashboardEntry[]> = (given, base) =>
  given === null ? { value: [] } : list(given, base);

/** In a flag or an input: separated by commas or lines. */
export const dashboardsInText: Parser<readonly DashboardEntry[]> = (given, base) =>
  list(
    String(given)
      .split(/[,\n]/)
      .map((part) => part.trim())
      .filter((part) => part !== ""),
    base,
  );
