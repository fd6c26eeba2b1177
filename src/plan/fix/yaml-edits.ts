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
 * Returns the key at a path if it is written out there, and not brought by an alias or a merge. Of repeated keys the last
 * one counts.
 */
export function findKey({ document }: YamlSheet, path: Path): YamlKey | undefined {
  let node: unknown = document.contents;
  let spot: YamlKey | undefined;
  for (const key of path) {
    if (isSeq(node) && typeof key === "number") node = node.items[key];
    else if (isMap(node)) {
      const found = findChild(node, String(key), spot);
      if (found === undefined) return undefined;
      spot = found;
      node = found.pair.value;
    } else return undefined;
  }
  return spot;
}

/** Returns a mapping's key with this name; undefined if the mapping has none. */
export function findChild(map: YamlMapping, name: string, holder: YamlKey | undefined): YamlKey | undefined {
  const pair = map.items.findLast(({ key }) => isScalar(key) && String(key.value) === name);
  return pair && { map, pair, key: pair.key as Scalar, parent: holder };
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
function startWithComments(sheet: YamlSheet, spot: YamlKey): number {
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

/** What became of a key that nobody read. */
export type KeyOutcome =
  /** It has the right name now, where it was or elsewhere. */
  | "renamed"
  /** What stood in it and was not at the right place yet, is there now. */
  | "merged"
  | "removed"
  /** The right key has a value of its own, which counts. */
  | "superseded";

export interface Change {
  readonly how: KeyOutcome;
  readonly edits: readonly Edit[];
  /** The mapping that the key is taken out of. */
  readonly cutFrom?: YamlMapping;
  /** Where keys come in: changes with the same mark get in each other's way unless `isShared`. */
  readonly growth?: { readonly mark: string; readonly isShared: boolean };
  /** The key path that comes to be. */
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
 * Removes a key; comments note where it was. A mapping that becomes empty stays a mapping, because helm would read an
 * empty value as null.
 */
export function createCut(
  sheet: YamlSheet,
  spot: YamlKey,
  how: KeyOutcome,
  edits: readonly Edit[],
  notes: readonly string[],
  grows?: Change["growth"],
): Change | undefined {
  const { text } = sheet;
  if (!spot.map.flow && !hasOwnLines(sheet, spot)) return undefined;
  const isMoved = how === "renamed" || how === "merged";
  const comments = (indent: string) => notes.map((note) => `${indent}# ${note}${sheet.lineBreak}`).join("");
  const cuts: Edit[] = [];
  if (spot.map.flow) {
    const line = findLineStart(text, getKeyStart(spot));
    const indent = /^ */.exec(text.slice(line, line + 200))?.[0] ?? "";
    if (notes.length > 0) cuts.push({ start: line, end: line, text: comments(indent) });
    cuts.push(createFlowCut(sheet, spot));
  } else {
    const start = isMoved ? startWithComments(sheet, spot) : findLineStart(text, getKeyStart(spot));
    const end = findLineEnd(text, findValueEnd(sheet, spot));
    const isLastLine = end === text.length && !text.endsWith("\n");
    const note = comments(" ".repeat(findColumn(sheet, spot)));
    cuts.push({ start, end, text: isLastLine ? note.trimEnd() : note });
    const colon = spot.parent && findColonEnd(sheet, spot.parent);
    if (spot.map.items.length === 1 && spot.parent !== undefined) {
      if (colon === undefined || spot.parent.pair.value !== spot.map) return undefined;
      cuts.push({ start: colon, end: colon, text: " {}" });
    } else if (spot.map.items.length === 1 && spot.map !== sheet.document.contents) return undefined;
  }
  return { how, edits: [...cuts, ...edits], cutFrom: spot.map, ...(grows && { growth: grows }) };
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
  const before = /,\s*$/.exec(text.slice(0, start))?.[0] ?? "";
  return { start: start - before.length, end, text: "" };
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
  const first = startWithComments(sheet, spot);
  const last = findLineEnd(text, findValueEnd(sheet, spot));
  const lines = `${text.slice(first, start)}${key}${text.slice(end, last)}`;
  return shiftLines(lines.endsWith("\n") ? lines : `${lines}${lineBreak}`, -findColumn(sheet, spot));
}

export interface Insertion {
  readonly edits: readonly Edit[];
  readonly growth: NonNullable<Change["growth"]>;
}

/** Inserts a key at the end of a mapping. Creates the mapping if it is missing. */
export function createInsertion(
  sheet: YamlSheet,
  path: Path,
  textFor: (isFlow: boolean) => string | undefined,
): Insertion | undefined {
  let depth = path.length;
  while (depth > 0 && findNodeIn(sheet, path.slice(0, depth)) === undefined) depth -= 1;
  const node = findNodeIn(sheet, path.slice(0, depth));
  const missing = path.slice(depth).map(String);
  const holder = findKey(sheet, path.slice(0, depth));
  const isNothing = isScalar(node) && node.type === Scalar.PLAIN && node.source === "" && !node.anchor;
  if (!isMap(node) && !isNothing) return undefined;
  const shown = path.slice(0, depth + 1).join("\0");
  const grows = {
    mark: missing.length > 0 || isNothing ? shown : path.join("\0"),
    isShared: missing.length === 0 && !isNothing,
  };
  if (isMap(node) && hasAliases(sheet, node)) return undefined;
  if (isMap(node) && node.flow) return createFlowInsertion(sheet, node, missing, textFor, grows);
  const place = isMap(node) ? findBlockEnd(sheet, node, holder) : holder && findPlaceBelow(sheet, holder);
  const inner = textFor(false);
  if (place === undefined || inner === undefined) return undefined;
  const step = findIndentStep(sheet);
  const headers = missing.map(
    (key, index) => `${" ".repeat(place.indent + index * step)}${formatKey(key)}:${sheet.lineBreak}`,
  );
  const body = shiftLines(inner, place.indent + missing.length * step);
  const isOpenLine = place.offset > 0 && sheet.text[place.offset - 1] !== "\n";
  const text = `${isOpenLine ? sheet.lineBreak : ""}${headers.join("")}${body}`;
  return {
    edits: [{ start: place.offset, end: place.offset, text: isOpenLine ? text.trimEnd() : text }],
    growth: grows,
  };
}

function hasAliases({ text }: YamlSheet, { anchor }: YamlMapping): boolean {
  return anchor !== undefined && text.includes(`*${anchor}`);
}

/** Returns the offset after the last key of a block mapping. */
function findBlockEnd(sheet: YamlSheet, map: YamlMapping, holder: YamlKey | undefined) {
  const last = map.items.at(-1);
  const spot =
    last && isScalar(last.key) ? { map, pair: last, key: last.key as Scalar, parent: holder } : undefined;
  const first = map.items[0];
  const firstKey = first && isScalar(first.key) ? (first.key.range?.[0] ?? 0) : 0;
  if (spot === undefined) return undefined;
  return {
    offset: findLineEnd(sheet.text, findValueEnd(sheet, spot)),
    indent: firstKey - findLineStart(sheet.text, firstKey),
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
  missing: readonly string[],
  textFor: (isFlow: boolean) => string | undefined,
  grows: Insertion["growth"],
): Insertion | undefined {
  const inner = textFor(true);
  if (inner === undefined) return undefined;
  const text = `${missing.map((key) => `${formatKey(key)}: {`).join("")}${inner}${"}".repeat(missing.length)}`;
  const last = map.items.at(-1);
  const spot =
    last && isScalar(last.key) ? { map, pair: last, key: last.key as Scalar, parent: undefined } : undefined;
  const offset = spot ? findValueEnd(sheet, spot) : (map.range?.[0] ?? 0) + 1;
  return { edits: [{ start: offset, end: offset, text: spot ? `, ${text}` : text }], growth: grows };
}
