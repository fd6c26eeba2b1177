import type { Context, Host } from "../host/host.ts";
import { lockFileName } from "../lock/lock.ts";
import { archivePath } from "../sources/charts/cache.ts";
import { textPath as dashboardPath } from "../sources/dashboards.ts";
import { cachedImage } from "../sources/images/store.ts";
import { cachedTool } from "../sources/tools/cache.ts";
import { sha256Of } from "../sources/web/download.ts";
import type { Manifest, Part } from "./manifest.ts";

/** Where a chart or a dashboard lies, whether it was fetched or came in a bundle. */
export function placeOf(host: Host, path: string): string {
  const sha256 = /[0-9a-f]{64}/.exec(path)?.[0] ?? "";
  return path.startsWith("charts/") ? archivePath(host, sha256) : dashboardPath(host, sha256);
}

/** The paths of the parts that the cache lacks, or has otherwise. */
export async function notInCache(context: Context, manifest: Manifest): Promise<Set<string>> {
  const missing = new Set<string>();
  for (const part of manifest.parts)
    if (part.path !== lockFileName && !(await isCached(context, manifest, part))) missing.add(part.path);
  return missing;
}

async function isCached(context: Context, manifest: Manifest, part: Part): Promise<boolean> {
  const { host } = context;
  const tool = manifest.tools.find(({ path }) => path === part.path);
  if (tool) {
    const origin = (await cachedTool(context, tool.name, tool.version))?.origin;
    const isSame = origin?.executableSha256 === part.unpacked?.sha256;
    return isSame && origin?.sha256 === tool.download.sha256;
  }
  const image = manifest.images.find(({ path }) => path === part.path);
  if (image) return (await cachedImage(context, image)) !== undefined;
  const path = placeOf(host, part.path);
  return (await host.files.exists(path)) && (await sha256Of(host, path)) === part.sha256;
}
