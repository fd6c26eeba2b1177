import type { Stats } from "node:fs";
import { lstat, readFile, readlink } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { isPrivateGroup } from "./private-group.ts";

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
  const isForOthers =
    (mode & 0o002) !== 0 ||
    ((mode & 0o020) !== 0 && !(await isPrivateGroup(readText, gid, [process.geteuid?.() ?? 0])));
  if (!isForOthers || isProtected) return undefined;
  return {
    path,
    why: `can be written by other users (mode ${(mode & 0o7777).toString(8).padStart(4, "0")})`,
  };
}

const readText = (path: string) => readFile(path, "utf8");

function undefinedWhenMissing(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}
