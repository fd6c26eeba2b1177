import { nearest } from "../lib/suggest.ts";

/**
 * The existing metric that most likely took a missing one's place: its name made longer (`node_cpu` ->
 * `node_cpu_seconds_total`) or shorter (`..._requests_cpu_cores` -> `..._requests`), else the same words in another
 * order, else a slip of the keyboard. Undefined when none is near.
 */
export function nearestMetric(missing: string, existing: readonly string[]): string | undefined {
  const words = missing.split("_");
  const family = existing.filter((name) => name.split("_")[0] === words[0] && name !== missing);
  const longer = family.filter((name) => name.startsWith(`${missing}_`));
  if (longer.length > 0) return best(longer, (name) => -name.split("_").length - (isPlain(name) ? 0 : 0.5));
  const shorter = family.filter((name) => missing.startsWith(`${name}_`) && name.split("_").length >= 3);
  if (shorter.length > 0) return best(shorter, (name) => name.length);
  const alike = family.filter((name) => likeness(words, name) >= 0.6);
  if (alike.length > 0) return best(alike, (name) => likeness(words, name));
  return family.find((name) => isSlip(words, name.split("_")));
}

/** One word is mistyped, and nothing else is different. */
function isSlip(words: readonly string[], other: readonly string[]): boolean {
  const different = words.flatMap((word, at) =>
    word === other[at] ? [] : [[word, other[at] ?? ""] as const],
  );
  const [[word, meant] = ["", ""]] = different;
  return words.length === other.length && different.length === 1 && nearest(word, [meant]) !== undefined;
}

/** Parts of a histogram or summary are seldom what an old name meant. */
function isPlain(name: string): boolean {
  return !/_(count|sum|bucket|info)$/.test(name);
}

/** The words that both have, of all that either has: 0 to 1. */
function likeness(words: readonly string[], name: string): number {
  const other = new Set(name.split("_"));
  const shared = words.filter((word) => other.has(word)).length;
  return shared / new Set([...words, ...other]).size;
}

function best(names: readonly string[], score: (name: string) => number): string | undefined {
  return [...names].sort((a, b) => score(b) - score(a) || (a < b ? -1 : 1))[0];
}
