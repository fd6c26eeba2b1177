import { formatCount, splitNul } from "../lib/text.ts";
import type { Context, Host } from "./host.ts";

/**
 * Removes the paths $@. A mount point is only emptied. Mounts below a path are never entered: they can hold the host's
 * data.
 */
const removePathsScript = `
for path; do
  if [ -d "$path" ] && [ ! -L "$path" ] && mountpoint -q "$path"; then find "$path" -xdev -mindepth 1 -delete; else rm -rf --one-file-system -- "$path"; fi
done`;

/**
 * Removes files and folders, and returns the line for the log; undefined if there are none. The debug log has each
 * path.
 * @param what describes the paths in the line
 * @param root false for paths that this user created
 * @throws Error naming the paths that contain a mount
 */
export async function removePaths(
  { host, log }: Context,
  paths: readonly string[],
  what: string,
  root = host.rights !== "none",
): Promise<string | undefined> {
  if (paths.length === 0) return undefined;
  const allMounts = parseMountPoints((await host.files.read("/proc/self/mountinfo")) ?? "");
  const listMountsBelow = (path: string) =>
    allMounts.filter((point) => point !== path && isWithin(point, path));
  const removablePaths = paths.filter((path) => listMountsBelow(path).length === 0);
  await host.exec(["sh", "-c", removePathsScript, "remove", ...removablePaths], { root });
  const mountedPaths = paths.filter((path) => !removablePaths.includes(path));
  if (mountedPaths.length > 0) {
    const reasons = mountedPaths.map((path) => `${path} (${listMountsBelow(path).join(", ")})`).join(", ");
    throw new Error(`not removed, since something is mounted below: ${reasons}`);
  }
  for (const path of removablePaths) log.debug(`removed ${path}`);
  return `removed ${what} (${formatCount(removablePaths.length, "path")})`;
}

/** Returns which of the paths exist, including those that only root can see. */
export async function findExisting(host: Host, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  // find reads an argument that begins with a dash or a parenthesis as an expression.
  const asPath = (path: string) => (path.startsWith("/") ? path : `./${path}`);
  const findScript = 'find "$@" -maxdepth 0 -print0 2>/dev/null; true';
  const { stdout } = await host.exec(["sh", "-c", findScript, "find", ...paths.map(asPath)], {
    root: host.rights !== "none",
  });
  const existingPaths = new Set(splitNul(stdout));
  return paths.filter((path) => existingPaths.has(asPath(path)));
}

/** True if a path is a folder or below it. Compares names only. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Matches a line of mountinfo: `36 35 98:0 ROOT POINT OPTIONS ...`. */
const mountLine = /^\d+ \d+ \d+:\d+ [^ ]+ ([^ ]+) /;

/**
 * Returns the mount points in a /proc/PID/mountinfo in the order in which they were mounted. A mount point can occur
 * twice.
 */
export function parseMountPoints(mountinfo: string): string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const point = mountLine.exec(line)?.[1];
    return point === undefined ? [] : [unescapeOctal(point)];
  });
}

/** Returns a text with the kernel's octal escapes (space, tab, newline and backslash) decoded. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
