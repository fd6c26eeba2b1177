import { join } from "node:path";
import { tarEntries } from "../../archive/tar.ts";
import type { Context, Files } from "../../host/host.ts";
import type { ChartFile } from "../../lockfile/tools.ts";

/** Unpacked; the same as for a chart's other files. */
const unpackedLimit = 64 * 1024 ** 2;
const deepest = 6;

const isDefinition = /(?:^|\/)crds\/[^/]+\.ya?ml$/;

/** The texts of the custom resource definitions that a chart, or a subchart in it, brings in its folder `crds`. */
export async function readChartCrds({ host }: Pick<Context, "host">, chart: ChartFile): Promise<string[]> {
  const isFolder = (await host.files.read(join(chart.path, "Chart.yaml"))) !== undefined;
  if (isFolder) return await inFolder(host.files, chart.path, 0);
  const texts: string[] = [];
  const options = { what: "the chart", limit: unpackedLimit };
  for await (const { name, pieces } of tarEntries(host.files.stream(chart.path), chart.path, options)) {
    if (!isDefinition.test(name)) continue;
    const parts: Uint8Array[] = [];
    for await (const piece of pieces()) parts.push(piece);
    texts.push(Buffer.concat(parts).toString("utf8"));
  }
  return texts;
}

async function inFolder(files: Files, folder: string, depth: number): Promise<string[]> {
  const names = depth > deepest ? [] : await files.list(folder);
  const each = names.map(async (name) => {
    const path = join(folder, name);
    if (isDefinition.test(path)) return [(await files.read(path)) ?? ""];
    const leadsOn = name === "crds" || name === "charts" || /\/charts$/.test(folder);
    return leadsOn ? await inFolder(files, path, depth + 1) : [];
  });
  return (await Promise.all(each)).flat();
}
