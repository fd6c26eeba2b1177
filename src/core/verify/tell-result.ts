import { valuesKnown } from "../../verify/checks/values-known.ts";
import type { CheckResult, Stack } from "../../verify/types.ts";
import { tellUnknownValues } from "../charts/tell.ts";
import type { Session } from "../session/session.ts";

/** As it is decided. What is wrong becomes an error when its cause is known: not twice. */
export function tellResult(session: Session, stack: Stack, result: CheckResult): void {
  const { log } = session.context;
  if (result.status !== "warn") log.info(`${signs[result.status]} ${result.title}: ${wordsOf(result)}`);
  else if (result.id === valuesKnown.id) tellValuesOnce(session, stack);
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

/** A run that deployed them has told them before. */
function tellValuesOnce(session: Session, { rendered }: Stack): void {
  if (session.progress.apps.length > 0) return;
  tellUnknownValues(
    session,
    rendered.flatMap(({ unknownValues = [] }) => unknownValues),
  );
}
