import { createHash, type Hash } from "node:crypto";
import type { Host } from "../../host/host.ts";
import { yieldEachOnce } from "../../host/memory.ts";
import { Transient } from "./http-errors.ts";
import { createTooLargeError, type HttpResponse } from "./web.ts";

/** A file while it is downloaded: the bytes that have come, and how to request the rest. */
export interface PartialFile {
  /** Bytes that have come. */
  bytes(): number;
  /** Bytes of the whole file, if the host says it. */
  total(): number | undefined;
  /** Headers that request the missing rest, if the host still has the same file. Empty: request it from the start. */
  headers(): Record<string, string>;
  /** Writes a response's body: the rest, or all of it again. @throws Transient if it breaks off, or isn't the rest */
  receive(response: HttpResponse): Promise<void>;
  /** Moves the whole file to its place. @returns its sha256, hex */
  finish(): Promise<string>;
  discard(): Promise<void>;
}

interface PartialFileOptions {
  readonly path: string;
  readonly mode: number;
  /** Most bytes that the file may have. */
  readonly limit: number;
  /** How messages call it. */
  readonly what: string;
  /**
   * Whether a body that broke off is resumed: never; if the host says that the file is still the same; or always,
   * because the URL has the digest of the bytes.
   */
  readonly resumes: "never" | "if the same" | "always";
  /** Called with each piece that came. */
  readonly onPiece: () => void;
}

/** The status for a range behind the file's end. */
export const rangeNotSatisfiable = 416;

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
      if (resumes === "always") return { range };
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
 * second older than the response (RFC 9110, 8.8).
 */
function findStrongValidator(headers: Headers): string | undefined {
  const etag = headers.get("etag");
  if (etag !== null) return etag.startsWith('"') ? etag : undefined;
  const modified = headers.get("last-modified");
  const age = Date.parse(headers.get("date") ?? "") - Date.parse(modified ?? "");
  return modified !== null && age >= 1000 ? modified : undefined;
}

function parseLength(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}

function parseRange(headers: Headers): { from: number; total: number | undefined } | undefined {
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
  if (from === undefined) return undefined;
  return { from: Number(from), total: total === "*" ? undefined : Number(total) };
}
