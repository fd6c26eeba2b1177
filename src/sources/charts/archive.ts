import { join, posix } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import { readTarEntryText, readTarGzEntries } from "../../archive/tar.ts";
import type { TarEntry } from "../../archive/tar-header.ts";
import type { Context } from "../../host/host.ts";
import { describeError, InstallError, UserError } from "../../lib/errors.ts";
import { parseYaml } from "../../lib/yaml-text.ts";
import type { ChartFile } from "../../lockfile/tools.ts";
import { hashFile } from "../web/download.ts";

/** The largest archive of a chart, in bytes. Charts are text; the largest have a few MB with CRDs and dashboards. */
export const chartLimit = 64 * 1024 ** 2;
/** The largest chart when unpacked, in bytes, with its subcharts. Helm has the same limit. */
const maxUnpackedBytes = 100 * 1024 ** 2;
/** The largest archive of a subchart, in bytes: it is inspected in memory. */
const maxSubchartBytes = 16 * 1024 ** 2;
const maxEntries = 10_000;
/** The maximum number of archives around a subchart: an archive can be in the archive of another subchart. */
const maximumDepth = 5;

/** The remaining number of entries and unpacked bytes that a chart and its subcharts may contain. */
interface Budget {
  entries: number;
  bytes: number;
}

/**
 * Inspects a chart's archive and the archives of its subcharts before helm reads them.
 * @param what the chart's name in messages
 * @throws InstallError for an entry or link that leads out of the chart's folder, a device, or an unreasonable size
 */
export async function inspectChart(source: AsyncIterable<Uint8Array>, what: string): Promise<void> {
  await inspectEntries(source, what, { entries: maxEntries, bytes: maxUnpackedBytes }, 0);
}

/**
 * Inspects the entries of an archive and of the archives in it.
 * @param budget the remaining budget of all archives together; each entry reduces it
 * @param depth number of archives around this one
 * @throws InstallError
 */
async function inspectEntries(
  source: AsyncIterable<Uint8Array>,
  what: string,
  budget: Budget,
  depth: number,
): Promise<void> {
  const fail = (why: string) =>
    new InstallError(`${what}: ${why}; it is not given to helm`, {
      fix: "helm did not pack this chart: don't use it, find out where it comes from",
    });
  const inspectEntry = (entry: TarEntry) => {
    budget.entries -= 1;
    budget.bytes -= entry.size;
    if (budget.entries < 0) throw fail(`it has more than ${maxEntries} entries`);
    if (budget.bytes < 0) throw fail(`unpacked it has more than ${maxUnpackedBytes} bytes`);
    const problem = describeEntryProblem(entry);
    if (problem !== undefined) throw fail(problem);
  };
  const options = { what: "the chart", limit: maxUnpackedBytes + maxEntries * 1024, inspect: inspectEntry };
  for await (const { name, size, pieces } of readTarGzEntries(source, what, options)) {
    if (!/\/charts\/[^/]+\.t(ar\.)?gz$/.test(name)) continue;
    if (depth >= maximumDepth) throw fail(`subcharts in it lie deeper than ${maximumDepth} archives`);
    if (size > maxSubchartBytes) throw fail(`the subchart ${name} in it has ${size} bytes`);
    await inspectEntries(Readable.from([await buffer(pieces())]), `${what}: ${name}`, budget, depth + 1);
  }
}

/** Describes the problem of an entry in an archive; undefined if it has none. */
function describeEntryProblem(entry: TarEntry): string | undefined {
  const { name, type, linkTo } = entry;
  const shownName = JSON.stringify(name.slice(0, 200));
  if (leadsOutside(name)) return `the name ${shownName} in it leads out of the chart's folder`;
  // Type g is a comment of git about the whole archive, not a file.
  if (["", "0", "5", "g"].includes(type)) return undefined;
  if (type !== "1" && type !== "2")
    return `${shownName} in it is not a file, folder or link (type ${JSON.stringify(type)})`;
  const target = type === "1" ? posix.normalize(linkTo) : posix.join(posix.dirname(name), linkTo);
  const folder = name.split("/")[0] ?? "";
  const isInside = !leadsOutside(target) && !linkTo.startsWith("/") && target.startsWith(`${folder}/`);
  return isInside
    ? undefined
    : `${shownName} in it is a link out of the chart's folder, to ${JSON.stringify(linkTo)}`;
}

/** True if a path leads out of the chart's folder. Paths of Windows are judged too, since helm accepts both. */
function leadsOutside(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  return /^[/\\]|^[A-Za-z]:|[\x00-\x1f]/.test(name) || name.split(/[/\\]/).includes("..");
}

/** The keys of Chart.yaml that monstack reads. */
const ChartYaml = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  appVersion: z.string().default(""),
  // The failsafe schema reads every value as a string.
  deprecated: z
    .string()
    .optional()
    .transform((text) => (text === "true" ? true : undefined)),
});
export type ChartYaml = z.infer<typeof ChartYaml>;

/** Limit for the unpacked bytes before Chart.yaml, which helm puts first. */
const unpackedLimit = 64 * 1024 ** 2;

/**
 * Inspects a chart's archive and returns its Chart.yaml.
 * @param what the chart's name in messages
 * @throws InstallError if it isn't a chart, or one that helm must not read
 */
export async function readArchive({ host }: Context, path: string, what = path): Promise<ChartYaml> {
  await inspectChart(host.files.stream(path), what);
  const text = await readTarEntryText(host, path, {
    matches: (name) => /^[^/]+\/Chart\.yaml$/.test(name),
    what: "Chart.yaml",
    limit: unpackedLimit,
  });
  return parseChartYaml(text, path);
}

/**
 * Returns the user's own chart, a folder or an archive (.tgz or .tar.gz). A folder has no sha256, since its files may
 * change at any time and nothing locks them.
 * @throws UserError if the path is missing or not a chart
 */
export async function readLocalChart(context: Context, path: string): Promise<ChartFile> {
  const { host } = context;
  const fix = "name a chart's folder (with its Chart.yaml) or its .tgz";
  const fail = (why: string, cause?: unknown) => new UserError(`chart ${path}: ${why}`, { fix, cause });
  if (!(await host.files.exists(path))) throw fail("no such folder or file");
  // Only a folder can contain a Chart.yaml.
  const chartYaml = await host.files.read(join(path, "Chart.yaml"));
  if (chartYaml !== undefined) {
    try {
      return { path, ...parseChartYaml(chartYaml, path), sha256: undefined, origin: path };
    } catch (cause) {
      throw fail(describeError(cause), cause);
    }
  }
  if (!/\.t(ar\.)?gz$/.test(path)) throw fail("it contains no Chart.yaml");
  const chart = await readArchive(context, path).catch((cause: unknown) => {
    throw fail(describeError(cause), cause);
  });
  return { path, ...chart, sha256: await hashFile(host, path), origin: path };
}

/** Parses a Chart.yaml. @throws InstallError if it is invalid */
function parseChartYaml(text: string, place: string): ChartYaml {
  try {
    // With the failsafe schema `appVersion: 1.10` remains the string "1.10".
    return ChartYaml.parse(parseYaml(text, { schema: "failsafe" }));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : describeError(cause);
    throw new InstallError(`${place}: its Chart.yaml is not valid: ${why}`, { cause });
  }
}
