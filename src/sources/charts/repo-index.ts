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

/** A chart in an index. Its versions are parsed at once, an entry only when it is requested. */
export interface IndexedChart {
  /** In the order of the index, usually the newest first. */
  readonly versions: readonly string[];
  /** Whether the repository publishes a checksum for any version of this chart. */
  readonly hasDigests: boolean;
  /** Returns the entry of a version. @throws InstallError if it is invalid */
  entry(version: string): IndexEntry;
}

/**
 * Returns a chart's entries in an index.yaml; undefined if the index doesn't have the chart.
 *
 * An index can have more than 10 MB, for which a YAML parser needs many seconds. Helm writes it with an indentation of
 * two spaces, so the chart's block is cut out as text, and only the requested entry is parsed. An index with another
 * layout is parsed as a whole.
 */
export function findChart(index: string, name: string): IndexedChart | undefined {
  const slices = sliceEntries(index, name);
  if (slices) return createChartFromSlices(slices, name);
  if (!hasKey(index, "entries")) throw createNotAnIndexError();
  return hasKey(index, name) ? parseWholeIndex(index, name) : undefined;
}

/** The text of one entry. */
interface Slice {
  readonly version: string;
  readonly text: string;
}

/**
 * Returns the texts of a chart's entries; undefined if the chart's block isn't found or isn't laid out as helm does.
 */
function sliceEntries(index: string, name: string): Slice[] | undefined {
  const entriesStart = /^entries:[ ]*\r?$/m.exec(index)?.index;
  if (entriesStart === undefined) return undefined;
  const start = index.indexOf(`\n  ${name}:\n`, entriesStart);
  if (start < 0) return undefined;
  const blockStart = start + `\n  ${name}:\n`.length;
  // The next chart, or what comes after the entries.
  const nextBlockPattern = /^(?: {2})?[^\s-]/gm;
  nextBlockPattern.lastIndex = blockStart;
  const blockEnd = nextBlockPattern.exec(index)?.index ?? index.length;
  const texts = index.slice(blockStart, blockEnd).split(/^(?= {2}- )/m);
  const slices = texts.map((text) => ({
    text,
    version: /^ {2}(?:- | {2})version: *["']?([^\s"']+)["']? *$/m.exec(text)?.[1] ?? "",
  }));
  return slices.every(({ version }) => version !== "") ? slices : undefined;
}

/** Returns a chart whose entries are parsed from their texts when requested. */
function createChartFromSlices(slices: readonly Slice[], name: string): IndexedChart {
  return {
    versions: slices.map(({ version }) => version),
    hasDigests: slices.some(({ text }) => /^ {2}(?:- | {2})digest: *\S/m.test(text)),
    entry: (version) => {
      const slice = slices.find((candidate) => candidate.version === version);
      // With the failsafe schema every scalar is a string, so that no digest or version becomes a number.
      const list = parseYaml(slice?.text ?? "", { schema: "failsafe" });
      return parseEntry(Array.isArray(list) ? list[0] : undefined, name, version);
    },
  };
}

/** Returns a chart from an index that is parsed as a whole; undefined if the index doesn't have the chart. */
function parseWholeIndex(index: string, name: string): IndexedChart | undefined {
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

/** Validates an entry. @throws InstallError if it is invalid or belongs to another chart or version */
function parseEntry(value: unknown, name: string, version: string): IndexEntry {
  const entry = IndexEntry.safeParse(value);
  if (!entry.success)
    throw new InstallError(`its entry of ${name} ${version} is not valid: ${z.prettifyError(entry.error)}`);
  if (entry.data.name !== name || entry.data.version !== version)
    throw new InstallError(`its entry of ${name} ${version} says ${entry.data.name} ${entry.data.version}`);
  return entry.data;
}

/** True if a text contains a word as a YAML or JSON key. A fast test that needs no parser. */
function hasKey(index: string, name: string): boolean {
  for (let position = index.indexOf(name); position >= 0; position = index.indexOf(name, position + 1)) {
    const isKeyStart = /(?:^|[\s{,])["']?$/.test(index.slice(Math.max(0, position - 2), position));
    const end = position + name.length;
    if (isKeyStart && /^["']?\s{0,20}:/.test(index.slice(end, end + 30))) return true;
  }
  return false;
}

/**
 * Returns the listed version that equals the requested one (with or without a leading `v`). Without a request, returns
 * the newest version that is not a pre-release. Undefined if the index has no such version.
 */
export function chooseVersion(
  versions: readonly string[],
  requested: string | undefined,
): string | undefined {
  if (requested === undefined) return sortReleases(versions)[0];
  const stripPrefix = (version: string) => version.replace(/^v/, "");
  return (
    versions.find((version) => version === requested) ??
    versions.find((version) => stripPrefix(version) === stripPrefix(requested))
  );
}

/** Returns a text with the three versions nearest to one that is not listed, and the newest release. */
export function suggestVersions(versions: readonly string[], requested: string): string {
  const requestedVersion = parse(requested);
  const releases = sortReleases(versions);
  if (!requestedVersion) return `the newest are ${releases.slice(0, 3).join(", ")}`;
  const nearest = parseVersions(versions).sort((a, b) => compareDistance(a, b, requestedVersion));
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

/** Compares two versions by their distance to a third: first by major, then minor, then patch. */
function compareDistance(a: SemVer, b: SemVer, wanted: SemVer): number {
  const distances = (["major", "minor", "patch"] as const).map(
    (key) => Math.abs(a[key] - wanted[key]) - Math.abs(b[key] - wanted[key]),
  );
  return distances.find((distance) => distance !== 0) ?? rcompare(a, b);
}
