import { createHash } from "node:crypto";
import { pipeline } from "node:stream";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import type { Host } from "../host/host.ts";
import { yieldEachOnce } from "../host/memory.ts";
import { createInvalidBundleError, type Part } from "./manifest.ts";

/** Log2 of bytes that are looked back. By itself level 3 takes 2 MiB: 1 % smaller, and 13 MB more of memory at its peak. */
const ownWindow = 19;
/** What a frame may want: its memory is taken from us. */
const widestWindow = 23;

/**
 * A part's content without its compression.
 * @throws UserError at its end, or as soon as it shows, unless it is what the manifest says
 */
export async function* readCheckedContent(
  file: string,
  part: Part,
  raw: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const stored = createMeter();
  if (part.unpacked === undefined) yield* stored.pass(raw);
  else yield* decompress(file, part.path, part.unpacked, stored.pass(raw));
  if (stored.bytes() !== part.bytes || stored.sha256() !== part.sha256)
    throw createChangedPartError(file, part.path);
}

async function* decompress(
  file: string,
  path: string,
  expected: Measured,
  compressed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const zstd = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: widestWindow } });
  // Its errors come out of the iteration below.
  pipeline(compressed, zstd, () => {});
  const content = createMeter();
  try {
    for await (const piece of content.pass(zstd)) {
      if (content.bytes() > expected.bytes)
        throw createInvalidBundleError(
          file,
          `${path} unpacks to more than the ${expected.bytes} bytes that its manifest says`,
        );
      yield piece;
    }
  } catch (cause) {
    if (isZstdError(cause)) throw createChangedPartError(file, path, cause);
    throw cause;
  } finally {
    zstd.destroy();
  }
  if (content.bytes() !== expected.bytes || content.sha256() !== expected.sha256)
    throw createChangedPartError(file, path);
}

function createChangedPartError(file: string, path: string, cause?: unknown) {
  return createInvalidBundleError(file, `${path} is not as it was written`, { cause });
}

function isZstdError(error: unknown): boolean {
  return error instanceof Error && /^ZSTD_|^ERR_ZSTD|^Z_/.test(String((error as NodeJS.ErrnoException).code));
}

/** Counts and hashes what passes. */
function createMeter() {
  const hash = createHash("sha256");
  let bytes = 0;
  return {
    pass: async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const piece of pieces) {
        hash.update(piece);
        bytes += piece.byteLength;
        yield piece;
      }
    },
    bytes: () => bytes,
    sha256: () => hash.digest("hex"),
  };
}

interface Measured {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** A part that lies in a file of its own until the bundle is written. */
export interface StagedPart extends Part {
  readonly file: string;
}

/** Compresses a part into a file of its own. */
export async function stageCompressed(
  host: Host,
  path: string,
  source: AsyncIterable<Uint8Array>,
  file: string,
): Promise<StagedPart & { readonly unpacked: Measured }> {
  const [content, stored] = [createMeter(), createMeter()];
  const zstd = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: ownWindow } });
  pipeline(content.pass(source), zstd, () => {});
  await host.files.write(file, stored.pass(zstd), 0o600);
  const unpacked = { bytes: content.bytes(), sha256: content.sha256() };
  return { path, bytes: stored.bytes(), sha256: stored.sha256(), unpacked, file };
}

/** A part that is put in as it lies there. */
export async function stageAsIs(host: Host, path: string, file: string): Promise<StagedPart> {
  const stored = createMeter();
  for await (const _ of stored.pass(yieldEachOnce(host.files.stream(file))));
  return { path, bytes: stored.bytes(), sha256: stored.sha256(), file };
}
