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

/** A file of the user's, and what became of it. */
export interface FixedFile {
  /** As shown. */
  readonly file: string;
  /** Where the corrected one is, as shown; undefined when nothing in it could be corrected. */
  readonly fixed: string | undefined;
  readonly diff: string;
  readonly left: FixedValues["left"];
  readonly uncertain: readonly UnknownValue[];
}

export interface FixedFiles {
  readonly files: readonly FixedFile[];
  /** What the comparison of the rendered objects found. */
  readonly notes: readonly string[];
}

/** The file's text, its values by app, and which of its fixes are not wanted. */
export interface FileToFix {
  readonly file: string;
  readonly before: string;
  readonly spots: readonly ValuesSpot[];
  readonly after: FixedValues;
}

const fixedFileMark = "# Made by `monstack plan --fix`, which writes it anew each time, from ";

/**
 * Writes a corrected file next to each that holds keys without effect; what the user wrote is never touched. A fix that would
 * take an object away from what the charts render is left out.
 * @throws UserError when another file is in the way
 */
export async function fixFiles(
  session: Session,
  plan: Plan,
  looked: readonly InspectedChart[],
  { offline }: { readonly offline: boolean },
): Promise<FixedFiles> {
  const toFix = findFilesToFix(session, looked);
  const { leaveOut, notes } = await compareFixed(session, plan, looked, toFix, { offline });
  const done: FixedFile[] = [];
  for (const { file, before, spots, after } of toFix) {
    const unwanted = leaveOut.get(file) ?? new Set();
    const { text, fixed, left, uncertain } = unwanted.size > 0 ? fixValues(before, spots, unwanted) : after;
    if (fixed.length === 0 && left.length === 0 && uncertain.length === 0) continue;
    const shown = showPath(session.loaded.cwd, file);
    const written = fixed.length > 0 ? await writeFixed(session, file, text) : undefined;
    done.push({ file: shown, fixed: written, diff: formatDiff(before, text), left, uncertain });
  }
  return { files: done, notes };
}

function findFilesToFix({ loaded }: Session, looked: readonly InspectedChart[]): FileToFix[] {
  const spots = new Map<string, ValuesSpot[]>();
  for (const { app, chart, source } of looked) {
    const of = `${chart.name} ${chart.version}`;
    for (const { file, at } of listValuesFiles(loaded, app))
      spots.set(file, [...(spots.get(file) ?? []), { app, at, chart: source, of }]);
  }
  return [...spots].map(([file, own]) => {
    const before = loaded.texts[file] ?? "";
    return { file, before, spots: own, after: fixValues(before, own) };
  });
}

/** Returns where the corrected file is, as shown. */
async function writeFixed({ context, loaded }: Session, file: string, text: string): Promise<string> {
  const { files } = context.host;
  const shown = showPath(loaded.cwd, file);
  const to = formatFixedName(file);
  const there = await files.read(to);
  if (there !== undefined && !there.startsWith(fixedFileMark) && there !== text)
    throw new UserError(`${showPath(loaded.cwd, to)} is in the way of the corrected ${shown}`, {
      fix: "move it away, or take its changes over yourself",
    });
  await files.write(to, `${fixedFileMark}${shown}.\n${text}`);
  return showPath(loaded.cwd, to);
}

/** `prometheus-values.yaml` -> `prometheus-values.fixed.yaml`. */
function formatFixedName(file: string): string {
  const ending = extname(file);
  return `${file.slice(0, file.length - ending.length)}.fixed${ending}`;
}

/** Lines around a change that are shown with it. */
const contextLines = 2;

/** Nobody reads more, and the time to find them grows with the square of their number. */
const maximumChanges = 1000;

/** Returns the difference between two texts in the format of `diff -u`, without file names; empty without changes. */
export function formatDiff(before: string, after: string): string {
  const parts = diffArrays(before.split("\n"), after.split("\n"), { maxEditLength: maximumChanges });
  if (parts === undefined) return `(more than ${maximumChanges} lines are different)`;
  const steps = parts.flatMap(({ added, removed, value }) =>
    value.map((line) => ({ sign: added ? "+" : removed ? "-" : " ", line })),
  );
  const isNear = (at: number) =>
    steps.slice(Math.max(0, at - contextLines), at + contextLines + 1).some(({ sign }) => sign !== " ");
  let wasShown = true;
  const shown = steps.flatMap(({ sign, line }, at) => {
    const gap = wasShown || !isNear(at) ? [] : ["..."];
    wasShown = isNear(at);
    return wasShown ? [...gap, `${sign} ${line}`.trimEnd()] : [];
  });
  return shown.join("\n");
}
