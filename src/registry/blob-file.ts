import { createHash } from "node:crypto";
import type { OpenFile } from "../host/host.ts";
import { yieldEachOnce } from "../host/memory.ts";
import { computeDigest } from "../sources/images/manifest.ts";

/** Bytes that are read at once. Several layers are read at the same time, so larger pieces take more memory. */
const pieceBytes = 128 * 1024;

/** A blob while it is written and afterwards. Readers get its bytes as they come. */
export interface BlobFile {
  readonly digest: string;
  readonly size: number;
  /**
   * Yields the bytes from `from` up to `to`. The last byte comes only after the digest was compared, so nobody takes wrong
   * bytes for the whole blob. @throws the failure that ended the blob
   */
  read(from: number, to: number): AsyncGenerator<Uint8Array>;
  /** Says that all bytes up to here are there. */
  grow(available: number): void;
  /** Ends the blob: every reader gets the error. */
  fail(error: unknown): void;
  /** Returns the digest of all bytes, which are read as they come. */
  computeDigest(): Promise<string>;
  /** Lets the readers have the end. */
  release(): void;
  /** True while somebody reads it. */
  isRead(): boolean;
  readonly failure: () => { readonly error: unknown } | undefined;
  close(): Promise<void>;
}

/** @param offset where the blob begins in the file */
export function createBlobFile(
  file: OpenFile,
  { digest, size, offset = 0 }: { readonly digest: string; readonly size: number; readonly offset?: number },
): BlobFile {
  let available = 0;
  let isReleased = false;
  let failed: { readonly error: unknown } | undefined;
  const waiting: (() => void)[] = [];
  const notify = () => {
    for (const resume of waiting.splice(0)) resume();
  };

  async function* readUpTo(from: number, to: number, limit: () => number) {
    let at = from;
    while (at < to) {
      if (failed) throw failed.error;
      const until = Math.min(to, limit());
      if (at >= until) {
        await new Promise<void>((resume) => waiting.push(resume));
        continue;
      }
      const piece = await file.read(offset + at, Math.min(until - at, pieceBytes));
      if (piece.byteLength === 0) throw new Error(`${digest} was cut short while it was read`);
      at += piece.byteLength;
      yield piece;
    }
  }

  let readers = 0;
  async function* read(from: number, to: number) {
    readers += 1;
    try {
      yield* readUpTo(from, to, () => (isReleased ? size : Math.min(available, size - 1)));
    } finally {
      readers -= 1;
    }
  }

  return {
    digest,
    size,
    read,
    grow: (to) => {
      available = to;
      notify();
    },
    fail: (error) => {
      failed ??= { error };
      notify();
    },
    computeDigest: async () => {
      if (size === 0) return computeDigest(new Uint8Array());
      const hash = createHash("sha256");
      for await (const piece of yieldEachOnce(readUpTo(0, size, () => available))) hash.update(piece);
      return `sha256:${hash.digest("hex")}`;
    },
    release: () => {
      isReleased = true;
      notify();
    },
    isRead: () => readers > 0,
    failure: () => failed,
    close: () => file.close(),
  };
}
