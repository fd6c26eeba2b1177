import { createHash } from "node:crypto";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { type TarFile, tarEntries } from "../archive/tar.ts";
import { tarEnd, tarHeader, tarPadding } from "../archive/tar-writer.ts";
import type { Host } from "../host/host.ts";
import { MonstackError, messageOf, UserError } from "../lib/errors.ts";
import { Manifest, manifestName, type Part } from "./manifest.ts";

/** A file on its way into an archive. */
export interface Content {
  readonly path: string;
  /** Bytes, known before the first of them comes. */
  readonly size: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/** An archive that is whole. */
export interface Written {
  readonly manifest: Manifest;
  /** Of the file. */
  readonly bytes: number;
}

/** Chunks are compressed already: more effort costs time and gains little. */
const level = 4;

/**
 * Writes an archive in one pass, as its contents come; nothing is left of it when they end in an error.
 * @param conclude makes the manifest from the parts, once all of them are written
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
  const tar = tarOf(host, contents, async (parts) => {
    manifest = await conclude(parts);
    return manifest;
  });
  // Its errors come out of the writing.
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

async function* tarOf(
  host: Host,
  contents: AsyncIterable<Content>,
  conclude: (parts: readonly Part[]) => Promise<Manifest>,
): AsyncGenerator<Uint8Array> {
  const modifiedAt = host.now();
  const parts: Part[] = [];
  for await (const { path, size, pieces } of contents) {
    yield tarHeader({ name: path, size, modifiedAt });
    const hash = createHash("sha256");
    for await (const piece of pieces()) {
      hash.update(piece);
      yield piece;
    }
    yield tarPadding(size);
    parts.push({ path, bytes: size, sha256: hash.digest("hex") });
  }
  const manifest = jsonContent(manifestName, await conclude(parts));
  yield tarHeader({ name: manifestName, size: manifest.size, modifiedAt });
  yield* manifest.pieces();
  yield tarPadding(manifest.size);
  yield tarEnd;
}

export function jsonContent(path: string, value: unknown): Content {
  const bytes = Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
  return {
    path,
    size: bytes.length,
    pieces: async function* () {
      yield bytes;
    },
  };
}

/** A JSON file of an archive that is larger than this is none of ours. */
const mostJson = 64 * 1024 * 1024;

/** All files of an archive, in its order. */
export function archiveFiles(host: Host, file: string): AsyncGenerator<TarFile> {
  const limit = Number.MAX_SAFE_INTEGER;
  return tarEntries(host.files.stream(file), file, { what: "the backup", limit });
}

/**
 * Reads an archive to its end and compares each file with the manifest.
 * @throws UserError unless it is whole, and as it was written.
 */
export async function checkArchive(host: Host, file: string): Promise<Manifest> {
  if (!(await host.files.exists(file))) throw new UserError(`there is no backup ${file}`);
  const found = new Map<string, Part>();
  let text: string | undefined;
  try {
    for await (const entry of archiveFiles(host, file)) {
      if (entry.name === manifestName) text = await textOf(entry);
      else found.set(entry.name, { path: entry.name, bytes: entry.size, sha256: await hashOf(entry) });
    }
  } catch (cause) {
    if (cause instanceof MonstackError || isIoError(cause)) throw refusal(file, messageOf(cause), cause);
    throw cause;
  }
  const manifest = parseManifest(file, text);
  const wrong = differences(manifest.parts, found);
  if (wrong.length > 0) throw refusal(file, wrong.slice(0, 3).join("; "));
  return manifest;
}

function parseManifest(file: string, text: string | undefined): Manifest {
  if (text === undefined) throw refusal(file, `there is no ${manifestName} in it`);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw refusal(file, `its ${manifestName} is no JSON`, cause);
  }
  const format = (data as { format?: unknown } | null)?.format;
  if (typeof format === "number" && format !== 1)
    throw refusal(file, `its format is ${format}, and this monstack reads format 1`);
  const parsed = Manifest.safeParse(data);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw refusal(file, `its ${manifestName} is wrong at ${first?.path.join(".")}: ${first?.message}`);
}

function differences(parts: readonly Part[], found: ReadonlyMap<string, Part>): string[] {
  const named = new Set(parts.map(({ path }) => path));
  const strangers = [...found.keys()].filter((path) => !named.has(path));
  return [
    ...parts.flatMap(({ path, bytes, sha256 }) => {
      const there = found.get(path);
      if (there === undefined) return [`${path} is missing`];
      return there.bytes === bytes && there.sha256 === sha256 ? [] : [`${path} is not as it was written`];
    }),
    ...strangers.map((path) => `${path} is not in its manifest`),
  ];
}

function refusal(file: string, why: string, cause?: unknown): UserError {
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

/** A JSON file's text. */
export async function textOf({ name, size, pieces }: TarFile): Promise<string> {
  if (size > mostJson) throw new UserError(`${name} has ${size} bytes, which is no file of a backup`);
  const parts: Uint8Array[] = [];
  for await (const piece of pieces()) parts.push(piece);
  return Buffer.concat(parts).toString("utf8");
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

/** One that is called an archive and is none is reported, not passed over. */
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
