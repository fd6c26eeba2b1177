export type ValueKind = "list" | "mapping" | "boolean" | "number" | "text";

/** What a chart knows below one key of its values. */
export interface KnownValues {
  readonly keys: Map<string, KnownValues>;
  /** Whatever stands below has an effect: it is taken whole, or the author doesn't say what it holds. */
  anything: boolean;
  /** The type of the chart's default, or else of its schema; undefined when neither names one. */
  kind?: ValueKind | undefined;
}

/** Returns undefined for null: a chart that has it as its default does not name a type. */
export function kindOf(value: unknown): ValueKind | undefined {
  if (Array.isArray(value)) return "list";
  if (typeof value === "object") return value === null ? undefined : "mapping";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "number" ? "number" : "text";
}

export function emptyTree(): KnownValues {
  return { keys: new Map(), anything: false };
}

export function copyTree(known: KnownValues): KnownValues {
  const keys = new Map([...known.keys].map(([key, node]) => [key, copyTree(node)]));
  return { ...known, keys };
}

/** Returns the node of a key path, or undefined where the chart has none. */
export function findNode(known: KnownValues, path: readonly string[]): KnownValues | undefined {
  return path.reduce<KnownValues | undefined>((node, key) => node?.keys.get(key), known);
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
