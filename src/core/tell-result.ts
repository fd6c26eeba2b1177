import { formatKeyPath } from "../plan/values.ts";
import { valuesKnown } from "../verify/checks/values-known.ts";
import type { CheckResult, Stack } from "../verify/types.ts";
import { locateUnknownValues } from "./locate-causes.ts";
import type { Session } from "./session.ts";

/** As it is decided. What is wrong becomes an error when its cause is known: not twice. */
export function tellResult(session: Session, stack: Stack, result: CheckResult): void {
  const { log } = session.context;
  if (result.status !== "warn") log.info(`${signs[result.status]} ${result.title}: ${wordsOf(result)}`);
  else if (result.id === valuesKnown.id) tellUnknownValues(session, stack);
  else log.warn(`${result.title}: ${wordsOf(result)}`);
}

const signs = { pass: "✓", skipped: "-", error: "✗", fail: "✗" } as const;

function wordsOf(result: CheckResult): string {
  switch (result.status) {
    case "pass":
      return result.seen;
    case "skipped":
      return `skipped, ${result.reason}`;
    case "error":
      return `could not be asked, ${result.error}`;
    case "fail":
    case "warn":
      return `expected ${result.expected}, saw ${result.seen}`;
  }
}

/** Each at its line: that is where it is mended. */
function tellUnknownValues({ context, loaded }: Session, { rendered }: Stack): void {
  for (const { value, at } of locateUnknownValues(loaded, rendered)) {
    const meant = value.meant === undefined ? "" : `; did you mean ${value.meant}?`;
    const text = `${value.app}: nothing in the chart reads ${formatKeyPath(value.path)}, so it changes nothing${meant}`;
    context.log.warn(text, { title: "monstack: value without effect", ...at });
  }
}
