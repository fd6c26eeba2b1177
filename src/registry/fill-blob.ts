import { freeMemory } from "../host/memory.ts";
import { InstallError } from "../lib/errors.ts";
import type { Repository } from "../sources/images/registry.ts";
import { Transient } from "../sources/web/http-errors.ts";
import { parseRange, rangeNotSatisfiable } from "../sources/web/partial-file.ts";
import { createTooLargeError, type HttpResponse } from "../sources/web/web.ts";
import type { BlobFile } from "./blob-file.ts";
import type { Connections } from "./connections.ts";

/** Bytes of one range request. A blob of at least twice this size is downloaded through several connections. */
const partBytes = 16 * 1024 ** 2;
/** Bytes that are collected in memory before they are written to the file. */
const batchBytes = 256 * 1024;

export const wrongDigestFix =
  "the registry or the mirror serves other bytes than its digests say: don't use them, find out why";

/** A range of a blob, downloaded by one request. */
interface Part {
  readonly from: number;
  to: number;
  /** Position of the next missing byte. */
  at: number;
}

/** A download of a blob. */
interface Filling {
  readonly blob: BlobFile;
  readonly repository: Repository;
  readonly connections: Connections;
  readonly write: (pieces: readonly Uint8Array[], position: number) => Promise<void>;
  /** The blob's name in messages, with its URL. */
  readonly what: string;
  readonly onPiece: (bytes: number) => void;
}

/**
 * Downloads all bytes of a blob. A big blob is downloaded in parts, several at a time, if the registry supports ranges.
 * @throws InstallError if the download fails or has another size; Interrupted
 */
export async function fillBlob(filling: Filling, bytesOfPart = partBytes): Promise<void> {
  const { blob } = filling;
  const parts = splitBlob(blob.size, bytesOfPart);
  const [first] = parts;
  if (first === undefined) return;
  const others: Promise<void>[] = [];
  const startOthers = () => {
    if (others.length > 0) return;
    for (const part of parts.slice(1)) others.push(fetchPart(filling, parts, part, () => {}));
    // `Promise.all` below throws their errors. Until then a rejection must have a handler.
    for (const other of others) other.catch(() => {});
  };
  await fetchPart(filling, parts, first, (isPart) => {
    if (isPart) return startOthers();
    if (others.length > 0) return;
    // The registry does not support ranges: this response is the whole blob.
    first.to = blob.size;
    parts.length = 1;
  });
  await Promise.all(others);
}

/** Returns the parts of a blob: one for a small blob, else parts of `bytesOfPart`. */
function splitBlob(size: number, bytesOfPart: number): Part[] {
  const count = size >= 2 * bytesOfPart ? Math.ceil(size / bytesOfPart) : 1;
  return Array.from({ length: count }, (_, index) => ({
    from: index * bytesOfPart,
    to: index === count - 1 ? size : (index + 1) * bytesOfPart,
    at: index * bytesOfPart,
  }));
}

/**
 * Downloads one part and retries what is missing of it. Calls `onResponse` with true if the response is a range, with false
 * if it is the whole blob. @throws InstallError if bytes are missing at the end
 */
async function fetchPart(
  filling: Filling,
  parts: readonly Part[],
  part: Part,
  onResponse: (isPart: boolean) => void,
): Promise<void> {
  const { blob, repository, connections, what } = filling;
  await connections({ isUrgent: blob.isRead, bytes: blob.size }, async () => {
    const missing = {
      bytes: () => part.at - part.from,
      headers: (): Record<string, string> =>
        part.at === 0 && parts.length === 1
          ? {}
          : { range: `bytes=${part.at}-${part.to === blob.size ? "" : part.to - 1}` },
    };
    await repository.blobPart(blob.digest, missing, async (response) => {
      const start = findStart(response, part);
      onResponse(response.status === 206);
      await receivePart(filling, parts, part, { ...response, start });
    });
  });
  if (part.at < part.to)
    throw new InstallError(
      `${what}: got ${part.at} bytes instead of ${blob.size}; the download was discarded`,
      { fix: wrongDigestFix },
    );
}

/** Returns the place in the blob at which a response's body begins. */
function findStart({ status, headers }: HttpResponse, part: Part): number {
  if (status !== 206 && status !== rangeNotSatisfiable) return 0;
  const range = status === 206 ? parseRange(headers) : undefined;
  if (range?.from === part.at) return part.at;
  throw new Transient(`the host answers ${status} with another part of the file than the requested one`);
}

/** Writes the bytes of a response that belong to a part, and makes them available to readers. */
async function receivePart(
  filling: Filling,
  parts: readonly Part[],
  part: Part,
  { body, start }: HttpResponse & { readonly start: number },
): Promise<void> {
  const { blob, write, what, onPiece } = filling;
  let batch: Uint8Array[] = [];
  let batched = 0;
  const flush = async () => {
    if (batched === 0) return;
    await write(batch, part.at);
    for (const piece of batch) freeMemory(piece);
    part.at += batched;
    onPiece(batched);
    [batch, batched] = [[], 0];
    blob.grow(computeFrontier(parts));
  };
  let place = start;
  try {
    for await (const piece of body) {
      // Another part of the blob has failed.
      const failed = blob.failure();
      if (failed) throw failed.error;
      const wanted = piece.subarray(Math.max(0, part.at + batched - place), Math.max(0, part.to - place));
      place += piece.byteLength;
      if (place > blob.size) throw createTooLargeError(what, blob.size);
      if (wanted.byteLength > 0) batch.push(wanted);
      batched += wanted.byteLength;
      if (batched >= batchBytes) await flush();
      if (part.at + batched >= part.to && part.to < blob.size) break;
    }
  } finally {
    // The bytes that came before a broken connection are kept; the retry requests the rest.
    await flush();
  }
}

/** Returns the position up to which no byte is missing. */
function computeFrontier(parts: readonly Part[]): number {
  const open = parts.find(({ at, to }) => at < to);
  return open?.at ?? parts.at(-1)?.to ?? 0;
}
