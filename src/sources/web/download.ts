import { createHash } from "node:crypto";
import { eachOnce } from "../../host/each-once.ts";
import type { Host } from "../../host/host.ts";
import { InstallError } from "../../lib/errors.ts";
import { request, type Web, where } from "./http.ts";
import { createPart, rangeNotSatisfiable } from "./part.ts";
import { createProgress } from "./progress.ts";

/** More than any file that is fetched has; a body without end stops here. */
const mostBytes = 256 * 1024 ** 2;
const mostTextBytes = 64 * 1024 ** 2;

/**
 * A small text, whole: a checksum file, a channel, a chart index.
 * @param verified it has a checksum that it is held against, so that any host may send it
 */
export async function fetchText(
  web: Web,
  url: string,
  limit = mostTextBytes,
  { verified = false }: { readonly verified?: boolean } = {},
): Promise<string> {
  const read = async ({ body }: { body: AsyncIterable<Uint8Array> }) => {
    const parts: Uint8Array[] = [];
    for await (const piece of bounded(body, limit, where(web, url))) parts.push(piece);
    return Buffer.concat(parts).toString("utf8");
  };
  return await request(web, url, read, { verified });
}

export interface Downloaded {
  /** Hex, of the bytes as they came. */
  readonly sha256: string;
  readonly bytes: number;
  readonly tookMs: number;
}

export interface DownloadOptions {
  /** Default 0644. */
  readonly mode?: number;
  /** Bytes; default 256 MiB. */
  readonly limit?: number;
  /**
   * The caller holds what comes against a checksum: then a redirect may lead to any host, and a body that breaks off is
   * gone on with where it broke.
   */
  readonly verified?: boolean;
}

/** Streams `url` to `path`, which appears only when it is whole. */
export async function download(
  web: Web,
  url: string,
  path: string,
  { mode = 0o644, limit = mostBytes, verified = false }: DownloadOptions = {},
): Promise<Downloaded> {
  const { host } = web.context;
  const startedAt = host.now();
  const progress = createProgress(web.context, fileName(url), {
    kept: () => part.bytes(),
    total: () => part.total(),
  });
  const part = createPart(host, {
    path,
    mode,
    limit,
    what: where(web, url),
    resumes: verified ? "if the same" : "never",
    tell: progress.tell,
  });
  try {
    await request(web, url, part.receive, {
      verified,
      // As it lies there: half of what was packed for the way can't be gone on with.
      headers: () => ({ "accept-encoding": "identity", ...part.headers() }),
      accepts: rangeNotSatisfiable,
      kept: part.bytes,
    });
    const bytes = part.bytes();
    return { sha256: await part.finish(), bytes, tookMs: host.now() - startedAt };
  } catch (error) {
    await part.discard();
    throw error;
  } finally {
    progress.end();
  }
}

/** Downloads to `path` what must have this checksum. On another one nothing is kept. */
export async function downloadVerified(
  web: Web,
  url: string,
  path: string,
  expected: { sha256: string; from: string },
  options: Omit<DownloadOptions, "verified"> = {},
): Promise<Downloaded> {
  const got = await download(web, url, path, { ...options, verified: true });
  if (got.sha256 === expected.sha256) return got;
  const isPage = await beginsAsPage(web.context.host, path);
  await web.context.host.files.remove(path);
  throw new InstallError(
    `wrong checksum of ${fileName(url)}: expected sha256 ${expected.sha256} (${expected.from}), got ${got.sha256} ` +
      `from ${where(web, url)}${isPage ? ", which answers with an HTML page" : ""}; nothing was kept`,
    {
      fix: isPage
        ? "a proxy, a login page or the mirror answers in the host's place: open the address in a browser, and check `mirrors`"
        : "the host or the mirror serves other bytes than it says: don't use them, find out why",
    },
  );
}

async function beginsAsPage(host: Host, path: string): Promise<boolean> {
  for await (const piece of host.files.stream(path))
    return /^\s*<(!doctype html|html|head|body)/i.test(
      Buffer.from(piece.subarray(0, 200)).toString("latin1"),
    );
  return false;
}

/** Hex sha256 of a file on this machine. */
export async function sha256Of(host: Host, path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of eachOnce(host.files.stream(path))) hash.update(piece);
  return hash.digest("hex");
}

/** The last part of a URL's path, as it is written in checksum files. */
export function fileName(url: string): string {
  const name = new URL(url).pathname.split("/").at(-1) ?? url;
  try {
    return decodeURIComponent(name);
  } catch {
    // A percent sign without two digits: the name is written as it is.
    return name;
  }
}

/** The body, which ends in an error when more comes than there can be. */
export async function* bounded(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  what: string,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > limit)
      throw new InstallError(`${what}: more than ${limit} bytes come; that can't be it`, {
        fix: "the host or the mirror serves something else than upstream: compare what it sends with upstream's",
      });
    yield piece;
  }
}
