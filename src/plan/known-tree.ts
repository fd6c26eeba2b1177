/** What a chart knows below one key of its values. */
export interface KnownValues {
  readonly keys: Map<string, KnownValues>;
  /** Whatever stands below has an effect: it is taken whole, or the author doesn't say what it holds. */
  anything: boolean;
  /** What the chart itself has there; undefined: a scalar, or nothing. */
  kind?: "list" | "mapping" | undefined;
}

export function emptyTree(): KnownValues {
  return { keys: new Map(), anything: false };
}

/** The node of a key path, made where there is none. */
export function nodeAt(known: KnownValues, path: readonly string[]): KnownValues {
  let node = known;
  for (const key of path) {
    const next = node.keys.get(key) ?? emptyTree();
    node.keys.set(key, next);
    node = next;
  }
  return node;
}

export function isOpen(known: KnownValues): boolean {
  return known.anything || known.keys.size === 0;
}

/** Adds what a subchart knows to what its parent says of it. */
export function mergeTree(into: KnownValues, other: KnownValues): void {
  if (isOpen(other)) into.anything = true;
  into.kind ??= other.kind;
  for (const [key, node] of other.keys) mergeTree(nodeAt(into, [key]), node);
}
