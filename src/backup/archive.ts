import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { text } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import { readTarGzEntries, type TarFile } from "../archive/tar.ts";
import { tarEnd, writeTarFile } from "../archive/tar-writer.ts";
import type { Host } from "../host/host.ts";
import { describeError, MonstackError, UserError } from "../lib/errors.ts";
import { Manifest, manifestName, type Part } from "./manifest.ts";

/** A file to be written into an archive. */
export interface Content {
  readonly path: string;
  /** Bytes. They must be known beforehand, since the header with the size comes before the content. */
  readonly size: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/** An archive that was written completely. */
export interface WrittenArchive {
  readonly manifest: Manifest;
  /** Size of the archive file. */
  readonly bytes: number;
}

/** Compression level. Prometheus' chunks are compressed already, so a higher level costs time and saves little. */
const compressionLevel = 4;

/**
 * Writes an archive in one pass. If reading the contents fails, no file remains.
 * @param conclude returns the manifest; called when all parts are written
 */
export async function writeArchive(
  host: Host,
  file: string,
  contents: AsyncIterable<Content>,
  conclude: (parts: readonly Part[]) => Promise<Manifest>,
): Promise<WrittenArchive> {
  let manifest: Manifest | undefined;
  let bytes = 0;
  const gzip = createGzip({ level: compressionLevel });
  const tar = createTar(host, contents, async (parts) => {
    manifest = await conclude(parts);
    return manifest;
  });
  // `files.write` below reads the stream and throws its errors.
  pipeline(tar, gzip, () => {});
  const countBytes = async function* () {
    for await (const piece of gzip as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      yield piece;
    }
  };
  await host.files.write(file, countBytes(), 0o600);
  if (manifest === undefined) throw new Error(`${file} was written without a manifest`);
  return { manifest, bytes };
}

/** Yields the bytes of the tar archive: each file with its header, and the manifest last. */
async function* createTar(
  host: Host,
  contents: AsyncIterable<Content>,
  conclude: (parts: readonly Part[]) => Promise<Manifest>,
): AsyncGenerator<Uint8Array> {
  const modifiedAt = host.now();
  const parts: Part[] = [];
  for await (const { path, size, pieces } of contents) {
    const hash = createHash("sha256");
    yield* writeTarFile({ name: path, size, modifiedAt }, hashPieces(pieces(), hash));
    parts.push({ path, bytes: size, sha256: hash.digest("hex") });
  }
  const manifest = createJsonContent(manifestName, await conclude(parts));
  yield* writeTarFile({ name: manifestName, size: manifest.size, modifiedAt }, manifest.pieces());
  yield tarEnd;
}

/** Yields the pieces unchanged, and adds each one to the hash. */
async function* hashPieces(pieces: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

/** Returns a JSON file to be written into an archive. */
export function createJsonContent(path: string, value: unknown): Content {
  const bytes = Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
  return {
    path,
    size: bytes.length,
    pieces: async function* () {
      yield bytes;
    },
  };
}

/** Maximum size of a JSON file in bytes. No backup has a bigger one. */
const maxJsonBytes = 64 * 1024 * 1024;

/** Yields all files of an archive in order. */
export function readArchiveFiles(host: Host, file: string): AsyncGenerator<TarFile> {
  const limit = Number.MAX_SAFE_INTEGER;
  return readTarGzEntries(host.files.stream(file), file, { what: "the backup", limit });
}

/**
 * Reads a whole archive, compares each file with the manifest, and returns the manifest.
 * @throws UserError if the archive does not exist, is incomplete, or was changed
 */
export async function checkArchive(host: Host, file: string): Promise<Manifest> {
  if (!(await host.files.exists(file))) throw new UserError(`backup not found: ${file}`);
  const readParts = new Map<string, Part>();
  let manifestText: string | undefined;
  try {
    for await (const entry of readArchiveFiles(host, file)) {
      if (entry.name === manifestName) manifestText = await readText(entry);
      else
        readParts.set(entry.name, { path: entry.name, bytes: entry.size, sha256: await computeHash(entry) });
    }
  } catch (cause) {
    if (cause instanceof MonstackError || isIoError(cause))
      throw createInvalidBackupError(file, describeError(cause), cause);
    throw cause;
  }
  const manifest = parseManifest(file, manifestText);
  const differences = findDifferences(manifest.parts, readParts);
  if (differences.length > 0) throw createInvalidBackupError(file, differences.slice(0, 3).join("; "));
  return manifest;
}

/** Returns the manifest of an archive. @throws UserError if it is missing or invalid */
function parseManifest(file: string, json: string | undefined): Manifest {
  if (json === undefined) throw createInvalidBackupError(file, `there is no ${manifestName} in it`);
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (cause) {
    throw createInvalidBackupError(file, `its ${manifestName} is not JSON`, cause);
  }
  const format = (data as { format?: unknown } | null)?.format;
  if (typeof format === "number" && format !== 1)
    throw createInvalidBackupError(file, `its format is ${format}, and this monstack reads format 1`);
  const parsed = Manifest.safeParse(data);
  if (parsed.success) return parsed.data;
  const [firstIssue] = parsed.error.issues;
  throw createInvalidBackupError(
    file,
    `its ${manifestName} is wrong at ${firstIssue?.path.join(".")}: ${firstIssue?.message}`,
  );
}

/** Describes each difference between the manifest's parts and those that were read. */
function findDifferences(parts: readonly Part[], readParts: ReadonlyMap<string, Part>): string[] {
  const expectedPaths = new Set(parts.map(({ path }) => path));
  const unexpectedPaths = [...readParts.keys()].filter((path) => !expectedPaths.has(path));
  return [
    ...parts.flatMap(({ path, bytes, sha256 }) => {
      const part = readParts.get(path);
      if (part === undefined) return [`${path} is missing`];
      return part.bytes === bytes && part.sha256 === sha256 ? [] : [`${path} is not as it was written`];
    }),
    ...unexpectedPaths.map((path) => `${path} is not in its manifest`),
  ];
}

/** Returns the error for an archive that is not a valid backup. */
function createInvalidBackupError(file: string, why: string, cause?: unknown): UserError {
  return new UserError(`${file} is not a whole backup, and nothing was changed: ${why}`, {
    fix: "take another one, or copy it again from where it came",
    cause,
  });
}

/** True for an error of a system call, such as a read that fails. */
function isIoError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

/** Returns the SHA-256 checksum of a file of an archive. */
async function computeHash({ pieces }: TarFile): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of pieces()) hash.update(piece);
  return hash.digest("hex");
}

/** Returns the content of a JSON file of an archive. @throws UserError if the file is too big */
export async function readText({ name, size, pieces }: TarFile): Promise<string> {
  if (size > maxJsonBytes) throw new UserError(`${name} has ${size} bytes, which no file of a backup has`);
  return await text(pieces());
}

/** A backup that was checked: its age and size, or why it is invalid. */
export type Archive =
  | { readonly file: string; readonly createdAt: string; readonly samples: number }
  | { readonly file: string; readonly problem: string };

/** Maximum number of backups that are checked, the newest first, since each is read completely. */
const maxArchives = 3;

/**
 * Checks the backups at a path, which is an archive or a folder with archives of any name, and those that monstack
 * wrote of this stack. Each file is checked once.
 * @param path undefined to check only the written ones
 * @param written absolute paths of the backups that monstack wrote; a path that no longer exists is left out
 */
export async function findArchives(
  host: Host,
  path: string | undefined,
  written: readonly string[],
): Promise<Archive[]> {
  const pathArchives = path === undefined ? [] : await findNewestArchives(host, path);
  const existingArchives = await Promise.all(
    written.slice(-maxArchives).map(async (file) => ((await host.files.exists(file)) ? [file] : [])),
  );
  return await Promise.all(
    [...new Set([...pathArchives, ...existingArchives.flat()])].map(async (file): Promise<Archive> => {
      try {
        const { createdAt, prometheus } = await checkArchive(host, file);
        return { file, createdAt, samples: prometheus.samples };
      } catch (error) {
        if (error instanceof MonstackError) return { file, problem: error.message };
        throw error;
      }
    }),
  );
}

/** Matches the file names of archives. A file with such a name that is not an archive is reported, not skipped. */
const archiveName = /\.(tar|tgz|tar\.gz)$/;

/**
 * Returns the paths of the newest archives in a folder, oldest first; for a file, its own path; empty if the path does
 * not exist.
 */
async function findNewestArchives({ files }: Host, path: string): Promise<string[]> {
  const pathStat = await files.stat(path);
  const names = await files.list(path);
  if (names.length === 0) return pathStat === undefined || pathStat.kind === "folder" ? [] : [path];
  const archives = await Promise.all(
    names.map(async (name) => {
      const file = join(path, name);
      const stat = await files.stat(file);
      if (stat?.kind !== "file" || !(archiveName.test(name) || (await isGzip(files, file)))) return [];
      return [{ file, modifiedMs: stat.modifiedMs }];
    }),
  );
  return archives
    .flat()
    .toSorted(
      (archive, otherArchive) =>
        archive.modifiedMs - otherArchive.modifiedMs || archive.file.localeCompare(otherArchive.file),
    )
    .slice(-maxArchives)
    .map(({ file }) => file);
}

/** True if a file starts with the magic number of gzip. */
async function isGzip(files: Host["files"], file: string): Promise<boolean> {
  for await (const piece of files.stream(file)) return piece[0] === 0x1f && piece[1] === 0x8b;
  return false;
}
