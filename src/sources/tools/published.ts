import { createHash } from "node:crypto";
import { z } from "zod";
import type { Host } from "../../host/host.ts";
import { joinBelow } from "../../lib/path.ts";
import type { ToolName } from "../../lockfile/tools.ts";
import { cacheFolder, keepFile, refuseShared } from "../cache-folders.ts";
import { mirrored } from "../web/mirrors.ts";
import type { Web } from "../web/web.ts";
import { releaseOf } from "./upstream.ts";

const Remembered = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });

/** Where it is kept what publishers said their tools' checksums are. */
export function checksumsFolder(host: Host): string {
  return joinBelow(cacheFolder(host), "tools-by-version");
}

/** The checksum that the publisher gave for a version when it was asked last, by way of the same mirror. */
export async function rememberedChecksum(
  web: Web,
  name: ToolName,
  version: string,
): Promise<string | undefined> {
  const { host } = web.context;
  await refuseShared(host, checksumsFolder(host));
  const text = await host.files.read(checksumPath(web, name, version));
  try {
    return Remembered.safeParse(JSON.parse(text ?? "")).data?.sha256;
  } catch {
    return undefined;
  }
}

/** Only what the publisher says is remembered: what a lock or a bundle says counts for runs with that lock or bundle. */
export async function rememberChecksum(
  web: Web,
  name: ToolName,
  version: string,
  sha256: string,
): Promise<void> {
  const { host } = web.context;
  const text = `${JSON.stringify({ name, version, arch: host.arch, sha256 })}\n`;
  await keepFile(host, checksumPath(web, name, version), text);
}

/** By who was really asked: what a mirror said counts for runs with that mirror. */
function checksumPath({ context, mirrors }: Web, name: ToolName, version: string): string {
  const { host } = context;
  const { checksumUrl } = releaseOf(name, version, host.arch);
  const key = [name, version, host.arch, mirrored(checksumUrl, mirrors)].join("\n");
  return joinBelow(checksumsFolder(host), `${createHash("sha256").update(key).digest("hex")}.json`);
}
