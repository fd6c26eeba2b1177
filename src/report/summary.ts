import { toFullName } from "../lib/image.ts";
import { formatBytes } from "../lib/quantity.ts";
import { boundLine, formatCount } from "../lib/text.ts";
import { escapeMarkdown, folded, table } from "./markdown.ts";
import type { AtEnd, Backup, Results, Teardown } from "./results-schema.ts";
import { formatSpan, isBad, outcomeOf, reasonOfCause, reasonsOf, verdictOf } from "./verdict.ts";

const mostReasons = 3;
const toneSign = { good: "✅", bad: "❌", mixed: "⚠️" } as const;
const statusSign = { pass: "✅", fail: "❌", warn: "⚠️", error: "💥", skipped: "➖" } as const;

/** The job summary in Markdown: the verdict, the causes when it is red, then phases, checks and versions. */
export function renderSummary(results: Results): string {
  const { tone, text } = verdictOf(results);
  const lines = [
    `## ${toneSign[tone]} monstack: ${text} (${formatSpan(results.startedAt, results.endedAt)})`,
    "",
    ...reasonLines(results),
    ...results.warnings.map((warning) => `> ⚠️ ${escapeMarkdown(warning)}\n`),
    ...phaseLines(results),
    ...checklistLines(results),
    ...checkLines(results),
    ...versionLines(results),
    ...settingLines(results),
    ...(results.atEnd ? atEndLines(results.atEnd) : []),
    ...(results.backup ? backupLines(results.backup) : []),
    ...(results.teardown ? teardownLines(results.teardown) : []),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** What a teardown left, in Markdown, for a summary of its own. */
export function renderTeardown(teardown: Teardown): string {
  return `${teardownLines(teardown).join("\n").trimEnd()}\n`;
}

/** What a check before the teardown found, in Markdown, for a summary of its own. */
export function renderAtEnd(atEnd: AtEnd): string {
  return `${atEndLines(atEnd).join("\n").trimEnd()}\n`;
}

/** What was kept before a teardown, in Markdown, for a summary of its own. */
export function renderBackup(backup: Backup): string {
  return `${backupLines(backup).join("\n").trimEnd()}\n`;
}

function backupLines({ path, bytes, series, from, to }: Backup): string[] {
  const size = `${formatBytes(bytes)}`;
  return [
    "### Kept",
    "",
    `- ${escapeMarkdown(path)} (${size}): ${series} series, ${from} to ${to}`,
    "- `monstack restore` puts it into a stack",
    "",
  ];
}

function atEndLines({ verified, checks, causes }: AtEnd): string[] {
  const bad = checks.filter(isBad).length;
  const verdict = verified
    ? "✅ it held"
    : `❌ it did not hold: ${bad} of ${formatCount(checks.length, "check")} failed`;
  const why = causes.slice(0, mostReasons).map((cause) => `- ${escapeMarkdown(reasonOfCause(cause).title)}`);
  return [
    `### Checked once more at the end: ${verdict}`,
    "",
    ...why,
    ...(why.length > 0 ? [""] : []),
    ...checkTable(checks),
  ];
}

function reasonLines(results: Results): string[] {
  const reasons = reasonsOf(results);
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

function phaseLines({ startedAt, phases }: Results): string[] {
  const rows = [...phases]
    .sort((a, b) => a.startedAt.localeCompare(b.startedAt))
    .map((phase) => [
      phase.name,
      `+${formatSpan(startedAt, phase.startedAt)}`,
      formatSpan(phase.startedAt, phase.endedAt),
    ]);
  return rows.length > 0 ? ["### Phases", "", ...table(["phase", "began", "took"], rows)] : [];
}

const pointSign = { met: "✅", unmet: "❌", unknown: "💥", "left-out": "➖" } as const;

function checklistLines({ checklist = [] }: Results): string[] {
  if (checklist.length === 0) return [];
  const rows = checklist.map(({ title, status, evidence, fix }) => [
    `${pointSign[status]} ${status}`,
    title,
    [
      ...evidence.toSorted((a, b) => Number(a.met) - Number(b.met)).map(({ text }) => boundLine(text)),
      ...(fix === undefined ? [] : [`To fix it: ${fix}`]),
    ].join("\n"),
  ]);
  return ["### Production checklist", "", ...table(["", "point", "evidence"], rows)];
}

function checkLines({ checks }: Results): string[] {
  return checks.length > 0 ? ["### Checks", "", ...checkTable(checks)] : [];
}

function checkTable(checks: Results["checks"]): string[] {
  const rows = checks.map((check) => [
    `${statusSign[check.status]} ${check.status}`,
    check.title,
    outcomeOf(check),
    formatSpan(check.startedAt, check.endedAt),
  ]);
  return table(["", "check", "seen", "took"], rows);
}

function versionLines({ monstack, cluster, versions }: Results): string[] {
  const rows = [
    ["monstack", monstack, ""],
    ...versions.tools.map(({ name, version, origin, signature }) => [
      name,
      version,
      [origin, ...(signature ? [signatureText(signature)] : [])].join("; "),
    ]),
    ...(cluster.version === undefined ? [] : [[`Kubernetes (${cluster.kind})`, cluster.version, ""]]),
    ...versions.charts.map(({ app, chart, version, appVersion }) => [
      `chart ${chart} (app ${app})`,
      version,
      appVersion && `app version ${appVersion}`,
    ]),
  ];
  const images = imageLines(versions);
  return [
    "### Versions",
    "",
    ...table(["what", "version", "from"], rows),
    ...folded(formatCount(images.length, "image"), images),
  ];
}

function signatureText(signature: NonNullable<Results["versions"]["tools"][number]["signature"]>): string {
  return signature.status === "verified"
    ? `signed by ${signature.signer}, ${signature.by} says`
    : `its signature could not be checked: ${signature.why}`;
}

/** With their digests, where they are known; those that nobody rendered (an operator's, k3s' own) too. */
function imageLines({ images, imageDigests = [] }: Results["versions"]): string[] {
  const known = new Map(imageDigests.map(({ image, digest }) => [image, digest]));
  const all = [...new Set([...images.map(toFullName), ...known.keys()])].sort();
  return all.map((image) => {
    const digest = known.get(image);
    return `- ${escapeMarkdown(image)}${digest === undefined ? "" : ` \`${digest.replaceAll(/[^\w:.+-]/g, "")}\``}`;
  });
}

function settingLines({ profile, profileSettings, adaptations }: Results): string[] {
  const settings = profileSettings.map(({ app, path, value, why }) => [
    app,
    path,
    JSON.stringify(value) ?? "",
    why,
  ]);
  const adapted = adaptations.map(({ found, done }) => [found, done]);
  return [
    ...folded(
      `Profile ${profile}: ${formatCount(settings.length, "value")} set where yours were open`,
      table(["app", "key", "value", "why"], settings),
    ),
    ...folded(
      `Adapted to this host: ${formatCount(adapted.length, "thing")}`,
      table(["found", "done"], adapted),
    ),
  ];
}

function teardownLines({ leaks, kept }: Teardown): string[] {
  const left = leaks.map(({ kind, what }) => [kind, what]);
  return [
    "### Teardown",
    "",
    ...(left.length > 0 ? table(["left behind", "what"], left) : ["Nothing is left.", ""]),
    ...kept.map((one) => `- kept on purpose: ${escapeMarkdown(one)}`),
  ];
}
