import { basename, join } from "node:path";
import type { Files } from "../host/host.ts";
import { UserError } from "../lib/errors.ts";
import { tryParseJson } from "../lib/text.ts";
import { addToHistory, History, type NamedRun, toHistoryEntry } from "../report/merge/overview.ts";
import { renderMergedPage } from "../report/merge/page.ts";
import { renderMergedSummary } from "../report/merge/summary.ts";
import { readResults } from "../report/read-results.ts";
import { renderMergedJunit } from "../report/test-results/junit.ts";

/** The most reports that are merged: a job matrix on GitHub has at most 256 jobs. */
const maxReports = 256;

export interface MergeInput {
  /** Absolute paths of report folders, or of folders that contain report folders. */
  readonly folders: readonly string[];
  /** Absolute path of the folder that is written. */
  readonly output: string;
  /** Absolute path of the file with the history; undefined: none is kept. */
  readonly historyFile: string | undefined;
  /** The most entries of the history. */
  readonly keep: number;
}

export interface MergedReports {
  readonly runs: readonly NamedRun[];
  readonly history: History | undefined;
  /** Absolute paths of the files that were written. */
  readonly written: readonly string[];
}

/**
 * Merges the reports of several runs into one page, one summary and one junit.xml, and adds their figures to a history.
 * @throws UserError if a folder has no report, or if a report or the history can't be read
 */
export async function mergeReports(
  files: Files,
  { folders, output, historyFile, keep }: MergeInput,
): Promise<MergedReports> {
  const runs = await readRuns(files, folders);
  const kept = historyFile === undefined ? undefined : await readHistory(files, historyFile);
  const history = historyFile === undefined ? undefined : addToHistory(kept, toHistoryEntry(runs), keep);
  const documents: [path: string, text: string][] = [
    [join(output, "report.html"), renderMergedPage(runs, history)],
    [join(output, "summary.md"), renderMergedSummary(runs)],
    [join(output, "junit.xml"), renderMergedJunit(runs)],
    ...(historyFile === undefined
      ? []
      : [[historyFile, `${JSON.stringify(history, undefined, 2)}\n`] satisfies [string, string]]),
  ];
  for (const [path, text] of documents) await files.write(path, text);
  return { runs, history, written: documents.map(([path]) => path) };
}

/** Reads the results of all report folders. A second folder of one name gets a number. */
async function readRuns(files: Files, folders: readonly string[]): Promise<NamedRun[]> {
  const found = (await Promise.all(folders.map((folder) => findReports(files, folder)))).flat();
  const reports = [...new Set(found)];
  if (reports.length > maxReports)
    throw new UserError(`there are ${reports.length} reports; at most ${maxReports} are merged`);
  const runs: NamedRun[] = [];
  const counts = new Map<string, number>();
  for (const folder of reports) {
    const name = basename(folder);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const results = await readResults(files, folder);
    runs.push({ name: count === 1 ? name : `${name} (${count})`, results });
  }
  return runs;
}

/**
 * Returns the report folders at a path: the folder itself, else the folders in it, which is how artifacts are
 * downloaded.
 * @throws UserError if there is none
 */
async function findReports(files: Files, folder: string): Promise<string[]> {
  const isReport = (path: string) => files.exists(join(path, "results.json"));
  if (await isReport(folder)) return [folder];
  const reports: string[] = [];
  for (const name of (await files.list(folder)).toSorted()) {
    const path = join(folder, name);
    if (await isReport(path)) reports.push(path);
  }
  if (reports.length > 0) return reports;
  throw new UserError(`${folder} has no report: expected results.json in it, or in folders in it`, {
    fix: "name report folders, or a folder that contains them",
  });
}

/** Reads a history; undefined if the file does not exist yet. */
async function readHistory(files: Files, path: string): Promise<History | undefined> {
  const text = await files.read(path);
  if (text === undefined) return undefined;
  const parsed = History.safeParse(tryParseJson(text));
  if (parsed.success) return parsed.data;
  throw new UserError(`${path} is not a history of monstack`, {
    fix: "name another file, or remove this one to begin a new history",
  });
}
