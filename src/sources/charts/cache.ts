import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { z } from "zod";
import type { Context, Host } from "../../host/host.ts";
import { joinBelow } from "../../lib/path.ts";
import { getCacheFolder, keepFile, refuseShared } from "../cache-folders.ts";
import { hashFile } from "../web/download.ts";

/** Identifies a published chart. A published version does not change. */
export interface ChartKey {
  /** The repository's URL, or the chart's own for oci://. */
  readonly from: string;
  readonly name: string;
  readonly version: string;
  /** The requested URL, after mirrors: a mirror's chart is valid only for runs with that mirror. */
  readonly asked: string;
}

/** A file that leads from a chart's version to its archive. */
const Pointer = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), origin: z.string() });

/** A chart in the cache, and the URL that it was downloaded from. */
interface CachedChart {
  readonly path: string;
  readonly sha256: string;
  readonly origin: string;
}

/** Returns the path of a cached archive, which is named by its sha256. */
export function getArchivePath(host: Host, sha256: string): string {
  return joinBelow(getCacheFolder(host), "charts", `${sha256}.tgz`);
}

/**
 * Returns the path of the cached archive with this checksum; undefined if there is none. Removes it if its content was
 * changed.
 */
export async function findCachedArchive({ host, log }: Context, sha256: string): Promise<string | undefined> {
  const path = getArchivePath(host, sha256);
  await refuseShared(host, dirname(path));
  if (!(await host.files.exists(path))) return undefined;
  if ((await hashFile(host, path)) === sha256) {
    await host.files.touch(path);
    return path;
  }
  log.warn(`the cached chart ${path} was changed since it was verified; it is fetched again`);
  await host.files.remove(path);
  return undefined;
}

/** Returns a chart that was fetched before, without a request to its repository; undefined if there is none. */
export async function findCachedChart(context: Context, key: ChartKey): Promise<CachedChart | undefined> {
  const pointerPath = getPointerPath(context.host, key);
  await refuseShared(context.host, dirname(pointerPath));
  const pointer = parsePointer(await context.host.files.read(pointerPath));
  if (!pointer) return undefined;
  const path = await findCachedArchive(context, pointer.sha256);
  return path === undefined ? undefined : { path, ...pointer };
}

/** Writes to the cache which archive contains a chart's version. */
export async function rememberChart({ host }: Context, key: ChartKey, chart: CachedChart): Promise<void> {
  const { sha256, origin } = chart;
  await keepFile(host, getPointerPath(host, key), `${JSON.stringify({ ...key, sha256, origin })}\n`);
}

function getPointerPath(host: Host, { from, name, version, asked }: ChartKey): string {
  const key = createHash("sha256").update([from, name, version, asked].join("\n")).digest("hex");
  return joinBelow(getCacheFolder(host), "charts", "by-version", `${key}.json`);
}

/** Parses the file that leads to an archive; undefined if it is missing or invalid. */
function parsePointer(text: string | undefined): z.infer<typeof Pointer> | undefined {
  try {
    return Pointer.safeParse(JSON.parse(text ?? "")).data;
  } catch {
    return undefined;
  }
}
