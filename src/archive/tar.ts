import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Host } from "../host/host.ts";
import { InstallError } from "../lib/errors.ts";
import {
  damaged,
  mostOfNaming,
  type Names,
  named,
  namesIn,
  namings,
  parseHeader,
  type TarEntry,
} from "./tar-header.ts";
import { tarPadding } from "./tar-writer.ts";

export type { TarEntry } from "./tar-header.ts";

const blockSize = 512;

export interface EntryWish {
  /** Told each entry's name; the first that it takes is the one. */
  readonly matches: (name: string) => boolean;
  /** What it is, for the message: `linux-amd64/helm`. */
  readonly what: string;
  /** How many unpacked bytes may be read to find it and to give it: a small archive can hold a lot of zeros. */
  readonly limit: number;
  /** What to do where it isn't whole, or goes beyond the limit; without it, what to do with a download. */
  readonly fix?: string;
}

/**
 * The bytes of one file in a .tar.gz. Nothing else is unpacked and no name in the archive ever becomes a path, so that
 * `../`, absolute names and links in it have no effect.
 * @throws InstallError when it isn't a whole .tar.gz, has no such file, or goes beyond the limit.
 */
export async function* tarEntry(host: Host, archive: string, wish: EntryWish): AsyncGenerator<Uint8Array> {
  for await (const { name, pieces } of tarEntries(host.files.stream(archive), archive, wish)) {
    if (!wish.matches(name)) continue;
    yield* pieces();
    return;
  }
  throw new InstallError(`${archive}: there is no ${wish.what} in it`, { fix: damaged });
}

/** How an archive is read. */
export interface TarReading extends Omit<EntryWish, "matches"> {
  /** Told each entry before it is passed or read; ends the reading with what it throws. */
  readonly look?: (entry: TarEntry) => void;
}

/** A file in an archive. Its bytes can be had once, and only before the next file is asked for. */
export interface TarFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  pieces(): AsyncGenerator<Uint8Array>;
}

/**
 * All files of a .tar.gz by their names, in its order; long names too (PAX's and GNU's).
 * @param archive what messages call it
 * @throws InstallError when it isn't a whole .tar.gz, or goes beyond the limit.
 */
export async function* tarEntries(
  source: AsyncIterable<Uint8Array>,
  archive: string,
  reading: TarReading,
): AsyncGenerator<TarFile> {
  const gunzip = createGunzip();
  // Its errors come out of the iteration below.
  pipeline(source, gunzip, () => {});
  try {
    yield* plainTarEntries(gunzip, archive, reading);
  } finally {
    gunzip.destroy();
  }
}

/** The same of a .tar that is not compressed. */
export async function* plainTarEntries(
  source: AsyncIterable<Uint8Array>,
  archive: string,
  { look, ...wish }: TarReading,
): AsyncGenerator<TarFile> {
  const reader = createReader(source, archive, wish);
  try {
    let names: Names = {};
    for await (const { header, pieces } of entriesIn(reader, archive)) {
      if (namings.includes(header.type)) {
        if (header.size > mostOfNaming)
          throw new InstallError(`${archive}: a name in it has ${header.size} bytes`, { fix: damaged });
        names = { ...names, ...namesIn(header.type, await bytesOf(pieces()), archive) };
        continue;
      }
      const entry = named(header, names, archive);
      names = {};
      look?.(entry);
      if (isFile(entry)) yield { name: entry.name, size: entry.size, pieces };
    }
  } finally {
    await reader.close();
  }
}

/**
 * The files of a .tar that has nothing else in it, as `tarHeader` writes one: no links, folders or long names, and
 * nothing behind its end.
 * @throws InstallError when it is another one, or not whole.
 */
export async function* onlyFiles(
  source: AsyncIterable<Uint8Array>,
  archive: string,
): AsyncGenerator<TarFile> {
  const reader = createReader(source, archive, { what: archive, limit: Number.POSITIVE_INFINITY });
  try {
    for await (const { header, pieces } of entriesIn(reader, archive)) {
      const { name, size } = header;
      if (!isFile(header))
        throw new InstallError(`${archive}: ${JSON.stringify(name)} in it is no file but a link or a folder`);
      yield { name, size, pieces };
    }
    if (!(await reader.endsInZeros())) throw new InstallError(`${archive}: something lies behind its end`);
  } finally {
    await reader.close();
  }
}

/** What isn't read of one entry is skipped when the next one is asked for. */
async function* entriesIn(
  reader: ReturnType<typeof createReader>,
  archive: string,
): AsyncGenerator<{ header: TarEntry; pieces: () => AsyncGenerator<Uint8Array> }> {
  for (;;) {
    const header = parseHeader(await reader.exactly(blockSize), archive);
    if (header === undefined) return;
    let left = header.size;
    const pieces = async function* () {
      for await (const piece of reader.pieces(header.size)) {
        left -= piece.byteLength;
        yield piece;
      }
    };
    yield { header, pieces };
    await reader.skip(left + tarPadding(header.size).length);
  }
}

/** The same as text. */
export async function tarEntryText(host: Host, archive: string, wish: EntryWish): Promise<string> {
  return textOf(tarEntry(host, archive, wish));
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  return (await bytesOf(pieces)).toString("utf8");
}

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

/** A file of an old archive whose name ends in a slash is a folder. */
function isFile({ name, type }: TarEntry): boolean {
  return type === "0" || (type === "" && !name.endsWith("/"));
}

function createReader(source: AsyncIterable<Uint8Array>, archive: string, wish: Omit<EntryWish, "matches">) {
  const iterator = source[Symbol.asyncIterator]();
  const help = { fix: wish.fix ?? damaged };
  let rest: Uint8Array = new Uint8Array();
  let read = 0;

  async function more(): Promise<void> {
    const next = await iterator.next().catch((cause: unknown) => {
      // Whoever sends it knows better.
      if (cause instanceof InstallError) throw cause;
      throw new InstallError(`${archive}: not a whole .tar.gz`, { cause, ...help });
    });
    if (next.done) throw new InstallError(`${archive}: it ends before its time`, help);
    rest = next.value;
    read += rest.byteLength;
    if (read > wish.limit)
      throw new InstallError(
        `${archive}: more than ${wish.limit} bytes unpacked before the end of ${wish.what}`,
        help,
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

  /** Reads on to the very end. An archive ends in two blocks of zeros, the first of which was read; more may follow. */
  async function endsInZeros(): Promise<boolean> {
    const second = await exactly(blockSize);
    if (second.some((byte) => byte !== 0)) return false;
    for (;;) {
      if (rest.some((byte) => byte !== 0)) return false;
      const next = await iterator.next();
      if (next.done) return true;
      rest = next.value;
    }
  }

  /** Whoever sends is told that nobody reads on. */
  async function close(): Promise<void> {
    await iterator.return?.().catch(() => undefined);
  }

  return { pieces, skip, exactly, endsInZeros, close };
}
