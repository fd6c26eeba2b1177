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
 * Whose the key is, and so how far a journal is obeyed: what root's key proves may be undone as root, what this user's own
 * key proves only with the user's rights.
 */
export type KeyOwner = "root" | "user";

export interface JournalKey {
  readonly owner: KeyOwner;
  readonly path: string;
  readonly bytes: Buffer;
}

/** Folder of root's keys; only root can write to /var/lib. */
const rootFolder = "/var/lib/monstack";

/** A key's file is named after the state folder: each journal has a key of its own, which goes with it. */
function toKeyName(stateDir: string): string {
  return `${createHash("sha256").update(stateDir).digest("hex").slice(0, 32)}.key`;
}

/** Outside of every state folder. The last ones are for a home folder that has no such folder, or can't be written to. */
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

function getGivenKey({ env, rights }: Host): JournalKey | undefined {
  const text = env[keyVariable];
  if (text === undefined || text === "") return undefined;
  return {
    owner: rights === "none" ? "user" : "root",
    path: keyVariable,
    bytes: parseKey(text, keyVariable),
  };
}

/** The keys that there are and that this process can read; the first is the one to write with. */
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

/** Makes a new key in place of an old one, unless the user gives one. It is on disk when this returns. */
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

/** Removes a state folder's keys, with a folder that is empty then. */
export async function removeKeys(host: Host, stateDir: string): Promise<void> {
  for (const { owner, path } of listKeyPaths(host, stateDir)) {
    if (!(await host.files.exists(path))) continue;
    const root = owner === "root";
    // Another user's key is theirs to remove.
    if (root ? host.rights === "none" : !(await isTrustedKeyFolder(host, dirname(path)))) continue;
    const script = 'rm -f -- "$1" && rmdir -- "$2" 2>/dev/null; true';
    await host.exec(["sh", "-c", script, "remove", path, dirname(path)], { root });
  }
}

/**
 * $1 is the folder, $2 the key's name; the key is what is read. `-O`: it belongs to root, as whom this runs. Repeated,
 * since another teardown may remove the folder while it is empty.
 */
const writeKeyScript = `
umask 077; key=$(cat); new="$1/$2.new"
for attempt in 1 2 3; do
  mkdir -p -m 0755 -- "$1" && [ -O "$1" ] && [ ! -L "$1" ] || { echo "$1 does not belong to root" >&2; exit 1; }
  rm -f -- "$new" && echo "$key" >"$new" && { sync -- "$new" 2>/dev/null || sync; } && mv -f -- "$new" "$1/$2" && exit 0
done 2>&1
exit 1`;

/** Exits with 3 if the key does not exist, and with 4 if root does not own it or others can read it. */
const readKeyScript = `
[ -e "$1" ] || exit 3
[ -f "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && [ -z "$(find "$1" -perm /077)" ] && [ -O "\${1%/*}" ] || exit 4
exec cat -- "$1"`;

async function readKeyAsRoot(host: Host, path: string): Promise<string | undefined> {
  if (host.rights === "none" || !(await host.files.exists(path))) return undefined;
  const { stdout, stderr, exitCode } = await host.exec(["sh", "-c", readKeyScript, "read", path], {
    root: true,
    allowFailure: true,
  });
  if (exitCode === 3) return undefined;
  if (exitCode === 0) return stdout;
  const why = exitCode === 4 ? "it is not a file that only root can read and write" : stderr.trim();
  throw new InstallError(`the journal's key ${path} can't be used: ${why}`, {
    fix: "correct its owner and its permissions (root, 0600)",
  });
}

const keyFolder = { what: "the folder of the journal's key", choose: "remove it" };

/** Another user's file in the temporary folder is not a key, and must not prevent a teardown. */
async function isTrustedKeyFolder(host: Host, folder: string): Promise<boolean> {
  return await checkTrustedFolder(host, folder, keyFolder).catch((error: unknown) => {
    if (error instanceof UserError) return false;
    throw error;
  });
}

async function readKeyAsUser(host: Host, path: string): Promise<string | undefined> {
  const found = await host.files.stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!(await isTrustedKeyFolder(host, dirname(path)))) return undefined;
  const isOwn = found.uid === readCurrentSelf().uid;
  const reason =
    (isOwn ? undefined : `belongs to another user (uid ${found.uid})`) ??
    (await findFileDistrust(host, path)) ??
    ((found.mode & 0o077) === 0 ? undefined : "can be read by others");
  if (reason !== undefined)
    throw new InstallError(`the journal's key ${path} can't be used: it ${reason}`, {
      fix: "correct its owner and its permissions (0600)",
    });
  return await host.files.read(path);
}

async function writeKeyAsUser(host: Host, stateDir: string, text: string): Promise<string> {
  const problems: string[] = [];
  for (const folder of listUserFolders(host)) {
    const path = join(folder, toKeyName(stateDir));
    // No folder is made that nobody would remove.
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

function parseKey(text: string, path: string): Buffer {
  if (/^[0-9a-f]{64}\n?$/.test(text)) return Buffer.from(text.trim(), "hex");
  throw new InstallError(`the journal's key ${path} can't be used: it is not 64 hexadecimal digits`, {
    fix: "restore it from a copy, or remove it and follow what `monstack down` then says",
  });
}

/**
 * How lines are proven to be monstack's: each ends in a MAC (HMAC-SHA256) of itself and of the MAC before it. So a line
 * can't be changed, removed, added, repeated or moved without the key; only the end of the file can be missing.
 */

/** A line without its MAC, and the MAC that it names. */
interface SealedLine {
  readonly json: string;
  readonly mac: string;
}

const sealedLinePattern = /^(\{.*),"mac":"([0-9a-f]{64})"\}$/s;

/** What the first line is chained to: the kind of file and its folder, so that no file passes for another. */
export function getChainStart(kind: "journal" | "stack", stateDir: string): string {
  return `monstack ${kind} 1 ${stateDir}`;
}

/** @param json an object with at least one key, on one line */
export function sealLine(json: string, previous: string, key: Buffer): { line: string; mac: string } {
  const mac = computeMac(json, previous, key);
  return { line: `${json.slice(0, -1)},"mac":"${mac}"}`, mac };
}

/** Undefined for a line that names no MAC. */
export function splitLine(line: string): SealedLine | undefined {
  const [, head, mac = ""] = sealedLinePattern.exec(line) ?? [];
  return head === undefined ? undefined : { json: `${head}}`, mac };
}

/** True if a line was written after `previous` with this key. */
export function isGenuine({ json, mac }: SealedLine, previous: string, key: Buffer): boolean {
  return timingSafeEqual(Buffer.from(computeMac(json, previous, key), "hex"), Buffer.from(mac, "hex"));
}

function computeMac(json: string, previous: string, key: Buffer): string {
  return createHmac("sha256", key).update(previous).update("\n").update(json).digest("hex");
}
