import { toFullImageName } from "../lib/image.ts";
import { formatBytes } from "../lib/quantity.ts";
import { formatCount, limitLine } from "../lib/text.ts";
import { renderComparison } from "./compare/text.ts";
import { escapeMarkdown, renderFolded, renderTable } from "./markdown.ts";
import type { AtEnd, Backup, Results, Teardown } from "./results-schema.ts";
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

/** Returns the job summary in Markdown: the verdict, the causes of a failure, then phases, checks and versions. */
export function renderSummary(results: Results): string {
  const { tone, text } = summarizeVerdict(results);
  const lines = [
    `## ${toneSign[tone]} monstack: ${text} (${formatSpan(results.startedAt, results.endedAt)})`,
    "",
    ...renderReasons(results),
    ...results.warnings.map((warning) => `> ⚠️ ${escapeMarkdown(warning)}\n`),
    ...(results.comparison ? renderComparison(results.comparison) : []),
    ...renderPhases(results),
    ...renderChecklist(results),
    ...renderChecks(results),
    ...renderVersions(results),
    ...renderSettings(results),
    ...(results.atEnd ? renderAtEndSection(results.atEnd) : []),
    ...(results.backup ? renderBackupSection(results.backup) : []),
    ...(results.teardown ? renderTeardownSection(results.teardown) : []),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Returns a separate summary of what a teardown left behind. */
export function renderTeardown(teardown: Teardown): string {
  return `${renderTeardownSection(teardown).join("\n").trimEnd()}\n`;
}

/** Returns a separate summary of the checks before the teardown. */
export function renderAtEnd(atEnd: AtEnd): string {
  return `${renderAtEndSection(atEnd).join("\n").trimEnd()}\n`;
}

/** Returns a separate summary of the backup before a teardown. */
export function renderBackup(backup: Backup): string {
  return `${renderBackupSection(backup).join("\n").trimEnd()}\n`;
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
    ...renderCheckTable(checks),
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

/** Returns the section with the phases in the order of their starts; nothing without phases. */
function renderPhases({ startedAt, phases }: Results): string[] {
  const rows = [...phases]
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt))
    .map((phase) => [
      phase.name,
      `+${formatSpan(startedAt, phase.startedAt)}`,
      formatSpan(phase.startedAt, phase.endedAt),
    ]);
  return rows.length > 0 ? ["### Phases", "", ...renderTable(["phase", "began", "took"], rows)] : [];
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

function renderChecks({ checks }: Results): string[] {
  return checks.length > 0 ? ["### Checks", "", ...renderCheckTable(checks)] : [];
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

/** Returns the section with the versions of tools, cluster, charts and images. */
function renderVersions({ monstack, cluster, versions }: Results): string[] {
  const rows = [
    ["monstack", monstack, ""],
    ...versions.tools.map(({ name, version, origin, signature }) => [
      name,
      version,
      [origin, ...(signature ? [formatSignature(signature)] : [])].join("; "),
    ]),
    ...(cluster.version === undefined ? [] : [[`Kubernetes (${cluster.kind})`, cluster.version, ""]]),
    ...versions.charts.map(({ app, chart, version, appVersion }) => [
      `chart ${chart} (app ${app})`,
      version,
      appVersion && `app version ${appVersion}`,
    ]),
  ];
  const images = renderImages(versions);
  return [
    "### Versions",
    "",
    ...renderTable(["what", "version", "from"], rows),
    ...renderFolded(formatCount(images.length, "image"), images),
  ];
}

/** Formats whether a tool's signature was verified. */
function formatSignature(signature: NonNullable<Results["versions"]["tools"][number]["signature"]>): string {
  return signature.status === "verified"
    ? `signed by ${signature.signer}, ${signature.by} says`
    : `its signature could not be checked: ${signature.why}`;
}

/**
 * Returns a line for each image, with its digest if known. Includes images that no chart rendered, such as an
 * operator's or k3s' own.
 */
function renderImages({ images, imageDigests = [] }: Results["versions"]): string[] {
  const digests = new Map(imageDigests.map(({ image, digest }) => [image, digest]));
  const all = [...new Set([...images.map(toFullImageName), ...digests.keys()])].sort();
  return all.map((image) => {
    const digest = digests.get(image);
    return `- ${escapeMarkdown(image)}${digest === undefined ? "" : ` \`${digest.replaceAll(/[^\w:.+-]/g, "")}\``}`;
  });
}

/** Returns the collapsed sections with the profile's values and the adaptations to this host. */
function renderSettings({ profile, profileSettings, adaptations }: Results): string[] {
  const settings = profileSettings.map(({ app, path, value, why }) => [
    app,
    path,
    JSON.stringify(value) ?? "",
    why,
  ]);
  const adapted = adaptations.map(({ found, done }) => [found, done]);
  return [
    ...renderFolded(
      `Profile ${profile}: ${formatCount(settings.length, "value")} set where yours were open`,
      renderTable(["app", "key", "value", "why"], settings),
    ),
    ...renderFolded(
      `Adapted to this host: ${formatCount(adapted.length, "thing")}`,
      renderTable(["found", "done"], adapted),
    ),
  ];
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
