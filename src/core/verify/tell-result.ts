import { boundLine } from "../../lib/bound-line.ts";
import { valuesKnown } from "../../verify/checks/values-known.ts";
import type { CheckResult, Stack } from "../../verify/types.ts";
import { tellUnknownValues } from "../charts/tell.ts";
import type { Session } from "../session/session.ts";

/** As it is decided. What is wrong becomes an error when its cause is known: not twice. */
export function tellResult(session: Session, stack: Stack, result: CheckResult): void {
  const { log } = session.context;
  const skipped = result.status === "skipped" ? "skipped, " : "";
  if (result.status !== "warn")
    log.info(`${signs[result.status]} ${result.title}: ${skipped}${describeResult(result)}`);
  else if (result.id === valuesKnown.id) tellValuesOnce(session, stack);
  else log.warn(`${result.title}: ${describeResult(result)}`);
}

const signs = { pass: "✓", skipped: "-", error: "✗", fail: "✗" } as const;

/** A result in one line that is not too long. */
export function describeResult(result: CheckResult): string {
  return boundLine(wholeDescription(result));
}

function wholeDescription(result: CheckResult): string {
  const note = "note" in result && result.note !== undefined ? ` (${result.note})` : "";
  switch (result.status) {
    case "pass":
      return result.seen;
    case "skipped":
      return result.reason;
    case "error":
      return `could not be asked, ${result.error}${note}`;
    case "fail":
    case "warn":
      return `expected ${result.expected}, saw ${result.seen}${note}`;
  }
}

/** A run that deployed them has told them before. */
function tellValuesOnce(session: Session, { rendered }: Stack): void {
  if (session.progress.apps.length > 0) return;
  tellUnknownValues(
    session,
    rendered.flatMap(({ unknownValues = [] }) => unknownValues),
  );
}
