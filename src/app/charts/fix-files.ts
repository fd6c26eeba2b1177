import { extname } from "node:path";
import { diffArrays } from "diff";
import { listValuesFiles } from "../../config/locate.ts";
import { UserError } from "../../lib/errors.ts";
import type { Plan, UnknownValue } from "../../model/plan.ts";
import { type FixedValues, fixValues, type ValuesSpot } from "../../plan/fix/fix-values.ts";
import { showPath } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";
import { compareFixed } from "./compare-fixed.ts";
import type { InspectedChart } from "./inspect.ts";

/** The result for one of the user's files. */
interface FixedFile {
  /** The file's path for messages. */
  readonly file: string;
  /** The path of the corrected file for messages; undefined if nothing in the file could be corrected. */
  readonly fixed: string | undefined;
  readonly diff: string;
  readonly left: FixedValues["left"];
  readonly uncertain: readonly UnknownValue[];
}

export interface FixedFiles {
  readonly files: readonly FixedFile[];
  /** The notes of the comparison of rendered objects. */
  readonly notes: readonly string[];
}

/** A file's text, its values by app, and the result of all possible fixes. */
export interface FileToFix {
  readonly file: string;
  readonly before: string;
  readonly spots: readonly ValuesSpot[];
  readonly after: FixedValues;
}

/** The beginning of a file that monstack wrote. Only such a file is overwritten. */
const fixedFileMark = "# Made by `monstack plan --fix`, which writes it anew each time, from ";

/**
 * Writes a corrected file next to each file that has keys without effect; the user's file is never changed. A fix
 * that would remove a rendered object is left out.
 * @throws UserError if another file is in the way
 */
export async function fixFiles(
  session: Session,
  plan: Plan,
  inspected: readonly InspectedChart[],
  { offline }: { readonly offline: boolean },
): Promise<FixedFiles> {
  const filesToFix = findFilesToFix(session, inspected);
  const { leaveOut, notes } = await compareFixed(session, plan, inspected, filesToFix, { offline });
  const fixedFiles: FixedFile[] = [];
  for (const { file, before, spots, after } of filesToFix) {
    const unwanted = leaveOut.get(file) ?? new Set();
    const { text, fixed, left, uncertain } = unwanted.size > 0 ? fixValues(before, spots, unwanted) : after;
    if (fixed.length === 0 && left.length === 0 && uncertain.length === 0) continue;
    const shownFile = showPath(session.loaded.cwd, file);
    const fixedFile = fixed.length > 0 ? await writeFixedFile(session, file, text) : undefined;
    fixedFiles.push({ file: shownFile, fixed: fixedFile, diff: formatDiff(before, text), left, uncertain });
  }
  return { files: fixedFiles, notes };
}

/** Returns the files that hold values of the inspected charts, each with all its fixes applied. */
function findFilesToFix({ loaded }: Session, inspected: readonly InspectedChart[]): FileToFix[] {
  const spots = new Map<string, ValuesSpot[]>();
  for (const { app, chart, source } of inspected) {
    const chartLabel = `${chart.name} ${chart.version}`;
    for (const { file, at } of listValuesFiles(loaded, app))
      spots.set(file, [...(spots.get(file) ?? []), { app, at, chart: source, of: chartLabel }]);
  }
  return [...spots].map(([file, fileSpots]) => {
    const before = loaded.texts[file] ?? "";
    return { file, before, spots: fileSpots, after: fixValues(before, fileSpots) };
  });
}

/**
 * Writes the corrected file and returns its path, as shown.
 * @throws UserError if a file that monstack did not write is in the way
 */
async function writeFixedFile({ context, loaded }: Session, file: string, text: string): Promise<string> {
  const { files } = context.host;
  const shownFile = showPath(loaded.cwd, file);
  const target = formatFixedName(file);
  const existingText = await files.read(target);
  if (existingText !== undefined && !existingText.startsWith(fixedFileMark) && existingText !== text)
    throw new UserError(`${showPath(loaded.cwd, target)} is in the way of the corrected ${shownFile}`, {
      fix: "move it away, or take its changes over yourself",
    });
  await files.write(target, `${fixedFileMark}${shownFile}.\n${text}`);
  return showPath(loaded.cwd, target);
}

/** Returns the corrected file's name: `prometheus-values.fixed.yaml` for `prometheus-values.yaml`. */
function formatFixedName(file: string): string {
  const ending = extname(file);
  return `${file.slice(0, file.length - ending.length)}.fixed${ending}`;
}

/** Unchanged lines that are shown before and after a change. */
const contextLines = 2;

/** Limit of changed lines: nobody reads more, and the time to find them grows with the square of their number. */
const maximumChanges = 1000;

/** Returns the difference between two texts in the format of `diff -u`, without file names; empty without changes. */
export function formatDiff(before: string, after: string): string {
  const parts = diffArrays(before.split("\n"), after.split("\n"), { maxEditLength: maximumChanges });
  if (parts === undefined) return `(more than ${maximumChanges} lines are different)`;
  const signedLines = parts.flatMap(({ added, removed, value }) =>
    value.map((line) => ({ sign: added ? "+" : removed ? "-" : " ", line })),
  );
  const isNear = (index: number) =>
    signedLines
      .slice(Math.max(0, index - contextLines), index + contextLines + 1)
      .some(({ sign }) => sign !== " ");
  let wasPreviousShown = true;
  const shownLines = signedLines.flatMap(({ sign, line }, index) => {
    const separator = wasPreviousShown || !isNear(index) ? [] : ["..."];
    wasPreviousShown = isNear(index);
    return wasPreviousShown ? [...separator, `${sign} ${line}`.trimEnd()] : [];
  });
  return shownLines.join("\n");
}
