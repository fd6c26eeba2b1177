import { formatCount, splitNul } from "../lib/text.ts";
import type { Context, Host } from "./host.ts";

/** A mount point can only be emptied; what is mounted below is never entered: it may be the host's own data. */
const remove = `
for path; do
  if [ -d "$path" ] && [ ! -L "$path" ] && mountpoint -q "$path"; then find "$path" -xdev -mindepth 1 -delete; else rm -rf --one-file-system -- "$path"; fi
done`;

/**
 * Removes files and folders of root's or ours.
 * @param what they are, for the line that is returned; each path is in the debug log
 * @param root false for what this user made, which needs no other rights
 */
export async function removePaths(
  { host, log }: Context,
  paths: readonly string[],
  what: string,
  root = host.rights !== "none",
): Promise<string | undefined> {
  if (paths.length === 0) return undefined;
  const mounted = mountPoints((await host.files.read("/proc/self/mountinfo")) ?? "");
  const below = (path: string) => mounted.filter((point) => point !== path && isWithin(point, path));
  const free = paths.filter((path) => below(path).length === 0);
  await host.exec(["sh", "-c", remove, "remove", ...free], { root });
  const held = paths.filter((path) => !free.includes(path));
  if (held.length > 0) {
    const why = held.map((path) => `${path} (${below(path).join(", ")})`).join(", ");
    throw new Error(`not removed, since something is mounted below: ${why}`);
  }
  for (const path of free) log.debug(`removed ${path}`);
  return `removed ${what} (${formatCount(free.length, "path")})`;
}

/** Returns the paths that exist, also those that only root can see. */
export async function findExisting(host: Host, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  // What begins with a dash or a parenthesis find takes for a part of its expression.
  const asPath = (path: string) => (path.startsWith("/") ? path : `./${path}`);
  const look = 'find "$@" -maxdepth 0 -print0 2>/dev/null; true';
  const { stdout } = await host.exec(["sh", "-c", look, "find", ...paths.map(asPath)], {
    root: host.rights !== "none",
  });
  const there = new Set(splitNul(stdout));
  return paths.filter((path) => there.has(asPath(path)));
}

/** True if a path is a folder or below it, by their names. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** `36 35 98:0 ROOT POINT OPTIONS ...` */
const mountLine = /^\d+ \d+ \d+:\d+ [^ ]+ ([^ ]+) /;

/** The mount points in a /proc/PID/mountinfo, in the order in which they were mounted; one can be there twice. */
export function mountPoints(mountinfo: string): string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const point = mountLine.exec(line)?.[1];
    return point === undefined ? [] : [unescapeOctal(point)];
  });
}

/** The kernel writes space, tab, newline and backslash as three octal digits, and every other byte as it is. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
