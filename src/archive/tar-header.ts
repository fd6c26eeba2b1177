import { InstallError } from "../lib/errors.ts";

export const blockSize = 512;

/** A file, folder, link or device in an archive. */
export interface TarEntry {
  readonly name: string;
  /** As tar writes it: `0` or empty a file, `1` a hard link, `2` a symbolic link, `5` a folder, ... */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** The target of a link. */
  readonly linkTo: string;
}

export const damagedFix =
  "it is damaged, or not what its name says: don't use it, and compare it with its publisher's";

/** Links, devices, folders and pipes: Go expects the next header right after theirs, whatever their size says. */
const headerOnlyTypes: readonly string[] = ["1", "2", "3", "4", "5", "6"];

/**
 * Parses a header block. A header that Go's archive/tar, GNU tar and this reader could understand differently is refused:
 * helm must not see other files than were checked here. Undefined at the archive's end, a block of zeros.
 * @throws InstallError if it is not a header, or an ambiguous one
 */
export function parseHeader(block: Uint8Array, archive: string): TarEntry | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const text = (from: number, length: number) =>
    untilNul(Buffer.from(block.subarray(from, from + length)).toString("utf8"));
  const size = text(124, 12).trim();
  const magic = Buffer.from(block.subarray(257, 263)).toString("latin1");
  if (!magic.startsWith("ustar") || !/^[0-7]+$/.test(size) || !isChecksumValid(block, text(148, 8).trim()))
    throw new InstallError(`${archive}: not a tar archive`, { fix: damagedFix });
  // GNU's own format has other fields in the place of POSIX' folder.
  const folder = magic === "ustar\0" ? text(345, 155) : "";
  const name = folder === "" ? text(0, 100) : `${folder}/${text(0, 100)}`;
  const entry = { name, size: Number.parseInt(size, 8), type: text(156, 1), linkTo: text(157, 100) };
  const ambiguity = findAmbiguity(block, magic, entry);
  if (ambiguity !== undefined) throw createAmbiguousError(archive, ambiguity);
  return entry;
}

/** Returns what could be understood in two ways; undefined if nothing could. */
function findAmbiguity(block: Uint8Array, magic: string, { name, type, size }: TarEntry): string | undefined {
  const shown = JSON.stringify(name.slice(0, 200));
  const isFolder = headerOnlyTypes.includes(type) || (type === "" && name.endsWith("/"));
  if (isFolder && size > 0)
    return `${shown} is a link, a folder or a device, and has a content of ${size} bytes`;
  if (type === "S") return `${shown} is a sparse file`;
  if (Buffer.from(block.subarray(508, 512)).toString("latin1") === "tar\0")
    return "it is in star's own format";
  // Go reads these fields of GNU's format as a folder's name if they are not times.
  const times = Buffer.from(block.subarray(345, 369));
  const isTime = (byte: number) => byte === 0 || byte === 0x20 || (byte >= 0x30 && byte <= 0x37);
  if (magic !== "ustar\0" && !times.every(isTime)) return `${shown} has a time that is not valid`;
  return undefined;
}

/** The checksum is the sum of the bytes, its own eight counted as blanks. Old programs summed signed bytes. */
function isChecksumValid(block: Uint8Array, written: string): boolean {
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

/** Types of entries that hold the next entry's name: PAX headers, GNU's long names and long links. */
export const nameTypes: readonly string[] = ["x", "L", "K"];

/** Bytes of such an entry. Go accepts no more. */
export const maxNameBytes = 1024 ** 2;

/** Names for the next entry. GNU's take precedence over PAX', and later ones over earlier ones. */
export interface LongNames {
  readonly pax?: { readonly name?: string | undefined; readonly linkTo?: string | undefined };
  readonly longName?: string;
  readonly longLink?: string;
}

export function parseLongNames(type: string, bytes: Buffer, archive: string): LongNames {
  if (type === "L") return { longName: untilNul(bytes.toString("utf8")) };
  if (type === "K") return { longLink: untilNul(bytes.toString("utf8")) };
  const records = parsePax(bytes, archive);
  // With another size than the header's, the next reader could see other entries than this one.
  const key = [...records.keys()].find((key) => key === "size" || key.startsWith("GNU.sparse"));
  if (key !== undefined) throw createAmbiguousError(archive, key);
  return { pax: { name: records.get("path"), linkTo: records.get("linkpath") } };
}

/** Returns the entry with its long names. An empty name does not replace the header's. */
export function applyLongNames(
  header: TarEntry,
  { pax, longName, longLink }: LongNames,
  archive: string,
): TarEntry {
  const name = (longName || pax?.name || header.name).replace(/^\.\//, "");
  const linkTo = longLink || pax?.linkTo || header.linkTo;
  if (header.type === "" && name.endsWith("/") && header.size > 0)
    throw createAmbiguousError(
      archive,
      `${JSON.stringify(name.slice(0, 200))} is a folder, and has a content`,
    );
  return { ...header, name, linkTo };
}

/** PAX writes `LENGTH key=value` lines, where LENGTH counts the whole line; a value can contain line breaks. */
function parsePax(bytes: Buffer, archive: string): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const digits = /^(\d{1,10}) /.exec(bytes.toString("latin1", at, at + 12))?.[1] ?? "";
    const end = at + Number(digits);
    const record = bytes.toString("utf8", at + digits.length + 1, end);
    const equals = record.indexOf("=");
    if (digits === "" || equals < 1 || !record.endsWith("\n") || end > bytes.length || record.includes("\0"))
      throw new InstallError(`${archive}: not a tar archive (invalid PAX header)`, { fix: damagedFix });
    records.set(record.slice(0, equals), record.slice(equals + 1, -1));
    at = end;
  }
  return records;
}

function createAmbiguousError(archive: string, ambiguity: string): InstallError {
  return new InstallError(`${archive}: not a tar archive that can be read (${ambiguity})`, {
    fix: damagedFix,
  });
}

function untilNul(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}
