import { dirname, join } from "node:path";
import { UserError } from "../lib/errors.ts";
import type { FileStat, Host } from "./host.ts";
import { isPrivateGroup } from "./private-group.ts";

type Looks = Pick<Host, "files" | "env">;

/** Who runs this process; the tests give others. */
export interface Self {
  readonly uid: number;
  readonly cwd: string;
}

export function currentSelf(): Self {
  return { uid: process.geteuid?.() ?? 0, cwd: process.cwd() };
}

/**
 * Refuses a folder that others could have filled or exchanged: it and the folders above it must belong to this user or to
 * root, must be writable by their owner only (its private group counts as the owner), and must not be links. The look begins at `/`: as soon as a folder has
 * passed, nobody else can exchange what is in it, so that no result changes between this check and the use.
 * @param what the folder's name in messages, e.g. `the state folder`
 * @param choose how another folder is chosen
 * @returns false when the folder is not there yet; what is above it has passed
 * @throws UserError that names the folder that did not pass, and why
 */
export async function checkTrustedFolder(
  host: Looks,
  folder: string,
  { what, choose, self = currentSelf() }: { what: string; choose: string; self?: Self },
): Promise<boolean> {
  const owners = await trustedOwners(host, self);
  for (const path of [...parentsOf(folder), folder]) {
    const found = await host.files.stat(path);
    if (found === undefined) return false;
    const reason = await reasonAgainst(host, path, found, { owners, isLast: path === folder });
    if (reason === undefined) continue;
    const named = path === folder ? "it" : path;
    throw new UserError(
      `${what} ${folder} can't be trusted: ${named} ${reason}; expected: a folder of the user who runs monstack (uid ${self.uid}) or of root, writable by its owner only, and no symbolic link, and the same for the folders above it`,
      { fix: `correct its owner or its permissions (chmod go-w ${path}), or ${choose}` },
    );
  }
  return true;
}

/** Whether a file was put into a trusted folder by somebody who is trusted, and is a file at all. */
export async function reasonAgainstFile(
  host: Looks,
  path: string,
  self = currentSelf(),
): Promise<string | undefined> {
  const found = await host.files.stat(path);
  if (found === undefined) return undefined;
  if (found.kind !== "file") return found.kind === "link" ? "is a symbolic link" : "is not a file";
  const owners = await trustedOwners(host, self);
  if (!owners.has(found.uid)) return `belongs to another user (uid ${found.uid})`;
  return await reasonAgainstMode(host, found);
}

/** From `/` down, without the folder itself. */
function parentsOf(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [] : [...parentsOf(above), above];
}

async function reasonAgainst(
  host: Looks,
  path: string,
  found: FileStat,
  { owners, isLast }: { owners: ReadonlySet<number>; isLast: boolean },
): Promise<string | undefined> {
  if (found.kind === "link") return isSystemLink(path, found) ? undefined : "is a symbolic link";
  if (found.kind !== "folder") return "is not a folder";
  if (!owners.has(found.uid)) return `belongs to another user (uid ${found.uid})`;
  // In a sticky folder (/tmp) nobody can exchange what belongs to somebody else; what comes next is looked at itself.
  if (!isLast && (found.mode & 0o1000) !== 0) return undefined;
  return await reasonAgainstMode(host, found);
}

async function reasonAgainstMode({ files }: Looks, found: FileStat): Promise<string | undefined> {
  const mode = `(mode ${octal(found)})`;
  if ((found.mode & 0o002) !== 0) return `can be written by every user ${mode}`;
  if ((found.mode & 0o020) === 0 || (await isPrivateGroup(files.read, found.gid, [found.uid])))
    return undefined;
  return `can be written by its group ${mode}`;
}

/** Of the distribution's own, e.g. /home to /var/home: only root makes links in `/`, and no checkout of a repository does. */
function isSystemLink(path: string, { uid }: FileStat): boolean {
  return uid === 0 && dirname(path) === "/";
}

function octal({ mode }: FileStat): string {
  return mode.toString(8).padStart(4, "0");
}

/**
 * This user and root. For root also the user who called sudo, who is root anyway with the arguments that they gave; and in
 * a job's container, where root works in folders that the runner's user made outside of it, that user.
 */
async function trustedOwners({ files, env }: Looks, { uid, cwd }: Self): Promise<ReadonlySet<number>> {
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

/** Makes a folder for its owner only where it isn't there, and looks at it again: somebody may have been faster. */
export async function makeTrustedFolder(
  host: Looks,
  folder: string,
  options: Parameters<typeof checkTrustedFolder>[2],
): Promise<{ isNew: boolean }> {
  if (await checkTrustedFolder(host, folder, options)) return { isNew: false };
  await host.files.mkdir(folder, 0o700);
  await checkTrustedFolder(host, folder, options);
  return { isNew: true };
}

/** Of these names in a folder, the paths that are links: what is written there would go somewhere else. */
export async function linksAmong(
  { files }: Looks,
  folder: string,
  names: readonly string[],
): Promise<string[]> {
  const paths = names.map((name) => join(folder, name));
  const found = await Promise.all(paths.map((path) => files.stat(path)));
  return paths.filter((_, index) => found[index]?.kind === "link");
}
