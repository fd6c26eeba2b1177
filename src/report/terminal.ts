import { formatBytes } from "../lib/quantity.ts";
import { sanitizeMessage } from "../lib/sanitize.ts";
import { boundLine, formatCount } from "../lib/text.ts";
import type { Results } from "./results-schema.ts";
import { describeOutcome, formatSpan, listReasons, type Reason, summarizeVerdict } from "./verdict.ts";

const mostReasons = 3;

/** Renders the closing text for a terminal: short, plain, aligned. */
export function renderTerminal(results: Results): string {
  const lines = [
    `monstack ${results.mode}: ${summarizeVerdict(results).text} (${formatSpan(results.startedAt, results.endedAt)})`,
    ...toSection(formatReasons(results)),
    ...toSection(formatPhases(results)),
    ...toSection(formatChecks(results)),
    ...toSection(formatBackup(results)),
    ...toSection(formatChecklist(results)),
    ...toSection(formatTeardown(results)),
  ];
  return `${lines.join("\n")}\n`;
}

function toSection(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function formatReasons(results: Results): string[] {
  const reasons = listReasons(results);
  const lines = reasons.slice(0, mostReasons).flatMap(formatReason);
  if (reasons.length > mostReasons)
    lines.push(`  ... and ${reasons.length - mostReasons} more in the report`);
  return lines;
}

function formatReason({ title, details, fix, place }: Reason): string[] {
  return [
    `  - ${indent(title)}`,
    // Indented deeper than the lines below, which are monstack's own.
    ...details.map((detail) => `      ${indent(detail)}`),
    ...(place === undefined ? [] : [`    where: ${indent(place)}`]),
    ...(fix === undefined ? [] : [`    to fix it: ${indent(fix)}`]),
  ];
}

/** Indents the further lines of foreign text deeper than any line of monstack's, so that none can pass for one. */
const continuation = " ".repeat(12);

/** Sanitizes a text and indents its further lines. Their own indentation is kept: it may be YAML to copy. */
function indent(text: string): string {
  return sanitizeMessage(text.replace(/^[\r\n]+/, ""), continuation);
}

function formatPhases({ startedAt, phases }: Results): string[] {
  const ordered = [...phases].sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  const rows = ordered.map((phase) => [
    indent(phase.name),
    `+${formatSpan(startedAt, phase.startedAt)}`,
    formatSpan(phase.startedAt, phase.endedAt),
  ]);
  const width = (column: number) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  return rows.map(
    ([name = "", began = "", took = ""]) =>
      `  ${name.padEnd(width(0))}  ${began.padStart(width(1))}  ${took.padStart(width(2))}`,
  );
}

/** Counts the checks by status, and lists those that neither passed nor were skipped. */
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
        `    ${check.status.padEnd(5)}  ${check.id.padEnd(width)}  ${indent(describeOutcome(check))}`,
    ),
  ];
}

function formatBackup({ backup }: Results): string[] {
  if (!backup) return [];
  const { path, bytes, series, from, to } = backup;
  return [`  kept: ${indent(path)} (${formatBytes(bytes)}), ${series} series, ${from} to ${to}`];
}

const boxes = { met: "[x]", unmet: "[ ]", unknown: "[?]", "left-out": "[-]" } as const;

/** Formats each point with its evidence, the unmet lines first. */
function formatChecklist({ checklist = [] }: Results): string[] {
  return checklist.flatMap(({ id, title, status, evidence, fix }) => [
    `  ${boxes[status]} ${indent(title)} (${indent(id)})`,
    ...evidence
      .toSorted((a, b) => Number(a.met) - Number(b.met))
      .map((line) => `        ${line.met ? "+" : "-"} ${indent(boundLine(line.text))}`),
    ...(fix === undefined ? [] : [`        to fix it: ${indent(fix)}`]),
  ]);
}

function formatTeardown({ teardown }: Results): string[] {
  if (!teardown) return [];
  const kept = teardown.kept.map((one) => `  kept on purpose: ${indent(one)}`);
  if (teardown.leaks.length === 0) return ["  torn down, nothing left", ...kept];
  return [
    "  left behind:",
    ...teardown.leaks.map(({ kind, what }) => `    ${kind}  ${indent(what)}`),
    ...kept,
  ];
}
