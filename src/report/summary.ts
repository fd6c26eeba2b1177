import { toFullName } from "../lib/image.ts";
import { formatBytes } from "../lib/quantity.ts";
import { boundLine, formatCount } from "../lib/text.ts";
import { escapeMarkdown, renderFolded, renderTable } from "./markdown.ts";
import type { AtEnd, Backup, Results, Teardown } from "./results-schema.ts";
import {
  describeOutcome,
  formatSpan,
  isBad,
  listReasons,
  reasonFromCause,
  summarizeVerdict,
} from "./verdict.ts";

const mostReasons = 3;
const toneSign = { good: "✅", bad: "❌", mixed: "⚠️" } as const;
const statusSign = { pass: "✅", fail: "❌", warn: "⚠️", error: "💥", skipped: "➖" } as const;

/** Renders the job summary in Markdown: the verdict, the causes of a failure, then phases, checks and versions. */
export function renderSummary(results: Results): string {
  const { tone, text } = summarizeVerdict(results);
  const lines = [
    `## ${toneSign[tone]} monstack: ${text} (${formatSpan(results.startedAt, results.endedAt)})`,
    "",
    ...renderReasons(results),
    ...results.warnings.map((warning) => `> ⚠️ ${escapeMarkdown(warning)}\n`),
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

/** Renders what a teardown left behind as a summary of its own. */
export function renderTeardown(teardown: Teardown): string {
  return `${renderTeardownSection(teardown).join("\n").trimEnd()}\n`;
}

/** Renders the result of the check before the teardown as a summary of its own. */
export function renderAtEnd(atEnd: AtEnd): string {
  return `${renderAtEndSection(atEnd).join("\n").trimEnd()}\n`;
}

/** Renders what was backed up before a teardown as a summary of its own. */
export function renderBackup(backup: Backup): string {
  return `${renderBackupSection(backup).join("\n").trimEnd()}\n`;
}

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

function renderAtEndSection({ verified, checks, causes }: AtEnd): string[] {
  const bad = checks.filter(isBad).length;
  const verdict = verified
    ? "✅ it held"
    : `❌ it did not hold: ${bad} of ${formatCount(checks.length, "check")} failed`;
  const why = causes
    .slice(0, mostReasons)
    .map((cause) => `- ${escapeMarkdown(reasonFromCause(cause).title)}`);
  return [
    `### Checked once more at the end: ${verdict}`,
    "",
    ...why,
    ...(why.length > 0 ? [""] : []),
    ...renderCheckTable(checks),
  ];
}

function renderReasons(results: Results): string[] {
  const reasons = listReasons(results);
  if (reasons.length === 0) return [];
  const shown = reasons.slice(0, mostReasons).map(({ title, details, fix, place }, index) => {
    const below = [
      ...details,
      ...(place === undefined ? [] : [`Where: ${place}`]),
      ...(fix === undefined ? [] : [`To fix it: ${fix}`]),
    ];
    return `${index + 1}. **${escapeMarkdown(title)}**${below.map((line) => `<br>${escapeMarkdown(line)}`).join("")}`;
  });
  const more = reasons.length - shown.length;
  return ["### What went wrong", "", ...shown, ...(more > 0 ? ["", `... and ${more} more, below`] : []), ""];
}

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

function renderChecklist({ checklist = [] }: Results): string[] {
  if (checklist.length === 0) return [];
  const rows = checklist.map(({ title, status, evidence, fix }) => [
    `${pointSign[status]} ${status}`,
    title,
    [
      ...evidence.toSorted((a, b) => Number(a.met) - Number(b.met)).map(({ text }) => boundLine(text)),
      ...(fix === undefined ? [] : [`To fix it: ${fix}`]),
    ].join("\n"),
  ]);
  return ["### Production checklist", "", ...renderTable(["", "point", "evidence"], rows)];
}

function renderChecks({ checks }: Results): string[] {
  return checks.length > 0 ? ["### Checks", "", ...renderCheckTable(checks)] : [];
}

function renderCheckTable(checks: Results["checks"]): string[] {
  const rows = checks.map((check) => [
    `${statusSign[check.status]} ${check.status}`,
    check.title,
    describeOutcome(check),
    formatSpan(check.startedAt, check.endedAt),
  ]);
  return renderTable(["", "check", "seen", "took"], rows);
}

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

function formatSignature(signature: NonNullable<Results["versions"]["tools"][number]["signature"]>): string {
  return signature.status === "verified"
    ? `signed by ${signature.signer}, ${signature.by} says`
    : `its signature could not be checked: ${signature.why}`;
}

/** Lists images with their digests where known. Images that no chart rendered (an operator's, k3s' own) are included. */
function renderImages({ images, imageDigests = [] }: Results["versions"]): string[] {
  const known = new Map(imageDigests.map(({ image, digest }) => [image, digest]));
  const all = [...new Set([...images.map(toFullName), ...known.keys()])].sort();
  return all.map((image) => {
    const digest = known.get(image);
    return `- ${escapeMarkdown(image)}${digest === undefined ? "" : ` \`${digest.replaceAll(/[^\w:.+-]/g, "")}\``}`;
  });
}

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

function renderTeardownSection({ leaks, kept }: Teardown): string[] {
  const leftovers = leaks.map(({ kind, what }) => [kind, what]);
  return [
    "### Teardown",
    "",
    ...(leftovers.length > 0 ? renderTable(["left behind", "what"], leftovers) : ["Nothing is left.", ""]),
    ...kept.map((one) => `- kept on purpose: ${escapeMarkdown(one)}`),
  ];
}
