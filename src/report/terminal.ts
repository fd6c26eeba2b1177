import { formatBytes } from "../lib/quantity.ts";
import { sanitizeMessage } from "../lib/sanitize.ts";
import { formatCount, limitLine } from "../lib/text.ts";
import { formatComparison } from "./compare/text.ts";
import type { Results } from "./results-schema.ts";
import { describeOutcome, formatSpan, listReasons, type Reason, summarizeVerdict } from "./verdict.ts";

const maxReasons = 3;

/** Returns the closing text for a terminal: short, without formatting, in aligned columns. */
export function renderTerminal(results: Results): string {
  const lines = [
    `monstack ${results.mode}: ${summarizeVerdict(results).text} (${formatSpan(results.startedAt, results.endedAt)})`,
    ...toSection(formatReasons(results)),
    ...toSection(formatPhases(results)),
    ...toSection(formatChecks(results)),
    ...toSection(formatWhatChanged(results)),
    ...toSection(formatBackup(results)),
    ...toSection(formatChecklist(results)),
    ...toSection(formatTeardown(results)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Returns the lines after an empty line; nothing without lines. */
function toSection(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** Returns the first three reasons, and the number of the others. */
function formatReasons(results: Results): string[] {
  const reasons = listReasons(results);
  const lines = reasons.slice(0, maxReasons).flatMap(formatReason);
  if (reasons.length > maxReasons) lines.push(`  ... and ${reasons.length - maxReasons} more in the report`);
  return lines;
}

/** Returns the lines of a reason: title, details, place and fix. */
function formatReason({ title, details, fix, place }: Reason): string[] {
  return [
    `  - ${indentFurtherLines(title)}`,
    // Indented deeper than the lines below, which are monstack's own.
    ...details.map((detail) => `      ${indentFurtherLines(detail)}`),
    ...(place === undefined ? [] : [`    where: ${indentFurtherLines(place)}`]),
    ...(fix === undefined ? [] : [`    to fix it: ${indentFurtherLines(fix)}`]),
  ];
}

/** Indentation for further lines of foreign text: deeper than any line of monstack's own, so that the two can't be confused. */
const continuation = " ".repeat(12);

/**
 * Returns a sanitized text with its further lines indented. The indentation within the text is kept: it may be YAML to
 * copy.
 */
function indentFurtherLines(text: string): string {
  return sanitizeMessage(text.replace(/^[\r\n]+/, ""), continuation);
}

/** Returns a line for each phase with its start and duration, in the order of their starts. */
function formatPhases({ startedAt, phases }: Results): string[] {
  const ordered = [...phases].sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  const rows = ordered.map((phase) => [
    indentFurtherLines(phase.name),
    `+${formatSpan(startedAt, phase.startedAt)}`,
    formatSpan(phase.startedAt, phase.endedAt),
  ]);
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  return rows.map(
    ([name = "", began = "", took = ""]) =>
      `  ${name.padEnd(width(0))}  ${began.padStart(width(1))}  ${took.padStart(width(2))}`,
  );
}

/** Returns the number of checks by status, and a line for each check that neither passed nor was skipped. */
function formatChecks({ checks, checklist }: Results): string[] {
  if (checks.length === 0) return [];
  const counts = (["pass", "fail", "error", "warn", "skipped"] as const)
    .map((status) => ({ status, amount: checks.filter((check) => check.status === status).length }))
    .filter(({ amount }) => amount > 0);
  const labels = {
    pass: "passed",
    fail: "failed",
    error: "could not be made",
    warn: "with a warning",
    skipped: "skipped",
  };
  const notable = checks.filter(
    ({ id, status }) =>
      status !== "pass" && status !== "skipped" && !checklist?.some((point) => point.id === id),
  );
  const width = Math.max(0, ...notable.map(({ id }) => id.length));
  return [
    `  ${formatCount(checks.length, "check")}: ${counts.map(({ status, amount }) => `${amount} ${labels[status]}`).join(", ")}`,
    ...notable.map(
      (check) =>
        `    ${check.status.padEnd(5)}  ${check.id.padEnd(width)}  ${indentFurtherLines(describeOutcome(check))}`,
    ),
  ];
}

/** How many changes of one kind the terminal shows; `monstack compare` shows all. */
const maxChangesShown = 5;

/** Returns what changed since the run with which this one was compared; nothing without a comparison. */
function formatWhatChanged({ comparison }: Results): string[] {
  return comparison === undefined
    ? []
    : formatComparison(comparison, maxChangesShown).map((line) => `  ${line}`);
}

function formatBackup({ backup }: Results): string[] {
  if (!backup) return [];
  const { path, bytes, series, from, to } = backup;
  return [`  kept: ${indentFurtherLines(path)} (${formatBytes(bytes)}), ${series} series, ${from} to ${to}`];
}

const boxes = { met: "[x]", unmet: "[ ]", unknown: "[?]", "left-out": "[-]" } as const;

/** Returns each point with its evidence, unmet lines first. */
function formatChecklist({ checklist = [] }: Results): string[] {
  return checklist.flatMap(({ id, title, status, evidence, fix }) => [
    `  ${boxes[status]} ${indentFurtherLines(title)} (${indentFurtherLines(id)})`,
    ...evidence
      .toSorted((a, b) => Number(a.met) - Number(b.met))
      .map((line) => `        ${line.met ? "+" : "-"} ${indentFurtherLines(limitLine(line.text))}`),
    ...(fix === undefined ? [] : [`        to fix it: ${indentFurtherLines(fix)}`]),
  ]);
}

/** Returns what the teardown left behind, and what it kept on purpose. */
function formatTeardown({ teardown }: Results): string[] {
  if (!teardown) return [];
  const kept = teardown.kept.map((keptItem) => `  kept on purpose: ${indentFurtherLines(keptItem)}`);
  if (teardown.leaks.length === 0) return ["  torn down, nothing left", ...kept];
  return [
    "  left behind:",
    ...teardown.leaks.map(({ kind, what }) => `    ${kind}  ${indentFurtherLines(what)}`),
    ...kept,
  ];
}
