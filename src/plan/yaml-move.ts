import { Document, isMap, isScalar, type Pair, Scalar, type YAMLMap } from "yaml";
import { formatKeyPath } from "./values.ts";

type Path = readonly (string | number)[];

/** What became of a key that nobody read. */
export type Moved =
  /** It has the right name now, where it was or elsewhere. */
  | "renamed"
  /** What stood in it and was not at the right place yet, is there now. */
  | "merged"
  | "removed"
  /** The right key has a value of its own, which counts. */
  | "superseded";

/**
 * Gives a key the right path, or takes it out when there is none; its comments go along. `at` is where the values begin in
 * the document, both paths are below it. Undefined, and nothing changed, when it is not written out there (an alias, a merge).
 */
export function moveKey(
  document: Document,
  at: Path,
  from: readonly string[],
  to: readonly string[] | undefined,
  { why, asText = false }: { readonly why: string; readonly asText?: boolean },
): Moved | undefined {
  const above = [...at, ...from.slice(0, -1)];
  const map = mapAt(document, above);
  const index = map?.items.findIndex((pair) => nameOf(pair) === from.at(-1)) ?? -1;
  const pair = map?.items[index];
  if (map === undefined || pair === undefined) return undefined;
  const name = to?.at(-1) ?? "";
  const isBeside = to !== undefined && samePath(to.slice(0, -1), from.slice(0, -1));
  if (asText) pair.value = textOf(pair.value);
  if (isBeside && !map.has(name)) {
    rename(pair, name);
    return "renamed";
  }
  const target = to && ensureMap(document, [...at, ...to.slice(0, -1)]);
  if (to !== undefined && target === undefined) return undefined;
  map.items.splice(index, 1);
  if (target === undefined) {
    note(document, [...above], index, pair, `${shown(from, pair)} was here: ${why}`);
    return "removed";
  }
  const there = target.items.find((one) => nameOf(one) === name);
  if (there === undefined) {
    rename(pair, name);
    target.items.push(pair);
    return "renamed";
  }
  if (isMap(there.value) && isMap(pair.value)) {
    mergeInto(there.value, pair.value);
    return "merged";
  }
  if (asText && isScalar(there.value) && isScalar(pair.value)) {
    const before = String(there.value.value ?? "").trimEnd();
    there.value = blockOf(`${before && `${before}\n`}${String(pair.value.value)}`);
    return "merged";
  }
  const why2 = `${formatKeyPath(to ?? [])}, which is read, has its own value`;
  note(document, [...above], index, pair, `${shown(from, pair)} was here: ${why2}`);
  return "superseded";
}

/** YAML as a text in YAML, its comments and quotes kept. */
function textOf(node: unknown): Scalar<string> {
  const whole = new Document(undefined, { schema: "failsafe" });
  whole.contents = node as typeof whole.contents;
  return blockOf(whole.toString({ lineWidth: 0 }));
}

function blockOf(text: string): Scalar<string> {
  const scalar = new Scalar(text);
  scalar.type = "BLOCK_LITERAL";
  return scalar;
}

function mapAt(document: Document, path: Path): YAMLMap<unknown, unknown> | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isMap(node) ? node : undefined;
}

function ensureMap(document: Document, path: Path): YAMLMap<unknown, unknown> | undefined {
  const there = path.length === 0 ? document.contents : document.getIn(path, true);
  if (there === undefined && path.length > 0) {
    if (ensureMap(document, path.slice(0, -1)) === undefined) return undefined;
    document.setIn(path, document.createNode({}));
    return mapAt(document, path);
  }
  return isMap(there) ? there : undefined;
}

/** What is there stays: it is what has been read so far. */
function mergeInto(target: YAMLMap<unknown, unknown>, more: YAMLMap<unknown, unknown>): void {
  for (const pair of more.items) {
    const there = target.items.find((one) => nameOf(one) === nameOf(pair));
    if (there === undefined) target.items.push(pair);
    else if (isMap(there.value) && isMap(pair.value)) mergeInto(there.value, pair.value);
  }
}

function rename(pair: Pair, name: string): void {
  (pair.key as Scalar).value = name;
}

/** Says in a comment, where the key was, why it is gone; within `{}` at the nearest line of its own above it. */
function note(document: Document, above: Path, index: number, gone: Pair, text: string): void {
  const own = (gone.key as Scalar).commentBefore;
  const comment = [...(own ? [own] : []), ` ${text}`].join("\n");
  const map = mapAt(document, above);
  const next = map?.items[index]?.key as Scalar | undefined;
  if (map && !map.flow && next) {
    if ((gone.key as Scalar).spaceBefore) next.spaceBefore = true;
    next.commentBefore = joined(comment, next.commentBefore);
    return;
  }
  if (map && !map.flow && map.items.length > 0) {
    map.comment = joined(map.comment, comment);
    return;
  }
  if (above.length === 0) {
    document.commentBefore = joined(document.commentBefore, comment);
    return;
  }
  const holder = mapAt(document, above.slice(0, -1));
  const key = holder?.items.find((pair) => nameOf(pair) === String(above.at(-1)))?.key as Scalar | undefined;
  if (holder && !holder.flow && key) key.commentBefore = joined(key.commentBefore, comment);
  else note(document, above.slice(0, -1), Number.MAX_SAFE_INTEGER, gone, text);
}

function joined(first: string | null | undefined, second: string | null | undefined): string {
  return [first, second].filter(Boolean).join("\n");
}

/** Of a mapping only the key: it may be long. */
function shown(path: readonly string[], { value }: Pair): string {
  return `${formatKeyPath(path)}${isScalar(value) ? `: ${String(value.value)}` : ""}`;
}

function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}
