import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "../../src/host/host.ts";
import { getChainStart, type KeyOwner, makeKey, sealLine } from "../../src/journal/journal-key.ts";

export const at = "2026-11-02T09:12:01.000Z";

/** An entry as nobody but a hostile hand writes it. */
export type Forged = Readonly<Record<string, unknown>>;

/** The lines of a journal that are sealed with the right key, whatever they say: the MAC's own check passes. */
export async function sealedLines(
  host: Host,
  stateDir: string,
  entries: readonly Forged[],
  owner?: KeyOwner,
): Promise<string[]> {
  const { bytes } = await makeKey(host, stateDir, owner ?? (host.rights === "none" ? "user" : "root"));
  let last = getChainStart("journal", stateDir);
  return entries.map((entry) => {
    const { line, mac } = sealLine(JSON.stringify(entry), last, bytes);
    last = mac;
    return line;
  });
}

/** Puts lines into a state folder as its journal; returns the journal's path. */
export async function writeLines(stateDir: string, lines: readonly string[]): Promise<string> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await chmod(stateDir, 0o700);
  const path = join(stateDir, "journal.jsonl");
  await writeFile(path, lines.map((line) => `${line}\n`).join(""), { mode: 0o600 });
  return path;
}

/** A journal as a stranger commits it: no key was there to write it with. */
export function unsealed(entries: readonly Forged[]): string[] {
  return entries.map((entry) => JSON.stringify(entry));
}
