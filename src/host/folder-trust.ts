import type { Stats } from "node:fs";
import { lstat, readFile, readlink } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";

/** A part of a path that another user of this machine can replace. */
export interface Untrusted {
  /** Absolute. */
  readonly path: string;
  /** As a sentence goes on after the path: `belongs to the user 1001`. */
  readonly why: string;
}

/** Linux gives up after as many. */
const mostLinks = 40;

/**
 * Walks a path as the kernel does and returns its first part that another user can replace or write: one that neither
 * this user nor root owns, or that others may write. Above the last part the sticky bit protects what is ours. Parts
 * that don't exist are fine: they are created below one that was looked at.
 */
export async function findUntrusted(path: string): Promise<Untrusted | undefined> {
  const pending = (isAbsolute(path) ? path : `${process.cwd()}/${path}`).split("/");
  let current = "/";
  let links = 0;
  const root = await judge("/", await lstat("/"), pending.every(isNothing));
  if (root !== undefined) return root;
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (isNothing(part)) continue;
    if (part === "..") {
      current = dirname(current);
      continue;
    }
    const next = join(current, part);
    const found = await lstat(next).catch(undefinedWhenMissing);
    if (found === undefined) return undefined;
    const untrusted = await judge(next, found, pending.every(isNothing));
    if (untrusted !== undefined) return untrusted;
    if (!found.isSymbolicLink()) {
      current = next;
      continue;
    }
    links += 1;
    if (links > mostLinks) return { path: next, why: "leads through too many links" };
    const target = await readlink(next);
    if (isAbsolute(target)) current = "/";
    pending.unshift(...target.split("/"));
  }
  return undefined;
}

function isNothing(part: string): boolean {
  return part === "" || part === ".";
}

async function judge(path: string, stats: Stats, isLast: boolean): Promise<Untrusted | undefined> {
  const { uid, gid, mode } = stats;
  if (uid !== 0 && uid !== process.geteuid?.()) return { path, why: `belongs to the user ${uid}` };
  // Who may replace a link shows in its folder, which was looked at; its own mode says nothing.
  if (stats.isSymbolicLink()) return undefined;
  const isProtected = stats.isDirectory() && (mode & 0o1000) !== 0 && !isLast;
  const isForOthers = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !(await isPrivateGroup(gid)));
  if (!isForOthers || isProtected) return undefined;
  return {
    path,
    why: `can be written by other users (mode ${(mode & 0o7777).toString(8).padStart(4, "0")})`,
  };
}

/**
 * Whether a group has no other member than this user and root. Debian and Ubuntu give each user such a group, and with
 * it the umask 002. A group that is not in /etc/group counts as shared.
 */
async function isPrivateGroup(gid: number): Promise<boolean> {
  const [groups, users] = await Promise.all(["/etc/group", "/etc/passwd"].map(readColons));
  const own = new Set(["0", String(process.geteuid?.())]);
  const names = users?.filter((user) => own.has(user[2] ?? "")).map(([name]) => name);
  const group = groups?.filter((one) => one[2] === String(gid)) ?? [];
  if (group.length === 0 || names === undefined || users === undefined) return false;
  const members = group.flatMap((one) => (one[3] ?? "").split(",").filter((name) => name !== ""));
  const byLogin = users.filter((user) => user[3] === String(gid));
  return members.every((name) => names.includes(name)) && byLogin.every((user) => own.has(user[2] ?? ""));
}

async function readColons(path: string): Promise<string[][] | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text?.split("\n").map((line) => line.split(":"));
}

function undefinedWhenMissing(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}
