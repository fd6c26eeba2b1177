import type { Failure } from "./failure.ts";
import { scrapeFailures } from "./scrape.ts";

/** Every failure that is recognised by what a program or the cluster reports. */
export const allFailures: readonly Failure[] = [...scrapeFailures];

/** Returns the former ids of a failure; undefined if it has none, or the catalogue doesn't have it. */
export function aliasesOf(id: string): readonly string[] | undefined {
  return allFailures.find((failure) => failure.id === id)?.aliases;
}
