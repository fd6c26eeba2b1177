import { formatBytes } from "../lib/quantity.ts";
import { sanitizeMessage } from "../lib/sanitize.ts";
import { boundLine, formatCount } from "../lib/text.ts";
import type { Results } from "./results-schema.ts";
import { formatSpan, outcomeOf, type Reason, reasonsOf, verdictOf } from "./verdict.ts";

const mostReasons = 3;

/** The closing text on a terminal: short, plain, aligned. */
export function renderTerminal(results: Results): string {
  const lines = [
    `monstack ${results.mode}: ${verdictOf(results).text} (${formatSpan(results.startedAt, results.endedAt)})`,
    ...section(reasonLines(results)),
    ...section(phaseLines(results)),
    ...section(checkLines(results)),
    ...section(backupLines(results)),
    ...section(checklistLines(results)),
    ...section(teardownLines(results)),
  ];
  return `${lines.join("\n")}\n`;
}

function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function reasonLines(results: Results): string[] {
  const reasons = reasonsOf(results);
  const lines = reasons.slice(0, mostReasons).flatMap(renderReason);
  if (reasons.length > mostReasons)
    lines.push(`  ... and ${reasons.length - mostReasons} more in the report`);
  return lines;
}

function renderReason({ title, details, fix, place }: Reason): string[] {
  return [
    `  - ${indent(title)}`,
    // Deeper than what follows, which is monstack's own word.
    ...details.map((detail) => `      ${indent(detail)}`),
    ...(place === undefined ? [] : [`    where: ${indent(place)}`]),
    ...(fix === undefined ? [] : [`    to fix it: ${indent(fix)}`]),
  ];
}

/** Deeper than any line of its own, so that none of a foreign text's lines passes for one. */
const continuation = " ".repeat(12);

/** A line's own indentation stays: it can be YAML that somebody is to copy. */
function indent(text: string): string {
  return sanitizeMessage(text.replace(/^[\r\n]+/, ""), continuation);
}

function phaseLines({ startedAt, phases }: Results): string[] {
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

/** How many there were of each kind, and what those say that neither passed nor were left out. */
function checkLines({ checks, checklist }: Results): string[] {
  if (checks.length === 0) return [];
  const counts = (["pass", "fail", "error", "warn", "skipped"] as const)
    .map((status) => ({ status, amount: checks.filter((check) => check.status === status).length }))
    .filter(({ amount }) => amount > 0);
  const words = {
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
    `  ${formatCount(checks.length, "check")}: ${counts.map(({ status, amount }) => `${amount} ${words[status]}`).join(", ")}`,
    ...notable.map(
      (check) => `    ${check.status.padEnd(5)}  ${check.id.padEnd(width)}  ${indent(outcomeOf(check))}`,
    ),
  ];
}

function backupLines({ backup }: Results): string[] {
  if (!backup) return [];
  const { path, bytes, series, from, to } = backup;
  return [`  kept: ${indent(path)} (${formatBytes(bytes)}), ${series} series, ${from} to ${to}`];
}

const boxes = { met: "[x]", unmet: "[ ]", unknown: "[?]", "left-out": "[-]" } as const;

/** Each point with its evidence, what speaks against it first. */
function checklistLines({ checklist = [] }: Results): string[] {
  return checklist.flatMap(({ id, title, status, evidence, fix }) => [
    `  ${boxes[status]} ${indent(title)} (${indent(id)})`,
    ...evidence
      .toSorted((a, b) => Number(a.met) - Number(b.met))
      .map((line) => `        ${line.met ? "+" : "-"} ${indent(boundLine(line.text))}`),
    ...(fix === undefined ? [] : [`        to fix it: ${indent(fix)}`]),
  ]);
}

function teardownLines({ teardown }: Results): string[] {
  if (!teardown) return [];
  const kept = teardown.kept.map((one) => `  kept on purpose: ${indent(one)}`);
  if (teardown.leaks.length === 0) return ["  torn down, nothing left", ...kept];
  return [
    "  left behind:",
    ...teardown.leaks.map(({ kind, what }) => `    ${kind}  ${indent(what)}`),
    ...kept,
  ];
}
