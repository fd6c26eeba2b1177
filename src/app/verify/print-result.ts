import { locate } from "../../config/locate.ts";
import type { FailedCheck } from "../../diagnose/checks.ts";
import { findBlame } from "../../diagnose/rules/check-faults.ts";
import { limitLine } from "../../lib/text.ts";
import { formatPlace } from "../../report/verdict.ts";
import type { CheckResult } from "../../stack/check.ts";
import type { Stack } from "../../stack/stack.ts";
import { valuesKnown } from "../../verify/checks/requested/containers.ts";
import { warnAboutUnknownValues } from "../charts/unknown-values.ts";
import type { Session } from "../session/session.ts";

/** Logs a result as soon as it is decided. A failure becomes an error later, with its cause. */
export function logResult(session: Session, stack: Stack, result: CheckResult): void {
  const { log, host } = session.context;
  const { id, title, severity, status } = result;
  const at = new Date(host.now()).toISOString();
  log.onEvent?.({ event: "check", at, id, title, severity, status, text: describeResult(result) });
  const isCounted = status === "pass" || status === "skipped";
  const write = isCounted && log.countsChecks ? log.debug : log.info;
  const skipped = result.status === "skipped" ? "skipped, " : "";
  if (result.status !== "warn")
    write(`${signs[result.status]} ${result.title}: ${skipped}${describeResult(result)}`);
  else if (result.id === valuesKnown.id) warnAboutValuesOnce(session, stack);
  else logWarning(session, result);
}

/** Logs a warning with its reason and its line. A verified run has no diagnosis that would log them. */
function logWarning({ context, loaded }: Session, result: FailedCheck): void {
  const blame = findBlame(result);
  const place = blame && locate(loaded, blame);
  const lines = [
    `${result.title}: ${describeResult(result)}`,
    ...(result.cause === undefined ? [] : [`  ${limitLine(result.cause)}`]),
    ...(place ? [`where: ${formatPlace(place)}`] : []),
    ...(blame === undefined ? [] : [`to fix it: ${result.fix}`]),
  ];
  context.log.warn(lines.join("\n"), place ? { title: `monstack: ${result.id}`, ...place } : {});
}

const signs = { pass: "✓", skipped: "-", error: "✗", fail: "✗" } as const;

/** Returns a result on one line of limited length. */
export function describeResult(result: CheckResult): string {
  return limitLine(formatDescription(result));
}

function formatDescription(result: CheckResult): string {
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

/** Logs unknown values, unless this run deployed the charts and so has logged them already. */
function warnAboutValuesOnce(session: Session, { rendered }: Stack): void {
  if (session.progress.apps.length > 0) return;
  warnAboutUnknownValues(
    session,
    rendered.flatMap(({ unknownValues = [] }) => unknownValues),
  );
}
