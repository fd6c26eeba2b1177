import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Host } from "../host/host.ts";
import {
  checkTrustedFolder,
  findFileDistrust,
  makeTrustedFolder,
  readCurrentSelf,
} from "../host/trusted-folder.ts";
import { describeError, InstallError, UserError } from "../lib/errors.ts";

/**
 * The owner of a key, and so the rights with which a journal is undone: root's key allows changes as root, a user's
 * key only changes with that user's rights.
 */
export type KeyOwner = "root" | "user";

export interface JournalKey {
  readonly owner: KeyOwner;
  readonly path: string;
  readonly bytes: Buffer;
}

/** Folder of root's keys. Only root can write to /var/lib. */
const rootFolder = "/var/lib/monstack";

/**
 * Returns the name of a key file. It is derived from the state folder: each journal has its own key, which is removed
 * with it.
 */
function toKeyName(stateDir: string): string {
  return `${createHash("sha256").update(stateDir).digest("hex").slice(0, 32)}.key`;
}

/**
 * Returns the folders for a user's keys, in order of preference. None is in a state folder. The last ones serve a user
 * whose home folder is missing or read-only.
 */
function listUserFolders({ env }: Host): string[] {
  const home = env["HOME"] || homedir();
  const state = env["XDG_STATE_HOME"];
  return [
    join(state?.startsWith("/") ? state : join(home, ".local/state"), "monstack-keys"),
    join(home, ".monstack-keys"),
    join(tmpdir(), `monstack-keys-${readCurrentSelf().uid}`),
  ];
}

/** Returns the paths where the key of a state folder's journal can be. */
export function listKeyPaths(host: Host, stateDir: string): { owner: KeyOwner; path: string }[] {
  const name = toKeyName(stateDir);
  const users = listUserFolders(host).map((folder) => ({ owner: "user" as const, path: join(folder, name) }));
  return [{ owner: "root", path: join(rootFolder, name) }, ...users];
}

/** The variable that holds a key, for a teardown on another machine or in another container than the run. */
export const keyVariable = "MONSTACK_JOURNAL_KEY";

/** Returns the key in the user's environment; undefined if the variable is not set. */
function getGivenKey({ env, rights }: Host): JournalKey | undefined {
  const text = env[keyVariable];
  if (text === undefined || text === "") return undefined;
  return {
    owner: rights === "none" ? "user" : "root",
    path: keyVariable,
    bytes: parseKey(text, keyVariable),
  };
}

/** Returns the existing keys that this process can read. New lines are written with the first key. */
export async function readKeys(
  host: Host,
  stateDir: string,
  owners: readonly KeyOwner[] = ["root", "user"],
): Promise<JournalKey[]> {
  const given = getGivenKey(host);
  const keys = given === undefined ? [] : [given];
  for (const { owner, path } of listKeyPaths(host, stateDir)) {
    if (!owners.includes(owner)) continue;
    const text = owner === "root" ? await readKeyAsRoot(host, path) : await readKeyAsUser(host, path);
    if (text !== undefined) keys.push({ owner, path, bytes: parseKey(text, path) });
  }
  return keys;
}

/**
 * Returns a new key after it was written to disk in place of an old one. Returns the user's key if the environment
 * sets one.
 */
export async function makeKey(host: Host, stateDir: string, owner: KeyOwner): Promise<JournalKey> {
  const given = getGivenKey(host);
  if (given !== undefined) return given;
  const bytes = randomBytes(32);
  const text = `${bytes.toString("hex")}\n`;
  if (owner === "root") {
    const path = join(rootFolder, toKeyName(stateDir));
    await host.exec(["sh", "-c", writeKeyScript, "write", rootFolder, basename(path)], {
      root: true,
      input: text,
    });
    return { owner, path, bytes };
  }
  const path = await writeKeyAsUser(host, stateDir, text);
  return { owner, path, bytes };
}

/** Removes a state folder's keys, and the key folders that are then empty. */
export async function removeKeys(host: Host, stateDir: string): Promise<void> {
  for (const { owner, path } of listKeyPaths(host, stateDir)) {
    if (!(await host.files.exists(path))) continue;
    const isRootKey = owner === "root";
    // Another user's key is not removed.
    if (isRootKey ? host.rights === "none" : !(await isTrustedKeyFolder(host, dirname(path)))) continue;
    const script = 'rm -f -- "$1" && rmdir -- "$2" 2>/dev/null; true';
    await host.exec(["sh", "-c", script, "remove", path, dirname(path)], { root: isRootKey });
  }
}

/**
 * Writes a key from standard input, durably. $1 is the folder, $2 the key's name. `-O` checks that root, who runs the
 * script, owns the folder. Repeated up to 3 times, since another teardown may remove the folder while it is empty.
 */
const writeKeyScript = `
umask 077; key=$(cat); new="$1/$2.new"
for attempt in 1 2 3; do
  mkdir -p -m 0755 -- "$1" && [ -O "$1" ] && [ ! -L "$1" ] || { echo "$1 does not belong to root" >&2; exit 1; }
  rm -f -- "$new" && echo "$key" >"$new" && { sync -- "$new" 2>/dev/null || sync; } && mv -f -- "$new" "$1/$2" && exit 0
done 2>&1
exit 1`;

/**
 * Prints the key $1. Exits with 3 if the key does not exist, and with 4 if root does not own it or others can read it.
 */
const readKeyScript = `
[ -e "$1" ] || exit 3
[ -f "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && [ -z "$(find "$1" -perm /077)" ] && [ -O "\${1%/*}" ] || exit 4
exec cat -- "$1"`;

/**
 * Returns the text of root's key; undefined if it does not exist or this user has no root rights. @throws InstallError
 * if the key can't be read or others can read it
 */
async function readKeyAsRoot(host: Host, path: string): Promise<string | undefined> {
  if (host.rights === "none" || !(await host.files.exists(path))) return undefined;
  const { stdout, stderr, exitCode } = await host.exec(["sh", "-c", readKeyScript, "read", path], {
    root: true,
    allowFailure: true,
  });
  if (exitCode === 3) return undefined;
  if (exitCode === 0) return stdout;
  const reason = exitCode === 4 ? "it is not a file that only root can read and write" : stderr.trim();
  throw new InstallError(`the journal's key ${path} can't be used: ${reason}`, {
    fix: "correct its owner and its permissions (root, 0600)",
  });
}

const keyFolder = { what: "the folder of the journal's key", choose: "remove it" };

/**
 * True if only this user and root can write to a key folder. Another user's file in the temporary folder is not a key
 * and must not prevent a teardown.
 */
async function isTrustedKeyFolder(host: Host, folder: string): Promise<boolean> {
  return await checkTrustedFolder(host, folder, keyFolder).catch((error: unknown) => {
    if (error instanceof UserError) return false;
    throw error;
  });
}

/**
 * Returns the text of this user's key; undefined if it does not exist or its folder is not trusted. @throws
 * InstallError if the key is not this user's or others can read it
 */
async function readKeyAsUser(host: Host, path: string): Promise<string | undefined> {
  const stat = await host.files.stat(path).catch(() => undefined);
  if (stat === undefined) return undefined;
  if (!(await isTrustedKeyFolder(host, dirname(path)))) return undefined;
  const isOwn = stat.uid === readCurrentSelf().uid;
  const reason =
    (isOwn ? undefined : `belongs to another user (uid ${stat.uid})`) ??
    (await findFileDistrust(host, path)) ??
    ((stat.mode & 0o077) === 0 ? undefined : "can be read by others");
  if (reason !== undefined)
    throw new InstallError(`the journal's key ${path} can't be used: it ${reason}`, {
      fix: "correct its owner and its permissions (0600)",
    });
  return await host.files.read(path);
}

/**
 * Writes this user's key to the first folder that accepts it, and returns its path. @throws InstallError with the
 * problem of each folder
 */
async function writeKeyAsUser(host: Host, stateDir: string, text: string): Promise<string> {
  const problems: string[] = [];
  for (const folder of listUserFolders(host)) {
    const path = join(folder, toKeyName(stateDir));
    // The key folder's parent is not created, since nothing would remove it.
    if (!(await host.files.exists(dirname(folder)))) continue;
    // Twice, since another teardown may remove the folder while it is empty.
    for (const _ of [1, 2]) {
      try {
        await makeTrustedFolder(host, folder, keyFolder);
        await host.files.remove(path);
        await host.files.appendDurably(path, text);
        return path;
      } catch (error) {
        problems.push(describeError(error));
      }
    }
  }
  throw new InstallError(
    `the journal's key can't be written: ${problems.join("; ") || "the user has no home folder"}`,
    {
      fix: "set XDG_STATE_HOME to a folder that only this user can write to",
    },
  );
}

/** Returns the bytes of a key's text. @throws InstallError if it is not 64 hexadecimal digits */
function parseKey(text: string, path: string): Buffer {
  if (/^[0-9a-f]{64}\n?$/.test(text)) return Buffer.from(text.trim(), "hex");
  throw new InstallError(`the journal's key ${path} can't be used: it is not 64 hexadecimal digits`, {
    fix: "restore it from a copy, or remove it and follow what `monstack down` then says",
  });
}

/**
 * Each line of a journal ends in a MAC (HMAC-SHA256) of the line and of the previous line's MAC. So nobody without the key
 * can change, remove, add, repeat or move a line. Only lines at the end of the file can be missing unnoticed.
 */

/** A line's JSON without its MAC, and the MAC. */
interface SealedLine {
  readonly json: string;
  readonly mac: string;
}

const sealedLinePattern = /^(\{.*),"mac":"([0-9a-f]{64})"\}$/s;

/**
 * Returns the text to which the first line is chained: the kind of file and its folder, so that no file passes for
 * another.
 */
export function getChainStart(kind: "journal" | "stack", stateDir: string): string {
  return `monstack ${kind} 1 ${stateDir}`;
}

/**
 * Returns a line with its MAC, which depends on the previous line's MAC.
 * @param json an object with at least one key, on one line
 */
export function sealLine(json: string, previous: string, key: Buffer): { line: string; mac: string } {
  const mac = computeMac(json, previous, key);
  return { line: `${json.slice(0, -1)},"mac":"${mac}"}`, mac };
}

/** Returns a line's JSON and MAC; undefined if the line has no MAC. */
export function splitLine(line: string): SealedLine | undefined {
  const [, head, mac = ""] = sealedLinePattern.exec(line) ?? [];
  return head === undefined ? undefined : { json: `${head}}`, mac };
}

/** True if the line's MAC was computed with this key after `previous`, the previous line's MAC. */
export function isGenuine({ json, mac }: SealedLine, previous: string, key: Buffer): boolean {
  return timingSafeEqual(Buffer.from(computeMac(json, previous, key), "hex"), Buffer.from(mac, "hex"));
}

/** Returns the MAC of a line in hexadecimal digits. */
function computeMac(json: string, previous: string, key: Buffer): string {
  return createHmac("sha256", key).update(previous).update("\n").update(json).digest("hex");
}
