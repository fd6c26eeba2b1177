import { dirname, isAbsolute, join } from "node:path";
import { UserError } from "../lib/errors.ts";
import type { FileStat, Files, Host } from "./host.ts";

type Inspected = Pick<Host, "files" | "env">;

/** The user and the working folder of this process. Tests pass others. */
export interface Self {
  readonly uid: number;
  readonly cwd: string;
}

export function readCurrentSelf(): Self {
  return { uid: process.geteuid?.() ?? 0, cwd: process.cwd() };
}

/**
 * Throws if other users can have filled or replaced a folder. The folder and its parents must belong to this user or
 * to root, must be writable by their owner only (the owner's private group is allowed), and must not be links. Checks
 * from `/` down: once a folder has passed, no other user can replace its content, so the result stays true until the
 * folder is used.
 * @param what the folder's name in messages, e.g. `the state folder`
 * @param choose how the user selects another folder
 * @returns false if the folder does not exist yet; its existing parents have passed
 * @throws UserError with the folder that did not pass, and the reason
 */
export async function checkTrustedFolder(
  host: Inspected,
  folder: string,
  { what, choose, self = readCurrentSelf() }: { what: string; choose: string; self?: Self },
): Promise<boolean> {
  const owners = await findTrustedOwners(host, self);
  for (const path of [...listParents(folder), folder]) {
    const stats = await statAccessible(host.files, path);
    if (stats === undefined) return false;
    const reason =
      stats === "inaccessible"
        ? inaccessibleReason
        : await findDistrust(host.files, path, stats, { owners, isLast: path === folder });
    if (reason === undefined) continue;
    const subject = path === folder ? "it" : path;
    throw new UserError(
      `${what} ${folder} can't be trusted: ${subject} ${reason}; expected: a folder of the user who runs monstack (uid ${self.uid}) or of root, writable by its owner only, and no symbolic link, and the same for the folders above it`,
      { fix: `correct its owner or its permissions (chmod go-w ${path}), or ${choose}` },
    );
  }
  return true;
}

/**
 * Creates a folder for its owner only if it is missing, and checks it again, since another user may have created it
 * meanwhile.
 */
export async function makeTrustedFolder(
  host: Inspected,
  folder: string,
  options: Parameters<typeof checkTrustedFolder>[2],
): Promise<{ isNew: boolean }> {
  if (await checkTrustedFolder(host, folder, options)) return { isNew: false };
  await host.files.mkdir(folder, 0o700);
  await checkTrustedFolder(host, folder, options);
  return { isNew: true };
}

/** Returns why a file in a trusted folder can't be trusted; undefined if it can, or if it does not exist. */
export async function findFileDistrust(
  host: Inspected,
  path: string,
  self = readCurrentSelf(),
): Promise<string | undefined> {
  const stats = await host.files.stat(path);
  if (stats === undefined) return undefined;
  if (stats.kind !== "file") return stats.kind === "link" ? "is a symbolic link" : "is not a file";
  return await findAccessDistrust(host.files, stats, { owners: await findTrustedOwners(host, self) });
}

/** Returns the paths of those files in a folder that are links. A write to a link would go somewhere else. */
export async function findLinks(
  { files }: Inspected,
  folder: string,
  names: readonly string[],
): Promise<string[]> {
  const paths = names.map((name) => join(folder, name));
  const allStats = await Promise.all(paths.map((path) => files.stat(path)));
  return paths.filter((_, index) => allStats[index]?.kind === "link");
}

/** A part of a path that another user of this machine can replace. */
interface Untrusted {
  /** Absolute. */
  readonly path: string;
  /** The reason, as the rest of a sentence after the path: `belongs to another user (uid 1001)`. */
  readonly why: string;
}

/** Maximum number of links in a path, as in Linux. */
const maxLinks = 40;

/**
 * Returns the first part of a path that another user can replace or write; undefined if there is none. Follows links
 * as the kernel does. Each part must belong to this user or root, and no other user may write to it. In a folder with
 * the sticky bit other users can't replace this user's files. Missing parts pass, because they are created in a folder
 * that was checked.
 */
export async function findUntrusted(files: Files, path: string): Promise<Untrusted | undefined> {
  const pending = (isAbsolute(path) ? path : `${process.cwd()}/${path}`).split("/");
  const owners = new Set([0, readCurrentSelf().uid]);
  const reasonFor = (stats: FileStat) =>
    findAccessDistrust(files, stats, { owners, isLast: pending.every(isEmptyPart), groupUsers: owners });
  let currentPath = "/";
  let links = 0;
  const root = await files.stat("/");
  const why = root && (await reasonFor(root));
  if (why !== undefined) return { path: "/", why };
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (isEmptyPart(part)) continue;
    if (part === "..") {
      currentPath = dirname(currentPath);
      continue;
    }
    const nextPath = join(currentPath, part);
    const stats = await statAccessible(files, nextPath);
    if (stats === undefined) return undefined;
    if (stats === "inaccessible") return { path: nextPath, why: inaccessibleReason };
    const why = await reasonFor(stats);
    if (why !== undefined) return { path: nextPath, why };
    if (stats.kind !== "link") {
      currentPath = nextPath;
      continue;
    }
    links += 1;
    if (links > maxLinks) return { path: nextPath, why: "leads through too many links" };
    const target = (await files.readLink(nextPath)) ?? "";
    if (isAbsolute(target)) currentPath = "/";
    pending.unshift(...target.split("/"));
  }
  return undefined;
}

const inaccessibleReason = "can't be accessed by this user";

/** Returns the properties of a path; `inaccessible` if this user may not search the folder that it is in. */
async function statAccessible(files: Files, path: string): Promise<FileStat | "inaccessible" | undefined> {
  try {
    return await files.stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") return "inaccessible";
    throw error;
  }
}

function isEmptyPart(part: string): boolean {
  return part === "" || part === ".";
}

/** Returns the parents of a folder from `/` down. */
function listParents(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [...listParents(parent), parent];
}

/** Which users may own and write a file. */
interface Access {
  readonly owners: ReadonlySet<number>;
  /** True for the last part of a path: the sticky bit does not protect files that are created in it. */
  readonly isLast?: boolean;
  /** Users whose private group may write; default: the owner. */
  readonly groupUsers?: ReadonlySet<number>;
}

/** Returns why a folder of a path can't be trusted; undefined if it can. */
async function findDistrust(
  files: Files,
  path: string,
  stats: FileStat,
  access: Access,
): Promise<string | undefined> {
  if (stats.kind === "link") return isSystemLink(path, stats) ? undefined : "is a symbolic link";
  if (stats.kind !== "folder") return "is not a folder";
  return await findAccessDistrust(files, stats, access);
}

/** Returns which other user owns a file or may write to it; undefined if none does. */
async function findAccessDistrust(
  files: Files,
  { kind, uid, gid, mode }: FileStat,
  { owners, isLast = true, groupUsers = new Set([uid]) }: Access,
): Promise<string | undefined> {
  if (!owners.has(uid)) return `belongs to another user (uid ${uid})`;
  // The mode of the link's folder, which was checked, decides who may replace the link. The link's own mode has no
  // meaning.
  if (kind === "link") return undefined;
  // In a folder with the sticky bit (/tmp) no user can replace another user's files. The next part is checked itself.
  if (kind === "folder" && !isLast && (mode & 0o1000) !== 0) return undefined;
  const modeText = `(mode ${mode.toString(8).padStart(4, "0")})`;
  if ((mode & 0o002) !== 0) return `can be written by every user ${modeText}`;
  if ((mode & 0o020) === 0 || (await isPrivateGroup(files, gid, groupUsers))) return undefined;
  return `can be written by its group ${modeText}`;
}

/**
 * True for a link of the distribution, e.g. /home to /var/home: only root can create links in `/`, and a repository's
 * checkout has none there.
 */
function isSystemLink(path: string, { uid }: FileStat): boolean {
  return uid === 0 && dirname(path) === "/";
}

/**
 * Returns the ids of the users whose files are trusted: this user and root. For root also the user who called sudo,
 * who has root's rights anyway. In a job's container root works in folders that the runner's user created outside of
 * it, so that user is trusted too.
 */
async function findTrustedOwners(
  { files, env }: Inspected,
  { uid, cwd }: Self,
): Promise<ReadonlySet<number>> {
  const owners = new Set([0, uid]);
  if (uid !== 0) return owners;
  const caller = env["SUDO_UID"] ?? "";
  if (/^\d{1,10}$/.test(caller)) owners.add(Number(caller));
  if (env["GITHUB_ACTIONS"] !== "true" && !(await isContainer(files))) return owners;
  for (const path of [env["GITHUB_WORKSPACE"], env["RUNNER_TEMP"], env["HOME"], cwd]) {
    const stats = path ? await files.stat(path) : undefined;
    if (stats?.kind === "folder") owners.add(stats.uid);
  }
  return owners;
}

/** True if root has placed a container engine's marker file. */
async function isContainer(files: Host["files"]): Promise<boolean> {
  const markerFiles = await Promise.all(
    ["/.dockerenv", "/run/.containerenv"].map((path) => files.stat(path)),
  );
  return markerFiles.some((marker) => marker?.kind === "file" && marker.uid === 0);
}

/**
 * True if a group has no members except these users and root. Debian and Ubuntu give each user such a group, which may
 * write to the user's folders (umask 002). A group that is not in /etc/group counts as shared.
 */
async function isPrivateGroup(files: Files, gid: number, uids: Iterable<number>): Promise<boolean> {
  const [users, groups] = await Promise.all([
    readTable(files, "/etc/passwd"),
    readTable(files, "/etc/group"),
  ]);
  const allowedUids = new Set([0, ...uids].map(String));
  const groupEntries = groups.filter((group) => group[2] === String(gid));
  if (groupEntries.length === 0 || users.length === 0) return false;
  const allowedNames = users.filter((user) => allowedUids.has(user[2] ?? "")).map(([name]) => name);
  const members = groupEntries.flatMap((group) => (group[3] ?? "").split(",").filter((name) => name !== ""));
  const primaryMembers = users.filter((user) => user[3] === String(gid));
  return (
    members.every((name) => allowedNames.includes(name)) &&
    primaryMembers.every((user) => allowedUids.has(user[2] ?? ""))
  );
}

/** Returns the fields of each line of /etc/passwd or /etc/group; empty if the file can't be read. */
async function readTable(files: Files, path: string): Promise<string[][]> {
  const text = (await files.read(path).catch(() => undefined)) ?? "";
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .filter(({ length }) => length >= 4);
}
