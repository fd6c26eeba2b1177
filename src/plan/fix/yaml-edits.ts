import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLMap,
} from "yaml";

export type YamlMapping = YAMLMap<unknown, unknown>;

/** A YAML text with its nodes and their offsets. Every scalar is read as a string. */
export interface YamlSheet {
  readonly text: string;
  readonly document: Document;
  readonly lineBreak: string;
}

/** A key with its value, and the mapping around it. */
export interface YamlKey {
  readonly map: YamlMapping;
  readonly pair: Pair<unknown, unknown>;
  readonly key: Scalar;
  /** The keys above it in the same text, with their mappings. */
  readonly parent: YamlKey | undefined;
}

/** Parses a YAML text so that edits can be made; undefined if the text is not valid YAML. */
export function parseSheet(text: string): YamlSheet | undefined {
  const document = parseDocument(text, {
    schema: "failsafe",
    uniqueKeys: false,
    logLevel: "error",
    prettyErrors: false,
  });
  if (document.errors.length > 0) return undefined;
  return { text, document, lineBreak: text.includes("\r\n") ? "\r\n" : "\n" };
}

/**
 * Returns the key at a path; undefined if it is missing, or if it comes from an alias or a merge. Of repeated keys the
 * last one counts.
 */
export function findKey({ document }: YamlSheet, path: Path): YamlKey | undefined {
  let node: unknown = document.contents;
  let spot: YamlKey | undefined;
  for (const key of path) {
    if (isSeq(node) && typeof key === "number") node = node.items[key];
    else if (isMap(node)) {
      const child = findChild(node, String(key), spot);
      if (child === undefined) return undefined;
      spot = child;
      node = child.pair.value;
    } else return undefined;
  }
  return spot;
}

/** Returns a mapping's key with this name; undefined if the mapping has none. */
export function findChild(map: YamlMapping, name: string, parent: YamlKey | undefined): YamlKey | undefined {
  const pair = map.items.findLast(({ key }) => isScalar(key) && String(key.value) === name);
  return pair && { map, pair, key: pair.key as Scalar, parent };
}

function findNodeIn({ document }: YamlSheet, path: Path): unknown {
  return path.length === 0 ? document.contents : document.getIn(path, true);
}

export function getKeyName({ key }: YamlKey): string {
  return String(key.value);
}

export function getKeyStart({ key }: YamlKey): number {
  return key.range?.[0] ?? 0;
}

function getKeyEnd({ key }: YamlKey): number {
  return key.range?.[1] ?? 0;
}

/** Returns the offset after the key's colon; undefined for a key in the other notation (`? key`). */
export function findColonEnd({ text }: YamlSheet, spot: YamlKey): number | undefined {
  const colon = /^\s*:/.exec(text.slice(getKeyEnd(spot), getKeyEnd(spot) + 200));
  return colon ? getKeyEnd(spot) + colon[0].length : undefined;
}

/** Returns the offset after the last character of a value. Comments after the value are not part of it. */
export function findValueEnd(sheet: YamlSheet, spot: YamlKey): number {
  const from = findColonEnd(sheet, spot) ?? getKeyEnd(spot);
  return Math.max(from, findNodeEnd(sheet, spot.pair.value));
}

/** Returns the offset after the last character of a YAML node, without white space and comments after it. */
function findNodeEnd(sheet: YamlSheet, node: unknown): number {
  if (isCollection(node) && !node.flow) {
    const last = node.items.at(-1) as unknown;
    if (isMap(node)) {
      const pair = last as Pair<unknown, unknown> | undefined;
      const inner = findNodeEnd(sheet, pair?.value);
      const key = isNode(pair?.key) ? (pair.key.range?.[1] ?? 0) : 0;
      return Math.max(inner, key + (/^\s*:/.exec(sheet.text.slice(key, key + 200))?.[0].length ?? 0));
    }
    return findNodeEnd(sheet, last);
  }
  const end = isNode(node) ? (node.range?.[1] ?? 0) : 0;
  return sheet.text.slice(0, end).trimEnd().length;
}

export function findLineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Returns the offset after the next line break. */
export function findLineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

export function findColumn({ text }: YamlSheet, spot: YamlKey): number {
  return getKeyStart(spot) - findLineStart(text, getKeyStart(spot));
}

/** True if a key begins its line, so that it can be moved or removed in whole lines. */
export function hasOwnLines(sheet: YamlSheet, spot: YamlKey): boolean {
  const start = getKeyStart(spot);
  const isFirst = sheet.text.slice(findLineStart(sheet.text, start), start).trim() === "";
  return !spot.map.flow && isFirst && findColonEnd(sheet, spot) !== undefined;
}

/** Returns the offset where the lines of a key begin, with the comments directly above it. */
function findStartWithComments(sheet: YamlSheet, spot: YamlKey): number {
  const { text } = sheet;
  const indent = " ".repeat(findColumn(sheet, spot));
  let start = findLineStart(text, getKeyStart(spot));
  while (start > 0) {
    const previousLine = findLineStart(text, start - 1);
    if (!text.startsWith(`${indent}#`, previousLine)) break;
    start = previousLine;
  }
  return start;
}

/** Indents lines by a number of columns, or unindents them if it is negative. A blank line stays blank. */
export function shiftLines(text: string, columns: number): string {
  if (columns === 0) return text;
  const lines = text.split("\n");
  return lines
    .map((line) => {
      if (line.trim() === "" && line.length <= Math.abs(columns)) return line;
      return columns > 0
        ? `${" ".repeat(columns)}${line}`
        : line.slice(Math.min(-columns, line.length - line.trimStart().length));
    })
    .map((line, index) => (index === lines.length - 1 && lines[index] === "" ? "" : line))
    .join("\n");
}

/** Returns a key in YAML notation: with the quotes of `like`, or quoted where YAML needs it. */
export function formatKey(name: string, like?: Scalar): string {
  if (like?.type === Scalar.QUOTE_SINGLE) return `'${name.replaceAll("'", "''")}'`;
  const isPlain = /^[A-Za-z_][\w./-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name);
  return like?.type === Scalar.QUOTE_DOUBLE || !isPlain ? JSON.stringify(name) : name;
}

/** Returns the number of columns by which the first nested block mapping is indented. */
export function findIndentStep({ text }: YamlSheet): number {
  return /^( +)[^\s#-]/m.exec(text)?.[1]?.length ?? 2;
}

export type Path = readonly (string | number)[];

/** A part of a text and what takes its place; offsets from 0. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The result for a key that no chart read. */
export type KeyOutcome =
  /** It has the right name now, in its old place or in another one. */
  | "renamed"
  /** The keys below it that the right place lacked are there now. */
  | "merged"
  | "removed"
  /** The right key has its own value. That value stays, and a comment keeps the old one. */
  | "superseded";

/** The edits that apply one fix. */
export interface Change {
  readonly how: KeyOutcome;
  readonly edits: readonly Edit[];
  /** The mapping that the key is taken out of. */
  readonly cutFrom?: YamlMapping;
  /** The mapping to which keys are added. Two changes with the same mark conflict unless both are `isShared`. */
  readonly growth?: { readonly mark: string; readonly isShared: boolean };
  /** The key path that the change creates. */
  readonly createdPath?: Path;
}

export function getKeyRange({ key }: YamlKey): { start: number; end: number } {
  return { start: key.range?.[0] ?? 0, end: key.range?.[1] ?? 0 };
}

/** True if a mapping around the key is also used elsewhere, by an alias. */
export function isShared({ text }: YamlSheet, { map, parent: holder }: YamlKey): boolean {
  const { anchor } = map;
  if (anchor !== undefined && text.includes(`*${anchor}`)) return true;
  return holder !== undefined && isShared({ text } as YamlSheet, holder);
}

/**
 * Returns the change that removes a key and leaves a comment for each note; undefined if the key shares its line with
 * others. A mapping that becomes empty is written as `{}`, because helm would read an empty value as null.
 * @param edits further edits of the same change
 * @param growth the mapping to which these edits add keys
 */
export function createCut(
  sheet: YamlSheet,
  spot: YamlKey,
  how: KeyOutcome,
  edits: readonly Edit[],
  notes: readonly string[],
  growth?: Change["growth"],
): Change | undefined {
  const { text } = sheet;
  if (!spot.map.flow && !hasOwnLines(sheet, spot)) return undefined;
  const isMoved = how === "renamed" || how === "merged";
  const formatNotes = (indent: string) =>
    notes.map((note) => `${indent}# ${note}${sheet.lineBreak}`).join("");
  const cuts: Edit[] = [];
  if (spot.map.flow) {
    const startOfLine = findLineStart(text, getKeyStart(spot));
    const indent = /^ */.exec(text.slice(startOfLine, startOfLine + 200))?.[0] ?? "";
    if (notes.length > 0) cuts.push({ start: startOfLine, end: startOfLine, text: formatNotes(indent) });
    cuts.push(createFlowCut(sheet, spot));
  } else {
    const start = isMoved ? findStartWithComments(sheet, spot) : findLineStart(text, getKeyStart(spot));
    const end = findLineEnd(text, findValueEnd(sheet, spot));
    const isLastLine = end === text.length && !text.endsWith("\n");
    const note = formatNotes(" ".repeat(findColumn(sheet, spot)));
    cuts.push({ start, end, text: isLastLine ? note.trimEnd() : note });
    const colon = spot.parent && findColonEnd(sheet, spot.parent);
    if (spot.map.items.length === 1 && spot.parent !== undefined) {
      if (colon === undefined || spot.parent.pair.value !== spot.map) return undefined;
      cuts.push({ start: colon, end: colon, text: " {}" });
    } else if (spot.map.items.length === 1 && spot.map !== sheet.document.contents) return undefined;
  }
  return { how, edits: [...cuts, ...edits], cutFrom: spot.map, ...(growth && { growth }) };
}

/** Removes a key of `{a: 1, b: 2}` with the comma after it, or with the comma before it if it is the last. */
function createFlowCut(sheet: YamlSheet, spot: YamlKey): Edit {
  const { text } = sheet;
  const start = getKeyStart(spot);
  const end = findValueEnd(sheet, spot);
  if (spot.map.items.length === 1) {
    const [first = start, last = end] = spot.map.range ?? [];
    return { start: first + 1, end: last - 1, text: "" };
  }
  const commaAfter = /^\s*,[ \t]*/.exec(text.slice(end))?.[0] ?? "";
  if (commaAfter !== "") return { start, end: end + commaAfter.length, text: "" };
  const commaBefore = /,\s*$/.exec(text.slice(0, start))?.[0] ?? "";
  return { start: start - commaBefore.length, end, text: "" };
}

/**
 * Returns a key and its value under another name, as lines from column 0 or as a pair within `{}`. Undefined if the value
 * can't be written there.
 */
export function formatPair(
  sheet: YamlSheet,
  spot: YamlKey,
  name: string,
  isForFlow: boolean,
): string | undefined {
  const { text, lineBreak } = sheet;
  const { start, end } = getKeyRange(spot);
  const key = formatKey(name, spot.key);
  const pair = `${key}${text.slice(end, findValueEnd(sheet, spot))}`;
  if (spot.map.flow) return pair.includes("\n") ? undefined : isForFlow ? pair : `${pair}${lineBreak}`;
  if (!hasOwnLines(sheet, spot)) return undefined;
  if (isForFlow) return pair.includes("\n") || pair.includes("#") ? undefined : pair;
  const first = findStartWithComments(sheet, spot);
  const last = findLineEnd(text, findValueEnd(sheet, spot));
  const lines = `${text.slice(first, start)}${key}${text.slice(end, last)}`;
  return shiftLines(lines.endsWith("\n") ? lines : `${lines}${lineBreak}`, -findColumn(sheet, spot));
}

export interface Insertion {
  readonly edits: readonly Edit[];
  readonly growth: NonNullable<Change["growth"]>;
}

/**
 * Returns the edits that insert a key at the end of a mapping, and create the mapping if it is missing. Undefined if
 * the place holds anything but a mapping, or if an alias uses the mapping elsewhere too.
 * @param path path of the mapping
 * @param formatFor returns the key and its value, as lines or for a mapping in `{}`; undefined if they can't be written
 * so
 */
export function createInsertion(
  sheet: YamlSheet,
  path: Path,
  formatFor: (isFlow: boolean) => string | undefined,
): Insertion | undefined {
  let depth = path.length;
  while (depth > 0 && findNodeIn(sheet, path.slice(0, depth)) === undefined) depth -= 1;
  const node = findNodeIn(sheet, path.slice(0, depth));
  const missingKeys = path.slice(depth).map(String);
  const parentKey = findKey(sheet, path.slice(0, depth));
  const isEmptyValue = isScalar(node) && node.type === Scalar.PLAIN && node.source === "" && !node.anchor;
  if (!isMap(node) && !isEmptyValue) return undefined;
  const deepestPath = path.slice(0, depth + 1).join("\0");
  const growth = {
    mark: missingKeys.length > 0 || isEmptyValue ? deepestPath : path.join("\0"),
    isShared: missingKeys.length === 0 && !isEmptyValue,
  };
  if (isMap(node) && hasAliases(sheet, node)) return undefined;
  if (isMap(node) && node.flow) return createFlowInsertion(sheet, node, missingKeys, formatFor, growth);
  const place = isMap(node)
    ? findBlockEnd(sheet, node, parentKey)
    : parentKey && findPlaceBelow(sheet, parentKey);
  const pairText = formatFor(false);
  if (place === undefined || pairText === undefined) return undefined;
  const step = findIndentStep(sheet);
  const headers = missingKeys.map(
    (key, index) => `${" ".repeat(place.indent + index * step)}${formatKey(key)}:${sheet.lineBreak}`,
  );
  const body = shiftLines(pairText, place.indent + missingKeys.length * step);
  const isOpenLine = place.offset > 0 && sheet.text[place.offset - 1] !== "\n";
  const text = `${isOpenLine ? sheet.lineBreak : ""}${headers.join("")}${body}`;
  return {
    edits: [{ start: place.offset, end: place.offset, text: isOpenLine ? text.trimEnd() : text }],
    growth,
  };
}

function hasAliases({ text }: YamlSheet, { anchor }: YamlMapping): boolean {
  return anchor !== undefined && text.includes(`*${anchor}`);
}

/** Returns the offset after the last key of a block mapping. */
function findBlockEnd(sheet: YamlSheet, map: YamlMapping, parentKey: YamlKey | undefined) {
  const lastPair = map.items.at(-1);
  const spot =
    lastPair && isScalar(lastPair.key)
      ? { map, pair: lastPair, key: lastPair.key as Scalar, parent: parentKey }
      : undefined;
  const firstPair = map.items[0];
  const firstKeyStart = firstPair && isScalar(firstPair.key) ? (firstPair.key.range?.[0] ?? 0) : 0;
  if (spot === undefined) return undefined;
  return {
    offset: findLineEnd(sheet.text, findValueEnd(sheet, spot)),
    indent: firstKeyStart - findLineStart(sheet.text, firstKeyStart),
  };
}

/** Returns the offset below a key that has no value. */
function findPlaceBelow(sheet: YamlSheet, holder: YamlKey) {
  if (!hasOwnLines(sheet, holder)) return undefined;
  return {
    offset: findLineEnd(sheet.text, findValueEnd(sheet, holder)),
    indent: findColumn(sheet, holder) + findIndentStep(sheet),
  };
}

/** Inserts a key at the end of a mapping in `{}`; undefined if its value can't be written there. */
function createFlowInsertion(
  sheet: YamlSheet,
  map: YamlMapping,
  missingKeys: readonly string[],
  formatFor: (isFlow: boolean) => string | undefined,
  growth: Insertion["growth"],
): Insertion | undefined {
  const pairText = formatFor(true);
  if (pairText === undefined) return undefined;
  const text = `${missingKeys.map((key) => `${formatKey(key)}: {`).join("")}${pairText}${"}".repeat(missingKeys.length)}`;
  const lastPair = map.items.at(-1);
  const spot =
    lastPair && isScalar(lastPair.key)
      ? { map, pair: lastPair, key: lastPair.key as Scalar, parent: undefined }
      : undefined;
  const offset = spot ? findValueEnd(sheet, spot) : (map.range?.[0] ?? 0) + 1;
  return { edits: [{ start: offset, end: offset, text: spot ? `, ${text}` : text }], growth };
}
