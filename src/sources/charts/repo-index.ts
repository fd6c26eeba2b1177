import { parse, rcompare, rsort, type SemVer } from "semver";
import { z } from "zod";
import { InstallError } from "../../lib/errors.ts";
import { parseYaml } from "../../lib/yaml-text.ts";

/** One version of a chart, as a repository's index.yaml lists it. */
const IndexEntry = z.object({
  name: z.string(),
  version: z.string(),
  appVersion: z.string().optional(),
  /** Hex sha256 of the archive. */
  digest: z.string().optional(),
  /** Absolute, or relative to the repository. */
  urls: z.tuple([z.string()], z.string()),
});
export type IndexEntry = z.infer<typeof IndexEntry>;

/** A chart in an index. Its versions are read at once, an entry only when it is needed. */
export interface IndexedChart {
  /** In the index' order, newest first as a rule. */
  readonly versions: readonly string[];
  /** Whether the repository publishes checksums for this chart at all. */
  readonly hasDigests: boolean;
  /** @throws InstallError when the entry is not a valid one. */
  entry(version: string): IndexEntry;
}

/**
 * A chart's entries in an index.yaml; undefined when it isn't in there.
 *
 * Such an index has 10 MB and more, which a YAML parser takes many seconds for. Helm writes it with an indentation of
 * two spaces, so the chart's block is cut out as text, and only the entry that is wanted is parsed. An index that is
 * written otherwise is parsed whole, as JSON where it is that.
 */
export function findChart(index: string, name: string): IndexedChart | undefined {
  const slices = sliceEntries(index, name);
  if (slices) return fromSlices(slices, name);
  if (!hasKey(index, "entries")) throw createNotAnIndexError();
  return hasKey(index, name) ? fromWhole(index, name) : undefined;
}

interface Slice {
  readonly version: string;
  readonly text: string;
}

/** Undefined when the chart's block isn't found, or isn't laid out as helm does it. */
function sliceEntries(index: string, name: string): Slice[] | undefined {
  const entries = /^entries:[ ]*\r?$/m.exec(index)?.index;
  if (entries === undefined) return undefined;
  const start = index.indexOf(`\n  ${name}:\n`, entries);
  if (start < 0) return undefined;
  const body = start + `\n  ${name}:\n`.length;
  // The next chart, or what comes after the entries.
  const next = /^(?: {2})?[^\s-]/gm;
  next.lastIndex = body;
  const end = next.exec(index)?.index ?? index.length;
  const texts = index.slice(body, end).split(/^(?= {2}- )/m);
  const slices = texts.map((text) => ({
    text,
    version: /^ {2}(?:- | {2})version: *["']?([^\s"']+)["']? *$/m.exec(text)?.[1] ?? "",
  }));
  return slices.every(({ version }) => version !== "") ? slices : undefined;
}

function fromSlices(slices: readonly Slice[], name: string): IndexedChart {
  return {
    versions: slices.map(({ version }) => version),
    hasDigests: slices.some(({ text }) => /^ {2}(?:- | {2})digest: *\S/m.test(text)),
    entry: (version) => {
      const slice = slices.find((one) => one.version === version);
      // failsafe: every scalar stays the text it is; a digest or a version is never a number.
      const list = parseYaml(slice?.text ?? "", { schema: "failsafe" });
      return parseEntry(Array.isArray(list) ? list[0] : undefined, name, version);
    },
  };
}

function fromWhole(index: string, name: string): IndexedChart | undefined {
  const list = z
    .object({ entries: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))) })
    .safeParse(
      index.trimStart().startsWith("{") ? JSON.parse(index) : parseYaml(index, { schema: "failsafe" }),
    );
  if (!list.success) throw createNotAnIndexError();
  const entries = list.data.entries[name];
  if (entries === undefined) return undefined;
  return {
    versions: entries.map((entry) => String(entry.version)),
    hasDigests: entries.some((entry) => Boolean(entry.digest)),
    entry: (version) =>
      parseEntry(
        entries.find((entry) => entry.version === version),
        name,
        version,
      ),
  };
}

function createNotAnIndexError(): InstallError {
  return new InstallError("it is not a chart repository's index");
}

function parseEntry(value: unknown, name: string, version: string): IndexEntry {
  const entry = IndexEntry.safeParse(value);
  if (!entry.success)
    throw new InstallError(`its entry of ${name} ${version} is not valid: ${z.prettifyError(entry.error)}`);
  if (entry.data.name !== name || entry.data.version !== version)
    throw new InstallError(`its entry of ${name} ${version} says ${entry.data.name} ${entry.data.version}`);
  return entry.data;
}

function hasKey(index: string, name: string): boolean {
  for (let at = index.indexOf(name); at >= 0; at = index.indexOf(name, at + 1)) {
    const before = /(?:^|[\s{,])["']?$/.test(index.slice(Math.max(0, at - 2), at));
    const end = at + name.length;
    if (before && /^["']?\s{0,20}:/.test(index.slice(end, end + 30))) return true;
  }
  return false;
}

/**
 * Returns the listed version that was requested (a leading `v` doesn't count), or without a request the newest release
 * that is not a pre-release. Undefined if the index has no such version.
 */
export function chooseVersion(
  versions: readonly string[],
  requested: string | undefined,
): string | undefined {
  if (requested === undefined) return sortReleases(versions)[0];
  const bare = (version: string) => version.replace(/^v/, "");
  return versions.find((one) => one === requested) ?? versions.find((one) => bare(one) === bare(requested));
}

/** Names the three versions nearest to one that is not listed, and the newest release. */
export function suggestVersions(versions: readonly string[], requested: string): string {
  const wanted = parse(requested);
  const releases = sortReleases(versions);
  if (!wanted) return `the newest are ${releases.slice(0, 3).join(", ")}`;
  const nearest = parseVersions(versions).sort((a, b) => compareDistance(a, b, wanted));
  const names = nearest.slice(0, 3).map(({ raw }) => raw);
  return `the nearest are ${names.join(", ")}; the newest is ${releases[0] ?? versions[0]}`;
}

/** Returns the releases among the versions, newest first. */
function sortReleases(versions: readonly string[]): string[] {
  return rsort(parseVersions(versions).filter(({ prerelease }) => prerelease.length === 0)).map(
    ({ raw }) => raw,
  );
}

function parseVersions(versions: readonly string[]): SemVer[] {
  return versions.flatMap((version) => parse(version) ?? []);
}

function compareDistance(a: SemVer, b: SemVer, wanted: SemVer): number {
  const distances = (["major", "minor", "patch"] as const).map(
    (key) => Math.abs(a[key] - wanted[key]) - Math.abs(b[key] - wanted[key]),
  );
  return distances.find((distance) => distance !== 0) ?? rcompare(a, b);
}
