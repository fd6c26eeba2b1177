import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { InstallError } from "../host/errors.ts";
import type { Host } from "../host/host.ts";

const blockSize = 512;

export interface EntryWish {
  /** Told each entry's name; the first that it takes is the one. */
  readonly matches: (name: string) => boolean;
  /** What it is, for the message: `linux-amd64/helm`. */
  readonly what: string;
  /** How many unpacked bytes may be read to find it and to give it: a small archive can hold a lot of zeros. */
  readonly limit: number;
}

/**
 * The bytes of one file in a .tar.gz. Nothing else is unpacked and no name in the archive ever becomes a path, so that
 * `../`, absolute names and links in it have no effect.
 * @throws InstallError when it isn't a whole .tar.gz, has no such file, or goes beyond the limit.
 */
export async function* tarEntry(host: Host, archive: string, wish: EntryWish): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // Its errors come out of the iteration below.
  pipeline(host.files.stream(archive), gunzip, () => {});
  const reader = createReader(gunzip, archive, wish);
  try {
    for (;;) {
      const header = parseHeader(await reader.exactly(blockSize), archive);
      if (header === undefined) break;
      const padding = (blockSize - (header.size % blockSize)) % blockSize;
      if (header.isFile && wish.matches(header.name)) {
        yield* reader.pieces(header.size);
        return;
      }
      await reader.skip(header.size + padding);
    }
  } finally {
    gunzip.destroy();
  }
  throw new InstallError(`${archive}: there is no ${wish.what} in it`);
}

/** The same as text. */
export async function tarEntryText(host: Host, archive: string, wish: EntryWish): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of tarEntry(host, archive, wish)) parts.push(piece);
  return Buffer.concat(parts).toString("utf8");
}

interface Header {
  readonly name: string;
  readonly size: number;
  readonly isFile: boolean;
}

/** Undefined at the archive's end, which is a block of zeros. */
function parseHeader(block: Uint8Array, archive: string): Header | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const text = (from: number, length: number) =>
    Buffer.from(block.subarray(from, from + length))
      .toString("utf8")
      .replace(/\0[\s\S]*$/, "");
  const size = text(124, 12).trim();
  if (text(257, 5) !== "ustar" || !/^[0-7]+$/.test(size))
    throw new InstallError(`${archive}: not a tar archive`);
  const folder = text(345, 155);
  const type = text(156, 1);
  const name = folder === "" ? text(0, 100) : `${folder}/${text(0, 100)}`;
  return {
    name: name.replace(/^\.\//, ""),
    size: Number.parseInt(size, 8),
    isFile: type === "0" || type === "",
  };
}

function createReader(source: AsyncIterable<Uint8Array>, archive: string, wish: EntryWish) {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  let read = 0;

  async function more(): Promise<void> {
    const next = await iterator.next().catch((cause: unknown) => {
      throw new InstallError(`${archive}: not a whole .tar.gz`, { cause });
    });
    if (next.done) throw new InstallError(`${archive}: it ends before its time`);
    rest = next.value;
    read += rest.byteLength;
    if (read > wish.limit)
      throw new InstallError(
        `${archive}: more than ${wish.limit} bytes unpacked before the end of ${wish.what}`,
      );
  }

  async function* pieces(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; ) {
      if (rest.byteLength === 0) await more();
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.byteLength);
      left -= piece.byteLength;
      yield piece;
    }
  }

  async function skip(size: number): Promise<void> {
    for await (const _ of pieces(size));
  }

  async function exactly(size: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces(size)) parts.push(piece);
    return Buffer.concat(parts);
  }

  return { pieces, skip, exactly };
}
