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

/** The files of a chart and of the subcharts that lie in it as folders, by their paths within it. */
type ChartFiles = ReadonlyMap<string, Uint8Array>;

/** Unpacked; a chart is text. The same as for its Chart.yaml. */
const unpackedLimit = 64 * 1024 ** 2;
/** Subcharts in subcharts. */
const deepest = 10;

const wanted =
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
/** Where charts of helm 2's format list them. */
const Requirements = ChartYaml.pick({ dependencies: true });

/**
 * What a chart's archive or folder says about its values.
 * @throws InstallError when a part of it can't be read as what it should be
 */
export async function readChartSource({ host }: Context, chart: ChartFile): Promise<ChartSource> {
  const isFolder = (await host.files.read(join(chart.path, "Chart.yaml"))) !== undefined;
  const files = isFolder
    ? await readFolderFiles(host.files, chart.path)
    : await readArchiveFiles(host.files.stream(chart.path), chart.path);
  return toSource(files, chart.path, 0);
}

async function readArchiveFiles(source: AsyncIterable<Uint8Array>, archive: string): Promise<ChartFiles> {
  const files = new Map<string, Uint8Array>();
  for await (const { name, pieces } of readTarGzEntries(source, archive, {
    what: "the chart",
    limit: unpackedLimit,
  })) {
    // Everything in it lies in a folder of the chart's name.
    const path = name.slice(name.indexOf("/") + 1);
    if (wanted.test(path)) files.set(path, await buffer(pieces()));
  }
  return files;
}

async function readFolderFiles(files: Files, root: string): Promise<ChartFiles> {
  const found = new Map<string, Uint8Array>();
  let size = 0;
  const walk = async (path: string, depth: number): Promise<void> => {
    for (const name of await files.list(join(root, path))) {
      const inner = path === "" ? name : `${path}/${name}`;
      const isBelow = /^(?:charts\/[^/]+\/)*(?:charts|charts\/[^/]+|templates(?:\/.+)?)$/.test(inner);
      // A file has nothing in it; a folder can't be read.
      if (isBelow && depth < deepest * 2 && (await files.list(join(root, inner))).length > 0)
        await walk(inner, depth + 1);
      else if (wanted.test(inner)) {
        const bytes = await buffer(files.stream(join(root, inner))).catch(ignoreFolder);
        size += bytes.byteLength;
        if (size > unpackedLimit)
          throw new InstallError(`${root}: more than ${unpackedLimit} bytes of a chart`);
        found.set(inner, bytes);
      }
    }
  };
  await walk("", 0);
  return found;
}

function ignoreFolder(error: unknown): Uint8Array {
  if ((error as NodeJS.ErrnoException).code === "EISDIR") return new Uint8Array();
  throw error;
}

async function toSource(files: ChartFiles, where: string, depth: number): Promise<ChartSource> {
  const text = (path: string) => decode(files.get(path));
  const chart = parseOrExplain(`${where}: Chart.yaml`, () =>
    ChartYaml.parse(parseYaml(text("Chart.yaml") ?? "")),
  );
  const listed =
    chart.dependencies ??
    parseOrExplain(`${where}: requirements.yaml`, () =>
      Requirements.parse(parseYaml(text("requirements.yaml") ?? "{}")),
    ).dependencies ??
    [];
  const schema = text("values.schema.json");
  const templates = [...files].filter(([path]) => path.startsWith("templates/"));
  return {
    name: chart.name,
    isLibrary: chart.type === "library",
    values: parseDefaults(text("values.yaml") ?? "", where),
    schema:
      schema === undefined
        ? undefined
        : parseOrExplain(`${where}: values.schema.json`, () => JSON.parse(schema)),
    templates: templates.map(([, bytes]) => decode(bytes) ?? ""),
    dependencies: listed.map(toDependency),
    charts: depth < deepest ? await readSubcharts(files, where, depth) : [],
  };
}

/** Folders and archives below charts/. */
async function readSubcharts(files: ChartFiles, where: string, depth: number): Promise<ChartSource[]> {
  const folders = new Map<string, Map<string, Uint8Array>>();
  const found: Promise<ChartSource>[] = [];
  for (const [path, bytes] of files) {
    const [, name = "", inner] = /^charts\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
    if (name === "") continue;
    if (inner !== undefined) folders.set(name, (folders.get(name) ?? new Map()).set(inner, bytes));
    else
      found.push(
        readArchiveFiles(Readable.from([bytes]), `${where}/${path}`).then((own) =>
          toSource(own, `${where}/${path}`, depth + 1),
        ),
      );
  }
  for (const [name, own] of folders)
    if (own.has("Chart.yaml")) found.push(toSource(own, `${where}/charts/${name}`, depth + 1));
  return Promise.all(found);
}

function toDependency(one: z.infer<typeof Dependency>): ChartDependency {
  return {
    name: one.name,
    alias: one.alias,
    conditions: (one.condition ?? "").split(",").flatMap((path) => path.trim() || []),
    tags: one.tags ?? [],
    importValues: one["import-values"] ?? [],
  };
}

/** As helm reads it, and as monstack reads the user's. */
function parseDefaults(text: string, where: string): unknown {
  const { data, errors } = readYaml(text, { keysMayRepeat: true });
  const [first] = errors;
  if (first) throw new InstallError(`${where}: values.yaml:${first.position}: ${first.problem}`);
  return data;
}

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

/** Unpacked; the same as for a chart's other files. */
const mostCrdBytes = 64 * 1024 ** 2;
const deepestFolder = 6;

const isDefinition = /(?:^|\/)crds\/[^/]+\.ya?ml$/;

/** The texts of the custom resource definitions that a chart, or a subchart in it, brings in its folder `crds`. */
export async function readChartCrds({ host }: Pick<Context, "host">, chart: ChartFile): Promise<string[]> {
  const isFolder = (await host.files.read(join(chart.path, "Chart.yaml"))) !== undefined;
  if (isFolder) return await listFilesBelow(host.files, chart.path, 0);
  const texts: string[] = [];
  const options = { what: "the chart", limit: mostCrdBytes };
  for await (const { name, pieces } of readTarGzEntries(host.files.stream(chart.path), chart.path, options)) {
    if (!isDefinition.test(name)) continue;
    texts.push(await text(pieces()));
  }
  return texts;
}

async function listFilesBelow(files: Files, folder: string, depth: number): Promise<string[]> {
  const names = depth > deepestFolder ? [] : await files.list(folder);
  const each = names.map(async (name) => {
    const path = join(folder, name);
    if (isDefinition.test(path)) return [(await files.read(path)) ?? ""];
    const leadsOn = name === "crds" || name === "charts" || /\/charts$/.test(folder);
    return leadsOn ? await listFilesBelow(files, path, depth + 1) : [];
  });
  return (await Promise.all(each)).flat();
}
