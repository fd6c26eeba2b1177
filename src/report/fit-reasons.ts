import { sanitizeMessage } from "../lib/sanitize.ts";
import type { TonedLine } from "./terminal.ts";
import type { Reason } from "./verdict.ts";

/** Reasons that the closing text has at most. */
const maxReasons = 3;
/** The smallest terminal whose last screen holds a cause with its fix. */
const screen = { columns: 80, rows: 24 };
/** Rows of that screen for others: the verdict with the empty line after it, the report's path, the shell's prompt. */
const otherRows = 6;

/** Indentation for further lines of foreign text: deeper than any line of monstack's own, so that the two can't be confused. */
const continuation = " ".repeat(12);

/**
 * Returns a sanitized text with its further lines indented. The indentation within the text is kept: it may be YAML to
 * copy.
 */
export function indentFurtherLines(text: string): string {
  return sanitizeMessage(text.replace(/^[\r\n]+/, ""), continuation);
}

/**
 * Returns the lines of the first three reasons and the number of the others, in as many rows as a terminal of 80 x 24 has
 * for them. The first reason always has its title, place and fix. Its evidence, and then the other reasons, are
 * cut to what fits: the log above and the report have all of it.
 */
export function fitReasons(reasons: readonly Reason[]): TonedLine[] {
  const lines: TonedLine[] = [];
  let left = screen.rows - otherRows;
  let shown = 0;
  for (const reason of reasons.slice(0, maxReasons)) {
    // One row is for the number of reasons that are not shown.
    const rows = shown + 1 < reasons.length ? left - 1 : left;
    const fitted = fitReason(reason, rows);
    if (shown > 0 && countRows(fitted) > rows) break;
    lines.push(...fitted);
    left -= countRows(fitted);
    shown += 1;
  }
  if (reasons.length > shown)
    lines.push({ text: `  ... and ${reasons.length - shown} more in the report`, tone: "faint" });
  return lines;
}

/** Returns the lines of a reason, with as much of its evidence as fits into some rows. */
function fitReason(reason: Reason, rows: number): TonedLine[] {
  const { details } = reason;
  for (let count = details.length; count > 0; count--) {
    const omitted = details.length - count;
    const lines = formatReason(reason, details.slice(0, count), omitted);
    if (countRows(lines) <= rows) return lines;
  }
  const withoutDetails = formatReason(reason, [], details.length);
  return countRows(withoutDetails) <= rows ? withoutDetails : formatReason(reason, [], 0);
}

/** Returns the lines of a reason: title, details, place and fix. */
function formatReason(
  { title, fix, place }: Reason,
  details: readonly string[],
  omittedCount: number,
): TonedLine[] {
  return [
    { text: `  - ${indentFurtherLines(title)}`, tone: "cause" },
    // Indented deeper than the lines below, which are monstack's own.
    ...details.map((detail) => ({ text: `      ${indentFurtherLines(detail)}` })),
    ...(omittedCount === 0
      ? []
      : [{ text: `      ... (evidence: ${omittedCount} more in the report)`, tone: "faint" as const }]),
    ...(place === undefined ? [] : [{ text: `    where: ${indentFurtherLines(place)}` }]),
    ...(fix === undefined
      ? []
      : [{ text: `    to fix it: ${indentFurtherLines(fix)}`, tone: "fix" as const }]),
  ];
}

/** Returns the rows that lines take in the smallest terminal, whose lines wrap. */
function countRows(lines: readonly TonedLine[]): number {
  const rows = lines.flatMap(({ text }) => text.split("\n"));
  return rows.reduce((sum, row) => sum + Math.max(1, Math.ceil(row.length / screen.columns)), 0);
}
