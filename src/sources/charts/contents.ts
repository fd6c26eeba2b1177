import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { z } from "zod";
import { readTarGzEntries } from "../../archive/tar.ts";
import type { Context, Files } from "../../host/host.ts";
import { describeError, InstallError } from "../../lib/errors.ts";
import { parseYaml } from "../../lib/yaml-text.ts";
import type { ChartFile } from "../../lockfile/tools.ts";
import type { ChartDependency, ChartSource } from "../../model/chart.ts";
import { readYaml } from "../../yaml/read.ts";

/** The files of a chart and of its unpacked subcharts, by their paths within the chart. */
type ChartFiles = ReadonlyMap<string, Uint8Array>;

/** Limit for the unpacked files, in bytes; the same as for Chart.yaml. */
const unpackedLimit = 64 * 1024 ** 2;
/** Levels of subcharts within subcharts. */
const deepest = 10;

/** Paths of the files that are read. */
const readFilePattern =
  /^(?:charts\/[^/]+\/)*(?:Chart\.yaml|requirements\.yaml|values\.yaml|values\.schema\.json|templates\/.+|charts\/[^/]+\.t(?:ar\.)?gz)$/;

const ImportValue = z.union([z.string(), z.object({ child: z.string(), parent: z.string() })]);
const Dependency = z.object({
  name: z.string(),
  alias: z.string().optional(),
  condition: z.string().optional(),
  tags: z.array(z.string()).nullish(),
  "import-values": z.array(ImportValue).nullish(),
});
const ChartYaml = z.object({
  name: z.string(),
  type: z.string().optional(),
  dependencies: z.array(Dependency).nullish(),
});
/** requirements.yaml, in which charts of helm 2's format list their dependencies. */
const Requirements = ChartYaml.pick({ dependencies: true });

/**
 * Returns what a chart's archive or folder contains about its values: defaults, schema, templates, dependencies and
 * subcharts.
 * @throws InstallError if one of its files is invalid
 */
export async function readChartSource({ host }: Context, chart: ChartFile): Promise<ChartSource> {
  const isFolder = (await host.files.read(join(chart.path, "Chart.yaml"))) !== undefined;
  const files = isFolder
    ? await readFolderFiles(host.files, chart.path)
    : await readArchiveFiles(host.files.stream(chart.path), chart.path);
  return parseChartFiles(files, chart.path, 0);
}

/** Returns the files of a chart's archive that are read, by their paths below the chart's folder. */
async function readArchiveFiles(source: AsyncIterable<Uint8Array>, archive: string): Promise<ChartFiles> {
  const files = new Map<string, Uint8Array>();
  for await (const { name, pieces } of readTarGzEntries(source, archive, {
    what: "the chart",
    limit: unpackedLimit,
  })) {
    // The archive contains a single folder with the chart's name.
    const path = name.slice(name.indexOf("/") + 1);
    if (readFilePattern.test(path)) files.set(path, await buffer(pieces()));
  }
  return files;
}

/** Returns the files of a chart's folder that are read. @throws InstallError if they exceed the limit */
async function readFolderFiles(files: Files, root: string): Promise<ChartFiles> {
  const chartFiles = new Map<string, Uint8Array>();
  let size = 0;
  const walk = async (path: string, depth: number): Promise<void> => {
    for (const name of await files.list(join(root, path))) {
      const innerPath = path === "" ? name : `${path}/${name}`;
      const mayBeFolder = /^(?:charts\/[^/]+\/)*(?:charts|charts\/[^/]+|templates(?:\/.+)?)$/.test(innerPath);
      // Listing a file returns nothing, so only folders are entered.
      if (mayBeFolder && depth < deepest * 2 && (await files.list(join(root, innerPath))).length > 0)
        await walk(innerPath, depth + 1);
      else if (readFilePattern.test(innerPath)) {
        const bytes = await buffer(files.stream(join(root, innerPath))).catch(ignoreFolder);
        size += bytes.byteLength;
        if (size > unpackedLimit)
          throw new InstallError(`${root}: more than ${unpackedLimit} bytes of a chart`);
        chartFiles.set(innerPath, bytes);
      }
    }
  };
  await walk("", 0);
  return chartFiles;
}

/** Returns no bytes if the path was a folder; rethrows any other error. */
function ignoreFolder(error: unknown): Uint8Array {
  if ((error as NodeJS.ErrnoException).code === "EISDIR") return new Uint8Array();
  throw error;
}

/**
 * Parses a chart's files.
 * @param place the chart's place in messages
 * @param depth number of charts around this one
 */
async function parseChartFiles(files: ChartFiles, place: string, depth: number): Promise<ChartSource> {
  const readText = (path: string) => decode(files.get(path));
  const chart = parseOrExplain(`${place}: Chart.yaml`, () =>
    ChartYaml.parse(parseYaml(readText("Chart.yaml") ?? "")),
  );
  const listedDependencies =
    chart.dependencies ??
    parseOrExplain(`${place}: requirements.yaml`, () =>
      Requirements.parse(parseYaml(readText("requirements.yaml") ?? "{}")),
    ).dependencies ??
    [];
  const schema = readText("values.schema.json");
  const templates = [...files].filter(([path]) => path.startsWith("templates/"));
  return {
    name: chart.name,
    isLibrary: chart.type === "library",
    values: parseDefaults(readText("values.yaml") ?? "", place),
    schema:
      schema === undefined
        ? undefined
        : parseOrExplain(`${place}: values.schema.json`, () => JSON.parse(schema)),
    templates: templates.map(([, bytes]) => decode(bytes) ?? ""),
    dependencies: listedDependencies.map(toDependency),
    charts: depth < deepest ? await readSubcharts(files, place, depth) : [],
  };
}

/** Returns the subcharts in the folder charts/: unpacked ones and archives. */
async function readSubcharts(files: ChartFiles, place: string, depth: number): Promise<ChartSource[]> {
  const folders = new Map<string, Map<string, Uint8Array>>();
  const subcharts: Promise<ChartSource>[] = [];
  for (const [path, bytes] of files) {
    const [, name = "", innerPath] = /^charts\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
    if (name === "") continue;
    if (innerPath !== undefined) folders.set(name, (folders.get(name) ?? new Map()).set(innerPath, bytes));
    else
      subcharts.push(
        readArchiveFiles(Readable.from([bytes]), `${place}/${path}`).then((subchartFiles) =>
          parseChartFiles(subchartFiles, `${place}/${path}`, depth + 1),
        ),
      );
  }
  for (const [name, subchartFiles] of folders)
    if (subchartFiles.has("Chart.yaml"))
      subcharts.push(parseChartFiles(subchartFiles, `${place}/charts/${name}`, depth + 1));
  return Promise.all(subcharts);
}

/** Converts a dependency from Chart.yaml; `condition` becomes a list of paths. */
function toDependency(dependency: z.infer<typeof Dependency>): ChartDependency {
  return {
    name: dependency.name,
    alias: dependency.alias,
    conditions: (dependency.condition ?? "").split(",").flatMap((path) => path.trim() || []),
    tags: dependency.tags ?? [],
    importValues: dependency["import-values"] ?? [],
  };
}

/**
 * Parses values.yaml. Keys may repeat, as helm allows it.
 * @throws InstallError with the position if it is invalid
 */
function parseDefaults(text: string, place: string): unknown {
  const { data, errors } = readYaml(text, { keysMayRepeat: true });
  const [firstError] = errors;
  if (firstError)
    throw new InstallError(`${place}: values.yaml:${firstError.position}: ${firstError.problem}`);
  return data;
}

/**
 * Returns the result of `parse`.
 * @param what the file's name in messages
 * @throws InstallError that names the file if `parse` throws
 */
function parseOrExplain<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : describeError(cause);
    throw new InstallError(`${what} is not valid: ${why}`, { cause });
  }
}

function decode(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

/** Limit for the unpacked files, in bytes; the same as for a chart's other files. */
const maxCrdBytes = 64 * 1024 ** 2;
const deepestFolder = 6;

/** Paths of files with custom resource definitions. */
const definitionPattern = /(?:^|\/)crds\/[^/]+\.ya?ml$/;

/** Returns the texts of the files in the folder `crds` of a chart and its subcharts. */
export async function readChartCrds({ host }: Pick<Context, "host">, chart: ChartFile): Promise<string[]> {
  const isFolder = (await host.files.read(join(chart.path, "Chart.yaml"))) !== undefined;
  if (isFolder) return await readCrdsBelow(host.files, chart.path, 0);
  const texts: string[] = [];
  const options = { what: "the chart", limit: maxCrdBytes };
  for await (const { name, pieces } of readTarGzEntries(host.files.stream(chart.path), chart.path, options)) {
    if (!definitionPattern.test(name)) continue;
    texts.push(await text(pieces()));
  }
  return texts;
}

/** Returns the texts of the definitions in a folder and its subfolders `crds` and `charts`. */
async function readCrdsBelow(files: Files, folder: string, depth: number): Promise<string[]> {
  const names = depth > deepestFolder ? [] : await files.list(folder);
  const texts = names.map(async (name) => {
    const path = join(folder, name);
    if (definitionPattern.test(path)) return [(await files.read(path)) ?? ""];
    const isEntered = name === "crds" || name === "charts" || /\/charts$/.test(folder);
    return isEntered ? await readCrdsBelow(files, path, depth + 1) : [];
  });
  return (await Promise.all(texts)).flat();
}
