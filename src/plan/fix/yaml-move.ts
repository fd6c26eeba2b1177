import { isMap } from "yaml";
import type { Fix } from "./fix-data.ts";
import { type Change, cutChange, insertion, isShared, keyRange, type Path, pairText } from "./yaml-insert.ts";
import {
  columnOf,
  hasOwnLines,
  indentStep,
  lineEnd,
  lineStart,
  type Sheet,
  type Spot,
  shiftLines,
  spotAt,
  valueEnd,
  writeKey,
} from "./yaml-layout.ts";
import { asTextChange, formatPath, isShort, mergeEdits, shownValue, unwrap } from "./yaml-merge.ts";

/**
 * The edits that carry a fix out and leave every other byte as it is. Undefined when only the text's author can: the key comes
 * from an alias or a merge, or is written in a way that has no room for it.
 * @param at where the values begin in the text: the paths in comments begin there
 */
export function changeFor(sheet: Sheet, at: Path, fix: Fix, why: string): Change | undefined {
  const spot = spotAt(sheet, fix.from);
  if (spot === undefined || isShared(sheet, spot)) return undefined;
  const shown = (from: Spot, path: Path) =>
    `${formatPath(path.slice(at.length))}${shownValue(from)} was here`;
  if (fix.to.kind === "unwrap") return unwrap(sheet, spot, fix.from);
  if (fix.to.kind === "remove") {
    if (!isShort(spot.pair.value)) return undefined;
    return cutChange(sheet, spot, "removed", [], [`${shown(spot, fix.from)}: ${why}`]);
  }
  const { path: to, asText } = fix.to;
  const there = spotAt(sheet, to);
  if (asText) return asTextChange(sheet, spot, to, there);
  const name = String(to.at(-1) ?? "");
  if (there === undefined) {
    const above = fix.from.slice(0, -1);
    const isBelow = to.length >= fix.from.length && samePath(above, to.slice(0, above.length));
    if (isBelow && spotAt(sheet, to.slice(0, above.length + 1)) === undefined)
      return renamed(sheet, spot, to.slice(above.length).map(String), to);
    const insert = insertion(sheet, to.slice(0, -1), (isFlow) => pairText(sheet, spot, name, isFlow));
    const cut = insert && cutChange(sheet, spot, "renamed", insert.edits, [], insert.grows);
    return cut && { ...cut, makes: to };
  }
  if (isShared(sheet, there)) return undefined;
  const superseded = `${formatPath(to.slice(at.length))}, which is read, has its own value`;
  if (isMap(there.pair.value) && isMap(spot.pair.value)) {
    const merged = mergeEdits(sheet, spot, to, [...fix.from], shown);
    return merged && cutChange(sheet, spot, "merged", merged.edits, merged.notes, merged.grows);
  }
  if (!isShort(spot.pair.value)) return undefined;
  return cutChange(sheet, spot, "superseded", [], [`${shown(spot, fix.from)}: ${superseded}`]);
}

/** Gives a key another name where it is, or puts it into mappings that begin there. */
function renamed(sheet: Sheet, spot: Spot, names: readonly string[], makes: Path): Change | undefined {
  const name = names.at(-1) ?? "";
  const above = names.slice(0, -1);
  const how = "renamed";
  if (above.length === 0)
    return { how, makes, edits: [{ ...keyRange(spot), text: writeKey(name, spot.key) }] };
  const { text, lineBreak } = sheet;
  const { start, end } = keyRange(spot);
  const key = writeKey(name, spot.key);
  if (spot.map.flow) {
    const inner = `${key}${text.slice(end, valueEnd(sheet, spot))}`;
    const whole = `${above.map((one) => `${writeKey(one)}: {`).join("")}${inner}${"}".repeat(above.length)}`;
    return { how, makes, edits: [{ start, end: valueEnd(sheet, spot), text: whole }] };
  }
  if (!hasOwnLines(sheet, spot)) return undefined;
  const [column, step] = [columnOf(sheet, spot), indentStep(sheet)];
  const indents = above.map(
    (one, index) => `${" ".repeat(column + index * step)}${writeKey(one)}:${lineBreak}`,
  );
  const first = lineStart(text, start);
  const last = lineEnd(text, valueEnd(sheet, spot));
  const lines = shiftLines(`${" ".repeat(column)}${key}${text.slice(end, last)}`, above.length * step);
  return { how, makes, edits: [{ start: first, end: last, text: `${indents.join("")}${lines}` }] };
}

function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}
