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

/** Records each change before it is made. */
export interface Journal {
  /** Resolves once the entry is on disk; only then may the change be made. */
  append(entry: JournalEntry): Promise<void>;
}

/** Name of the journal in the state folder. */
export const journalName = "journal.jsonl";

/** Maximum size of a journal, larger than any run writes. */
const maxJournalBytes = 64 * 1024 * 1024;

/**
 * Opens a state folder's journal for appending. Continues the journal of a killed run. Creates a missing folder and
 * records it as an entry, so that teardown removes it.
 * @param owner the rights with which the run makes changes; teardown gets the same
 * @throws UserError for a folder that others can write to, InstallError for a journal that is not proven to be
 * monstack's
 */
export async function openJournal(
  host: Host,
  stateDir: string,
  owner: KeyOwner = host.rights === "none" ? "user" : "root",
): Promise<Journal> {
  const path = join(stateDir, journalName);
  const { isNew } = await makeTrustedFolder(host, stateDir, stateFolder);
  await refuseLinks(host, stateDir);
  const journalText = await readJournalText(host, path);
  const earlier =
    journalText === undefined ? undefined : await checkJournalText(host, stateDir, journalText, {});
  if (earlier !== undefined && earlier.key === undefined && earlier.entries.length > 0)
    throw new InstallError(`${path} can't be continued`, { fix: "run `monstack down` first" });
  const key = earlier?.key ?? (await makeKey(host, stateDir, owner));
  if (owner === "root" && key.owner !== "root")
    throw new InstallError(`${path} is of a run without root's rights, and can't be continued with them`, {
      fix: "run `monstack down` first",
    });
  // A line that a crash cut off would swallow the next entry; entries can hold credentials, hence the mode.
  if (journalText === undefined || !journalText.endsWith("\n"))
    await host.files.write(path, dropUnfinishedEntry(journalText ?? ""), 0o600);
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

/**
 * Returns a journal that writes entries one after the other, each chained to the previous one. After a failed write it
 * refuses further entries.
 */
function createJournal(host: Host, path: string, key: Buffer, start: string): Journal {
  let previousMac = start;
  let lastWrite: Promise<void> = Promise.resolve();
  return {
    append: async (entry) => {
      const parsed = JournalEntrySchema.safeParse(entry);
      if (!parsed.success)
        throw new InstallError(`can't be undone later, and so is not done: ${entry.kind}`, {
          cause: parsed.error,
        });
      const { line, mac } = sealLine(JSON.stringify(entry), previousMac, key);
      previousMac = mac;
      lastWrite = lastWrite.then(() => host.files.appendDurably(path, `${line}\n`));
      await lastWrite;
    },
  };
}

/**
 * Returns the journal of a state folder after a check that monstack wrote each line; undefined if the folder has no
 * journal.
 * @throws UserError for a folder that others can write to, InstallError naming the line that monstack did not write
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

/**
 * Removes the journal and then its key, without which the journal could not be read. Called only when nothing of the
 * run is left.
 */
export async function removeJournal(host: Host, stateDir: string): Promise<void> {
  await host.files.remove(join(stateDir, journalName));
  await removeKeys(host, stateDir);
}

/** The state folder's name in messages, and how a user chooses another one. */
export const stateFolder = {
  what: "the state folder",
  choose: "choose another state folder (--state-dir, MONSTACK_STATE_DIR)",
};

/** Returns the checked journal in a text. Reads the keys for it. */
async function checkJournalText(
  host: Host,
  stateDir: string,
  text: string,
  known: Known,
): Promise<CheckedJournal> {
  // A journal without a complete entry needs no key.
  const keys = dropUnfinishedEntry(text) === "" ? [] : await readKeys(host, stateDir);
  return checkJournal(text, {
    path: join(stateDir, journalName),
    stateDir,
    keys,
    known,
    accepted: getAcceptance(host),
  });
}

/**
 * Refuses a state folder in which one of monstack's files is a symbolic link: a write would change another file.
 * @throws UserError naming the link
 */
async function refuseLinks(host: Host, stateDir: string): Promise<void> {
  const names = [journalName, stateFiles.kubeconfig, ...stateFiles.forward, ...otherStateFiles];
  const [link] = await findLinks(host, stateDir, names);
  if (link === undefined) return;
  throw new UserError(`${stateFolder.what} ${stateDir} can't be trusted: ${link} is a symbolic link`, {
    fix: `remove the link, or ${stateFolder.choose}`,
  });
}

/**
 * Returns the journal's text; undefined if it does not exist. @throws UserError if others can write to the file or it
 * is too big
 */
async function readJournalText(host: Host, path: string): Promise<string | undefined> {
  const stat = await host.files.stat(path);
  if (stat === undefined) return undefined;
  const reason = await findFileDistrust(host, path);
  if (reason === undefined && stat.bytes <= maxJournalBytes) return await host.files.read(path);
  throw new UserError(`the journal ${path} can't be trusted: it ${reason ?? `has ${stat.bytes} bytes`}`, {
    fix: `delete it if monstack did not write it, or ${stateFolder.choose}`,
  });
}
