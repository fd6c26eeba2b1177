import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { Context, Host } from "../host/host.ts";
import { lockFileName } from "../lockfile/lock.ts";
import { refuseShared } from "../sources/cache-folders.ts";
import { archivePath } from "../sources/charts/cache.ts";
import { textPath as dashboardPath } from "../sources/dashboards.ts";
import { cachedImage } from "../sources/images/store.ts";
import { cachedTool } from "../sources/tools/cache.ts";
import type { ToolKey } from "../sources/tools/entry.ts";
import { sha256Of } from "../sources/web/download.ts";
import type { BundledTool, Manifest, Part } from "./manifest.ts";

/** Where a chart or a dashboard lies, whether it was fetched or came in a bundle. */
export function placeOf(host: Host, path: string): string {
  const sha256 = /[0-9a-f]{64}/.exec(path)?.[0] ?? "";
  return path.startsWith("charts/") ? archivePath(host, sha256) : dashboardPath(host, sha256);
}

/** A bundle as a whole: its manifest has the sha256 of each part. Hex. */
export function digestOf(manifest: Manifest): string {
  return createHash("sha256").update(JSON.stringify(manifest)).digest("hex");
}

/** The program in the bundle. What the bundle says about it counts for runs with that bundle only. */
export function bundledKey(manifest: Manifest, { name, version, path }: BundledTool): ToolKey {
  const sha256 = manifest.parts.find((part) => part.path === path)?.unpacked?.sha256 ?? "";
  return { name, version, sha256, bundle: digestOf(manifest) };
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
    return (await cachedTool(context, bundledKey(manifest, tool))) !== undefined;
  }
  const image = manifest.images.find(({ path }) => path === part.path);
  if (image) return (await cachedImage(context, image)) !== undefined;
  const path = placeOf(host, part.path);
  await refuseShared(host, dirname(path));
  return (await host.files.exists(path)) && (await sha256Of(host, path)) === part.sha256;
}
