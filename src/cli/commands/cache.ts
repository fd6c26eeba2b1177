import type { Session } from "../../app/session/session.ts";
import type { CacheEntry } from "../../cache/entries.ts";
import { getCacheFolders, listCacheEntries } from "../../cache/entries.ts";
import { findCurrentUsers, pruneCache } from "../../cache/prune.ts";
import { exitCode, UserError } from "../../lib/errors.ts";
import { formatBytes } from "../../lib/quantity.ts";
import { sanitizeJson } from "../../lib/sanitize.ts";
import {
  type CommandGroup,
  commonSettings,
  defineCommand,
  type Flag,
  orderSettings,
  type Print,
  parseDurationFlag,
} from "../command.ts";

interface ListFlags {
  readonly json?: boolean;
}

interface PruneFlags extends ListFlags {
  readonly all?: boolean;
  /** Milliseconds. */
  readonly olderThan?: number;
}

interface PruneInput {
  /** Entries that were not used for this long are removed; 0: all. */
  readonly olderThanMs: number;
  readonly json: boolean;
}

const jsonFlag: Flag = { term: "--json", help: "Print JSON" };
const defaultOlderThanMs = 30 * 24 * 3_600_000;
const settings = orderSettings(commonSettings, ["k3s-args"]);

const listCommand = defineCommand({
  name: "list",
  summary: "print each entry with its size, its last use and its folder",
  flags: [jsonFlag],
  settings,
  read: ({ json = false }: ListFlags) => ({ json }),
  run: ({ withSession, print }, { json }) =>
    withSession((session) => printEntries(session, json, print), { isOffline: true }),
});

const pruneCommand = defineCommand({
  name: "prune",
  summary: "remove what no run has used for a while, but nothing that is in use",
  flags: [
    {
      term: "--older-than <TIME>",
      help: "Remove what no run has used for this long; default 30d",
      parse: parseDurationFlag,
    },
    { term: "--all", help: "Remove everything that is not in use" },
    jsonFlag,
  ],
  settings,
  examples: [["monstack cache prune --older-than 7d", "keeps what was used in the last week"]],
  read: ({ all = false, olderThan, json = false }: PruneFlags): PruneInput => {
    if (all && olderThan !== undefined)
      throw new UserError("--all and --older-than contradict each other: give one of them");
    return { olderThanMs: all ? 0 : (olderThan ?? defaultOlderThanMs), json };
  },
  run: ({ withSession, print }, input) =>
    withSession((session) => pruneAndPrint(session, input, print), { isOffline: true }),
});

export const cacheCommands: CommandGroup = {
  name: "cache",
  summary: "list the downloads that are kept, and remove old ones",
  commands: [listCommand, pruneCommand],
};

/** Prints the cache's entries and their total size. */
async function printEntries({ context }: Session, json: boolean, print: Print): Promise<number> {
  const { host } = context;
  const entries = await listCacheEntries(context);
  const bytes = sumBytes(entries);
  if (json)
    print(formatJson({ entries: entries.map(convertToPlainEntry), bytes, places: getCacheFolders(host) }));
  else if (entries.length === 0) print("the cache is empty\n");
  else {
    print(formatTable(entries, host.now()));
    print(`${formatBytes(bytes)} in total\n`);
  }
  return exitCode.verified;
}

/** Removes old entries of the cache, and prints what was removed and what was kept. */
async function pruneAndPrint(
  { context, loaded }: Session,
  { json, olderThanMs }: PruneInput,
  print: Print,
): Promise<number> {
  const [entries, userOf] = await Promise.all([
    listCacheEntries(context),
    findCurrentUsers(context, loaded.config),
  ]);
  const { removed, kept, bytes } = await pruneCache(context, entries, { olderThanMs, userOf });
  if (json) {
    const keptEntries = kept.map(({ entry, why }) => ({ ...convertToPlainEntry(entry), why }));
    print(formatJson({ removed: removed.map(convertToPlainEntry), kept: keptEntries, bytes }));
    return exitCode.verified;
  }
  for (const entry of removed) print(`removed  ${describeEntry(entry)}  ${formatBytes(entry.bytes)}\n`);
  for (const { entry, why } of kept) print(`kept     ${describeEntry(entry)}: ${why}\n`);
  const remaining = entries.length - removed.length;
  print(`${formatBytes(bytes)} freed, ${removed.length} removed, ${remaining} kept\n`);
  return exitCode.verified;
}

/** Returns an entry as the JSON output shows it. */
function convertToPlainEntry({ kind, name, version, bytes, lastUsedMs, path }: CacheEntry) {
  return { kind, name, version, bytes, lastUsed: new Date(lastUsedMs).toISOString(), path };
}

function formatJson(value: Record<string, unknown>): string {
  return sanitizeJson(`${JSON.stringify({ schemaVersion: 1, ...value }, undefined, 2)}\n`);
}

function describeEntry({ kind, name, version }: CacheEntry): string {
  return [kind, name, version].filter((part) => part !== "").join(" ");
}

/** Returns the entries as a table with a heading. */
function formatTable(entries: readonly CacheEntry[], now: number): string {
  const rows = entries.map(({ kind, name, version, bytes, lastUsedMs, path }) => [
    kind,
    name,
    version,
    formatBytes(bytes),
    formatAge(now - lastUsedMs),
    path,
  ]);
  const allRows = [["kind", "name", "version", "size", "last used", "where"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...allRows.map((row) => row[column]?.length ?? 0)));
  const formatLine = (row: string[]) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return allRows.map((row) => `${formatLine(row).trimEnd()}\n`).join("");
}

function sumBytes(entries: readonly CacheEntry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Returns an age in the largest unit that fits, e.g. `5 h ago`. */
function formatAge(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / 1_440)} d ago`;
}
