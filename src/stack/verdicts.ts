import type { Verdict } from "./types.ts";

export function pass(seen: string): Verdict {
  return { status: "pass", seen };
}

export function skipped(reason: string): Verdict {
  return { status: "skipped", reason };
}

/** For a check whose service is not part of the stack. */
export function notDeployed(what: string): Verdict {
  return skipped(`${what} is not part of this stack`);
}

/** `a, b, c and 4 more`. */
export function listOf(items: readonly string[], most = 5): string {
  const rest = items.length - most;
  return items.slice(0, most).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** `1 node`, `2 nodes`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 || noun.endsWith("s") ? "" : "s"}`;
}
