import type { Session } from "../app/session/session.ts";
import { cacheEntries, cachePlaces } from "../cache/entries.ts";
import { usersNow } from "../cache/in-use.ts";
import { pruneCache } from "../cache/prune.ts";
import type { CacheEntry } from "../cache/types.ts";
import { exitCode } from "../lib/errors.ts";
import { sanitizeJson } from "../lib/sanitize.ts";
import type { CacheFlags } from "./cache-flags.ts";

type Print = (text: string) => void;

/** Lists what is kept of downloads, or takes away what is old. @returns the exit code */
export async function cache(session: Session, flags: CacheFlags, print: Print): Promise<number> {
  return flags.action === "list" ? await list(session, flags, print) : await prune(session, flags, print);
}

async function list({ context }: Session, { json }: CacheFlags, print: Print): Promise<number> {
  const { host } = context;
  const entries = await cacheEntries(context);
  const bytes = totalOf(entries);
  if (json) print(asJson({ entries: entries.map(plain), bytes, places: cachePlaces(host) }));
  else if (entries.length === 0) print("the cache is empty\n");
  else {
    print(table(entries, host.now()));
    print(`${sizeText(bytes)} in all\n`);
  }
  return exitCode.verified;
}

async function prune(
  { context, loaded }: Session,
  { json, olderThanMs }: CacheFlags,
  print: Print,
): Promise<number> {
  const [entries, userOf] = await Promise.all([cacheEntries(context), usersNow(context, loaded.config)]);
  const { removed, kept, bytes } = await pruneCache(context, entries, { olderThanMs, userOf });
  if (json) {
    const keptPlain = kept.map(({ entry, why }) => ({ ...plain(entry), why }));
    print(asJson({ removed: removed.map(plain), kept: keptPlain, bytes }));
    return exitCode.verified;
  }
  for (const entry of removed) print(`removed  ${titleOf(entry)}  ${sizeText(entry.bytes)}\n`);
  for (const { entry, why } of kept) print(`kept     ${titleOf(entry)}: ${why}\n`);
  const stays = entries.length - removed.length;
  print(`${sizeText(bytes)} of room made, ${removed.length} removed, ${stays} kept\n`);
  return exitCode.verified;
}

function plain({ kind, name, version, bytes, lastUsedMs, path }: CacheEntry) {
  return { kind, name, version, bytes, lastUsed: new Date(lastUsedMs).toISOString(), path };
}

function asJson(value: Record<string, unknown>): string {
  return sanitizeJson(`${JSON.stringify({ schemaVersion: 1, ...value }, undefined, 2)}\n`);
}

function titleOf({ kind, name, version }: CacheEntry): string {
  return [kind, name, version].filter((part) => part !== "").join(" ");
}

function table(entries: readonly CacheEntry[], now: number): string {
  const rows = entries.map(({ kind, name, version, bytes, lastUsedMs, path }) => [
    kind,
    name,
    version,
    sizeText(bytes),
    agoText(now - lastUsedMs),
    path,
  ]);
  const all = [["kind", "name", "version", "size", "last used", "where"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return all.map((row) => `${line(row).trimEnd()}\n`).join("");
}

function totalOf(entries: readonly CacheEntry[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

function sizeText(bytes: number): string {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** In whole units, the largest that fits. */
function agoText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / 1_440)} d ago`;
}
