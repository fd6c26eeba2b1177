import { createHash } from "node:crypto";
import type { Host } from "../host/host.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import { shorten } from "../lib/text.ts";
import { JournalEntrySchema } from "./entry.ts";
import { getChainStart, isGenuine, type JournalKey, type KeyOwner, splitLine } from "./journal-key.ts";
import { explainForbiddenEntry } from "./permitted.ts";
import type { JournalEntry, Known } from "./types.ts";

/**
 * The environment variable with which a user accepts a journal without a key. Its value is the digest of the journal's
 * text.
 */
const acceptVariable = "MONSTACK_ACCEPT_JOURNAL";

/** The user's permission to obey a journal that no key proves. */
interface Acceptance {
  /** SHA-256 of the accepted journal in hexadecimal digits, from the user's environment. Empty if none is accepted. */
  readonly sha256: string;
  /** The rights with which the accepted journal is undone. */
  readonly owner: KeyOwner;
}

/** What a journal is checked with. */
interface JournalEvidence {
  /** The journal's path, for messages. */
  readonly path: string;
  readonly stateDir: string;
  readonly keys: readonly Pick<JournalKey, "owner" | "path" | "bytes">[];
  readonly known: Known;
  readonly accepted: Acceptance;
}

export interface CheckedJournal {
  readonly entries: readonly JournalEntry[];
  /** The rights with which the journal may be undone. */
  readonly owner: KeyOwner;
  /** MAC of the last line, to which the next line is chained. Undefined for a journal without entries or an accepted one. */
  readonly last: string | undefined;
  /** The key that proved the journal. Undefined for a journal without entries or an accepted one. */
  readonly key: JournalEvidence["keys"][number] | undefined;
}

/** Returns the user's permission from the environment. */
export function getAcceptance({ env, rights }: Host): Acceptance {
  return { sha256: env[acceptVariable] ?? "", owner: rights === "none" ? "user" : "root" };
}

/**
 * Returns a journal's entries if monstack wrote every line of it in this state folder. Reads nothing else. Parses a
 * line only after its MAC was verified.
 * @throws InstallError naming the line that monstack did not write
 */
export function checkJournal(text: string, evidence: JournalEvidence): CheckedJournal {
  const completeText = dropUnfinishedEntry(text);
  if (completeText === "") return { entries: [], owner: "user", last: undefined, key: undefined };
  const lines = completeText.slice(0, -1).split("\n");
  const { sha256, owner } = evidence.accepted;
  const isAccepted = sha256 !== "" && sha256.toLowerCase() === computeDigest(text);
  const proof = isAccepted ? undefined : proveLines(lines, text, evidence);
  const scope = { ...evidence, owner: proof?.key.owner ?? owner };
  const entries = lines
    .map((line, index) => ({ json: splitLine(line)?.json ?? line, where: `${evidence.path}:${index + 1}` }))
    .filter(({ json }) => json !== "")
    .map(({ json, where }) => parseLine(json, where, scope));
  return { entries, owner: scope.owner, last: proof?.last, key: proof?.key };
}

/**
 * Returns the text up to the last newline. A crash can cut off the entry after it; the change of that entry was never
 * made.
 */
export function dropUnfinishedEntry(text: string): string {
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

/**
 * Returns the key that proves all lines, and the MAC of the last line. @throws InstallError naming the first line that
 * the key does not prove
 */
function proveLines(lines: readonly string[], text: string, evidence: JournalEvidence) {
  const { path, stateDir, keys } = evidence;
  const chainStart = getChainStart("journal", stateDir);
  const sealedLines = lines.map(splitLine);
  const [firstLine] = sealedLines;
  const key = firstLine && keys.find(({ bytes }) => isGenuine(firstLine, chainStart, bytes));
  if (key === undefined)
    throw toUnprovenError(`${path}:1: ${explainUnprovenStart(firstLine, keys)}`, text, evidence);
  let previousMac = chainStart;
  for (const [index, line] of sealedLines.entries()) {
    if (line === undefined || !isGenuine(line, previousMac, key.bytes))
      throw toUnprovenError(
        `${path}:${index + 1}: not a line that monstack wrote here: it was changed, added, moved or repeated, or a line before it was removed`,
        text,
        evidence,
      );
    previousMac = line.mac;
  }
  return { key, last: previousMac };
}

/** Returns why none of the keys proves the first line. */
function explainUnprovenStart(
  firstLine: object | undefined,
  keys: readonly { readonly path: string }[],
): string {
  if (firstLine === undefined)
    return "a journal entry without a MAC: nothing proves that monstack wrote it (earlier versions wrote none)";
  if (keys.length === 0)
    return "nothing proves that monstack wrote it: this user can read no key of this journal";
  return `not a line that monstack wrote here: its MAC is not of the key in ${keys.map(({ path }) => path).join(", ")}`;
}

/** Returns the error for an unproven journal. Its fix names the ways to accept or delete the journal. */
function toUnprovenError(message: string, text: string, { path }: JournalEvidence): InstallError {
  return new InstallError(`${message}. Nothing was undone`, {
    fix: `run \`monstack down\` with the rights of the run that wrote it (the same user, root or sudo). If the key is lost, read ${path}: it says what would be removed. If monstack wrote it on this machine, run \`${acceptVariable}=${computeDigest(text)} monstack down\`; else delete it`,
  });
}

/** Returns the SHA-256 of a text in hexadecimal digits. */
function computeDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Returns the entry in one line. @throws InstallError if it is not an entry or not one that monstack would write here
 */
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
