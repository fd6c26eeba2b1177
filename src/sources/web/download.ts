import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { Context, Host } from "../../host/host.ts";
import { yieldEachOnce } from "../../host/memory.ts";
import { InstallError, UserError } from "../../lib/errors.ts";
import { formatBytes, formatSpeed } from "../../lib/quantity.ts";
import { createPartialFile, rangeNotSatisfiable } from "./partial-file.ts";
import { request } from "./request.ts";
import { limitBytes, showRequest, type Web } from "./web.ts";

/** The default limit for a download, in bytes. */
const maxBytes = 256 * 1024 ** 2;
const maxTextBytes = 64 * 1024 ** 2;

/**
 * Fetches a small text: a checksum file, a channel, a chart index.
 * @param limit the most bytes that are accepted
 * @param verified whether the caller compares the text with a checksum, so that any host may send it
 */
export async function fetchText(
  web: Web,
  url: string,
  limit = maxTextBytes,
  { verified = false }: { readonly verified?: boolean } = {},
): Promise<string> {
  const what = showRequest(web, url);
  const bytes = await request(web, url, ({ body }) => buffer(limitBytes(body, limit, what)), { verified });
  return bytes.toString("utf8");
}

export interface Downloaded {
  /** Hex digest of the received bytes. */
  readonly sha256: string;
  readonly bytes: number;
  readonly tookMs: number;
}

interface DownloadOptions {
  /** Default 0644. */
  readonly mode?: number;
  /** The most bytes that are accepted; default 256 MiB. */
  readonly limit?: number;
  /** The caller compares the file with a checksum. Redirects to any host are followed, and an incomplete body is resumed. */
  readonly verified?: boolean;
}

/** Downloads `url` to `path`. The file appears there only when it is complete. */
export async function download(
  web: Web,
  url: string,
  path: string,
  { mode = 0o644, limit = maxBytes, verified = false }: DownloadOptions = {},
): Promise<Downloaded> {
  const { host } = web.context;
  const startedAt = host.now();
  const progress = createProgress(web.context, getFileName(url), {
    kept: () => file.bytes(),
    total: () => file.total(),
  });
  const file = createPartialFile(host, {
    path,
    mode,
    limit,
    what: showRequest(web, url),
    resumes: verified ? "if the same" : "never",
    onPiece: progress.update,
  });
  try {
    await request(web, url, file.receive, {
      verified,
      // No compression for the transfer: a compressed body can't be resumed.
      headers: () => ({ "accept-encoding": "identity", ...file.headers() }),
      accepts: rangeNotSatisfiable,
      kept: file.bytes,
    });
    const bytes = file.bytes();
    return { sha256: await file.finish(), bytes, tookMs: host.now() - startedAt };
  } catch (error) {
    await file.discard();
    throw error;
  } finally {
    progress.end();
  }
}

/**
 * Downloads a file with a known checksum to `path`.
 * @param expected the checksum, and the place that it comes from
 * @throws InstallError if the checksum differs; the file is then removed
 */
export async function downloadVerified(
  web: Web,
  url: string,
  path: string,
  expected: { sha256: string; from: string },
  options: Omit<DownloadOptions, "verified"> = {},
): Promise<Downloaded> {
  const downloaded = await download(web, url, path, { ...options, verified: true });
  if (downloaded.sha256 === expected.sha256) return downloaded;
  const isPage = await isHtml(web.context.host, path);
  await web.context.host.files.remove(path);
  throw new InstallError(
    `wrong checksum of ${getFileName(url)}: expected sha256 ${expected.sha256} (${expected.from}), got ${downloaded.sha256} ` +
      `from ${showRequest(web, url)}${isPage ? ", which answers with an HTML page" : ""}; the download was discarded`,
    {
      fix: isPage
        ? "a proxy, a login page or the mirror answers in the host's place: open the URL in a browser, and check `mirrors`"
        : "the host or the mirror serves other bytes than it publishes: don't use them, find out why",
    },
  );
}

/** True if a file begins like an HTML page. */
async function isHtml(host: Host, path: string): Promise<boolean> {
  for await (const piece of host.files.stream(path))
    return /^\s*<(!doctype html|html|head|body)/i.test(
      Buffer.from(piece.subarray(0, 200)).toString("latin1"),
    );
  return false;
}

/** Returns the hex sha256 of a file on this machine. */
export async function hashFile(host: Host, path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of yieldEachOnce(host.files.stream(path))) hash.update(piece);
  return hash.digest("hex");
}

/** Returns the last part of a URL's path, decoded. */
export function getFileName(url: string): string {
  const name = new URL(url).pathname.split("/").at(-1) ?? url;
  try {
    return decodeURIComponent(name);
  } catch {
    // The name itself contains a percent sign.
    return name;
  }
}

const logEveryMs = 10_000;

export interface Progress {
  /** Must be called for each received piece. */
  update(): void;
  end(): void;
}

/**
 * Returns the display of a download's progress: continuous in a terminal, every ten seconds in a log.
 * @param kept returns the received bytes
 * @param total returns the bytes of the whole file, if known
 */
export function createProgress(
  { host, log }: Context,
  name: string,
  { kept, total }: { kept: () => number; total: () => number | undefined },
): Progress {
  const startedMs = host.now();
  const endLive = log.live?.begin({ kind: "download", name, startedMs, countBytes: kept, countTotal: total });
  let loggedAt = startedMs;
  return {
    update: () => {
      const now = host.now();
      if (log.live || now - loggedAt < logEveryMs) return;
      loggedAt = now;
      const totalBytes = total();
      const totalText = totalBytes === undefined ? "" : ` of ${formatBytes(totalBytes)}`;
      log.info(`${name} ${formatBytes(kept())}${totalText}, ${formatSpeed(kept(), now - startedMs)}`);
    },
    end: () => endLive?.(),
  };
}

/** Returns a finished download's size, source and time for the log: `20 MiB from get.helm.sh in 1.2 s`. */
export function showDownload(bytes: number, from: string, tookMs: number): string {
  return `${formatBytes(bytes)} from ${from} in ${(tookMs / 1000).toFixed(1)} s`;
}

/** A download's entry in a lock. */
interface LockedBytes {
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
  /** The download's name in messages: `helm v4.2.3`. */
  readonly what: string;
}

/**
 * Downloads exactly the bytes that the lock names to `path`.
 * @throws InstallError if the bytes differ; the file is then removed
 */
export async function downloadLocked(
  web: Web,
  locked: LockedBytes,
  path: string,
  options: { readonly mode?: number } = {},
): Promise<Downloaded> {
  const downloaded = await download(web, locked.url, path, { ...options, verified: true });
  if (downloaded.sha256 === locked.sha256) return downloaded;
  await web.context.host.files.remove(path);
  throw createChecksumError(web, locked, downloaded.sha256);
}

/**
 * Returns the error for bytes that differ from the lock. The user has to find out whether the bytes or the lock are
 * wrong.
 */
export function createChecksumError(
  web: Web,
  { what, url, sha256 }: LockedBytes,
  downloadedSha256: string,
): InstallError {
  const { lockedBy } = web.supply;
  return new InstallError(
    `${what} is not what ${lockedBy} says: expected sha256 ${sha256}, got ${downloadedSha256} from ${showRequest(web, url)}; ` +
      "the download was discarded",
    {
      fix: "the host or the mirror serves other bytes than when it was locked: find out why, and only then `monstack lock --update`",
    },
  );
}

/** Returns the error for a download that the lock doesn't contain. */
export function createNotLockedError({ supply }: Web, what: string): UserError {
  return new UserError(`${what} is not in ${supply.lockedBy}, so it is not fetched`, {
    fix: "`monstack lock` adds what the configuration requests",
  });
}
