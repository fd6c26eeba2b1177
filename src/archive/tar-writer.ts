const blockSize = 512;

/** Octal digits that a header's size has room for. */
const mostBytes = 8 ** 11 - 1;

export interface TarEntry {
  /** At most 100 bytes; a folder's ends with a slash. */
  readonly name: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** The header block of a file or a folder, in the ustar format that every tar reads. */
export function tarHeader({ name, size, modifiedAt }: TarEntry): Uint8Array {
  if (Buffer.byteLength(name) > 100) throw new Error(`too long a name for a tar archive: ${name}`);
  if (size > mostBytes) throw new Error(`${name} has ${size} bytes, more than a tar archive can tell`);
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

/** What fills up the last block of a file of this size. */
export function tarPadding(size: number): Uint8Array {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
}

/** What ends an archive. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * blockSize);

/** Bytes of an archive with these entries. */
export function tarSize(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + blockSize + size + tarPadding(size).length, tarEnd.length);
}
