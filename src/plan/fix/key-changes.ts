import { isMap, isScalar, isSeq, Scalar } from "yaml";
import { formatKeyPath } from "../../lib/object.ts";
import type { Fix } from "./fix-values.ts";
import {
  type Change,
  childOf,
  colonEnd,
  columnOf,
  cutChange,
  type Edit,
  hasOwnLines,
  type Insertion,
  indentStep,
  insertion,
  isShared,
  keyRange,
  keyStart,
  lineEnd,
  lineStart,
  nameOf,
  type Path,
  pairText,
  type Sheet,
  type Spot,
  shiftLines,
  spotAt,
  valueEnd,
  writeKey,
  type YamlMapping,
} from "./yaml-edits.ts";

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

export function formatPath(path: Path): string {
  return formatKeyPath(path.map(String));
}

/** Only a short scalar can be kept in a comment. */
export function isShort(value: unknown): boolean {
  return isScalar(value) && !String(value.value).includes("\n") && String(value.value) !== "";
}

export function shownValue({ pair }: Spot): string {
  return isScalar(pair.value) ? `: ${String(pair.value.value)}` : "";
}

/** Moves into a mapping what it does not have yet. */
export function mergeEdits(
  sheet: Sheet,
  from: Spot,
  to: Path,
  path: Path,
  shown: (from: Spot, path: Path) => string,
): (Partial<Insertion> & { readonly edits: readonly Edit[]; readonly notes: readonly string[] }) | undefined {
  const edits: Edit[] = [];
  const notes: string[] = [];
  let grows: Insertion["grows"] | undefined;
  for (const { key } of (from.pair.value as YamlMapping).items) {
    const child = isScalar(key)
      ? childOf(from.pair.value as YamlMapping, String(key.value), from)
      : undefined;
    if (child === undefined) return undefined;
    const target = [...to, nameOf(child)];
    const here = [...path, nameOf(child)];
    const there = spotAt(sheet, target);
    if (there === undefined) {
      const insert = insertion(sheet, to, (isFlow) => pairText(sheet, child, nameOf(child), isFlow));
      if (insert === undefined) return undefined;
      edits.push(...insert.edits);
      grows = { ...insert.grows, isShared: false };
    } else if (isMap(there.pair.value) && isMap(child.pair.value)) {
      const inner = mergeEdits(sheet, child, target, here, shown);
      if (inner === undefined) return undefined;
      edits.push(...inner.edits);
      notes.push(...inner.notes);
      grows = inner.grows ?? grows;
    } else if (isShort(child.pair.value)) notes.push(`${shown(child, here)}: what is read has its own value`);
    else return undefined;
  }
  return { edits, notes, ...(grows && { grows }) };
}

/** Takes the key away from above what stands in it. */
export function unwrap(sheet: Sheet, spot: Spot, from: Path): Change | undefined {
  const inner = spot.pair.value;
  if (!isMap(inner) || inner.anchor !== undefined || inner.items.length === 0) return undefined;
  const names = inner.items.map(({ key }) => (isScalar(key) ? String(key.value) : ""));
  const isAlone = names.every(
    (name) => name === nameOf(spot) || childOf(spot.map, name, spot.holder) === undefined,
  );
  const start = keyStart(spot);
  if (spot.map.flow) {
    if (!isAlone || !inner.flow) return undefined;
    const text = sheet.text.slice((inner.range?.[0] ?? 0) + 1, (inner.range?.[1] ?? 0) - 1).trim();
    return { how: "renamed", edits: [{ start, end: valueEnd(sheet, spot), text }], cut: spot.map };
  }
  if (!hasOwnLines(sheet, spot)) return undefined;
  if (!isAlone) {
    const shown = (child: Spot, path: Path) => `${formatPath(path)}${shownValue(child)} was here`;
    const merged = mergeEdits(sheet, spot, from.slice(0, -1), from, shown);
    return merged && cutChange(sheet, spot, "merged", merged.edits, merged.notes, merged.grows);
  }
  const column = columnOf(sheet, spot);
  const first = lineStart(sheet.text, start);
  const end = endWithComments(sheet.text, lineEnd(sheet.text, valueEnd(sheet, spot)), column);
  const text = inner.flow
    ? flowLines(sheet, inner, spot, column)
    : blockLines(sheet, inner, spot, end, column);
  return text === undefined
    ? undefined
    : { how: "renamed", edits: [{ start: first, end, text }], cut: spot.map };
}

/** Behind the comments that follow and are indented as what is above them. */
function endWithComments(text: string, from: number, column: number): number {
  let end = from;
  for (let next = from; next < text.length; ) {
    const line = text.slice(next, lineEnd(text, next));
    const isBlank = line.trim() === "";
    if (!isBlank && (line.search(/\S/) <= column || !line.trimStart().startsWith("#"))) break;
    next += line.length;
    if (!isBlank) end = next;
  }
  return end;
}

function blockLines(
  sheet: Sheet,
  inner: YamlMapping,
  spot: Spot,
  end: number,
  column: number,
): string | undefined {
  const { text, lineBreak } = sheet;
  const colon = colonEnd(sheet, spot);
  const firstKey = inner.items[0]?.key;
  if (colon === undefined || !isScalar(firstKey)) return undefined;
  const innerColumn = (firstKey.range?.[0] ?? 0) - lineStart(text, firstKey.range?.[0] ?? 0);
  const next = lineEnd(text, colon);
  const comment = text.slice(colon, next).trim();
  const kept = comment === "" ? "" : `${" ".repeat(column)}${comment}${lineBreak}`;
  return `${kept}${shiftLines(text.slice(next, end), column - innerColumn)}`;
}

function flowLines(sheet: Sheet, inner: YamlMapping, spot: Spot, column: number): string | undefined {
  const lines = inner.items.map(({ key }) => {
    const child = isScalar(key) ? childOf(inner, String(key.value), spot) : undefined;
    return child && pairText(sheet, child, nameOf(child), false);
  });
  if (lines.some((line) => line === undefined)) return undefined;
  return shiftLines(lines.join(""), column);
}

/** A list as the text of a list: its own lines, comments and quotes kept. */
export function asTextChange(
  sheet: Sheet,
  spot: Spot,
  to: Path,
  there: Spot | undefined,
): Change | undefined {
  const { text, lineBreak } = sheet;
  const list = spot.pair.value;
  const colon = colonEnd(sheet, spot);
  if (!isSeq(list) || list.flow || list.anchor !== undefined || colon === undefined) return undefined;
  if (!hasOwnLines(sheet, spot)) return undefined;
  const end = lineEnd(text, valueEnd(sheet, spot));
  const next = lineEnd(text, colon);
  const lines = text.slice(next, end);
  const dash = /^ */.exec(text.slice(lineStart(text, list.range?.[0] ?? 0)))?.[0].length ?? 0;
  const whole = shiftLines(lines.endsWith("\n") ? lines : `${lines}${lineBreak}`, -dash);
  if (there !== undefined) {
    const literal = there.pair.value;
    if (!isScalar(literal) || literal.type !== Scalar.BLOCK_LITERAL || isShared(sheet, there))
      return undefined;
    const offset = lineEnd(text, valueEnd(sheet, there));
    const row = /^ */.exec(text.slice(lineStart(text, offset - 1)))?.[0].length ?? 0;
    const edit = { start: offset, end: offset, text: shiftLines(whole, row) };
    return cutChange(sheet, spot, "merged", [edit], [], { mark: to.join("\0"), isShared: false });
  }
  const name = writeKey(String(to.at(-1) ?? ""));
  const comment = text.slice(colon, next).trim();
  const header = `${name}: |${comment === "" ? "" : ` ${comment}`}${lineBreak}`;
  const body = `${header}${shiftLines(whole, indentStep(sheet))}`;
  if (
    spotAt(sheet, to.slice(0, -1))?.pair.value === spot.map ||
    (to.length === 1 && spot.holder === undefined)
  ) {
    const start = lineStart(text, keyStart(spot));
    return { how: "renamed", edits: [{ start, end, text: shiftLines(body, columnOf(sheet, spot)) }] };
  }
  const insert = insertion(sheet, to.slice(0, -1), (isFlow) => (isFlow ? undefined : body));
  return insert && cutChange(sheet, spot, "renamed", insert.edits, [], insert.grows);
}
