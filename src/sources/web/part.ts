import { createHash, type Hash } from "node:crypto";
import { eachOnce } from "../../host/each-once.ts";
import type { Host } from "../../host/host.ts";
import { InstallError } from "../../lib/errors.ts";
import { Transient } from "./trouble.ts";
import type { Answer } from "./web.ts";

/** A file on its way: what of it has come, and how the rest is asked for. */
export interface Part {
  /** How many bytes of it are there. */
  bytes(): number;
  /** Of the whole file, where the host says it. */
  total(): number | undefined;
  /** Asks for what is missing, if the host still has the same file; nothing when it is asked for from the start. */
  headers(): Record<string, string>;
  /** Takes an answer's body: the rest, or the whole anew. @throws Transient when it breaks off, or isn't the rest. */
  receive(answer: Answer): Promise<void>;
  /** Puts the whole file to its place. @returns its sha256, hex */
  finish(): Promise<string>;
  discard(): Promise<void>;
}

export interface PartOptions {
  readonly path: string;
  readonly mode: number;
  /** Bytes; more than that can't be it. */
  readonly limit: number;
  /** As messages call it. */
  readonly what: string;
  /**
   * Whether a body that broke off is gone on with: not at all; where the host says that it is the same file still; or
   * always, because the address is a digest of the bytes.
   */
  readonly resumes: "never" | "if the same" | "always";
  /** Called with each piece that came. */
  readonly tell: () => void;
}

/** The answer to a range that lies behind the file's end. */
export const rangeNotSatisfiable = 416;

export function createPart(host: Host, { path, mode, limit, what, resumes, tell }: PartOptions): Part {
  const partial = `${path}.part`;
  let hash: Hash = createHash("sha256");
  let bytes = 0;
  let total: number | undefined;
  let validator: string | undefined;

  async function discard(): Promise<void> {
    await host.files.remove(partial);
    [hash, bytes, total, validator] = [createHash("sha256"), 0, undefined, undefined];
  }

  function tooMuch(): InstallError {
    return new InstallError(`${what}: more than ${limit} bytes come; that can't be it`, {
      fix: "the host or the mirror serves something else than upstream: compare what it sends with upstream's",
    });
  }

  async function* counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of eachOnce(body)) {
      if (bytes + piece.byteLength > limit) throw tooMuch();
      hash.update(piece);
      bytes += piece.byteLength;
      tell();
      yield piece;
    }
  }

  async function receive({ status, headers, body }: Answer): Promise<void> {
    const isRest = status === 206 && bytes > 0 && rangeOf(headers)?.from === bytes;
    if (!isRest) await discard();
    if (status === rangeNotSatisfiable || (status === 206 && !isRest))
      throw new Transient(`the host answers ${status} with another part of the file than was asked for`);
    if (!isRest) validator = strongValidator(headers);
    total = isRest ? rangeOf(headers)?.total : lengthOf(headers);
    if ((total ?? 0) > limit) throw tooMuch();
    await host.files.append(partial, counted(body), mode);
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
 * What tells that it is the same file, byte for byte: an ETag that isn't a weak one, or a Last-Modified that was over
 * when the answer was given (RFC 9110, 8.8).
 */
function strongValidator(headers: Headers): string | undefined {
  const etag = headers.get("etag");
  if (etag !== null) return etag.startsWith('"') ? etag : undefined;
  const modified = headers.get("last-modified");
  const [changed, answered] = [Date.parse(modified ?? ""), Date.parse(headers.get("date") ?? "")];
  return modified !== null && answered - changed >= 1000 ? modified : undefined;
}

function lengthOf(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}

function rangeOf(headers: Headers): { from: number; total: number | undefined } | undefined {
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
  if (from === undefined) return undefined;
  return { from: Number(from), total: total === "*" ? undefined : Number(total) };
}
