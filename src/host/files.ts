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
import type { FileStat, Files, Host, Temporary } from "./host.ts";

/** Files as this user, and as root through commands. */
export function createFiles(exec: Host["exec"], temporary: Temporary): Files {
  return {
    read: (path) => readFile(path, "utf8").catch(ignoreMissingFile),
    write,
    append: async (path, pieces, mode = 0o644) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, pieces, { mode, flag: "a" });
    },
    rename,
    // Half of what Node takes by itself: these bytes lie where the garbage collector seldom looks, until it does.
    stream: (path) => createReadStream(path, { highWaterMark: 32 * 1024 }),
    appendDurably,
    writeAsRoot: async (path, content, mode = 0o600) => {
      await exec(["mkdir", "-p", dirname(path)], { root: true });
      const temporary = `${path}.${randomBytes(8).toString("hex")}.monstack-new`;
      // The mode is there before the content is.
      await exec(["install", "-m", mode.toString(8), "/dev/null", temporary], { root: true });
      await exec(["tee", temporary], { root: true, input: content });
      await exec(["mv", "-f", temporary, path], { root: true });
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
    stat: statOf,
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

async function write(
  path: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  mode = 0o644,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Two apps of the same chart write the same file at once. A name that nobody can know, and a file that nobody made.
  const temporary = `${path}.${randomBytes(8).toString("hex")}.new`;
  try {
    await writeFile(temporary, content, { mode, flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function statOf(path: string): Promise<FileStat | undefined> {
  const found = await lstat(path).catch(ignoreMissingFile);
  if (found === undefined) return undefined;
  const { uid, gid, size: bytes, mtimeMs: modifiedMs } = found;
  return { kind: toFileKind(found), uid, gid, mode: found.mode & 0o7777, bytes, modifiedMs };
}

function toFileKind(found: Stats): FileStat["kind"] {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "folder";
  return found.isSymbolicLink() ? "link" : "other";
}

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

function ignoreMissingFile(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}
