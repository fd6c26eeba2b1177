import { extname } from "node:path";
import { filesOfValues } from "../../config/locate.ts";
import { showPath } from "../../config/mistakes.ts";
import { UserError } from "../../host/errors.ts";
import { type FixedValues, fixValues, type ValuesSpot } from "../../plan/fix-values.ts";
import { lineDiff } from "../../plan/line-diff.ts";
import type { Session } from "../session/session.ts";
import type { LookedAt } from "./look-at.ts";

/** A file of the user's, and what became of it. */
export interface FixedFile {
  /** As shown. */
  readonly file: string;
  /** Where the corrected one is, as shown; undefined when nothing in it could be mended. */
  readonly fixed: string | undefined;
  readonly diff: string;
  readonly left: FixedValues["left"];
}

const mark = "# Made by `monstack plan --fix`, which writes it anew each time, from ";

/**
 * Writes a corrected file next to each that holds keys without effect; what the user wrote is never touched.
 * @throws UserError when another file is in the way
 */
export async function fixFiles(session: Session, looked: readonly LookedAt[]): Promise<FixedFile[]> {
  const { context, loaded } = session;
  const { files } = context.host;
  const spots = new Map<string, ValuesSpot[]>();
  for (const { app, chart, source } of looked) {
    const of = `${chart.name} ${chart.version}`;
    for (const { file, at } of filesOfValues(loaded, app))
      spots.set(file, [...(spots.get(file) ?? []), { app, at, chart: source, of }]);
  }
  const done: FixedFile[] = [];
  for (const [file, own] of spots) {
    const before = loaded.texts[file] ?? "";
    const { text, fixed, left } = fixValues(before, own);
    if (fixed.length === 0 && left.length === 0) continue;
    const shown = showPath(loaded.cwd, file);
    const to = fixedName(file);
    if (fixed.length > 0) {
      const there = await files.read(to);
      if (there !== undefined && !there.startsWith(mark) && there !== text)
        throw new UserError(`${showPath(loaded.cwd, to)} is in the way of the corrected ${shown}`, {
          mend: "move it away, or take its changes over yourself",
        });
      await files.write(to, `${mark}${shown}.\n${text}`);
    }
    done.push({
      file: shown,
      fixed: fixed.length > 0 ? showPath(loaded.cwd, to) : undefined,
      diff: lineDiff(before, text),
      left,
    });
  }
  return done;
}

/** `prometheus-values.yaml` -> `prometheus-values.fixed.yaml`. */
function fixedName(file: string): string {
  const ending = extname(file);
  return `${file.slice(0, file.length - ending.length)}.fixed${ending}`;
}
