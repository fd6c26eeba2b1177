import { blockSize } from "./tar-header.ts";

/** The largest size that the header's octal digits can hold. */
const maxBytes = 8 ** 11 - 1;

interface NewEntry {
  /** At most 100 bytes; a folder's ends with a slash. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** Yields a file as an archive holds it: header, content, padding. @throws Error if the pieces have another size */
export async function* writeTarFile(
  entry: NewEntry,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield createTarHeader(entry);
  let bytes = 0;
  for await (const piece of pieces) {
    // Before the piece is passed on: whoever takes it may give its memory back.
    bytes += piece.byteLength;
    yield piece;
  }
  if (bytes !== entry.size) throw new Error(`${entry.name} has ${bytes} bytes instead of ${entry.size}`);
  yield createTarPadding(bytes);
}

/** Returns the header block of a file or a folder in the ustar format, which every tar reads. */
export function createTarHeader({ name, size, modifiedAt }: NewEntry): Uint8Array {
  if (Buffer.byteLength(name) > 100) throw new Error(`the name is too long for a tar archive: ${name}`);
  if (size > maxBytes) throw new Error(`${name} has ${size} bytes, more than a tar archive can hold`);
  const isFolder = name.endsWith("/");
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  block.write(name, 0);
  octal(isFolder ? 0o755 : 0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(modifiedAt / 1_000), 136, 12);
  block.write("        ", 148, "latin1");
  block.write(isFolder ? "5" : "0", 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** Returns the zeros that fill the last block of a file of this size. */
export function createTarPadding(size: number): Uint8Array {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
}

/** The two blocks of zeros at an archive's end. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * blockSize);

/** Returns the bytes of an archive with entries of these sizes. */
export function computeTarSize(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + blockSize + size + createTarPadding(size).length, tarEnd.length);
}
