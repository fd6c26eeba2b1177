import { createHash, type Hash } from "node:crypto";
import type { Host } from "../../host/host.ts";
import { yieldEachOnce } from "../../host/memory.ts";
import { Transient } from "./http-errors.ts";
import { createTooLargeError, type HttpResponse } from "./web.ts";

/** A file during its download: the received bytes, and how to request the rest. */
export interface PartialFile {
  /** Returns the number of received bytes. */
  bytes(): number;
  /** Returns the size of the whole file in bytes, if the host reports it. */
  total(): number | undefined;
  /** Returns headers that request the rest if the host still has the same file; empty if the download must start anew. */
  headers(): Record<string, string>;
  /** Writes a response's body: the rest, or the whole file again. @throws Transient if it is another part of the file */
  receive(response: HttpResponse): Promise<void>;
  /** Moves the complete file to its path, and returns its sha256 in hex. */
  finish(): Promise<string>;
  discard(): Promise<void>;
}

interface PartialFileOptions {
  readonly path: string;
  readonly mode: number;
  /** The most bytes that the file may have. */
  readonly limit: number;
  /** The file's name in messages. */
  readonly what: string;
  /** Whether an incomplete body is resumed: never, or if the host confirms that the file is still the same. */
  readonly resumes: "never" | "if the same";
  /** Called for each received piece. */
  readonly onPiece: () => void;
}

/** The HTTP status for a range beyond the file's end. */
export const rangeNotSatisfiable = 416;

/** Returns a file that collects the bytes of several responses, and moves to its path when it is complete. */
export function createPartialFile(
  host: Host,
  { path, mode, limit, what, resumes, onPiece }: PartialFileOptions,
): PartialFile {
  const partial = `${path}.part`;
  let hash: Hash = createHash("sha256");
  let bytes = 0;
  let total: number | undefined;
  let validator: string | undefined;

  async function discard(): Promise<void> {
    await host.files.remove(partial);
    [hash, bytes, total, validator] = [createHash("sha256"), 0, undefined, undefined];
  }

  async function* countPieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of yieldEachOnce(body)) {
      if (bytes + piece.byteLength > limit) throw createTooLargeError(what, limit);
      hash.update(piece);
      bytes += piece.byteLength;
      onPiece();
      yield piece;
    }
  }

  async function receive({ status, headers, body }: HttpResponse): Promise<void> {
    const range = parseRange(headers);
    const isRest = status === 206 && bytes > 0 && range?.from === bytes;
    if (!isRest) await discard();
    if (status === rangeNotSatisfiable || (status === 206 && !isRest))
      throw new Transient(`the host answers ${status} with another part of the file than the requested one`);
    if (!isRest) validator = findStrongValidator(headers);
    total = isRest ? range?.total : parseLength(headers);
    if ((total ?? 0) > limit) throw createTooLargeError(what, limit);
    await host.files.append(partial, countPieces(body), mode);
  }

  return {
    bytes: () => bytes,
    total: () => total,
    headers: () => {
      if (resumes === "never" || bytes === 0) return {};
      const range = `bytes=${bytes}-`;
      return validator === undefined ? {} : { range, "if-range": validator };
    },
    receive,
    finish: async () => {
      await host.files.rename(partial, path);
      return hash.digest("hex");
    },
    discard,
  };
}

/**
 * Returns the header value that identifies a file byte for byte: a strong ETag, or a Last-Modified that is at least a
 * second older than the response (RFC 9110, 8.8). Undefined if there is none.
 */
function findStrongValidator(headers: Headers): string | undefined {
  const etag = headers.get("etag");
  if (etag !== null) return etag.startsWith('"') ? etag : undefined;
  const lastModified = headers.get("last-modified");
  const ageMs = Date.parse(headers.get("date") ?? "") - Date.parse(lastModified ?? "");
  return lastModified !== null && ageMs >= 1000 ? lastModified : undefined;
}

function parseLength(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}

/** Parses a Content-Range header: its first byte, and the size of the whole file if it is known. */
export function parseRange(headers: Headers): { from: number; total: number | undefined } | undefined {
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
  if (from === undefined) return undefined;
  return { from: Number(from), total: total === "*" ? undefined : Number(total) };
}
