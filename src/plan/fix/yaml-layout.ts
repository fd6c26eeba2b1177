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

type Path = readonly (string | number)[];
export type YamlMapping = YAMLMap<unknown, unknown>;

/** A YAML text with its nodes, which say where in it they stand. Every scalar is the text that it is. */
export interface Sheet {
  readonly text: string;
  readonly document: Document;
  readonly lineBreak: string;
}

/** A key with its value, in the mapping that holds it. */
export interface Spot {
  readonly map: YamlMapping;
  readonly pair: Pair<unknown, unknown>;
  readonly key: Scalar;
  /** The keys above it in the same text, with their mappings. */
  readonly holder: Spot | undefined;
}

/** Undefined for a text that is not YAML. */
export function openSheet(text: string): Sheet | undefined {
  const document = parseDocument(text, {
    schema: "failsafe",
    uniqueKeys: false,
    logLevel: "error",
    prettyErrors: false,
  });
  if (document.errors.length > 0) return undefined;
  return { text, document, lineBreak: text.includes("\r\n") ? "\r\n" : "\n" };
}

/** The key at a path, where it is written out: not one that an alias or a merge brings. Of two of a name the last counts. */
export function spotAt({ document }: Sheet, path: Path): Spot | undefined {
  let node: unknown = document.contents;
  let spot: Spot | undefined;
  for (const key of path) {
    if (isSeq(node) && typeof key === "number") node = node.items[key];
    else if (isMap(node)) {
      const found = childOf(node, String(key), spot);
      if (found === undefined) return undefined;
      spot = found;
      node = found.pair.value;
    } else return undefined;
  }
  return spot;
}

export function childOf(map: YamlMapping, name: string, holder: Spot | undefined): Spot | undefined {
  const pair = map.items.findLast(({ key }) => isScalar(key) && String(key.value) === name);
  return pair && { map, pair, key: pair.key as Scalar, holder };
}

export function nodeIn({ document }: Sheet, path: Path): unknown {
  return path.length === 0 ? document.contents : document.getIn(path, true);
}

export function nameOf({ key }: Spot): string {
  return String(key.value);
}

export function keyStart({ key }: Spot): number {
  return key.range?.[0] ?? 0;
}

function keyEnd({ key }: Spot): number {
  return key.range?.[1] ?? 0;
}

/** Behind the colon; undefined for a key that is written in another way (`? key`). */
export function colonEnd({ text }: Sheet, spot: Spot): number | undefined {
  const found = /^\s*:/.exec(text.slice(keyEnd(spot), keyEnd(spot) + 200));
  return found ? keyEnd(spot) + found[0].length : undefined;
}

/** Behind the last character of a value; comments that follow are not part of it. */
export function valueEnd(sheet: Sheet, spot: Spot): number {
  const from = colonEnd(sheet, spot) ?? keyEnd(spot);
  return Math.max(from, endOf(sheet, spot.pair.value));
}

function endOf(sheet: Sheet, node: unknown): number {
  if (isCollection(node) && !node.flow) {
    const last = node.items.at(-1) as unknown;
    if (isMap(node)) {
      const pair = last as Pair<unknown, unknown> | undefined;
      const inner = endOf(sheet, pair?.value);
      const key = isNode(pair?.key) ? (pair.key.range?.[1] ?? 0) : 0;
      return Math.max(inner, key + (/^\s*:/.exec(sheet.text.slice(key, key + 200))?.[0].length ?? 0));
    }
    return endOf(sheet, last);
  }
  const end = isNode(node) ? (node.range?.[1] ?? 0) : 0;
  return sheet.text.slice(0, end).trimEnd().length;
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Behind the line break. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

export function columnOf({ text }: Sheet, spot: Spot): number {
  return keyStart(spot) - lineStart(text, keyStart(spot));
}

/** Whether a key begins its line, so that whole lines are its own. */
export function hasOwnLines(sheet: Sheet, spot: Spot): boolean {
  const start = keyStart(spot);
  const isFirst = sheet.text.slice(lineStart(sheet.text, start), start).trim() === "";
  return !spot.map.flow && isFirst && colonEnd(sheet, spot) !== undefined;
}

/** Where the lines of a key begin with the comments right above it. */
export function startWithComments(sheet: Sheet, spot: Spot): number {
  const { text } = sheet;
  const indent = " ".repeat(columnOf(sheet, spot));
  let start = lineStart(text, keyStart(spot));
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (!text.startsWith(`${indent}#`, above)) break;
    start = above;
  }
  return start;
}

/** Moves lines to the right, or to the left; a blank line stays blank. */
export function shiftLines(text: string, by: number): string {
  if (by === 0) return text;
  const lines = text.split("\n");
  return lines
    .map((line) => {
      if (line.trim() === "" && line.length <= Math.abs(by)) return line;
      return by > 0
        ? `${" ".repeat(by)}${line}`
        : line.slice(Math.min(-by, line.length - line.trimStart().length));
    })
    .map((line, index) => (index === lines.length - 1 && lines[index] === "" ? "" : line))
    .join("\n");
}

/** A key as it is written in YAML, in the quotes that it had. */
export function writeKey(name: string, like?: Scalar): string {
  if (like?.type === Scalar.QUOTE_SINGLE) return `'${name.replaceAll("'", "''")}'`;
  const isPlain = /^[A-Za-z_][\w./-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name);
  return like?.type === Scalar.QUOTE_DOUBLE || !isPlain ? JSON.stringify(name) : name;
}

/** How far the first level of block mappings is indented. */
export function indentStep({ text }: Sheet): number {
  return /^( +)[^\s#-]/m.exec(text)?.[1]?.length ?? 2;
}
