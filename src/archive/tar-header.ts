import { InstallError } from "../lib/errors.ts";

/** Anything in an archive: a file, a folder, a link, a device. */
export interface TarEntry {
  readonly name: string;
  /** As tar writes it: `0` or empty a file, `1` a hard link, `2` a symbolic one, `5` a folder, ... */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** Where a link leads to. */
  readonly linkTo: string;
}

export const damaged =
  "it is damaged, or not what its name says: don't use it, and compare it with its publisher's";

/** Links, devices, folders and pipes: Go reads the next header right after theirs, whatever size they claim. */
const headerOnly: readonly string[] = ["1", "2", "3", "4", "5", "6"];

/**
 * Reads a header block. What Go's archive/tar, GNU tar and this reader could understand in different ways is refused: an
 * archive that was checked here must not be another one to helm. Undefined at the archive's end, a block of zeros.
 * @throws InstallError when it is not a header, or an ambiguous one.
 */
export function parseHeader(block: Uint8Array, archive: string): TarEntry | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const text = (from: number, length: number) =>
    cut(Buffer.from(block.subarray(from, from + length)).toString("utf8"));
  const size = text(124, 12).trim();
  const magic = Buffer.from(block.subarray(257, 263)).toString("latin1");
  if (!magic.startsWith("ustar") || !/^[0-7]+$/.test(size) || !isSumRight(block, text(148, 8).trim()))
    throw new InstallError(`${archive}: not a tar archive`, { fix: damaged });
  // GNU's own format has other things where POSIX has the folder.
  const folder = magic === "ustar\0" ? text(345, 155) : "";
  const name = folder === "" ? text(0, 100) : `${folder}/${text(0, 100)}`;
  const entry = { name, size: Number.parseInt(size, 8), type: text(156, 1), linkTo: text(157, 100) };
  const odd = oddIn(block, magic, entry);
  if (odd !== undefined) throw ambiguous(archive, odd);
  return entry;
}

/** What could be understood in another way; undefined when nothing is. */
function oddIn(block: Uint8Array, magic: string, { name, type, size }: TarEntry): string | undefined {
  const shown = JSON.stringify(name.slice(0, 200));
  const isFolder = headerOnly.includes(type) || (type === "" && name.endsWith("/"));
  if (isFolder && size > 0)
    return `${shown} is a link, a folder or a device, and has a content of ${size} bytes`;
  if (type === "S") return `${shown} is a sparse file`;
  if (Buffer.from(block.subarray(508, 512)).toString("latin1") === "tar\0")
    return "it is in star's own format";
  // Where these are no times, Go takes them for a folder's name.
  const times = Buffer.from(block.subarray(345, 369));
  if (
    magic !== "ustar\0" &&
    times.some((byte) => byte !== 0 && byte !== 0x20 && (byte < 0x30 || byte > 0x37))
  )
    return `${shown} has a time that is none`;
  return undefined;
}

/** The bytes' sum, as if the sum's own eight were blanks. Old programs took bytes as signed. */
function isSumRight(block: Uint8Array, written: string): boolean {
  if (!/^[0-7]+$/.test(written)) return false;
  let [unsigned, signed] = [0, 0];
  for (const [index, byte] of block.entries()) {
    const value = index >= 148 && index < 156 ? 0x20 : byte;
    unsigned += value;
    signed += value > 127 ? value - 256 : value;
  }
  const sum = Number.parseInt(written, 8);
  return sum === unsigned || sum === signed;
}

/** Entries that say something about the next one: PAX's, GNU's long name and GNU's long link. */
export const namings: readonly string[] = ["x", "L", "K"];

/** Go reads no more of them. */
export const mostOfNaming = 1024 ** 2;

/** What was said about the next entry. GNU's words count more than PAX's, and later ones more than earlier. */
export interface Names {
  readonly pax?: { readonly name?: string | undefined; readonly linkTo?: string | undefined };
  readonly longName?: string;
  readonly longLink?: string;
}

export function namesIn(type: string, bytes: Buffer, archive: string): Names {
  if (type === "L") return { longName: cut(bytes.toString("utf8")) };
  if (type === "K") return { longLink: cut(bytes.toString("utf8")) };
  const records = paxRecords(bytes, archive);
  // A size that isn't the header's: who reads it after us could see other entries than we do.
  const odd = [...records.keys()].find((key) => key === "size" || key.startsWith("GNU.sparse"));
  if (odd !== undefined) throw ambiguous(archive, odd);
  return { pax: { name: records.get("path"), linkTo: records.get("linkpath") } };
}

/** An empty name leaves the one before. */
export function named(header: TarEntry, { pax, longName, longLink }: Names, archive: string): TarEntry {
  const name = (longName || pax?.name || header.name).replace(/^\.\//, "");
  const linkTo = longLink || pax?.linkTo || header.linkTo;
  if (header.type === "" && name.endsWith("/") && header.size > 0)
    throw ambiguous(archive, `${JSON.stringify(name.slice(0, 200))} is a folder, and has a content`);
  return { ...header, name, linkTo };
}

/** PAX writes `LENGTH key=value` lines, each as many bytes long as it says itself; a value can hold line ends. */
function paxRecords(bytes: Buffer, archive: string): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const digits = /^(\d{1,10}) /.exec(bytes.toString("latin1", at, at + 12))?.[1] ?? "";
    const end = at + Number(digits);
    const record = bytes.toString("utf8", at + digits.length + 1, end);
    const equals = record.indexOf("=");
    if (digits === "" || equals < 1 || !record.endsWith("\n") || end > bytes.length || record.includes("\0"))
      throw new InstallError(`${archive}: not a tar archive (a PAX header that is none)`, { fix: damaged });
    records.set(record.slice(0, equals), record.slice(equals + 1, -1));
    at = end;
  }
  return records;
}

function ambiguous(archive: string, odd: string): InstallError {
  return new InstallError(`${archive}: not a tar archive that can be read (${odd})`, { fix: damaged });
}

function cut(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}
