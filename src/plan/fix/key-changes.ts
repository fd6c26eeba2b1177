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
 * Returns the edits that apply a fix and keep every other byte. Undefined if only the author can apply it: the key
 * comes from an alias or a merge, or its notation leaves no room for the change.
 * A key whose new place is free is renamed or moved there. If both are mappings, they are merged. If the new place
 * has another value, that value stays and a comment keeps the old one.
 * @param at key path where the values begin in the text; paths in comments are relative to it
 */
export function createFixChange(sheet: YamlSheet, at: Path, fix: Fix, why: string): Change | undefined {
  const oldKey = findKey(sheet, fix.from);
  if (oldKey === undefined || isShared(sheet, oldKey)) return undefined;
  const describePreviousPlace = (from: YamlKey, path: Path) =>
    `${formatPath(path.slice(at.length))}${formatValue(from)} was here`;
  if (fix.to.kind === "unwrap") return createUnwrap(sheet, oldKey, fix.from);
  if (fix.to.kind === "remove") {
    if (!isShort(oldKey.pair.value)) return undefined;
    return createCut(sheet, oldKey, "removed", [], [`${describePreviousPlace(oldKey, fix.from)}: ${why}`]);
  }
  const { path: targetPath, asText } = fix.to;
  const targetKey = findKey(sheet, targetPath);
  if (asText) return createTextChange(sheet, oldKey, targetPath, targetKey);
  const name = String(targetPath.at(-1) ?? "");
  if (targetKey === undefined) {
    const parentPath = fix.from.slice(0, -1);
    const isBelow =
      targetPath.length >= fix.from.length && isSamePath(parentPath, targetPath.slice(0, parentPath.length));
    if (isBelow && findKey(sheet, targetPath.slice(0, parentPath.length + 1)) === undefined)
      return createRename(sheet, oldKey, targetPath.slice(parentPath.length).map(String), targetPath);
    const insert = createInsertion(sheet, targetPath.slice(0, -1), (isFlow) =>
      formatPair(sheet, oldKey, name, isFlow),
    );
    const cut = insert && createCut(sheet, oldKey, "renamed", insert.edits, [], insert.growth);
    return cut && { ...cut, createdPath: targetPath };
  }
  if (isShared(sheet, targetKey)) return undefined;
  const supersededNote = `${formatPath(targetPath.slice(at.length))}, which is read, has its own value`;
  if (isMap(targetKey.pair.value) && isMap(oldKey.pair.value)) {
    const mergeEdits = createMergeEdits(sheet, oldKey, targetPath, [...fix.from], describePreviousPlace);
    return (
      mergeEdits && createCut(sheet, oldKey, "merged", mergeEdits.edits, mergeEdits.notes, mergeEdits.growth)
    );
  }
  if (!isShort(oldKey.pair.value)) return undefined;
  return createCut(
    sheet,
    oldKey,
    "superseded",
    [],
    [`${describePreviousPlace(oldKey, fix.from)}: ${supersededNote}`],
  );
}

/** Renames a key in its place. If the new path is longer, wraps the key in new mappings. */
function createRename(
  sheet: YamlSheet,
  spot: YamlKey,
  names: readonly string[],
  createdPath: Path,
): Change | undefined {
  const name = names.at(-1) ?? "";
  const parents = names.slice(0, -1);
  const how = "renamed";
  if (parents.length === 0)
    return { how, createdPath, edits: [{ ...getKeyRange(spot), text: formatKey(name, spot.key) }] };
  const { text, lineBreak } = sheet;
  const { start, end } = getKeyRange(spot);
  const key = formatKey(name, spot.key);
  if (spot.map.flow) {
    const inner = `${key}${text.slice(end, findValueEnd(sheet, spot))}`;
    const whole = `${parents.map((parent) => `${formatKey(parent)}: {`).join("")}${inner}${"}".repeat(parents.length)}`;
    return { how, createdPath, edits: [{ start, end: findValueEnd(sheet, spot), text: whole }] };
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
    createdPath,
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

/**
 * Returns the edits that add to a mapping the keys that it lacks, and comments about the keys for which it has its
 * own values. Undefined if one of the keys can't be moved.
 * @param targetPath path of the mapping that receives the keys
 * @param sourcePath path of the mapping that loses them
 */
function createMergeEdits(
  sheet: YamlSheet,
  sourceKey: YamlKey,
  targetPath: Path,
  sourcePath: Path,
  describePreviousPlace: (sourceKey: YamlKey, sourcePath: Path) => string,
): (Partial<Insertion> & { readonly edits: readonly Edit[]; readonly notes: readonly string[] }) | undefined {
  const edits: Edit[] = [];
  const notes: string[] = [];
  let growth: Insertion["growth"] | undefined;
  for (const { key } of (sourceKey.pair.value as YamlMapping).items) {
    const child = isScalar(key)
      ? findChild(sourceKey.pair.value as YamlMapping, String(key.value), sourceKey)
      : undefined;
    if (child === undefined) return undefined;
    const target = [...targetPath, getKeyName(child)];
    const childPath = [...sourcePath, getKeyName(child)];
    const targetKey = findKey(sheet, target);
    if (targetKey === undefined) {
      const insertion = createInsertion(sheet, targetPath, (isFlow) =>
        formatPair(sheet, child, getKeyName(child), isFlow),
      );
      if (insertion === undefined) return undefined;
      edits.push(...insertion.edits);
      growth = { ...insertion.growth, isShared: false };
    } else if (isMap(targetKey.pair.value) && isMap(child.pair.value)) {
      const innerMerge = createMergeEdits(sheet, child, target, childPath, describePreviousPlace);
      if (innerMerge === undefined) return undefined;
      edits.push(...innerMerge.edits);
      notes.push(...innerMerge.notes);
      growth = innerMerge.growth ?? growth;
    } else if (isShort(child.pair.value))
      notes.push(`${describePreviousPlace(child, childPath)}: what is read has its own value`);
    else return undefined;
  }
  return { edits, notes, ...(growth && { growth }) };
}

/**
 * Replaces a key by its content: the keys below it move one level up. Returns undefined if the notation does not allow
 * it.
 */
function createUnwrap(sheet: YamlSheet, spot: YamlKey, from: Path): Change | undefined {
  const innerMapping = spot.pair.value;
  if (!isMap(innerMapping) || innerMapping.anchor !== undefined || innerMapping.items.length === 0)
    return undefined;
  const names = innerMapping.items.map(({ key }) => (isScalar(key) ? String(key.value) : ""));
  const areNamesFree = names.every(
    (name) => name === getKeyName(spot) || findChild(spot.map, name, spot.parent) === undefined,
  );
  const start = getKeyStart(spot);
  if (spot.map.flow) {
    if (!areNamesFree || !innerMapping.flow) return undefined;
    const text = sheet.text
      .slice((innerMapping.range?.[0] ?? 0) + 1, (innerMapping.range?.[1] ?? 0) - 1)
      .trim();
    return { how: "renamed", edits: [{ start, end: findValueEnd(sheet, spot), text }], cutFrom: spot.map };
  }
  if (!hasOwnLines(sheet, spot)) return undefined;
  if (!areNamesFree) {
    const describePreviousPlace = (child: YamlKey, path: Path) =>
      `${formatPath(path)}${formatValue(child)} was here`;
    const mergeEdits = createMergeEdits(sheet, spot, from.slice(0, -1), from, describePreviousPlace);
    return (
      mergeEdits && createCut(sheet, spot, "merged", mergeEdits.edits, mergeEdits.notes, mergeEdits.growth)
    );
  }
  const column = findColumn(sheet, spot);
  const startOfLine = findLineStart(sheet.text, start);
  const end = findEndWithComments(sheet.text, findLineEnd(sheet.text, findValueEnd(sheet, spot)), column);
  const text = innerMapping.flow
    ? formatFlowAsBlock(sheet, innerMapping, spot, column)
    : indentBlock(sheet, innerMapping, spot, end, column);
  return text === undefined
    ? undefined
    : { how: "renamed", edits: [{ start: startOfLine, end, text }], cutFrom: spot.map };
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
  innerMapping: YamlMapping,
  spot: YamlKey,
  end: number,
  column: number,
): string | undefined {
  const { text, lineBreak } = sheet;
  const colon = findColonEnd(sheet, spot);
  const firstKey = innerMapping.items[0]?.key;
  if (colon === undefined || !isScalar(firstKey)) return undefined;
  const innerColumn = (firstKey.range?.[0] ?? 0) - findLineStart(text, firstKey.range?.[0] ?? 0);
  const nextLine = findLineEnd(text, colon);
  const comment = text.slice(colon, nextLine).trim();
  const commentLine = comment === "" ? "" : `${" ".repeat(column)}${comment}${lineBreak}`;
  return `${commentLine}${shiftLines(text.slice(nextLine, end), column - innerColumn)}`;
}

/**
 * Returns the pairs of a flow mapping `{a: 1}` as lines of a block mapping; undefined if one pair can't be written so.
 */
function formatFlowAsBlock(
  sheet: YamlSheet,
  innerMapping: YamlMapping,
  spot: YamlKey,
  column: number,
): string | undefined {
  const lines = innerMapping.items.map(({ key }) => {
    const child = isScalar(key) ? findChild(innerMapping, String(key.value), spot) : undefined;
    return child && formatPair(sheet, child, getKeyName(child), false);
  });
  if (lines.some((line) => line === undefined)) return undefined;
  return shiftLines(lines.join(""), column);
}

/**
 * Turns a list into a text that contains the list, and keeps the list's lines, comments and quotes. If the target is
 * such a text already, the list is appended to it. Undefined if the notation does not allow it.
 */
function createTextChange(
  sheet: YamlSheet,
  spot: YamlKey,
  targetPath: Path,
  targetKey: YamlKey | undefined,
): Change | undefined {
  const { text, lineBreak } = sheet;
  const list = spot.pair.value;
  const colon = findColonEnd(sheet, spot);
  if (!isSeq(list) || list.flow || list.anchor !== undefined || colon === undefined) return undefined;
  if (!hasOwnLines(sheet, spot)) return undefined;
  const end = findLineEnd(text, findValueEnd(sheet, spot));
  const nextLine = findLineEnd(text, colon);
  const lines = text.slice(nextLine, end);
  const dashColumn = /^ */.exec(text.slice(findLineStart(text, list.range?.[0] ?? 0)))?.[0].length ?? 0;
  const unindentedLines = shiftLines(lines.endsWith("\n") ? lines : `${lines}${lineBreak}`, -dashColumn);
  if (targetKey !== undefined) {
    const literal = targetKey.pair.value;
    if (!isScalar(literal) || literal.type !== Scalar.BLOCK_LITERAL || isShared(sheet, targetKey))
      return undefined;
    const offset = findLineEnd(text, findValueEnd(sheet, targetKey));
    const textColumn = /^ */.exec(text.slice(findLineStart(text, offset - 1)))?.[0].length ?? 0;
    const edit = { start: offset, end: offset, text: shiftLines(unindentedLines, textColumn) };
    return createCut(sheet, spot, "merged", [edit], [], { mark: targetPath.join("\0"), isShared: false });
  }
  const name = formatKey(String(targetPath.at(-1) ?? ""));
  const comment = text.slice(colon, nextLine).trim();
  const header = `${name}: |${comment === "" ? "" : ` ${comment}`}${lineBreak}`;
  const body = `${header}${shiftLines(unindentedLines, findIndentStep(sheet))}`;
  if (
    findKey(sheet, targetPath.slice(0, -1))?.pair.value === spot.map ||
    (targetPath.length === 1 && spot.parent === undefined)
  ) {
    const start = findLineStart(text, getKeyStart(spot));
    return { how: "renamed", edits: [{ start, end, text: shiftLines(body, findColumn(sheet, spot)) }] };
  }
  const insertion = createInsertion(sheet, targetPath.slice(0, -1), (isFlow) => (isFlow ? undefined : body));
  return insertion && createCut(sheet, spot, "renamed", insertion.edits, [], insertion.growth);
}
