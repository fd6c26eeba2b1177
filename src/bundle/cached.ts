import { join } from "node:path";
import type { Context, Host } from "../host/host.ts";
import { lockFileName } from "../lock/lock.ts";
import { cachedTool, cacheFolder } from "../sources/cache.ts";
import { archivePath } from "../sources/chart-cache.ts";
import { textPath as dashboardPath } from "../sources/dashboards.ts";
import { sha256Of } from "../sources/download.ts";
import type { BundledTool, Manifest, Part } from "./manifest.ts";

/** Where a part goes that isn't a tool: to the place where it would lie had it been fetched. */
export function placeOf(host: Host, { images }: Manifest, path: string): string {
  const image = images.find((one) => one.path === path);
  if (image) return imagePath(host, image.digest);
  const sha256 = /[0-9a-f]{64}/.exec(path)?.[0] ?? "";
  return path.startsWith("charts/") ? archivePath(host, sha256) : dashboardPath(host, sha256);
}

/** Where an image's archive lies, by the digest that its registry gives. */
export function imagePath(host: Host, digest: string): string {
  return join(cacheFolder(host), "images", `${digest.replace(/^sha256:/, "")}.tar`);
}

/** The paths of the parts that the cache lacks, or has otherwise. */
export async function notInCache(context: Context, manifest: Manifest): Promise<Set<string>> {
  const { parts, tools } = manifest;
  const missing = new Set<string>();
  for (const part of parts) {
    if (part.path === lockFileName) continue;
    const tool = tools.find(({ path }) => path === part.path);
    const isThere = tool ? await hasTool(context, tool, part) : await hasFile(context, manifest, part);
    if (!isThere) missing.add(part.path);
  }
  return missing;
}

async function hasTool(
  context: Context,
  { name, version, download }: BundledTool,
  part: Part,
): Promise<boolean> {
  const cached = await cachedTool(context, name, version);
  return (
    cached?.origin.executableSha256 === part.unpacked?.sha256 && cached?.origin.sha256 === download.sha256
  );
}

async function hasFile({ host }: Context, manifest: Manifest, part: Part): Promise<boolean> {
  const path = placeOf(host, manifest, part.path);
  const expected = (part.unpacked ?? part).sha256;
  return (await host.files.exists(path)) && (await sha256Of(host, path)) === expected;
}
