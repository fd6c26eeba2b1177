import { join } from "node:path";
import type { Host } from "../host/host.ts";
import {
  checkTrustedFolder,
  findFileDistrust,
  findLinks,
  makeTrustedFolder,
} from "../host/trusted-folder.ts";
import { InstallError, UserError } from "../lib/errors.ts";
import { type CheckedJournal, checkJournal, dropUnfinishedEntry, getAcceptance } from "./check-journal.ts";
import { JournalEntrySchema } from "./entry.ts";
import { getChainStart, type KeyOwner, makeKey, readKeys, removeKeys, sealLine } from "./journal-key.ts";
import { otherStateFiles, stateFiles } from "./permitted.ts";
import type { JournalEntry, Known } from "./types.ts";

/** Where a change is written down before it is made. */
export interface Journal {
  /** Resolves once the entry is on disk; only then may the change be made. */
  append(entry: JournalEntry): Promise<void>;
}

/** Name of the journal in the state folder. */
export const journalName = "journal.jsonl";

/** More than any run writes. */
const maxJournalBytes = 64 * 1024 * 1024;

/**
 * Opens the journal of a state folder for appending; one that a killed run left behind is continued. The folder is
 * made when it isn't there, and is then an entry itself, so that teardown takes it away.
 * @param owner with what rights the run changes anything; teardown will have the same
 * @throws UserError for a folder that others can write to, InstallError for a journal that isn't proven to be monstack's
 */
export async function openJournal(
  host: Host,
  stateDir: string,
  owner: KeyOwner = host.rights === "none" ? "user" : "root",
): Promise<Journal> {
  const path = join(stateDir, journalName);
  const { isNew } = await makeTrustedFolder(host, stateDir, stateFolder);
  await refuseLinks(host, stateDir);
  const text = await readJournalText(host, path);
  const earlier = text === undefined ? undefined : await checkJournalText(host, stateDir, text, {});
  if (earlier !== undefined && earlier.key === undefined && earlier.entries.length > 0)
    throw new InstallError(`${path} can't be continued`, { fix: "run `monstack down` first" });
  const key = earlier?.key ?? (await makeKey(host, stateDir, owner));
  if (owner === "root" && key.owner !== "root")
    throw new InstallError(`${path} is of a run without root's rights, and can't be continued with them`, {
      fix: "run `monstack down` first",
    });
  // A line that a crash cut off would swallow the next entry; entries can hold credentials, hence the mode.
  if (text === undefined || !text.endsWith("\n"))
    await host.files.write(path, dropUnfinishedEntry(text ?? ""), 0o600);
  const journal = createJournal(host, path, key.bytes, earlier?.last ?? getChainStart("journal", stateDir));
  if (isNew)
    await journal.append({
      kind: "file",
      at: new Date(host.now()).toISOString(),
      path: stateDir,
      root: false,
    });
  return journal;
}

/** Entries are written one after the other: each is chained to the one before. After one that failed none is taken. */
function createJournal(host: Host, path: string, key: Buffer, start: string): Journal {
  let last = start;
  let written: Promise<void> = Promise.resolve();
  return {
    append: async (entry) => {
      const parsed = JournalEntrySchema.safeParse(entry);
      if (!parsed.success)
        throw new InstallError(`can't be undone later, and so is not done: ${entry.kind}`, {
          cause: parsed.error,
        });
      const { line, mac } = sealLine(JSON.stringify(entry), last, key);
      last = mac;
      written = written.then(() => host.files.appendDurably(path, `${line}\n`));
      await written;
    },
  };
}

/**
 * Returns the journal of a state folder, after a check that monstack wrote each of its lines; undefined if the folder has no journal.
 * @throws UserError for a folder that others can write to, InstallError that names the line that is not monstack's
 */
export async function loadJournal(
  host: Host,
  stateDir: string,
  known: Known = {},
): Promise<CheckedJournal | undefined> {
  const path = join(stateDir, journalName);
  if ((await host.files.stat(path)) === undefined) return undefined;
  await checkTrustedFolder(host, stateDir, stateFolder);
  const text = await readJournalText(host, path);
  return text === undefined ? undefined : await checkJournalText(host, stateDir, text, known);
}

/** Returns the journal's entries in the order in which they were written; empty if the folder has no journal. */
export async function readJournal(
  host: Host,
  stateDir: string,
  known: Known = {},
): Promise<readonly JournalEntry[]> {
  return (await loadJournal(host, stateDir, known))?.entries ?? [];
}

/** Forgets the run; called only when nothing is left of it. The key goes last: without it the journal could not be read. */
export async function removeJournal(host: Host, stateDir: string): Promise<void> {
  await host.files.remove(join(stateDir, journalName));
  await removeKeys(host, stateDir);
}

/** What messages call it, and how another one is chosen. */
export const stateFolder = {
  what: "the state folder",
  choose: "choose another state folder (--state-dir, input state-dir, MONSTACK_STATE_DIR)",
};

async function checkJournalText(
  host: Host,
  stateDir: string,
  text: string,
  known: Known,
): Promise<CheckedJournal> {
  // What a crash cut off at once needs no key.
  const keys = dropUnfinishedEntry(text) === "" ? [] : await readKeys(host, stateDir);
  return checkJournal(text, {
    path: join(stateDir, journalName),
    stateDir,
    keys,
    known,
    accepted: getAcceptance(host),
  });
}

/** What is written to the state folder goes nowhere else. */
async function refuseLinks(host: Host, stateDir: string): Promise<void> {
  const names = [journalName, stateFiles.kubeconfig, ...stateFiles.forward, ...otherStateFiles];
  const [link] = await findLinks(host, stateDir, names);
  if (link === undefined) return;
  throw new UserError(`${stateFolder.what} ${stateDir} can't be trusted: ${link} is a symbolic link`, {
    fix: `remove the link, or ${stateFolder.choose}`,
  });
}

async function readJournalText(host: Host, path: string): Promise<string | undefined> {
  const found = await host.files.stat(path);
  if (found === undefined) return undefined;
  const reason = await findFileDistrust(host, path);
  if (reason === undefined && found.bytes <= maxJournalBytes) return await host.files.read(path);
  throw new UserError(`the journal ${path} can't be trusted: it ${reason ?? `has ${found.bytes} bytes`}`, {
    fix: `delete it if monstack did not write it, or ${stateFolder.choose}`,
  });
}
