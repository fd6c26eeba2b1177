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

/** A file that is written into an archive. */
export interface Content {
  readonly path: string;
  /** Bytes; the header comes before the content. */
  readonly size: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/** A complete archive. */
export interface Written {
  readonly manifest: Manifest;
  /** Of the file. */
  readonly bytes: number;
}

/** Prometheus' chunks are compressed already: a higher level costs time and gains little. */
const level = 4;

/**
 * Writes an archive in one pass. If its contents throw, nothing is left of it.
 * @param conclude makes the manifest once all parts are written
 */
export async function writeArchive(
  host: Host,
  file: string,
  contents: AsyncIterable<Content>,
  conclude: (parts: readonly Part[]) => Promise<Manifest>,
): Promise<Written> {
  let manifest: Manifest | undefined;
  let bytes = 0;
  const gzip = createGzip({ level });
  const tar = createTar(host, contents, async (parts) => {
    manifest = await conclude(parts);
    return manifest;
  });
  // Errors are thrown by the writing.
  pipeline(tar, gzip, () => {});
  const counted = async function* () {
    for await (const piece of gzip as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      yield piece;
    }
  };
  await host.files.write(file, counted(), 0o600);
  if (manifest === undefined) throw new Error(`${file} was written without a manifest`);
  return { manifest, bytes };
}

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

async function* hashPieces(pieces: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

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

/** Bytes; more than any JSON file that a backup has. */
const mostJson = 64 * 1024 * 1024;

/** Yields all files of an archive in order. */
export function readArchiveFiles(host: Host, file: string): AsyncGenerator<TarFile> {
  const limit = Number.MAX_SAFE_INTEGER;
  return readTarGzEntries(host.files.stream(file), file, { what: "the backup", limit });
}

/**
 * Reads an archive to its end and compares each file with the manifest.
 * @throws UserError if it is incomplete or was changed
 */
export async function checkArchive(host: Host, file: string): Promise<Manifest> {
  if (!(await host.files.exists(file))) throw new UserError(`backup not found: ${file}`);
  const found = new Map<string, Part>();
  let manifestText: string | undefined;
  try {
    for await (const entry of readArchiveFiles(host, file)) {
      if (entry.name === manifestName) manifestText = await readText(entry);
      else found.set(entry.name, { path: entry.name, bytes: entry.size, sha256: await hashOf(entry) });
    }
  } catch (cause) {
    if (cause instanceof MonstackError || isIoError(cause))
      throw createInvalidBackupError(file, describeError(cause), cause);
    throw cause;
  }
  const manifest = parseManifest(file, manifestText);
  const differences = findDifferences(manifest.parts, found);
  if (differences.length > 0) throw createInvalidBackupError(file, differences.slice(0, 3).join("; "));
  return manifest;
}

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
  const [first] = parsed.error.issues;
  throw createInvalidBackupError(
    file,
    `its ${manifestName} is wrong at ${first?.path.join(".")}: ${first?.message}`,
  );
}

function findDifferences(parts: readonly Part[], found: ReadonlyMap<string, Part>): string[] {
  const named = new Set(parts.map(({ path }) => path));
  const unknown = [...found.keys()].filter((path) => !named.has(path));
  return [
    ...parts.flatMap(({ path, bytes, sha256 }) => {
      const there = found.get(path);
      if (there === undefined) return [`${path} is missing`];
      return there.bytes === bytes && there.sha256 === sha256 ? [] : [`${path} is not as it was written`];
    }),
    ...unknown.map((path) => `${path} is not in its manifest`),
  ];
}

function createInvalidBackupError(file: string, why: string, cause?: unknown): UserError {
  return new UserError(`${file} is not a whole backup, and nothing was changed: ${why}`, {
    fix: "take another one, or copy it again from where it came",
    cause,
  });
}

function isIoError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

async function hashOf({ pieces }: TarFile): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of pieces()) hash.update(piece);
  return hash.digest("hex");
}

/** Reads a JSON file of an archive. */
export async function readText({ name, size, pieces }: TarFile): Promise<string> {
  if (size > mostJson) throw new UserError(`${name} has ${size} bytes, which no file of a backup has`);
  return await text(pieces());
}

export type Archive =
  | { readonly file: string; readonly createdAt: string; readonly samples: number }
  | { readonly file: string; readonly problem: string };

/** The newest ones of a folder: each is read as a whole. */
const mostArchives = 3;

/**
 * Reads the backups at a path, an archive or a folder of them, and those that monstack wrote of this stack; whatever they
 * are called. The same file counts once.
 * @param written absolute paths; one that is there no more is left out
 */
export async function findArchives(
  host: Host,
  named: string | undefined,
  written: readonly string[],
): Promise<Archive[]> {
  const atPath = named === undefined ? [] : await archivesAt(host, named);
  const there = await Promise.all(
    written.slice(-mostArchives).map(async (file) => ((await host.files.exists(file)) ? [file] : [])),
  );
  return await Promise.all(
    [...new Set([...atPath, ...there.flat()])].map(async (file): Promise<Archive> => {
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

/** A file with such a name that is not an archive is reported, not skipped. */
const isNamedSo = /\.(tar|tgz|tar\.gz)$/;

async function archivesAt({ files }: Host, path: string): Promise<string[]> {
  const found = await files.stat(path);
  const names = await files.list(path);
  if (names.length === 0) return found === undefined || found.kind === "folder" ? [] : [path];
  const all = await Promise.all(
    names.map(async (name) => {
      const file = join(path, name);
      const stat = await files.stat(file);
      if (stat?.kind !== "file" || !(isNamedSo.test(name) || (await isGzip(files, file)))) return [];
      return [{ file, at: stat.modifiedMs }];
    }),
  );
  return all
    .flat()
    .toSorted((one, other) => one.at - other.at || one.file.localeCompare(other.file))
    .slice(-mostArchives)
    .map(({ file }) => file);
}

async function isGzip(files: Host["files"], file: string): Promise<boolean> {
  for await (const piece of files.stream(file)) return piece[0] === 0x1f && piece[1] === 0x8b;
  return false;
}
