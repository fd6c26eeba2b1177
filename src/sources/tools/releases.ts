import type { Host } from "../../host/host.ts";
import { InstallError } from "../../lib/errors.ts";
import type { LockedTool } from "../../lockfile/lock.ts";
import type { ToolName } from "../../lockfile/tools.ts";
import { downloadLocked } from "../locked.ts";
import { type Downloaded, downloadVerified, fetchText } from "../web/download.ts";
import { HttpStatusError, request, type Web, where } from "../web/http.ts";
import { findChecksum } from "./checksums.ts";
import { releaseOf } from "./upstream.ts";

/** A tool's file at its host, and what its bytes must be. */
export interface ToolDownload {
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
  /** Downloads it, in these very bytes. */
  readonly to: (path: string) => Promise<Downloaded>;
}

/** A tool's release as its host publishes it, with the checksum that it gives for it. */
export async function publishedDownload(web: Web, name: ToolName, version: string): Promise<ToolDownload> {
  const { url, checksumUrl: from } = releaseOf(name, version, web.context.host.arch);
  const sha256 = await publishedChecksum(web, name, version);
  return { url, sha256, to: (path) => downloadVerified(web, url, path, { sha256, from }, { mode: 0o755 }) };
}

/** As the lock has it: neither a channel nor a checksum file is asked. */
export function lockedDownload(web: Web, name: ToolName, locked: LockedTool): ToolDownload {
  const { url, sha256 } = locked[web.context.host.arch];
  const what = `${name} ${locked.version}`;
  return { url, sha256, to: (path) => downloadLocked(web, { url, sha256, what }, path, { mode: 0o755 }) };
}

/** The published checksum; tells a version that doesn't exist from a checksum that is missing. */
export async function publishedChecksum(
  web: Web,
  name: ToolName,
  version: string,
  arch: Host["arch"] = web.context.host.arch,
): Promise<string> {
  const release = releaseOf(name, version, arch);
  const { checksumUrl: url, checksumForm: form, file } = release;
  const text = await fetchText(web, url, 1024 ** 2).catch(async (cause: unknown) => {
    if (!isMissing(cause)) throw cause;
    await request(web, release.url, async () => {}, { method: "HEAD" }).catch((why: unknown) => {
      // Some hosts refuse HEAD; then it is the checksum's 404 that counts.
      if (!isMissing(why)) return;
      throw new InstallError(
        `there is no such version: ${name} ${version} (404 at ${where(web, release.url)})`,
        {
          cause: why,
          fix: `look at ${name}'s releases for one that exists for linux/${arch}`,
        },
      );
    });
    throw new InstallError(
      `no checksum of ${file}: 404 at ${where(web, url)}; without it nothing is installed`,
      { cause, fix: "put the checksum file on the mirror, beside the download, as upstream does" },
    );
  });
  return findChecksum(text, { file, form, url: where(web, url) });
}

function isMissing(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status === 404;
}
