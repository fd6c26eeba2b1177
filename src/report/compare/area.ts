import type { Inventory } from "../inventory-schema.ts";
import type { Results } from "../results-schema.ts";
import type { Change } from "./schema.ts";

/** The changes of one area, and how many things were compared; or why nothing could be compared. */
export type AreaComparison =
  | { readonly changes: readonly Change[]; readonly count: number }
  | { readonly why: string };

/** Returns the inventories of both runs, or why they can't be compared. */
export function findInventories(
  before: Results,
  after: Results,
): { readonly before: Inventory; readonly after: Inventory } | { readonly why: string } {
  if (before.inventory && after.inventory) return { before: before.inventory, after: after.inventory };
  return { why: describeMissing(before.inventory === undefined, "did not read what Prometheus held") };
}

/** Returns why something can't be compared: which of the two runs lacks it. */
export function describeMissing(isEarlier: boolean, what: string): string {
  return `the ${isEarlier ? "earlier" : "later"} run ${what}`;
}

/** Returns the keys of both maps, each once, in alphabetical order. */
export function joinKeys(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].toSorted();
}

export function toMap<T>(record: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(record));
}
