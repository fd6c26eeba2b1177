import { formatBytes } from "../lib/quantity.ts";
import { formatCount, limitLine } from "../lib/text.ts";
import { renderComparison } from "./compare/text.ts";
import { renderGantt } from "./gantt.ts";
import { joinSections, maxSummaryBytes } from "./limit-sections.ts";
import { escapeMarkdown, renderFolded, renderTable } from "./markdown.ts";
import type { AtEnd, Backup, Results, Teardown } from "./results-schema.ts";
import { renderImageList, renderSettings, renderVersions } from "./summary-versions.ts";
import {
  describeOutcome,
  formatSpan,
  isBad,
  listReasons,
  summarizeVerdict,
  toCauseReason,
} from "./verdict.ts";

const maxReasons = 3;
const toneSign = { good: "✅", bad: "❌", mixed: "⚠️" } as const;
const statusSign = { pass: "✅", fail: "❌", warn: "⚠️", error: "💥", skipped: "➖" } as const;

export interface SummaryOptions {
  /** The address of the uploaded page. */
  readonly reportUrl?: string | undefined;
  /** What is left of GitHub's limit for the step, in bytes. */
  readonly maxBytes?: number;
}

/**
 * Returns the job summary in Markdown: the verdict with the address of the report, the causes of a failure, then the
 * timeline, checks and versions. What is not needed to understand a failure is folded.
 */
export function renderSummary(
  results: Results,
  { reportUrl, maxBytes = maxSummaryBytes }: SummaryOptions = {},
): string {
  const { comparison } = results;
  return joinSections(
    [
      { name: "verdict", importance: 0, lines: [renderHeading(results, reportUrl), ""] },
      { name: "what went wrong", importance: 1, lines: renderReasons(results) },
      { name: "warnings", importance: 4, lines: renderWarnings(results) },
      { name: "what changed", importance: 6, lines: comparison ? renderComparison(comparison) : [] },
      { name: "timeline", importance: 7, lines: renderTimeline(results) },
      { name: "production checklist", importance: 3, lines: renderChecklist(results) },
      { name: "checks that did not pass", importance: 2, lines: renderNotable(results) },
      { name: "passed checks", importance: 8, lines: renderPassed(results) },
      { name: "versions", importance: 9, lines: renderVersions(results) },
      { name: "images", importance: 10, lines: renderImageList(results) },
      { name: "settings", importance: 11, lines: renderSettings(results) },
      {
        name: "checks at the end",
        importance: 5,
        lines: results.atEnd ? renderAtEndSection(results.atEnd) : [],
      },
      { name: "backup", importance: 6, lines: results.backup ? renderBackupSection(results.backup) : [] },
      {
        name: "teardown",
        importance: 3,
        lines: results.teardown ? renderTeardownSection(results.teardown) : [],
      },
    ],
    maxBytes,
  );
}

/** Returns the first line: the verdict, how long it took, and the address of the report. */
function renderHeading(results: Results, reportUrl: string | undefined): string {
  const { tone, text } = summarizeVerdict(results);
  const link = reportUrl === undefined ? "" : ` · [open the report](${reportUrl})`;
  return `## ${toneSign[tone]} monstack: ${text} (${formatSpan(results.startedAt, results.endedAt)})${link}`;
}

function renderWarnings({ warnings }: Results): string[] {
  return warnings.map((warning) => `> ⚠️ ${escapeMarkdown(warning)}\n`);
}

/** Returns the section with the timeline as a chart, and the phases in figures. */
function renderTimeline(results: Results): string[] {
  const phases = renderPhases(results);
  if (phases.length === 0) return [];
  return ["### Timeline", "", ...renderGantt(results), ...renderFolded("Phases", phases)];
}

/** What a step after the run's own adds to its summary. */
export interface LaterSummary {
  readonly atEnd?: AtEnd | undefined;
  readonly backup?: Backup | undefined;
  readonly teardown: Teardown;
}

/** Returns the summary of a later step: the checks before the teardown, the backup, and what the teardown left behind. */
export function renderLater(
  { atEnd, backup, teardown }: LaterSummary,
  { reportUrl, maxBytes = maxSummaryBytes }: SummaryOptions = {},
): string {
  const link = reportUrl === undefined ? [] : [`[Open the report](${reportUrl})`, ""];
  return joinSections(
    [
      { name: "report", importance: 0, lines: link },
      { name: "checks at the end", importance: 2, lines: atEnd ? renderAtEndSection(atEnd) : [] },
      { name: "backup", importance: 3, lines: backup ? renderBackupSection(backup) : [] },
      { name: "teardown", importance: 1, lines: renderTeardownSection(teardown) },
    ],
    maxBytes,
  );
}

/** Returns the section with the backup's file and content. */
function renderBackupSection({ path, bytes, series, from, to }: Backup): string[] {
  const size = formatBytes(bytes);
  return [
    "### Kept",
    "",
    `- ${escapeMarkdown(path)} (${size}): ${series} series, ${from} to ${to}`,
    "- `monstack restore` puts it into a stack",
    "",
  ];
}

/** Returns the section with the result of the checks at the end of the job, and the first three causes. */
function renderAtEndSection({ verified, checks, causes }: AtEnd): string[] {
  const failedCount = checks.filter(isBad).length;
  const verdict = verified
    ? "✅ it held"
    : `❌ it did not hold: ${failedCount} of ${formatCount(checks.length, "check")} failed`;
  const why = causes.slice(0, maxReasons).map((cause) => `- ${escapeMarkdown(toCauseReason(cause).title)}`);
  return [
    `### Checked once more at the end: ${verdict}`,
    "",
    ...why,
    ...(why.length > 0 ? [""] : []),
    ...renderCheckTable(checks.filter((check) => !isQuiet(check))),
    ...foldChecks(checks.filter(isQuiet)),
  ];
}

/** Returns the section with the first three reasons of a failure; nothing without reasons. */
function renderReasons(results: Results): string[] {
  const reasons = listReasons(results);
  if (reasons.length === 0) return [];
  const renderedReasons = reasons.slice(0, maxReasons).map(({ title, details, fix, place }, index) => {
    const furtherLines = [
      ...details,
      ...(place === undefined ? [] : [`Where: ${place}`]),
      ...(fix === undefined ? [] : [`To fix it: ${fix}`]),
    ];
    return `${index + 1}. **${escapeMarkdown(title)}**${furtherLines.map((line) => `<br>${escapeMarkdown(line)}`).join("")}`;
  });
  const omittedCount = reasons.length - renderedReasons.length;
  return [
    "### What went wrong",
    "",
    ...renderedReasons,
    ...(omittedCount > 0 ? ["", `... and ${omittedCount} more, below`] : []),
    "",
  ];
}

/** Returns a table of the phases in the order of their starts; nothing without phases. */
function renderPhases({ startedAt, phases }: Results): string[] {
  const rows = [...phases]
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt))
    .map((phase) => [
      phase.name,
      `+${formatSpan(startedAt, phase.startedAt)}`,
      formatSpan(phase.startedAt, phase.endedAt),
    ]);
  return renderTable(["phase", "began", "took"], rows);
}

const pointSign = { met: "✅", unmet: "❌", unknown: "💥", "left-out": "➖" } as const;

/** Returns the section with the production checklist; nothing without it. */
function renderChecklist({ checklist = [] }: Results): string[] {
  if (checklist.length === 0) return [];
  const rows = checklist.map(({ title, status, evidence, fix }) => [
    `${pointSign[status]} ${status}`,
    title,
    [
      ...evidence.toSorted((a, b) => Number(a.met) - Number(b.met)).map(({ text }) => limitLine(text)),
      ...(fix === undefined ? [] : [`To fix it: ${fix}`]),
    ].join("\n"),
  ]);
  return ["### Production checklist", "", ...renderTable(["", "point", "evidence"], rows)];
}

/** Returns the section with the checks that neither passed nor were skipped. */
function renderNotable({ checks }: Results): string[] {
  if (checks.length === 0) return [];
  const notable = checks.filter((check) => !isQuiet(check));
  return ["### Checks", "", ...renderCheckTable(notable)];
}

/** Returns the checks that passed or were skipped, folded. */
function renderPassed({ checks }: Results): string[] {
  return foldChecks(checks.filter(isQuiet));
}

/** True if a check passed or was skipped, so that nobody has to look at it. */
function isQuiet({ status }: Results["checks"][number]): boolean {
  return status === "pass" || status === "skipped";
}

/** Returns a folded table of checks that passed or were skipped. */
function foldChecks(checks: Results["checks"]): string[] {
  const passedCount = checks.filter(({ status }) => status === "pass").length;
  const skippedCount = checks.length - passedCount;
  const skipped = skippedCount === 0 ? "" : `, ${skippedCount} skipped`;
  return renderFolded(`✅ ${formatCount(passedCount, "check")} passed${skipped}`, renderCheckTable(checks));
}

/** Returns a table with the outcome of each check. */
function renderCheckTable(checks: Results["checks"]): string[] {
  const rows = checks.map((check) => [
    `${statusSign[check.status]} ${check.status}`,
    check.title,
    describeOutcome(check),
    formatSpan(check.startedAt, check.endedAt),
  ]);
  return renderTable(["", "check", "seen", "took"], rows);
}

/** Returns the section with what the teardown left behind, and what it kept on purpose. */
function renderTeardownSection({ leaks, kept }: Teardown): string[] {
  const leftovers = leaks.map(({ kind, what }) => [kind, what]);
  return [
    "### Teardown",
    "",
    ...(leftovers.length > 0 ? renderTable(["left behind", "what"], leftovers) : ["Nothing is left.", ""]),
    ...kept.map((keptItem) => `- kept on purpose: ${escapeMarkdown(keptItem)}`),
  ];
}
