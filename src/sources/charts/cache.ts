import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { z } from "zod";
import type { Context, Host } from "../../host/host.ts";
import { joinBelow } from "../../lib/path.ts";
import { cacheFolder, keepFile, refuseShared } from "../cache-folders.ts";
import { sha256Of } from "../web/download.ts";

/** A published chart: what its repository calls it. A version is published once and then stays. */
export interface ChartKey {
  /** The repository's URL, or the chart's own for oci://. */
  readonly from: string;
  readonly name: string;
  readonly version: string;
  /** Who was really asked for it, a mirror or the repository: what one says counts for runs that ask the same one. */
  readonly asked: string;
}

const Pointer = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), origin: z.string() });

/** A chart in the cache, with the URL it once came from. */
export interface CachedChart {
  readonly path: string;
  readonly sha256: string;
  readonly origin: string;
}

/** Archives lie there under their own sha256. */
export function archivePath(host: Host, sha256: string): string {
  return joinBelow(cacheFolder(host), "charts", `${sha256}.tgz`);
}

/** The archive with this checksum, if it is there and whole. One that isn't is taken away. */
export async function cachedArchive({ host, log }: Context, sha256: string): Promise<string | undefined> {
  const path = archivePath(host, sha256);
  await refuseShared(host, dirname(path));
  if (!(await host.files.exists(path))) return undefined;
  if ((await sha256Of(host, path)) === sha256) {
    await host.files.touch(path);
    return path;
  }
  log.warn(`the cached chart ${path} was changed since it was verified; it is fetched again`);
  await host.files.remove(path);
  return undefined;
}

/** A chart that was fetched before, without asking its repository. */
export async function cachedChart(context: Context, key: ChartKey): Promise<CachedChart | undefined> {
  const place = pointerPath(context.host, key);
  await refuseShared(context.host, dirname(place));
  const pointer = parsePointer(await context.host.files.read(place));
  if (!pointer) return undefined;
  const path = await cachedArchive(context, pointer.sha256);
  return path === undefined ? undefined : { path, ...pointer };
}

/** Remembers which archive a chart is. */
export async function rememberChart({ host }: Context, key: ChartKey, chart: CachedChart): Promise<void> {
  const { sha256, origin } = chart;
  await keepFile(host, pointerPath(host, key), `${JSON.stringify({ ...key, sha256, origin })}\n`);
}

function pointerPath(host: Host, { from, name, version, asked }: ChartKey): string {
  const key = createHash("sha256").update([from, name, version, asked].join("\n")).digest("hex");
  return joinBelow(cacheFolder(host), "charts", "by-version", `${key}.json`);
}

function parsePointer(text: string | undefined): z.infer<typeof Pointer> | undefined {
  try {
    return Pointer.safeParse(JSON.parse(text ?? "")).data;
  } catch {
    return undefined;
  }
}
