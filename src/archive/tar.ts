import { pipeline } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import type { Host } from "../host/host.ts";
import { InstallError } from "../lib/errors.ts";
import {
  applyLongNames,
  blockSize,
  damagedFix,
  type LongNames,
  maxNameBytes,
  nameTypes,
  parseHeader,
  parseLongNames,
  type TarEntry,
} from "./tar-header.ts";
import { createTarPadding } from "./tar-writer.ts";

// Not tar-stream: it goes on behind the archive's end, applies global PAX headers and prefers PAX' names to GNU's, all
// unlike Go, and it shows no raw header. So helm, a Go program, could see other files than were checked here.

interface WantedEntry {
  /** Called with each entry's name; the first match is the wanted one. */
  readonly matches: (name: string) => boolean;
  /** How messages call it: `linux-amd64/helm`. */
  readonly what: string;
  /** Most unpacked bytes to read until the entry's end: a small archive can unpack to gigabytes. */
  readonly limit: number;
  /** The fix for an archive that is incomplete or beyond the limit; default: the one for a download. */
  readonly fix?: string;
}

/**
 * Yields the bytes of one file in a .tar.gz. Nothing else is unpacked and no name in the archive becomes a path, so that
 * `../`, absolute names and links in it have no effect.
 * @throws InstallError if it isn't a complete .tar.gz, has no such file, or is beyond the limit
 */
export async function* readTarEntry(
  host: Host,
  archive: string,
  wanted: WantedEntry,
): AsyncGenerator<Uint8Array> {
  for await (const { name, pieces } of readTarGzEntries(host.files.stream(archive), archive, wanted)) {
    if (!wanted.matches(name)) continue;
    yield* pieces();
    return;
  }
  throw new InstallError(`${archive}: there is no ${wanted.what} in it`, { fix: damagedFix });
}

/** Returns one file in a .tar.gz as text. */
export async function readTarEntryText(host: Host, archive: string, wanted: WantedEntry): Promise<string> {
  return await text(readTarEntry(host, archive, wanted));
}

/** How an archive is read. */
interface TarReading extends Omit<WantedEntry, "matches"> {
  /** Called with each entry before its content is read. What it throws ends the reading. */
  readonly inspect?: (entry: TarEntry) => void;
}

/** A file in an archive. Its bytes can be read once, before the next file is requested. */
export interface TarFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  pieces(): AsyncGenerator<Uint8Array>;
}

/**
 * Yields all files of a .tar.gz in order. Long names (PAX' and GNU's) are applied.
 * @param archive how messages call it
 * @throws InstallError if it isn't a complete .tar.gz, or is beyond the limit
 */
export async function* readTarGzEntries(
  source: AsyncIterable<Uint8Array>,
  archive: string,
  reading: TarReading,
): AsyncGenerator<TarFile> {
  const gunzip = createGunzip();
  // Errors are thrown by the iteration below.
  pipeline(source, gunzip, () => {});
  try {
    yield* readTarEntries(gunzip, archive, reading);
  } finally {
    gunzip.destroy();
  }
}

/** Yields all files of an uncompressed .tar, as `tarEntries` does. */
export async function* readTarEntries(
  source: AsyncIterable<Uint8Array>,
  archive: string,
  { inspect, ...bounds }: TarReading,
): AsyncGenerator<TarFile> {
  const reader = createReader(source, archive, bounds);
  try {
    let names: LongNames = {};
    for await (const { header, pieces } of readEntries(reader, archive)) {
      if (nameTypes.includes(header.type)) {
        if (header.size > maxNameBytes)
          throw new InstallError(`${archive}: a name in it has ${header.size} bytes`, { fix: damagedFix });
        names = { ...names, ...parseLongNames(header.type, await buffer(pieces()), archive) };
        continue;
      }
      const entry = applyLongNames(header, names, archive);
      names = {};
      inspect?.(entry);
      if (isFile(entry)) yield { name: entry.name, size: entry.size, pieces };
    }
  } finally {
    await reader.close();
  }
}

/**
 * Yields the files of a .tar that has nothing else in it, as `tarFile` writes it: no links, folders or long names, and no
 * data behind its end.
 * @throws InstallError if it has anything else, or is incomplete
 */
export async function* readStrictTarFiles(
  source: AsyncIterable<Uint8Array>,
  archive: string,
): AsyncGenerator<TarFile> {
  const reader = createReader(source, archive, { what: archive, limit: Number.POSITIVE_INFINITY });
  try {
    for await (const { header, pieces } of readEntries(reader, archive)) {
      const { name, size } = header;
      if (!isFile(header))
        throw new InstallError(
          `${archive}: ${JSON.stringify(name)} in it is not a file but a link or a folder`,
        );
      yield { name, size, pieces };
    }
    if (!(await reader.endsInZeros())) throw new InstallError(`${archive}: there is data behind its end`);
  } finally {
    await reader.close();
  }
}

/** Yields each header with its content. Content that was not read is skipped before the next header. */
async function* readEntries(
  reader: ReturnType<typeof createReader>,
  archive: string,
): AsyncGenerator<{ header: TarEntry; pieces: () => AsyncGenerator<Uint8Array> }> {
  for (;;) {
    const header = parseHeader(await buffer(reader.pieces(blockSize)), archive);
    if (header === undefined) return;
    let left = header.size;
    const pieces = async function* () {
      for await (const piece of reader.pieces(header.size)) {
        left -= piece.byteLength;
        yield piece;
      }
    };
    yield { header, pieces };
    for await (const _ of reader.pieces(left + createTarPadding(header.size).length));
  }
}

/** A file of an old archive whose name ends in a slash is a folder. */
function isFile({ name, type }: TarEntry): boolean {
  return type === "0" || (type === "" && !name.endsWith("/"));
}

function createReader(
  source: AsyncIterable<Uint8Array>,
  archive: string,
  { what, limit, fix = damagedFix }: Omit<TarReading, "inspect">,
) {
  const iterator = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  let bytesRead = 0;

  async function readMore(): Promise<void> {
    const next = await iterator.next().catch((cause: unknown) => {
      // The source's own message says more.
      if (cause instanceof InstallError) throw cause;
      throw new InstallError(`${archive}: not a whole .tar.gz`, { cause, fix });
    });
    if (next.done) throw new InstallError(`${archive}: it is incomplete`, { fix });
    rest = next.value;
    bytesRead += rest.byteLength;
    if (bytesRead > limit)
      throw new InstallError(`${archive}: more than ${limit} bytes unpacked before the end of ${what}`, {
        fix,
      });
  }

  async function* pieces(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0; ) {
      if (rest.byteLength === 0) await readMore();
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.byteLength);
      left -= piece.byteLength;
      yield piece;
    }
  }

  /** Reads to the source's end. An archive ends in two blocks of zeros, of which the first was read; more may follow. */
  async function endsInZeros(): Promise<boolean> {
    const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);
    if (!isZero(await buffer(pieces(blockSize)))) return false;
    while (isZero(rest)) {
      const next = await iterator.next();
      if (next.done) return true;
      rest = next.value;
    }
    return false;
  }

  /** Ends the source, also when it was not read to its end. */
  async function close(): Promise<void> {
    await iterator.return?.().catch(() => undefined);
  }

  return { pieces, endsInZeros, close };
}
