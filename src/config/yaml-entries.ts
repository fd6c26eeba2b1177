import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar } from "yaml";

type Path = readonly (string | number)[];

/** A key with its value, or an item of a list, and where in the text they stand (offsets from 0). */
export interface YamlEntry {
  readonly path: Path;
  /** Undefined for an item of a list. */
  readonly key: number | undefined;
  readonly value: number;
  readonly scalar: Scalar | undefined;
}

/** Enough for any values file; aliases of aliases can make a small text a very large tree. */
const mostEntries = 100_000;

/**
 * Every key and item of a document, parents first, in the order of the text. What comes from an anchor is there at each
 * place that uses it, and stands where the anchor does; of merged mappings (`<<`) only what isn't set beside them.
 */
export function yamlEntries(document: Document): readonly YamlEntry[] {
  const entries: YamlEntry[] = [];

  function add(path: Path, node: unknown, key: Node | undefined): void {
    if (entries.length >= mostEntries || path.length > 100) return;
    const value = isAlias(node) ? node.resolve(document) : (node as Node | null);
    const at = startOf(value) ?? startOf(key) ?? 0;
    entries.push({ path, key: startOf(key), value: at, scalar: isScalar(value) ? value : undefined });
    descend(path, value);
  }

  function descend(path: Path, node: unknown, taken: ReadonlySet<string> = new Set()): void {
    if (isSeq(node)) for (const [index, item] of node.items.entries()) add([...path, index], item, undefined);
    if (!isMap(node)) return;
    // Of a key that is there twice the last counts.
    const last = new Map(node.items.map((pair) => [nameOf(pair), pair]));
    const own = node.items.filter((pair) => !isMerge(pair) && last.get(nameOf(pair)) === pair);
    const names = new Set([...taken, ...own.map(nameOf)]);
    for (const pair of own)
      if (!taken.has(nameOf(pair))) add([...path, nameOf(pair)], pair.value, pair.key as Node);
    if (path.length > 100) return;
    for (const pair of node.items.filter(isMerge))
      for (const merged of mergedInto(pair)) descend(path, merged, names);
  }

  function mergedInto({ value }: Pair): unknown[] {
    const resolved = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
    const one = resolved(value);
    return isSeq(one) ? one.items.map(resolved) : [one];
  }

  descend([], document.contents);
  return entries;
}

/**
 * The offset of a character of a scalar's value in the text; where escapes or folded lines make that a guess, the
 * scalar's beginning.
 */
export function offsetInScalar(scalar: Scalar, character: number, text: string): number {
  const [start, end] = scalar.range ?? [0, 0];
  const value = String(scalar.value);
  if (scalar.type === Scalar.BLOCK_LITERAL) return offsetInBlock(value, start, character, text);
  const quotes = scalar.type === Scalar.PLAIN ? 0 : 1;
  const inner = text.slice(start + quotes, end - quotes);
  return inner === value ? start + quotes + character : start;
}

/** A block's lines are those of its value, each with the same indentation before it. */
function offsetInBlock(value: string, start: number, character: number, text: string): number {
  const before = value.slice(0, character).split("\n");
  const line = before.length - 1;
  let from = start;
  for (let skipped = 0; skipped <= line; skipped++) {
    const end = text.indexOf("\n", from);
    if (end === -1) return start;
    from = end + 1;
  }
  const written = /^[^\r\n]*/.exec(text.slice(from))?.[0] ?? "";
  const wanted = value.split("\n")[line] ?? "";
  if (!written.endsWith(wanted)) return start;
  return from + (written.length - wanted.length) + (before[line]?.length ?? 0);
}

function isMerge({ key }: Pair): boolean {
  // Its value is a symbol of the library's own.
  return isScalar(key) && key.source === "<<" && key.type === Scalar.PLAIN;
}

function nameOf({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
