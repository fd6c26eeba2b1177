import { randomBytes } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import {
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileStat, Files, Host, OpenFile, Temporary } from "./host.ts";

/** Returns the file operations of this user, and those as root, which run commands. */
export function createFiles(exec: Host["exec"], temporary: Temporary): Files {
  return {
    read: (path) => readFile(path, "utf8").catch(ignoreMissingFile),
    write: writeThroughRename,
    append: async (path, pieces, mode = 0o644) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, pieces, { mode, flag: "a" });
    },
    rename,
    // Half of Node's default, since the garbage collector frees these buffers late.
    stream: (path) => createReadStream(path, { highWaterMark: 32 * 1024 }),
    open: openFile,
    appendDurably,
    writeAsRoot: async (path, content, mode = 0o600) => {
      await exec(["mkdir", "-p", dirname(path)], { root: true });
      const temporaryPath = `${path}.${randomBytes(8).toString("hex")}.monstack-new`;
      // The file gets its mode before its content.
      await exec(["install", "-m", mode.toString(8), "/dev/null", temporaryPath], { root: true });
      await exec(["tee", temporaryPath], { root: true, input: content });
      await exec(["mv", "-f", temporaryPath, path], { root: true });
    },
    readAsRoot: async (path) => {
      const result = await exec(["cat", path], { root: true, allowFailure: true });
      return result.exitCode === 0 ? result.stdout : undefined;
    },
    exists: (path) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    stat: readStat,
    touch: async (path) => {
      const now = new Date();
      await utimes(path, now, now).catch(ignoreMissingFile);
    },
    renameFolder,
    mkdir: async (path, mode = 0o755) => {
      await mkdir(path, { recursive: true, mode });
    },
    readLink: (path) => readlink(path).catch(ignoreMissingFile),
    list: (path) => readdir(path).catch((error: unknown) => ignoreMissingFile(error) ?? []),
    remove: (path) => rm(path, { recursive: true, force: true }),
    removeAsRoot: async (path) => {
      await exec(["rm", "-rf", "--one-file-system", "--", path], { root: true });
    },
    withTemp: (prefix, use) =>
      temporary.use(async (parent) => {
        const folder = await mkdtemp(join(parent, prefix));
        try {
          return await use(folder);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
  };
}

/** Writes to a temporary file and renames it. Creates missing folders. */
async function writeThroughRename(
  path: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  mode = 0o644,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Two apps of the same chart can write the same file at once. Nobody can guess the name or create the file
  // beforehand.
  const temporaryPath = `${path}.${randomBytes(8).toString("hex")}.new`;
  try {
    await writeFile(temporaryPath, content, { mode, flag: "wx" });
    await rename(temporaryPath, path);
  } catch (error) {
    await rm(temporaryPath, { force: true });
    throw error;
  }
}

/** Opens a file to read it, or creates one to write it. */
async function openFile(path: string, how: "read" | "new"): Promise<OpenFile> {
  const file = await open(path, how === "read" ? "r" : "wx+", 0o600);
  return {
    write: async (pieces, position) => {
      const whole = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
      const { bytesWritten } = await file.writev(pieces, position);
      if (bytesWritten === whole) return;
      // A disk that fills up takes a part; the next attempt says why.
      const rest = Buffer.concat(pieces).subarray(bytesWritten);
      for (let at = 0; at < rest.byteLength; )
        at += (await file.write(rest, at, rest.byteLength - at, position + bytesWritten + at)).bytesWritten;
    },
    read: async (position, length) => {
      const piece = new Uint8Array(length);
      const { bytesRead } = await file.read(piece, 0, length, position);
      return bytesRead === length ? piece : piece.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
}

/** Returns the properties of a path without following a link; undefined if it does not exist. */
async function readStat(path: string): Promise<FileStat | undefined> {
  const stats = await lstat(path).catch(ignoreMissingFile);
  if (stats === undefined) return undefined;
  const { uid, gid, size: bytes, mtimeMs: modifiedMs } = stats;
  return { kind: toFileKind(stats), uid, gid, mode: stats.mode & 0o7777, bytes, modifiedMs };
}

/** Returns the kind of a file. */
function toFileKind(stats: Stats): FileStat["kind"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  return stats.isSymbolicLink() ? "link" : "other";
}

/** Renames a folder. False if the target exists and is not empty. */
async function renameFolder(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST") return false;
    throw error;
  }
}

/** Appends a line and returns when it is on disk. */
async function appendDurably(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "a", 0o600);
  try {
    await file.appendFile(line);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Returns undefined for the error of a missing file. @throws every other error */
function ignoreMissingFile(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}
