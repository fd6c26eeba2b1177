import { formatBytes } from "../../lib/quantity.ts";
import { sanitizeMessage } from "../../lib/sanitize.ts";
import { formatCount } from "../../lib/text.ts";
import { escapeMarkdown, renderTable } from "../markdown.ts";
import { type Area, areas, type Change, type Comparison } from "./schema.ts";

/** The heading of each area. */
export const areaHeadings: Readonly<Record<Area, string>> = {
  checks: "Checks",
  alerts: "Firing alerts",
  panels: "Panels of dashboards",
  phases: "Slower phases",
  versions: "Versions",
  resources: "Memory and CPU",
  series: "Numbers of series",
  metrics: "Names of metrics",
};

const effectSigns = { worse: "❌", better: "✅", neutral: "🔹" } as const;

/**
 * Returns the comparison as lines for a terminal: one line if nothing changed, else the changes of each area.
 * @param most how many changes of one area are shown
 */
export function formatComparison(comparison: Comparison, most = Number.POSITIVE_INFINITY): string[] {
  return [
    describeComparison(comparison),
    ...areas.flatMap((area) => formatArea(comparison, area, most)),
    ...describeGaps(comparison).map((gap) => `  ${gap}`),
  ].map((line) => sanitizeMessage(line));
}

/**
 * Returns the comparison as a section of a Markdown summary.
 * @param most how many changes of one area are shown
 */
export function renderComparison(comparison: Comparison, most = 10): string[] {
  const rows = areas.flatMap((area) => {
    const { shown, hidden } = selectChanges(comparison, area, most);
    const heading = areaHeadings[area];
    return [
      ...shown.map((change) => [
        `${effectSigns[change.effect]} ${heading}`,
        change.name,
        formatChange(change),
      ]),
      ...(hidden > 0 ? [["", `... and ${hidden} more`, ""]] : []),
    ];
  });
  const gaps = describeGaps(comparison).map((gap) => `- ${escapeMarkdown(gap)}`);
  return [
    "### What changed",
    "",
    escapeMarkdown(describeComparison(comparison)),
    "",
    ...renderTable(["area", "what", "change"], rows),
    ...gaps,
    ...(gaps.length > 0 ? [""] : []),
  ];
}

/** Returns with what the run was compared, and if nothing changed, how much was compared. */
export function describeComparison({ baseline, changes, compared, notCompared }: Comparison): string {
  const { from, startedAt, verified } = baseline;
  const verdict = verified ? "" : ", which was not verified";
  const run = `the run of ${startedAt} (${from})${verdict}`;
  if (changes.length > 0) return `Since ${run}:`;
  const total = compared.reduce((sum, { count }) => sum + count, 0);
  const where = notCompared.length > 0 ? " in what could be compared" : "";
  return `Nothing changed${where} since ${run}: ${formatCount(total, "thing")} compared.`;
}

/** Formats what changed: `12.1 s -> 18.4 s (+52 %)`, `new: 12 series`, `gone, was firing`. */
export function formatChange({ before, after, unit }: Change): string {
  if (before === undefined) return after === "present" ? "new" : `new: ${formatValue(after, unit)}`;
  if (after === undefined) return before === "present" ? "gone" : `gone, was ${formatValue(before, unit)}`;
  return `${formatValue(before, unit)} -> ${formatValue(after, unit)}${formatGrowth(before, after)}`;
}

/** Returns the changes of an area under its heading; nothing without changes. */
function formatArea(comparison: Comparison, area: Area, most: number): string[] {
  const { shown, hidden } = selectChanges(comparison, area, most);
  if (shown.length === 0) return [];
  const width = Math.min(48, Math.max(...shown.map(({ name }) => name.length)));
  return [
    `  ${areaHeadings[area]}`,
    ...shown.map((change) => {
      const name = change.name.replaceAll(/\s/g, " ");
      return `    ${{ worse: "-", better: "+", neutral: " " }[change.effect]} ${name.padEnd(width)}  ${formatChange(change)}`;
    }),
    ...(hidden > 0 ? [`      ... and ${hidden} more`] : []),
  ];
}

/** Returns the first changes of an area, and how many others there are. */
function selectChanges(
  { changes, left }: Comparison,
  area: Area,
  most: number,
): { readonly shown: readonly Change[]; readonly hidden: number } {
  const all = changes.filter((change) => change.area === area);
  const unlisted = left.find((item) => item.area === area)?.count ?? 0;
  return { shown: all.slice(0, most), hidden: Math.max(0, all.length - most) + unlisted };
}

/** Returns a line for each reason why areas could not be compared. */
function describeGaps({ notCompared }: Comparison): string[] {
  const reasons = [...new Set(notCompared.map(({ why }) => why))];
  return reasons.map((why) => {
    const headings = notCompared
      .filter((item) => item.why === why)
      .map(({ area }) => areaHeadings[area].replace(/^\w/, (letter) => letter.toLowerCase()));
    return `not compared: ${headings.join(", ")}: ${why}`;
  });
}

/** Formats a value in its unit: `18.4 s`, `1.2 GiB`, `0.25 cores`, `1 series`. */
function formatValue(value: Change["after"], unit: Change["unit"]): string {
  if (typeof value !== "number") return value || "none";
  switch (unit) {
    case "ms":
      return `${(value / 1000).toFixed(1)} s`;
    case "bytes":
      return formatBytes(value);
    case "cores":
      return `${value.toFixed(2)} cores`;
    case "series":
      return `${value} series`;
    case undefined:
      return String(value);
  }
}

/** Formats the growth of a number in percent: ` (+52 %)`; empty for texts, and after 0. */
function formatGrowth(before: Change["before"], after: Change["after"]): string {
  if (typeof before !== "number" || typeof after !== "number" || before === 0) return "";
  const percent = Math.round((100 * (after - before)) / before);
  return ` (${percent > 0 ? "+" : ""}${percent} %)`;
}
