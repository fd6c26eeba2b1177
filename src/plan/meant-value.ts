import { nearest } from "../config/suggest.ts";
import { isOpen, type KnownValues } from "./known-tree.ts";
import { isMapping } from "./values.ts";

type Path = readonly string[];

/**
 * The key path that was probably meant by one that nobody reads: a key of a similar name beside it, else one of the same
 * name further up, else the only one of that name one level below. Undefined when nothing is near.
 */
export function meantValue(path: Path, value: unknown, known: KnownValues): Path | undefined {
  const name = path.at(-1) ?? "";
  // A switch is meant for what it stands in, and that has none.
  if (name === "enabled") return undefined;
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const above = path.slice(0, depth);
    const level = at(known, above);
    const fitting = level ? [...level.keys].filter(([, node]) => fits(value, node)).map(([key]) => key) : [];
    // Further up only the same word counts: a similar one is an accident.
    const key = depth === path.length - 1 ? similar(name, fitting) : sameWords(name, fitting);
    if (key !== undefined) return [...above, key];
  }
  return onlyOneBelow(path, value, known);
}

/**
 * A mapping fits where at least one of its keys is known, if it has any; anything else, where no mapping is. Even where
 * anything may stand, a list is no mapping.
 */
function fits(value: unknown, node: KnownValues): boolean {
  if (Array.isArray(value) && node.kind === "mapping") return false;
  if (isMapping(value) && node.kind === "list") return false;
  if (isOpen(node)) return true;
  if (!isMapping(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 0 || keys.some((key) => node.keys.has(key));
}

function similar(name: string, candidates: readonly string[]): string | undefined {
  return (
    sameWords(name, candidates) ??
    (name.length > 3 ? nearest(name, candidates) : undefined) ??
    withMoreWords(name, candidates) ??
    sameBeginning(name, candidates)
  );
}

/** `kubeStateMetrics` and `kube-state-metrics`. */
function sameWords(name: string, candidates: readonly string[]): string | undefined {
  const wanted = wordsOf(name).join(" ");
  return candidates.find((key) => wordsOf(key).join(" ") === wanted);
}

/**
 * `nodeExporter` in `prometheus-node-exporter`, `storageClass` in `storageClassName`: the one with the fewest more words,
 * which are less than half of it.
 */
function withMoreWords(name: string, candidates: readonly string[]): string | undefined {
  const wanted = ` ${wordsOf(name).join(" ")} `;
  const found = candidates
    .map((key) => ({ key, words: ` ${wordsOf(key).join(" ")} ` }))
    .filter(({ words }) => words.includes(wanted) || wanted.includes(words))
    .map(({ key, words }) => ({ key, more: Math.abs(words.length - wanted.length) }))
    .filter(({ key, more }) => more <= Math.max(key.length, name.length) / 2)
    .sort((a, b) => a.more - b.more);
  return single(found, ({ more }) => more)?.key;
}

/** `persistence` and `persistentVolume`: most of the shorter word is the same. */
function sameBeginning(name: string, candidates: readonly string[]): string | undefined {
  const found = candidates
    .map((key) => ({ key, same: sameLetters(name, key) }))
    .filter(({ key, same }) => same >= 6 && same >= Math.min(name.length, key.length) * 0.6)
    .sort((a, b) => b.same - a.same);
  return single(found, ({ same }) => same)?.key;
}

function sameLetters(a: string, b: string): number {
  let same = 0;
  while (same < a.length && a[same]?.toLowerCase() === b[same]?.toLowerCase()) same += 1;
  return same;
}

/** The first, unless the second is as good. */
function single<T>([first, second]: readonly T[], measure: (one: T) => number): T | undefined {
  if (first === undefined) return undefined;
  return second !== undefined && measure(first) === measure(second) ? undefined : first;
}

function onlyOneBelow(path: Path, value: unknown, known: KnownValues): Path | undefined {
  const name = path.at(-1) ?? "";
  const above = path.slice(0, -1);
  const found = [...(at(known, above)?.keys ?? [])].flatMap(([key, node]) => {
    const inner = node.keys.get(name);
    return inner !== undefined && fits(value, inner) ? [[...above, key, name]] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

function at(known: KnownValues, path: Path): KnownValues | undefined {
  return path.reduce<KnownValues | undefined>((node, key) => node?.keys.get(key), known);
}
