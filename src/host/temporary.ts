import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync, rmSync, type Stats } from "node:fs";
import { chmod, lstat, mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { InstallError } from "../lib/errors.ts";
import type { Host, Temporary } from "./host.ts";

/** The process that owns a temporary folder, as the folder's name identifies it. */
interface Owner {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; empty if there is no /proc. */
  readonly startTime: string;
  /** Boot id and pid namespace, in which the pid is valid. */
  readonly place: string;
}

/**
 * Matches `monstack-run-PID.START.BOOT.NAMESPACE.RANDOM`. The name identifies the process as soon as the folder
 * exists; a file in it would come later.
 */
export const temporaryName = /^monstack-run-(\d+)\.(\d*)\.([0-9a-f]*\.\d*)\.[0-9a-f]{8}$/;

/**
 * Age after which a folder is stale if its process can't be checked from here. No command of monstack takes that long.
 */
const staleMs = 24 * 60 * 60 * 1000;

/** Folders that exist now. They are removed when the process exits. */
const foldersInUse = new Set<string>();

/** Returns the temporary folder of this host object. The folder exists only while it is used. */
export function createTemporary(parent = tmpdir()): Temporary {
  const self = identifyThisProcess();
  const random = randomBytes(4).toString("hex");
  const folder = join(parent, `monstack-run-${self.pid}.${self.startTime}.${self.place}.${random}`);
  let users = 0;
  // Creating and removing the folder run one after the other, so that they do not interfere.
  let lastOperation: Promise<unknown> = Promise.resolve();
  const enqueue = (work: () => Promise<void>) => {
    const operation = lastOperation.then(work, work);
    lastOperation = operation.catch(() => undefined);
    return operation;
  };
  return {
    folder,
    use: async (work) => {
      users += 1;
      try {
        await enqueue(() => createFolder(folder));
        return await work(folder);
      } finally {
        users -= 1;
        await enqueue(async () => {
          if (users === 0) await removeOwnFolder(folder);
        });
      }
    },
    removeStale: () => removeStale(parent, folder, self),
    removeLeftFolder: async (path) => {
      const stats = await lstat(path).catch(() => undefined);
      if (stats === undefined || path === folder) return;
      if (!canBeCreatedByMonstack(path, stats))
        throw new Error(`not a temporary folder of monstack's: ${path}`);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Creates the folder if it is missing. @throws InstallError if another user created it */
async function createFolder(folder: string): Promise<void> {
  if (foldersInUse.size === 0) process.once("exit", removeOwnFolders);
  foldersInUse.add(folder);
  const isNew = await mkdir(folder, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
  if (isNew) return await chmod(folder, 0o700);
  if (!canBeCreatedByMonstack(folder, await lstat(folder)))
    throw new InstallError(`${folder} was made by somebody else: it can't hold temporary files`, {
      fix: "set TMPDIR to a folder in which only this user can write",
    });
}

/** Removes the folder. */
async function removeOwnFolder(folder: string): Promise<void> {
  foldersInUse.delete(folder);
  if (foldersInUse.size === 0) process.removeListener("exit", removeOwnFolders);
  await tryRemoveFolder(folder);
}

/** Removes the temporary folders of this process when it exits. */
function removeOwnFolders(): void {
  for (const folder of foldersInUse) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // A later command tries again.
    }
  }
}

/** Removes a folder. False if something in it can't be removed: that is not an error, and a later command tries again. */
function tryRemoveFolder(folder: string): Promise<boolean> {
  return rm(folder, { recursive: true, force: true }).then(
    () => true,
    () => false,
  );
}

/**
 * True if monstack could have created the folder: its name matches, this user owns it, it is not a link, and it is
 * closed to others.
 */
function canBeCreatedByMonstack(path: string, { uid, mode }: Stats): boolean {
  const user = process.getuid?.();
  return (
    temporaryName.test(basename(path)) &&
    (mode & 0o170000) === 0o040000 &&
    (user === undefined || user === 0 || uid === user) &&
    (mode & 0o077) === 0
  );
}

/** Removes this user's folders whose process was killed, and returns their paths. */
async function removeStale(parent: string, ownFolder: string, self: Owner): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  const removed: string[] = [];
  for (const name of names.filter((name) => temporaryName.test(name))) {
    const path = join(parent, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined || path === ownFolder || foldersInUse.has(path)) continue;
    if (
      stats.uid !== process.getuid?.() ||
      !canBeCreatedByMonstack(path, stats) ||
      !isStale(name, stats, self)
    )
      continue;
    if (await tryRemoveFolder(path)) removed.push(path);
  }
  return removed;
}

/**
 * True if the folder's process no longer runs. Containers or machines can share the temporary folder, and a pid is
 * valid only in its own namespace and boot. For a process from elsewhere, the folder's age decides.
 */
function isStale(name: string, { mtimeMs }: Stats, self: Owner): boolean {
  const [, pid, startTime = "", place] = temporaryName.exec(name) ?? [];
  if (startTime === "" || place !== self.place) return Date.now() - mtimeMs > staleMs;
  return getStartTime(Number(pid)) !== startTime;
}

/** Returns the identity of this process. */
function identifyThisProcess(): Owner {
  const boot = (readText("/proc/sys/kernel/random/boot_id") ?? "").replaceAll("-", "").slice(0, 8).trim();
  const namespace = /\d+/.exec(readLinkTarget("/proc/self/ns/pid") ?? "")?.[0] ?? "";
  return { pid: process.pid, startTime: getStartTime(process.pid), place: `${boot}.${namespace}` };
}

/** Returns the start time of a process (field 22 of /proc/PID/stat); empty if it has ended. */
function getStartTime(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** Returns a file's content; undefined if it can't be read. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Returns the target of a link; undefined if it can't be read. */
function readLinkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Gives helm its own folder for API discovery and its other caches. The default is ~/.kube/cache: it would remain, and
 * for six hours helm would take the next cluster at the same address for this one.
 * @param use gets the environment variables that name the folder
 */
export function withKubeCache<T>(host: Host, use: (env: Record<string, string>) => Promise<T>): Promise<T> {
  return host.files.withTemp("monstack-kube-", (folder) =>
    use({ KUBECACHEDIR: folder, HELM_CACHE_HOME: folder }),
  );
}
