import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar } from "yaml";

type Path = readonly (string | number)[];

/** A key with its value, or an item of a list, and their offsets in the text, from 0. */
export interface YamlEntry {
  readonly path: Path;
  /** Undefined for an item of a list. */
  readonly key: number | undefined;
  readonly value: number;
  readonly scalar: Scalar | undefined;
}

/** Limit that no values file reaches: aliases of aliases can turn a small text into a very large tree. */
const maxEntries = 100_000;

/** Limit of nested levels. It ends an alias that contains itself. */
const maxDepth = 100;

/**
 * Returns every key and item of a document, parents before children, in the order of the text. The content of an
 * anchor is listed at each place that uses it, with the anchor's offsets. Of merged mappings (`<<`), only keys that
 * are not set beside them are listed.
 */
export function listYamlEntries(document: Document): readonly YamlEntry[] {
  const entries: YamlEntry[] = [];

  function addEntry(path: Path, node: unknown, key: Node | undefined): void {
    if (entries.length >= maxEntries || path.length > maxDepth) return;
    const value = isAlias(node) ? node.resolve(document) : (node as Node | null);
    const offset = getNodeStart(value) ?? getNodeStart(key) ?? 0;
    entries.push({
      path,
      key: getNodeStart(key),
      value: offset,
      scalar: isScalar(value) ? value : undefined,
    });
    addEntriesBelow(path, value);
  }

  function addEntriesBelow(path: Path, node: unknown, takenNames: ReadonlySet<string> = new Set()): void {
    if (isSeq(node))
      for (const [index, item] of node.items.entries()) addEntry([...path, index], item, undefined);
    if (!isMap(node)) return;
    // Of a repeated key the last pair counts.
    const lastPairs = new Map(node.items.map((pair) => [getKeyName(pair), pair]));
    const ownPairs = node.items.filter((pair) => !isMerge(pair) && lastPairs.get(getKeyName(pair)) === pair);
    const names = new Set([...takenNames, ...ownPairs.map(getKeyName)]);
    for (const pair of ownPairs)
      if (!takenNames.has(getKeyName(pair)))
        addEntry([...path, getKeyName(pair)], pair.value, pair.key as Node);
    if (path.length > maxDepth) return;
    for (const pair of node.items.filter(isMerge))
      for (const merged of listMergedMappings(pair)) addEntriesBelow(path, merged, names);
  }

  function listMergedMappings({ value }: Pair): unknown[] {
    const resolveAlias = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
    const mergedValue = resolveAlias(value);
    return isSeq(mergedValue) ? mergedValue.items.map(resolveAlias) : [mergedValue];
  }

  addEntriesBelow([], document.contents);
  return entries;
}

/**
 * Returns the offset in the text of a character of a scalar's value, whether it is written as a block, folded over
 * lines or with escapes. If the two differ in more than white space, returns the scalar's start.
 */
export function findOffsetInScalar(scalar: Scalar, character: number, text: string): number {
  const [start, end] = scalar.range ?? [0, 0];
  const value = String(scalar.value);
  const isBlock = scalar.type === Scalar.BLOCK_LITERAL || scalar.type === Scalar.BLOCK_FOLDED;
  const quotes = scalar.type === Scalar.QUOTE_DOUBLE || scalar.type === Scalar.QUOTE_SINGLE ? 1 : 0;
  // A block's first line has its indicator, and perhaps a comment.
  const contentStart = isBlock ? text.indexOf("\n", start) + 1 : start + quotes;
  let index = 0;
  let tokenEnd = start;
  for (const { 0: token, index: tokenIndex } of text
    .slice(contentStart, end - quotes)
    .matchAll(getTokenPattern(scalar))) {
    const written = scalar.type === Scalar.QUOTE_DOUBLE ? unescapeToken(token) : token.replace("''", "'");
    if (written.trim() === "") continue;
    while (index < value.length && value[index]?.trim() === "") index++;
    if (index >= character) return contentStart + tokenIndex;
    if (!value.startsWith(written, index)) return start;
    index += written.length;
    tokenEnd = contentStart + tokenIndex + token.length;
  }
  return tokenEnd;
}

/**
 * Returns the pattern for one character of a scalar's value as it is written in the text: an escape in quotes is one
 * token.
 */
function getTokenPattern({ type }: Scalar): RegExp {
  if (type === Scalar.QUOTE_DOUBLE)
    return /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|\r\n|[\s\S])|[\s\S]/g;
  return type === Scalar.QUOTE_SINGLE ? /''|[\s\S]/g : /[\s\S]/g;
}

/** Returns the value of a token of a text in double quotes; an escape for white space becomes a blank. */
function unescapeToken(token: string): string {
  if (!token.startsWith("\\")) return token;
  const hex = /^\\[xuU](.+)$/.exec(token)?.[1];
  if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
  return /^\\[tnvfr _LP\s]/.test(token) ? " " : token.slice(1);
}

/** True for the pair of a merged mapping (`<<`). */
function isMerge({ key }: Pair): boolean {
  // Its value is a symbol of the library's own.
  return isScalar(key) && key.source === "<<" && key.type === Scalar.PLAIN;
}

function getKeyName({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

function getNodeStart(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
