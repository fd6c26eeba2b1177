import { join } from "node:path";
import { z } from "zod";
import { tarEntryText } from "../../archive/tar.ts";
import type { Context } from "../../host/host.ts";
import { InstallError, messageOf, UserError } from "../../lib/errors.ts";
import { parseYaml } from "../../lib/yaml-text.ts";
import type { ChartFile } from "../../lockfile/tools.ts";
import { sha256Of } from "../web/download.ts";
import { inspectChart } from "./archive.ts";

/** What is read of a chart's Chart.yaml. */
const ChartYaml = z.object({
  name: z.string().min(1),
  version: z.string().min(1),
  appVersion: z.string().default(""),
  // Everything is a text here.
  deprecated: z
    .string()
    .optional()
    .transform((text) => (text === "true" ? true : undefined)),
});
export type ChartYaml = z.infer<typeof ChartYaml>;

/** A chart is text: unpacked it has no more than this before its Chart.yaml, which helm puts first. */
const unpackedLimit = 64 * 1024 ** 2;

/**
 * The Chart.yaml in a chart's archive, all of which is looked through before.
 * @param what how messages call it
 * @throws InstallError when it isn't a chart, or one that helm must not see.
 */
export async function readArchive({ host }: Context, path: string, what = path): Promise<ChartYaml> {
  await inspectChart(host.files.stream(path), what);
  const text = await tarEntryText(host, path, {
    matches: (name) => /^[^/]+\/Chart\.yaml$/.test(name),
    what: "Chart.yaml",
    limit: unpackedLimit,
  });
  return parseChartYaml(text, path);
}

/** A chart on this machine: a folder or a .tgz. @throws UserError when there is none. */
export async function localChart(context: Context, path: string): Promise<ChartFile> {
  const { host } = context;
  const fix = "name a chart's folder (with its Chart.yaml) or its .tgz";
  const fail = (why: string, cause?: unknown) => new UserError(`chart ${path}: ${why}`, { fix, cause });
  if (!(await host.files.exists(path))) throw fail("there is no such folder or file");
  const wrongChart = (cause: unknown) => {
    throw fail(messageOf(cause), cause);
  };
  // Reading it as a folder is how it shows that it is one.
  const chartYaml = await host.files.read(join(path, "Chart.yaml"));
  if (chartYaml !== undefined) {
    const chart = await Promise.resolve(chartYaml)
      .then((text) => parseChartYaml(text, path))
      .catch(wrongChart);
    return { path, ...chart, sha256: undefined, origin: path };
  }
  if (!/\.t(ar\.)?gz$/.test(path)) throw fail("there is no Chart.yaml in it");
  const chart = await readArchive(context, path).catch(wrongChart);
  return { path, ...chart, sha256: await sha256Of(host, path), origin: path };
}

function parseChartYaml(text: string, where: string): ChartYaml {
  try {
    // failsafe: `appVersion: 1.10` stays 1.10.
    return ChartYaml.parse(parseYaml(text, { schema: "failsafe" }));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new InstallError(`${where}: its Chart.yaml is not valid: ${why}`, { cause });
  }
}
