import { createHash } from "node:crypto";
import { InstallError } from "../host/errors.ts";
import type { Host } from "../host/host.ts";
import { request, type Web, where } from "./http.ts";

/** More than any file that is fetched has; a body without end stops here. */
const mostBytes = 1024 ** 3;
const mostTextBytes = 64 * 1024 ** 2;

/** A small text, whole: a checksum file, a channel, a chart index. */
export async function fetchText(web: Web, url: string, limit = mostTextBytes): Promise<string> {
  return request(web, url, async ({ body }) => {
    const parts: Uint8Array[] = [];
    for await (const piece of bounded(body, limit, where(web, url))) parts.push(piece);
    return Buffer.concat(parts).toString("utf8");
  });
}

export interface Downloaded {
  /** Hex, of the bytes as they came. */
  readonly sha256: string;
  readonly bytes: number;
  readonly tookMs: number;
}

/** Streams `url` to `path`, which appears only when it is whole. */
export async function download(web: Web, url: string, path: string, mode = 0o644): Promise<Downloaded> {
  const { host } = web.context;
  const startedAt = host.now();
  return request(web, url, async ({ body }) => {
    const hash = createHash("sha256");
    let bytes = 0;
    const hashed = async function* () {
      for await (const piece of bounded(body, mostBytes, where(web, url))) {
        hash.update(piece);
        bytes += piece.byteLength;
        yield piece;
      }
    };
    await host.files.write(path, hashed(), mode);
    return { sha256: hash.digest("hex"), bytes, tookMs: host.now() - startedAt };
  });
}

/** Downloads to `path` what must have this checksum. On another one nothing is kept. */
export async function downloadVerified(
  web: Web,
  url: string,
  path: string,
  expected: { sha256: string; from: string },
  mode?: number,
): Promise<Downloaded> {
  const got = await download(web, url, path, mode);
  if (got.sha256 === expected.sha256) return got;
  await web.context.host.files.remove(path);
  throw new InstallError(
    `wrong checksum of ${fileName(url)}: expected sha256 ${expected.sha256} (${expected.from}), got ${got.sha256} ` +
      `from ${where(web, url)}; nothing was kept`,
    { mend: "the host or the mirror serves other bytes than it says: don't use them, find out why" },
  );
}

/** Hex sha256 of a file on this machine. */
export async function sha256Of(host: Host, path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of host.files.stream(path)) hash.update(piece);
  return hash.digest("hex");
}

/** The last part of a URL's path, as it is written in checksum files. */
export function fileName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split("/").at(-1) ?? url);
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
    if (bytes > limit) throw new InstallError(`${what}: more than ${limit} bytes come; that can't be it`);
    yield piece;
  }
}
