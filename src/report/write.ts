import { join } from "node:path";
import type { Reporter } from "../config/settings/access.ts";
import type { Host } from "../host/host.ts";
import type { Redactor } from "../lib/redact/redactor.ts";
import { readPageFiles } from "./page/page-files.ts";
import { renderPage } from "./page/render-page.ts";
import { withRepositoryPaths } from "./repository-path.ts";
import { type AtEnd, type Backup, type Phase, Results, type Teardown } from "./results-schema.ts";
import { renderSummary } from "./summary.ts";
import { renderJunit } from "./test-results/junit.ts";
import { renderTap } from "./test-results/tap.ts";
import { joinTraces } from "./trace/build.ts";
import type { Trace } from "./trace/schema.ts";

/** Where a report is written, and in which forms. */
export interface ReportFolders {
  readonly dir: string;
  /** The folder of the bundle, which has the script and the style of report.html. */
  readonly bundle: string;
  /** What is written besides results.json and summary.md. Default: junit and html. */
  readonly reporters?: readonly Reporter[];
  /** Absolute path of the folder that the places in the results are relative to. Default: /. */
  readonly cwd?: string;
}

/** The files of the reporters that write one, in the report's folder. */
export const reportFiles = { junit: "junit.xml", html: "report.html", tap: "report.tap" } as const;

/**
 * Writes results.json, summary.md and the files of the reporters. Removes those of reporters that are not requested:
 * they are of an earlier run. Returns false if report.html could not be written because the bundle lacks the page's own
 * files.
 * @param results must be redacted already
 */
export async function writeReport(
  host: Pick<Host, "files">,
  { dir, bundle, reporters = ["junit", "html"], cwd = "/" }: ReportFolders,
  results: Results,
): Promise<boolean> {
  await host.files.write(join(dir, "results.json"), formatResults(results));
  await host.files.write(join(dir, "summary.md"), renderSummary(results));
  const located = await withRepositoryPaths(host, results, cwd);
  const pageFiles = reporters.includes("html") ? await readPageFiles(host, bundle) : undefined;
  const texts = {
    junit: () => renderJunit(located),
    html: () => pageFiles && renderPage(results, pageFiles),
    tap: () => renderTap(located),
  };
  for (const reporter of ["junit", "html", "tap"] as const) {
    const text = reporters.includes(reporter) ? texts[reporter]() : undefined;
    const file = join(dir, reportFiles[reporter]);
    if (text === undefined) await host.files.remove(file);
    else await host.files.write(file, text);
  }
  return pageFiles !== undefined || !reporters.includes("html");
}

/** Returns the text of results.json. The measurements are on one line: nobody reads tens of thousands of points. */
export function formatResults({ measurements, ...rest }: Results): string {
  const text = JSON.stringify(rest, undefined, 2);
  if (measurements === undefined) return `${text}\n`;
  return `${text.slice(0, text.lastIndexOf("\n}"))},\n  "measurements": ${JSON.stringify(measurements)}\n}\n`;
}

/** Results from after the report was written, redacted. */
export interface LaterResults {
  readonly teardown: Teardown;
  readonly atEnd: AtEnd | undefined;
  readonly backup: Backup | undefined;
  readonly warnings: readonly string[];
  readonly phases: readonly Phase[];
  readonly trace: Trace;
}

/**
 * Adds the results from after the report to the report's files.
 * @returns all results; undefined if there is no report
 */
export async function recordLater(
  host: Pick<Host, "files">,
  folders: ReportFolders,
  { teardown, atEnd, backup, warnings, phases, trace }: LaterResults,
): Promise<Results | undefined> {
  const written = await host.files.read(join(folders.dir, "results.json"));
  if (written === undefined) return undefined;
  const results = Results.parse(JSON.parse(written));
  const later = {
    ...results,
    atEnd,
    backup: backup ?? results.backup,
    warnings: [...results.warnings, ...warnings],
    teardown,
    phases: [...results.phases, ...phases],
    trace: results.trace && joinTraces(results.trace, trace),
    endedAt: phases.at(-1)?.endedAt ?? results.endedAt,
  };
  await writeReport(host, folders, later);
  return later;
}

/** Keys whose values are fixed words of the schema. They are not redacted: a password could equal such a word. */
const fixedKeys = new Set([
  "schemaVersion",
  "mode",
  "kind",
  "id",
  "status",
  "severity",
  "startedAt",
  "endedAt",
  "decidedAt",
  "takenAt",
  "area",
  "unit",
  "effect",
  "sha256",
]);

/** Fixed words of the schema that are values of other keys. They are not redacted either. */
const fixedWords = new Set([
  ...["pass", "fail", "warn", "error", "skipped", "data", "partial", "empty", "static", "unsupported"],
  ...["certain", "likely", "possible", "met", "unmet", "unknown", "left-out", "k3s", "helm", "kubectl"],
  ...["pending", "firing"],
]);

/** Returns results, or a part of them, with all secrets masked. Every renderer gets redacted results. */
export function redactResults<T>(results: T, redactor: Redactor): T {
  return redactTexts(results, redactor.message);
}

/** Returns results with the given function applied to all texts. */
export function redactTexts<T>(results: T, redact: (text: string) => string): T {
  return mapTexts(results, redact) as T;
}

/** Returns the value with every text changed, except fixed words of the schema and the values of fixed keys. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return fixedWords.has(value) ? value : change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, fixedKeys.has(key) ? inner : mapTexts(inner, change)]),
  );
}
