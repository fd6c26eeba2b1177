import { dirname, isAbsolute, join } from "node:path";
import { UserError } from "../lib/errors.ts";
import type { FileStat, Files, Host } from "./host.ts";

type Inspected = Pick<Host, "files" | "env">;

/** Who runs this process. Tests pass others. */
export interface Self {
  readonly uid: number;
  readonly cwd: string;
}

export function readCurrentSelf(): Self {
  return { uid: process.geteuid?.() ?? 0, cwd: process.cwd() };
}

/**
 * Refuses a folder that others could have filled or exchanged: it and the folders above it must belong to this user or to
 * root, must be writable by their owner only (its private group counts as the owner), and must not be links. The check goes
 * from `/` down: once a folder has passed, nobody else can exchange what is in it, so that no result changes between this
 * check and the use.
 * @param what the folder's name in messages, e.g. `the state folder`
 * @param choose how another folder is chosen
 * @returns false when the folder does not exist yet; what is above it has passed
 * @throws UserError that names the folder that did not pass, and why
 */
export async function checkTrustedFolder(
  host: Inspected,
  folder: string,
  { what, choose, self = readCurrentSelf() }: { what: string; choose: string; self?: Self },
): Promise<boolean> {
  const owners = await findTrustedOwners(host, self);
  for (const path of [...listParents(folder), folder]) {
    const found = await host.files.stat(path);
    if (found === undefined) return false;
    const reason = await findDistrust(host.files, path, found, { owners, isLast: path === folder });
    if (reason === undefined) continue;
    const named = path === folder ? "it" : path;
    throw new UserError(
      `${what} ${folder} can't be trusted: ${named} ${reason}; expected: a folder of the user who runs monstack (uid ${self.uid}) or of root, writable by its owner only, and no symbolic link, and the same for the folders above it`,
      { fix: `correct its owner or its permissions (chmod go-w ${path}), or ${choose}` },
    );
  }
  return true;
}

/** Creates a missing folder for its owner only, and checks it again: somebody may have been faster. */
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
  const found = await host.files.stat(path);
  if (found === undefined) return undefined;
  if (found.kind !== "file") return found.kind === "link" ? "is a symbolic link" : "is not a file";
  return await findAccessDistrust(host.files, found, { owners: await findTrustedOwners(host, self) });
}

/** Returns the paths of these names in a folder that are links: a write would go somewhere else. */
export async function findLinks(
  { files }: Inspected,
  folder: string,
  names: readonly string[],
): Promise<string[]> {
  const paths = names.map((name) => join(folder, name));
  const found = await Promise.all(paths.map((path) => files.stat(path)));
  return paths.filter((_, index) => found[index]?.kind === "link");
}

/** A part of a path that another user of this machine can replace. */
interface Untrusted {
  /** Absolute. */
  readonly path: string;
  /** Continues a sentence after the path: `belongs to another user (uid 1001)`. */
  readonly why: string;
}

/** Linux gives up after as many. */
const mostLinks = 40;

/**
 * Walks a path as the kernel does, links included, and returns its first part that another user can replace or write: one
 * that neither this user nor root owns, or that others may write. Above the last part the sticky bit protects what is ours.
 * Missing parts pass: they are created below a part that was checked.
 */
export async function findUntrusted(files: Files, path: string): Promise<Untrusted | undefined> {
  const pending = (isAbsolute(path) ? path : `${process.cwd()}/${path}`).split("/");
  const owners = new Set([0, readCurrentSelf().uid]);
  const reasonFor = (found: FileStat) =>
    findAccessDistrust(files, found, { owners, isLast: pending.every(isEmptyPart), groupUsers: owners });
  let current = "/";
  let links = 0;
  const root = await files.stat("/");
  const why = root && (await reasonFor(root));
  if (why !== undefined) return { path: "/", why };
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    if (isEmptyPart(part)) continue;
    if (part === "..") {
      current = dirname(current);
      continue;
    }
    const next = join(current, part);
    const found = await files.stat(next);
    if (found === undefined) return undefined;
    const why = await reasonFor(found);
    if (why !== undefined) return { path: next, why };
    if (found.kind !== "link") {
      current = next;
      continue;
    }
    links += 1;
    if (links > mostLinks) return { path: next, why: "leads through too many links" };
    const target = (await files.readLink(next)) ?? "";
    if (isAbsolute(target)) current = "/";
    pending.unshift(...target.split("/"));
  }
  return undefined;
}

function isEmptyPart(part: string): boolean {
  return part === "" || part === ".";
}

/** From `/` down, without the folder itself. */
function listParents(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [] : [...listParents(above), above];
}

interface Access {
  readonly owners: ReadonlySet<number>;
  /** The last part of its path: the sticky bit does not protect what is created in it. */
  readonly isLast?: boolean;
  /** Users whose private group may write; the owner unless given. */
  readonly groupUsers?: ReadonlySet<number>;
}

async function findDistrust(
  files: Files,
  path: string,
  found: FileStat,
  access: Access,
): Promise<string | undefined> {
  if (found.kind === "link") return isSystemLink(path, found) ? undefined : "is a symbolic link";
  if (found.kind !== "folder") return "is not a folder";
  return await findAccessDistrust(files, found, access);
}

/** Returns which other user owns a file or may write to it; undefined if none does. */
async function findAccessDistrust(
  files: Files,
  { kind, uid, gid, mode }: FileStat,
  { owners, isLast = true, groupUsers = new Set([uid]) }: Access,
): Promise<string | undefined> {
  if (!owners.has(uid)) return `belongs to another user (uid ${uid})`;
  // Who may replace a link shows in its folder, which was checked; its own mode says nothing.
  if (kind === "link") return undefined;
  // In a sticky folder (/tmp) nobody can exchange what belongs to somebody else. The next part is checked itself.
  if (kind === "folder" && !isLast && (mode & 0o1000) !== 0) return undefined;
  const shown = `(mode ${mode.toString(8).padStart(4, "0")})`;
  if ((mode & 0o002) !== 0) return `can be written by every user ${shown}`;
  if ((mode & 0o020) === 0 || (await isPrivateGroup(files, gid, groupUsers))) return undefined;
  return `can be written by its group ${shown}`;
}

/** A link of the distribution, e.g. /home to /var/home: only root makes links in `/`, and no checkout of a repository does. */
function isSystemLink(path: string, { uid }: FileStat): boolean {
  return uid === 0 && dirname(path) === "/";
}

/**
 * This user and root. For root also the user who called sudo, who is root anyway with the arguments that they gave; and in
 * a job's container, where root works in folders that the runner's user made outside of it, that user.
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
    const found = path ? await files.stat(path) : undefined;
    if (found?.kind === "folder") owners.add(found.uid);
  }
  return owners;
}

async function isContainer(files: Host["files"]): Promise<boolean> {
  const marks = await Promise.all(["/.dockerenv", "/run/.containerenv"].map((path) => files.stat(path)));
  return marks.some((mark) => mark?.kind === "file" && mark.uid === 0);
}

/**
 * Returns whether a group has no members but these users and root. Debian and Ubuntu give each user such a group, and let it
 * write to the user's folders (umask 002). A group that is not in /etc/group counts as shared.
 */
async function isPrivateGroup(files: Files, gid: number, uids: Iterable<number>): Promise<boolean> {
  const [users, groups] = await Promise.all([
    readTable(files, "/etc/passwd"),
    readTable(files, "/etc/group"),
  ]);
  const own = new Set([0, ...uids].map(String));
  const named = groups.filter((group) => group[2] === String(gid));
  if (named.length === 0 || users.length === 0) return false;
  const names = users.filter((user) => own.has(user[2] ?? "")).map(([name]) => name);
  const members = named.flatMap((group) => (group[3] ?? "").split(",").filter((name) => name !== ""));
  const byLogin = users.filter((user) => user[3] === String(gid));
  return members.every((name) => names.includes(name)) && byLogin.every((user) => own.has(user[2] ?? ""));
}

async function readTable(files: Files, path: string): Promise<string[][]> {
  const text = (await files.read(path).catch(() => undefined)) ?? "";
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .filter(({ length }) => length >= 4);
}
