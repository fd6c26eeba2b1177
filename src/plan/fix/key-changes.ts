import { isMap, isScalar, isSeq, Scalar } from "yaml";
import { formatKeyPath } from "../../lib/object.ts";
import type { Fix } from "./fix-values.ts";
import {
  type Change,
  createCut,
  createInsertion,
  type Edit,
  findChild,
  findColonEnd,
  findColumn,
  findIndentStep,
  findKey,
  findLineEnd,
  findLineStart,
  findValueEnd,
  formatKey,
  formatPair,
  getKeyName,
  getKeyRange,
  getKeyStart,
  hasOwnLines,
  type Insertion,
  isShared,
  type Path,
  shiftLines,
  type YamlKey,
  type YamlMapping,
  type YamlSheet,
} from "./yaml-edits.ts";

/**
 * Returns the edits that apply a fix and keep every other byte. Undefined if only the author can apply it: the key comes
 * from an alias or a merge, or its notation leaves no room for the change.
 * @param at key path where the values begin in the text; paths in comments are relative to it
 */
export function createChangeFor(sheet: YamlSheet, at: Path, fix: Fix, why: string): Change | undefined {
  const spot = findKey(sheet, fix.from);
  if (spot === undefined || isShared(sheet, spot)) return undefined;
  const shown = (from: YamlKey, path: Path) =>
    `${formatPath(path.slice(at.length))}${formatValue(from)} was here`;
  if (fix.to.kind === "unwrap") return createUnwrap(sheet, spot, fix.from);
  if (fix.to.kind === "remove") {
    if (!isShort(spot.pair.value)) return undefined;
    return createCut(sheet, spot, "removed", [], [`${shown(spot, fix.from)}: ${why}`]);
  }
  const { path: to, asText } = fix.to;
  const target = findKey(sheet, to);
  if (asText) return createTextChange(sheet, spot, to, target);
  const name = String(to.at(-1) ?? "");
  if (target === undefined) {
    const parentPath = fix.from.slice(0, -1);
    const isBelow = to.length >= fix.from.length && isSamePath(parentPath, to.slice(0, parentPath.length));
    if (isBelow && findKey(sheet, to.slice(0, parentPath.length + 1)) === undefined)
      return createRename(sheet, spot, to.slice(parentPath.length).map(String), to);
    const insert = createInsertion(sheet, to.slice(0, -1), (isFlow) => formatPair(sheet, spot, name, isFlow));
    const cut = insert && createCut(sheet, spot, "renamed", insert.edits, [], insert.growth);
    return cut && { ...cut, createdPath: to };
  }
  if (isShared(sheet, target)) return undefined;
  const superseded = `${formatPath(to.slice(at.length))}, which is read, has its own value`;
  if (isMap(target.pair.value) && isMap(spot.pair.value)) {
    const merged = createMergeEdits(sheet, spot, to, [...fix.from], shown);
    return merged && createCut(sheet, spot, "merged", merged.edits, merged.notes, merged.growth);
  }
  if (!isShort(spot.pair.value)) return undefined;
  return createCut(sheet, spot, "superseded", [], [`${shown(spot, fix.from)}: ${superseded}`]);
}

/** Renames a key in its place. If the new path is longer, wraps the key in new mappings. */
function createRename(
  sheet: YamlSheet,
  spot: YamlKey,
  names: readonly string[],
  makes: Path,
): Change | undefined {
  const name = names.at(-1) ?? "";
  const parents = names.slice(0, -1);
  const how = "renamed";
  if (parents.length === 0)
    return { how, createdPath: makes, edits: [{ ...getKeyRange(spot), text: formatKey(name, spot.key) }] };
  const { text, lineBreak } = sheet;
  const { start, end } = getKeyRange(spot);
  const key = formatKey(name, spot.key);
  if (spot.map.flow) {
    const inner = `${key}${text.slice(end, findValueEnd(sheet, spot))}`;
    const whole = `${parents.map((parent) => `${formatKey(parent)}: {`).join("")}${inner}${"}".repeat(parents.length)}`;
    return { how, createdPath: makes, edits: [{ start, end: findValueEnd(sheet, spot), text: whole }] };
  }
  if (!hasOwnLines(sheet, spot)) return undefined;
  const [column, step] = [findColumn(sheet, spot), findIndentStep(sheet)];
  const indents = parents.map(
    (parent, index) => `${" ".repeat(column + index * step)}${formatKey(parent)}:${lineBreak}`,
  );
  const first = findLineStart(text, start);
  const last = findLineEnd(text, findValueEnd(sheet, spot));
  const lines = shiftLines(`${" ".repeat(column)}${key}${text.slice(end, last)}`, parents.length * step);
  return {
    how,
    createdPath: makes,
    edits: [{ start: first, end: last, text: `${indents.join("")}${lines}` }],
  };
}

function isSamePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

export function formatPath(path: Path): string {
  return formatKeyPath(path.map(String));
}

/** True if a value is a short scalar. Only such a value can be kept in a comment. */
export function isShort(value: unknown): boolean {
  return isScalar(value) && !String(value.value).includes("\n") && String(value.value) !== "";
}

export function formatValue({ pair }: YamlKey): string {
  return isScalar(pair.value) ? `: ${String(pair.value.value)}` : "";
}

/** Returns the edits that move into a mapping the keys that it lacks. */
function createMergeEdits(
  sheet: YamlSheet,
  from: YamlKey,
  to: Path,
  path: Path,
  shown: (from: YamlKey, path: Path) => string,
): (Partial<Insertion> & { readonly edits: readonly Edit[]; readonly notes: readonly string[] }) | undefined {
  const edits: Edit[] = [];
  const notes: string[] = [];
  let grows: Insertion["growth"] | undefined;
  for (const { key } of (from.pair.value as YamlMapping).items) {
    const child = isScalar(key)
      ? findChild(from.pair.value as YamlMapping, String(key.value), from)
      : undefined;
    if (child === undefined) return undefined;
    const target = [...to, getKeyName(child)];
    const childPath = [...path, getKeyName(child)];
    const targetKey = findKey(sheet, target);
    if (targetKey === undefined) {
      const insert = createInsertion(sheet, to, (isFlow) =>
        formatPair(sheet, child, getKeyName(child), isFlow),
      );
      if (insert === undefined) return undefined;
      edits.push(...insert.edits);
      grows = { ...insert.growth, isShared: false };
    } else if (isMap(targetKey.pair.value) && isMap(child.pair.value)) {
      const inner = createMergeEdits(sheet, child, target, childPath, shown);
      if (inner === undefined) return undefined;
      edits.push(...inner.edits);
      notes.push(...inner.notes);
      grows = inner.growth ?? grows;
    } else if (isShort(child.pair.value))
      notes.push(`${shown(child, childPath)}: what is read has its own value`);
    else return undefined;
  }
  return { edits, notes, ...(grows && { growth: grows }) };
}

/**
 * Replaces a key by its content: the keys below it move one level up. Returns undefined if the notation does not allow
 * it.
 */
function createUnwrap(sheet: YamlSheet, spot: YamlKey, from: Path): Change | undefined {
  const inner = spot.pair.value;
  if (!isMap(inner) || inner.anchor !== undefined || inner.items.length === 0) return undefined;
  const names = inner.items.map(({ key }) => (isScalar(key) ? String(key.value) : ""));
  const isAlone = names.every(
    (name) => name === getKeyName(spot) || findChild(spot.map, name, spot.parent) === undefined,
  );
  const start = getKeyStart(spot);
  if (spot.map.flow) {
    if (!isAlone || !inner.flow) return undefined;
    const text = sheet.text.slice((inner.range?.[0] ?? 0) + 1, (inner.range?.[1] ?? 0) - 1).trim();
    return { how: "renamed", edits: [{ start, end: findValueEnd(sheet, spot), text }], cutFrom: spot.map };
  }
  if (!hasOwnLines(sheet, spot)) return undefined;
  if (!isAlone) {
    const shown = (child: YamlKey, path: Path) => `${formatPath(path)}${formatValue(child)} was here`;
    const merged = createMergeEdits(sheet, spot, from.slice(0, -1), from, shown);
    return merged && createCut(sheet, spot, "merged", merged.edits, merged.notes, merged.growth);
  }
  const column = findColumn(sheet, spot);
  const first = findLineStart(sheet.text, start);
  const end = findEndWithComments(sheet.text, findLineEnd(sheet.text, findValueEnd(sheet, spot)), column);
  const text = inner.flow
    ? formatFlowAsBlock(sheet, inner, spot, column)
    : indentBlock(sheet, inner, spot, end, column);
  return text === undefined
    ? undefined
    : { how: "renamed", edits: [{ start: first, end, text }], cutFrom: spot.map };
}

/** Returns the offset after the comment lines that follow and are indented deeper than the column. */
function findEndWithComments(text: string, start: number, column: number): number {
  let end = start;
  for (let next = start; next < text.length; ) {
    const line = text.slice(next, findLineEnd(text, next));
    const isBlank = line.trim() === "";
    if (!isBlank && (line.search(/\S/) <= column || !line.trimStart().startsWith("#"))) break;
    next += line.length;
    if (!isBlank) end = next;
  }
  return end;
}

/** Returns the lines of a block mapping, indented to another column; undefined if its first key is not a scalar. */
function indentBlock(
  sheet: YamlSheet,
  inner: YamlMapping,
  spot: YamlKey,
  end: number,
  column: number,
): string | undefined {
  const { text, lineBreak } = sheet;
  const colon = findColonEnd(sheet, spot);
  const firstKey = inner.items[0]?.key;
  if (colon === undefined || !isScalar(firstKey)) return undefined;
  const innerColumn = (firstKey.range?.[0] ?? 0) - findLineStart(text, firstKey.range?.[0] ?? 0);
  const next = findLineEnd(text, colon);
  const comment = text.slice(colon, next).trim();
  const kept = comment === "" ? "" : `${" ".repeat(column)}${comment}${lineBreak}`;
  return `${kept}${shiftLines(text.slice(next, end), column - innerColumn)}`;
}

/**
 * Returns the pairs of a flow mapping `{a: 1}` as lines of a block mapping; undefined if one pair can't be written so.
 */
function formatFlowAsBlock(
  sheet: YamlSheet,
  inner: YamlMapping,
  spot: YamlKey,
  column: number,
): string | undefined {
  const lines = inner.items.map(({ key }) => {
    const child = isScalar(key) ? findChild(inner, String(key.value), spot) : undefined;
    return child && formatPair(sheet, child, getKeyName(child), false);
  });
  if (lines.some((line) => line === undefined)) return undefined;
  return shiftLines(lines.join(""), column);
}

/** Turns a list into a text that contains the list, and keeps its lines, comments and quotes. */
function createTextChange(
  sheet: YamlSheet,
  spot: YamlKey,
  to: Path,
  target: YamlKey | undefined,
): Change | undefined {
  const { text, lineBreak } = sheet;
  const list = spot.pair.value;
  const colon = findColonEnd(sheet, spot);
  if (!isSeq(list) || list.flow || list.anchor !== undefined || colon === undefined) return undefined;
  if (!hasOwnLines(sheet, spot)) return undefined;
  const end = findLineEnd(text, findValueEnd(sheet, spot));
  const next = findLineEnd(text, colon);
  const lines = text.slice(next, end);
  const dash = /^ */.exec(text.slice(findLineStart(text, list.range?.[0] ?? 0)))?.[0].length ?? 0;
  const whole = shiftLines(lines.endsWith("\n") ? lines : `${lines}${lineBreak}`, -dash);
  if (target !== undefined) {
    const literal = target.pair.value;
    if (!isScalar(literal) || literal.type !== Scalar.BLOCK_LITERAL || isShared(sheet, target))
      return undefined;
    const offset = findLineEnd(text, findValueEnd(sheet, target));
    const row = /^ */.exec(text.slice(findLineStart(text, offset - 1)))?.[0].length ?? 0;
    const edit = { start: offset, end: offset, text: shiftLines(whole, row) };
    return createCut(sheet, spot, "merged", [edit], [], { mark: to.join("\0"), isShared: false });
  }
  const name = formatKey(String(to.at(-1) ?? ""));
  const comment = text.slice(colon, next).trim();
  const header = `${name}: |${comment === "" ? "" : ` ${comment}`}${lineBreak}`;
  const body = `${header}${shiftLines(whole, findIndentStep(sheet))}`;
  if (
    findKey(sheet, to.slice(0, -1))?.pair.value === spot.map ||
    (to.length === 1 && spot.parent === undefined)
  ) {
    const start = findLineStart(text, getKeyStart(spot));
    return { how: "renamed", edits: [{ start, end, text: shiftLines(body, findColumn(sheet, spot)) }] };
  }
  const insert = createInsertion(sheet, to.slice(0, -1), (isFlow) => (isFlow ? undefined : body));
  return insert && createCut(sheet, spot, "renamed", insert.edits, [], insert.growth);
}
