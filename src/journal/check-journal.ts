import { createHash } from "node:crypto";
import type { Host } from "../host/host.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import { shorten } from "../lib/text.ts";
import { JournalEntrySchema } from "./entry.ts";
import { getChainStart, isGenuine, type JournalKey, type KeyOwner, splitLine } from "./journal-key.ts";
import { explainForbiddenEntry } from "./permitted.ts";
import type { JournalEntry, Known } from "./types.ts";

/** The variable by which a user says that a journal without a key is monstack's; its value names the very text. */
export const acceptVariable = "MONSTACK_ACCEPT_JOURNAL";

/** By whom a journal can be accepted that no key proves. */
export interface Acceptance {
  /** SHA-256 of the journal, hex, as the user's environment has it; empty: none is accepted. */
  readonly sha256: string;
  /** With what rights it is obeyed then. */
  readonly owner: KeyOwner;
}

export interface JournalEvidence {
  /** The journal's own, for messages. */
  readonly path: string;
  readonly stateDir: string;
  readonly keys: readonly Pick<JournalKey, "owner" | "path" | "bytes">[];
  readonly known: Known;
  readonly accepted: Acceptance;
}

export interface CheckedJournal {
  readonly entries: readonly JournalEntry[];
  /** With what rights it may be obeyed. */
  readonly owner: KeyOwner;
  /** What the next line is chained to; undefined for a journal without entries. */
  readonly last: string | undefined;
  /** What proved it; undefined for a journal without entries, and for one that the user accepted. */
  readonly key: JournalEvidence["keys"][number] | undefined;
}

export function getAcceptance({ env, rights }: Host): Acceptance {
  return { sha256: env[acceptVariable] ?? "", owner: rights === "none" ? "user" : "root" };
}

/**
 * Whether a journal is one that monstack wrote in this place, line for line, and what it says. Pure: it reads nothing.
 * The text of a line is looked at only after its MAC.
 * @throws InstallError that names the line that is not monstack's
 */
export function checkJournal(text: string, evidence: JournalEvidence): CheckedJournal {
  const whole = dropUnfinishedEntry(text);
  if (whole === "") return { entries: [], owner: "user", last: undefined, key: undefined };
  const lines = whole.slice(0, -1).split("\n");
  const { sha256, owner } = evidence.accepted;
  const isAccepted = sha256 !== "" && sha256.toLowerCase() === computeDigest(text);
  const proven = isAccepted ? undefined : proveLines(lines, text, evidence);
  const scope = { ...evidence, owner: proven?.key.owner ?? owner };
  const entries = lines
    .map((line, index) => ({ json: splitLine(line)?.json ?? line, where: `${evidence.path}:${index + 1}` }))
    .filter(({ json }) => json !== "")
    .map(({ json, where }) => parseLine(json, where, scope));
  return { entries, owner: scope.owner, last: proven?.last, key: proven?.key };
}

/** Returns the text up to the last newline. After it is an entry that a crash cut off, and whose change was never made. */
export function dropUnfinishedEntry(text: string): string {
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

function proveLines(lines: readonly string[], text: string, evidence: JournalEvidence) {
  const { path, stateDir, keys } = evidence;
  const start = getChainStart("journal", stateDir);
  const sealed = lines.map(splitLine);
  const [first] = sealed;
  const key = first && keys.find(({ bytes }) => isGenuine(first, start, bytes));
  if (key === undefined)
    throw toUnprovenError(`${path}:1: ${explainUnprovenStart(first, keys)}`, text, evidence);
  let last = start;
  for (const [index, line] of sealed.entries()) {
    if (line === undefined || !isGenuine(line, last, key.bytes))
      throw toUnprovenError(
        `${path}:${index + 1}: not a line that monstack wrote here: it was changed, added, moved or repeated, or a line before it was removed`,
        text,
        evidence,
      );
    last = line.mac;
  }
  return { key, last };
}

function explainUnprovenStart(first: object | undefined, keys: readonly { readonly path: string }[]): string {
  if (first === undefined)
    return "a journal entry without a MAC: nothing proves that monstack wrote it (earlier versions wrote none)";
  if (keys.length === 0)
    return "nothing proves that monstack wrote it: this user can read no key of this journal";
  return `not a line that monstack wrote here: its MAC is not of the key in ${keys.map(({ path }) => path).join(", ")}`;
}

function toUnprovenError(message: string, text: string, { path }: JournalEvidence): InstallError {
  return new InstallError(`${message}. Nothing was undone`, {
    fix: `run \`monstack down\` with the rights of the run that wrote it (the same user, root or sudo). If the key is lost, read ${path}: it says what would be removed. If monstack wrote it on this machine, run \`${acceptVariable}=${computeDigest(text)} monstack down\`; else delete it`,
  });
}

function computeDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function parseLine(
  json: string,
  where: string,
  scope: Pick<JournalEvidence, "stateDir" | "known"> & { owner: KeyOwner },
): JournalEntry {
  let entry: JournalEntry;
  try {
    entry = JournalEntrySchema.parse(JSON.parse(json));
  } catch (cause) {
    throw new InstallError(`${where}: not a journal entry`, {
      cause: new Error(shorten(describeError(cause), 1_000)),
      fix: "the journal was changed, or written by another version of monstack: run `monstack down` of that version",
    });
  }
  const reason = explainForbiddenEntry(entry, scope);
  if (reason === undefined) return entry;
  throw new InstallError(`${where}: not an entry that monstack would write (${entry.kind}): ${reason}`, {
    fix: "run `monstack down` with the settings of the run (its configuration, flags or inputs), or delete the journal if monstack did not write it",
  });
}
