import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync, rmSync, type Stats } from "node:fs";
import { chmod, lstat, mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { InstallError } from "../lib/errors.ts";
import type { Host, Temporary } from "./host.ts";

/** A process, as far as its folder's name says: pid, start time, and the boot and pid namespace in which they hold. */
interface Owner {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; empty where there is no /proc. */
  readonly startTime: string;
  /** Boot and pid namespace. */
  readonly place: string;
}

/** `monstack-run-PID.START.BOOT.NAMESPACE.RANDOM`; the name is there as soon as the folder is, unlike a file in it. */
export const temporaryName = /^monstack-run-(\d+)\.(\d*)\.([0-9a-f]*\.\d*)\.[0-9a-f]{8}$/;

/** A folder whose process can't be looked up from here: no command of monstack's takes as long as this. */
const oldMs = 24 * 60 * 60 * 1000;

/** Folders that are there now; removed as the process ends, however it comes to that. */
const inUse = new Set<string>();

/** The one folder that all temporary files of this host object are in. */
export function createTemporary(parent = tmpdir()): Temporary {
  const self = identifyThisProcess();
  const random = randomBytes(4).toString("hex");
  const folder = join(parent, `monstack-run-${self.pid}.${self.startTime}.${self.place}.${random}`);
  let users = 0;
  // Making and removing follow each other: one that is on its way must not meet the other.
  let order: Promise<unknown> = Promise.resolve();
  const next = (work: () => Promise<void>) => {
    const done = order.then(work, work);
    order = done.catch(() => undefined);
    return done;
  };
  return {
    folder,
    use: async (work) => {
      users += 1;
      try {
        await next(() => make(folder));
        return await work(folder);
      } finally {
        users -= 1;
        await next(async () => {
          if (users === 0) await discard(folder);
        });
      }
    },
    removeStale: () => removeStale(parent, folder, self),
    removeLeft: async (path) => {
      const found = await lstat(path).catch(() => undefined);
      if (found === undefined || path === folder) return;
      if (!isOurs(path, found)) throw new Error(`not a temporary folder of monstack's: ${path}`);
      await rm(path, { recursive: true, force: true });
    },
  };
}

async function make(folder: string): Promise<void> {
  if (inUse.size === 0) process.once("exit", discardAll);
  inUse.add(folder);
  const isNew = await mkdir(folder, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
  if (isNew) return await chmod(folder, 0o700);
  if (!isOurs(folder, await lstat(folder)))
    throw new InstallError(`${folder} was made by somebody else: it can't hold temporary files`, {
      fix: "set TMPDIR to a folder in which only this user can write",
    });
}

async function discard(folder: string): Promise<void> {
  inUse.delete(folder);
  if (inUse.size === 0) process.removeListener("exit", discardAll);
  await remove(folder);
}

function discardAll(): void {
  for (const folder of inUse) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // A later command tries again.
    }
  }
}

/** False when something in it can't be removed: no work fails for that, and a later command tries again. */
function remove(folder: string): Promise<boolean> {
  return rm(folder, { recursive: true, force: true }).then(
    () => true,
    () => false,
  );
}

/** A folder that monstack could have made: of its name, nobody else's, not a link, and closed to others. */
function isOurs(path: string, { uid, mode }: Stats): boolean {
  const user = process.getuid?.();
  return (
    temporaryName.test(basename(path)) &&
    (mode & 0o170000) === 0o040000 &&
    (user === undefined || user === 0 || uid === user) &&
    (mode & 0o077) === 0
  );
}

/** Folders of this user whose process was killed. */
async function removeStale(parent: string, own: string, self: Owner): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  const removed: string[] = [];
  for (const name of names.filter((name) => temporaryName.test(name))) {
    const path = join(parent, name);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || path === own || inUse.has(path)) continue;
    if (found.uid !== process.getuid?.() || !isOurs(path, found) || !isStale(name, found, self)) continue;
    if (await remove(path)) removed.push(path);
  }
  return removed;
}

/**
 * The temporary folder can be one that containers or machines share: a pid says something only in its own namespace and
 * boot. From elsewhere it is unknown whether the process runs, so that only the folder's age counts.
 */
function isStale(name: string, { mtimeMs }: Stats, self: Owner): boolean {
  const [, pid, startTime = "", place] = temporaryName.exec(name) ?? [];
  if (startTime === "" || place !== self.place) return Date.now() - mtimeMs > oldMs;
  return startTimeOf(Number(pid)) !== startTime;
}

function identifyThisProcess(): Owner {
  const boot = (read("/proc/sys/kernel/random/boot_id") ?? "").replaceAll("-", "").slice(0, 8).trim();
  const namespace = /\d+/.exec(readLinkTarget("/proc/self/ns/pid") ?? "")?.[0] ?? "";
  return { pid: process.pid, startTime: startTimeOf(process.pid), place: `${boot}.${namespace}` };
}

function startTimeOf(pid: number): string {
  const stat = read(`/proc/${pid}/stat`) ?? "";
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function readLinkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Gives helm a folder of its own for what it learns of an API server, and for its other caches. By default that is
 * ~/.kube/cache: it would stay behind, and for six hours the next cluster at the same address would be taken for this one.
 * @param use gets the environment variables that name the folder
 */
export function withKubeCache<T>(host: Host, use: (env: Record<string, string>) => Promise<T>): Promise<T> {
  return host.files.withTemp("monstack-kube-", (folder) =>
    use({ KUBECACHEDIR: folder, HELM_CACHE_HOME: folder }),
  );
}
