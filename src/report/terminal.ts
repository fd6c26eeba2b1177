import { formatBytes } from "../lib/quantity.ts";
import { formatCount, limitLine } from "../lib/text.ts";
import { formatComparison } from "./compare/text.ts";
import { fitReasons, indentFurtherLines } from "./fit-reasons.ts";
import type { Results } from "./results-schema.ts";
import { describeOutcome, formatSpan, listReasons, summarizeVerdict, type Verdict } from "./verdict.ts";

/** How much the closing text has: `quiet` leaves out all but the verdict and its reasons, `verbose` names each check. */
export type Detail = "quiet" | "normal" | "verbose";

/** What a line is, so that it can have a colour. */
export type LineTone = Verdict["tone"] | "cause" | "fix" | "faint";

export interface TonedLine {
  /** Sanitized; may have several lines. */
  readonly text: string;
  readonly tone?: LineTone;
}

/** Returns the closing text for a terminal as one text, without colours. */
export function renderTerminal(results: Results, detail?: Detail): string {
  return `${listTerminalLines(results, detail)
    .map(({ text }) => text)
    .join("\n")}\n`;
}

/**
 * Returns the closing text for a terminal: short, in aligned columns. What matters most comes last, where the reader's
 * eyes are when a run ends: the verdict, and why.
 */
export function listTerminalLines(results: Results, detail: Detail = "normal"): TonedLine[] {
  const { tone, text } = summarizeVerdict(results);
  const span = formatSpan(results.startedAt, results.endedAt);
  const reasons = fitReasons(listReasons(results));
  return joinSections([
    ...(detail === "quiet" ? [] : listSections(results, detail)),
    [{ text: `monstack ${results.mode}: ${text} (${span})`, tone }],
    reasons,
  ]);
}

/** Returns the sections before the verdict. */
function listSections(results: Results, detail: Detail): TonedLine[][] {
  return [
    formatPhases(results).map((text) => ({ text, tone: "faint" })),
    formatChecks(results, detail),
    formatWhatChanged(results).map((text) => ({ text })),
    formatBackup(results).map((text) => ({ text })),
    formatTeardown(results),
    formatChecklist(results),
  ];
}

/** Returns the lines of sections with an empty line between two of them. */
function joinSections(sections: readonly (readonly TonedLine[])[]): TonedLine[] {
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : [{ text: "" }, ...lines]));
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

const labels = {
  pass: "passed",
  fail: "failed",
  error: "could not be made",
  warn: "with a warning",
  skipped: "skipped",
} as const;

/** Returns the number of checks by status, and a line for each that is not green; with `verbose` one for each check. */
function formatChecks({ checks, checklist }: Results, detail: Detail): TonedLine[] {
  if (checks.length === 0) return [];
  const counts = (["pass", "fail", "error", "warn", "skipped"] as const)
    .map((status) => ({ status, amount: checks.filter((check) => check.status === status).length }))
    .filter(({ amount }) => amount > 0)
    .map(({ status, amount }) => `${amount} ${labels[status]}`);
  const shown = checks.filter(({ id, status }) => {
    if (checklist?.some((point) => point.id === id)) return false;
    return detail === "verbose" || (status !== "pass" && status !== "skipped");
  });
  const width = Math.max(0, ...shown.map(({ id }) => id.length));
  // The column's width of the words that are not green, or of all.
  const statusWidth = detail === "verbose" ? "skipped".length : "error".length;
  return [
    { text: `  ${formatCount(checks.length, "check")}: ${counts.join(", ")}` },
    ...shown.map((check) => ({
      text: `    ${check.status.padEnd(statusWidth)}  ${check.id.padEnd(width)}  ${indentFurtherLines(describeOutcome(check))}`,
      ...getCheckTone(check.status),
    })),
  ];
}

function getCheckTone(status: Results["checks"][number]["status"]): Pick<TonedLine, "tone"> {
  if (status === "pass") return {};
  return { tone: status === "warn" ? "mixed" : status === "skipped" ? "faint" : "bad" };
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
const pointTones = { met: "good", unmet: "bad", unknown: "mixed", "left-out": "faint" } as const;
/** Points that need work come last, next to the verdict. */
const pointOrder = ["met", "left-out", "unknown", "unmet"] as const;

/** Returns each point with its evidence, unmet lines first. */
function formatChecklist({ checklist = [] }: Results): TonedLine[] {
  const ordered = checklist.toSorted((a, b) => pointOrder.indexOf(a.status) - pointOrder.indexOf(b.status));
  return ordered.flatMap(({ id, title, status, evidence, fix }): TonedLine[] => [
    {
      text: `  ${boxes[status]} ${indentFurtherLines(title)} (${indentFurtherLines(id)})`,
      tone: pointTones[status],
    },
    ...evidence
      .toSorted((a, b) => Number(a.met) - Number(b.met))
      .map((line) => ({
        text: `        ${line.met ? "+" : "-"} ${indentFurtherLines(limitLine(line.text))}`,
      })),
    ...(fix === undefined
      ? []
      : [{ text: `        to fix it: ${indentFurtherLines(fix)}`, tone: "fix" as const }]),
  ]);
}

/** Returns what the teardown left behind, and what it kept on purpose. */
function formatTeardown({ teardown }: Results): TonedLine[] {
  if (!teardown) return [];
  const kept = teardown.kept.map((keptItem) => ({
    text: `  kept on purpose: ${indentFurtherLines(keptItem)}`,
  }));
  if (teardown.leaks.length === 0) return [{ text: "  torn down, nothing left" }, ...kept];
  return [
    { text: "  left behind:", tone: "bad" },
    ...teardown.leaks.map(({ kind, what }) => ({
      text: `    ${kind}  ${indentFurtherLines(what)}`,
      tone: "bad" as const,
    })),
    ...kept,
  ];
}
