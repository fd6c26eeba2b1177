import { join } from "node:path";
import type { Host } from "../host/host.ts";
import { MonstackError } from "../lib/errors.ts";
import { checkArchive } from "./archive.ts";

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
