import { createHash } from "node:crypto";
import type { OpenFile } from "../host/host.ts";
import { yieldEachOnce } from "../host/memory.ts";
import { computeDigest } from "../sources/images/manifest.ts";

/** Bytes that are read at once. Several layers are read at the same time, so larger pieces take more memory. */
const pieceBytes = 128 * 1024;

/** A blob that can be read while it is still being downloaded: readers wait for missing bytes. */
export interface BlobFile {
  readonly digest: string;
  readonly size: number;
  /**
   * Yields the bytes from `from` up to `to`. Holds the last byte of the blob back until `release`, so that a reader cannot
   * get a complete blob whose digest is wrong. @throws the error passed to `fail`
   */
  read(from: number, to: number): AsyncGenerator<Uint8Array>;
  /** Makes the bytes up to this position available to readers. */
  grow(available: number): void;
  /** Ends the download with an error, which every reader throws. */
  fail(error: unknown): void;
  /** Reads all bytes, waiting for missing ones, and returns their digest. */
  computeDigest(): Promise<string>;
  /** Makes the last byte available: the digest was correct. */
  release(): void;
  /** True while it has a reader. */
  isRead(): boolean;
  readonly failure: () => { readonly error: unknown } | undefined;
  close(): Promise<void>;
}

/** Returns the blob in a file. @param offset position of the blob's first byte in the file */
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
