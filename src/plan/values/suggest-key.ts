import { isMapping } from "../../lib/object.ts";
import { editDistance, findNearestWord, normalizeWord } from "../../lib/suggest.ts";
import { findNode, findValueKind, isOpenNode, type KnownValues } from "./known-values.ts";

type Path = readonly string[];

/** The key path that was probably meant by one that nobody reads. */
export interface Suggestion {
  readonly path: Path;
  /** True if no other key is likely: the same words, a known other name, one letter off. Else it is a suggestion. */
  readonly isCertain: boolean;
}

export type SuggestionOrSeveral = Suggestion | { readonly several: readonly Path[] };

/** No component of a chart has more levels than that between a key and where it belongs. */
const maximumDepth = 5;

/**
 * Looks for what was meant: the same words beside the key, the same words on another level, then a similar name beside it.
 * A target has the type of the chart's default or schema. Returns undefined when nothing is near.
 */
export function suggestKey(path: Path, value: unknown, known: KnownValues): SuggestionOrSeveral | undefined {
  const name = path.at(-1) ?? "";
  // A switch belongs to the mapping around it, and the chart has none there.
  if (name === "enabled") return undefined;
  const moved = findMovedKey(path, value, known);
  if (moved !== undefined) return toSuggestion(value === null, moved);
  const above = path.slice(0, -1);
  const beside = [...(findNode(known, above)?.keys ?? [])].filter(([, node]) => hasFittingType(value, node));
  const keys = beside.map(([key]) => key);
  const same = keys.find((key) => hasSameWords(key, name));
  const elsewhere = findOnAnotherLevel(path, value, known);
  if (same !== undefined) {
    const isOther = beside.some(
      ([key, node]) => key === same && !isOpenNode(node) && !hasSharedKey(value, node),
    );
    const isDoubtful =
      isSwitch(same) ||
      value === null ||
      isOther ||
      (elsewhere !== undefined && hasExactName(elsewhere, name));
    return toSuggestion(isDoubtful, [...above, same]);
  }
  if (elsewhere !== undefined) return elsewhere;
  const wrong = beside.flatMap(([key, node]) => (!isSwitch(key) && hasSharedKey(value, node) ? [key] : []));
  const misspelt = findOneLetterOff(name, wrong);
  if (misspelt !== undefined) {
    const node = findNode(known, [...above, misspelt]);
    return toSuggestion(value === null || !hasProvenType(value, node), [...above, misspelt]);
  }
  const misspeltSwitch = findOneLetterOff(name, keys.filter(isSwitch));
  const similar = (isSwitch(name) ? misspeltSwitch : undefined) ?? findSimilar(name, wrong) ?? misspeltSwitch;
  return similar === undefined ? undefined : { path: [...above, similar], isCertain: false };
}

/** Keys that newer versions of a chart have elsewhere. */
const movedKeys: readonly { readonly from: Path; readonly to: Path }[] = [
  { from: ["configmapReload", "alertmanager"], to: ["alertmanager", "configmapReload"] },
];

function findMovedKey(path: Path, value: unknown, known: KnownValues): Path | undefined {
  for (const { from, to } of movedKeys) {
    const above = path.slice(0, path.length - from.length);
    if (JSON.stringify([...above, ...from]) !== JSON.stringify(path)) continue;
    const node = findNode(known, [...above, ...to]);
    if (node !== undefined && hasFittingType(value, node) && hasSharedKey(value, node))
      return [...above, ...to];
  }
  return undefined;
}

function toSuggestion(isDoubtful: boolean, path: Path): Suggestion {
  return { path, isCertain: !isDoubtful };
}

/** True if the chart has exactly this name elsewhere, not only the same words. */
function hasExactName(found: SuggestionOrSeveral, name: string): boolean {
  const paths = "several" in found ? found.several : [found.path];
  return paths.some((path) => path.at(-1) === name);
}

/** True if a key decides that a component exists at all. */
export function isSwitch(name: string): boolean {
  return /^(?:enabled?|disabled?|create|install|deploy)$/i.test(name);
}

/** True if a value has the type that the chart has there, or the chart has none. */
function hasFittingType(value: unknown, node: KnownValues): boolean {
  const kind = findValueKind(value);
  if (kind === undefined) return true;
  if (kind === "mapping" || kind === "list") return (node.kind ?? kind) === kind && hasRoomFor(node, kind);
  if (node.kind === undefined) return node.keys.size === 0;
  if (kind === node.kind) return true;
  // helm takes "9090" for 9090 and the other way round.
  return kind === "number" ? node.kind === "text" : node.kind === "number" && isNumeric(value);
}

/** True if the chart's defaults or schema prove a value's type; a scalar may also be known from a template alone. */
function hasProvenType(value: unknown, node: KnownValues | undefined): boolean {
  return typeof value !== "object" || node?.kind === findValueKind(value);
}

/** True if a node accepts the mapping or list: a node with keys is not a list, and one without keys accepts any mapping. */
function hasRoomFor(node: KnownValues, kind: "mapping" | "list"): boolean {
  return kind === "mapping"
    ? node.keys.size > 0 || isOpenNode(node)
    : node.keys.size === 0 || node.kind === "list";
}

function isNumeric(value: unknown): boolean {
  return typeof value === "string" && /^\d+%?$/.test(value);
}

/** True if a mapping has at least one of the chart's keys there. */
function hasSharedKey(value: unknown, node: KnownValues): boolean {
  if (!isMapping(value) || node.keys.size === 0) return true;
  const names = Object.keys(value);
  return (
    names.length === 0 || names.some((name) => [...node.keys.keys()].some((key) => hasSameWords(key, name)))
  );
}

/** Finds keys with the same words below the key's own level, or in a level above it. */
function findOnAnotherLevel(path: Path, value: unknown, known: KnownValues): SuggestionOrSeveral | undefined {
  const name = path.at(-1) ?? "";
  const above = path.slice(0, -1);
  const level = findNode(known, above);
  const isIt = (found: Path, node: KnownValues) =>
    hasSameWords(found.at(-1) ?? "", name) && hasFittingType(value, node) && hasSharedKey(value, node);
  const below = level ? findNamesakes(level, above, name).filter(({ path, node }) => isIt(path, node)) : [];
  const further = above.flatMap((_, index) => {
    const upper = above.slice(0, above.length - 1 - index);
    const keys = [...(findNode(known, upper)?.keys ?? [])];
    return keys
      .map(([key, node]) => ({ path: [...upper, key], node }))
      .filter((one) => isIt(one.path, one.node));
  });
  const found = below.length > 0 ? below : further.slice(0, 1);
  const [only, second] = found;
  if (only === undefined) return undefined;
  if (second !== undefined) return { several: found.map((one) => one.path) };
  const inAll = findNamesakes(known, [], name).length;
  const isOnlyOne =
    inAll === 1 ||
    (below.length > 0 && above.length > 0 && findNamesakes(level ?? known, above, name).length === 1);
  const isDoubtful =
    !isOnlyOne || isRiskyMove(value, only.node, name) || leavesSwitchableComponent(path, only.path, known);
  return toSuggestion(isDoubtful, only.path);
}

/** True if moving a value to another level could switch something on or off, or take a default away. */
function isRiskyMove(value: unknown, node: KnownValues, name: string): boolean {
  if (value === null || isSwitch(name)) return true;
  // In a mapping that takes anything nothing shows that it is the right one.
  if (isMapping(value) && node.keys.size === 0) return true;
  return isMapping(value) && (hasSwitch(value) || [...node.keys.keys()].some(isSwitch));
}

/** True if a move leaves a component that can be switched off: its values are most likely meant for that component. */
function leavesSwitchableComponent(path: Path, to: Path, known: KnownValues): boolean {
  const left = path.slice(0, -1).map((_, index) => path.slice(0, index + 1));
  return left
    .filter((above) => above.length >= to.length)
    .some((above) => [...(findNode(known, above)?.keys.keys() ?? [])].some(isSwitch));
}

function hasSwitch(value: unknown): boolean {
  if (!isMapping(value)) return false;
  return Object.entries(value).some(([key, inner]) => isSwitch(key) || hasSwitch(inner));
}

interface Namesake {
  readonly path: Path;
  readonly node: KnownValues;
}

function findNamesakes(level: KnownValues, above: Path, name: string, depth = 0): Namesake[] {
  return [...level.keys].flatMap(([key, node]) => {
    const path = [...above, key];
    const here = hasSameWords(key, name) ? [{ path, node }] : [];
    return depth < maximumDepth ? [...here, ...findNamesakes(node, path, name, depth + 1)] : here;
  });
}

/** Names that charts and their users have for the same thing. */
const otherNames: readonly (readonly string[])[] = [
  ["persistence", "persistent volume"],
  ["storage class", "storage class name"],
  ["node exporter", "prometheus node exporter"],
  ["pushgateway", "push gateway", "prometheus pushgateway"],
  ["replicas", "replica count", "replica"],
];
const canonical = new Map(otherNames.flatMap((names) => names.map((name) => [name, names[0] ?? name])));

/** `kubeStateMetrics` and `kube-state-metrics`, `storageClass` and `storageClassName`. */
export function hasSameWords(a: string, b: string): boolean {
  return a === b || normalizeName(a) === normalizeName(b);
}

const normalizedNames = new Map<string, string>();

function normalizeName(name: string): string {
  const known = normalizedNames.get(name);
  if (known !== undefined) return known;
  const words = splitWords(name).join(" ");
  const found = canonical.get(words) ?? words.replaceAll(" ", "");
  normalizedNames.set(name, found);
  return found;
}

/** Short words are one letter apart by nature: only a letter too few, too many or swapped counts there. */
function findOneLetterOff(name: string, candidates: readonly string[]): string | undefined {
  if (name.length < 4 || name.length > 100) return undefined;
  const wanted = normalizeWord(name);
  const found = candidates.filter((key) => {
    const plain = normalizeWord(key);
    if (Math.abs(plain.length - wanted.length) > 1 || editDistance(wanted, plain) !== 1) return false;
    const isReplaced = plain.length === wanted.length && sortLetters(plain) !== sortLetters(wanted);
    return wanted.length >= (isReplaced ? 6 : 4);
  });
  return found.length === 1 ? found[0] : undefined;
}

function sortLetters(word: string): string {
  return [...word].sort().join("");
}

function findSimilar(name: string, candidates: readonly string[]): string | undefined {
  return (
    (name.length > 3 ? findNearestWord(name, candidates) : undefined) ??
    findWithMoreWords(name, candidates) ??
    findSameBeginning(name, candidates)
  );
}

/**
 * `remoteWriteReceiver` in `enableRemoteWriteReceiver`: the one with the fewest more words, which are less than half of it. A
 * single word has to come first, as in `storageSpec`: too many names end in `Config`.
 */
function findWithMoreWords(name: string, candidates: readonly string[]): string | undefined {
  const words = splitWords(name);
  const wanted = ` ${words.join(" ")} `;
  const found = candidates
    .map((key) => ({ key, words: ` ${splitWords(key).join(" ")} ` }))
    .filter((one) => one.words.includes(wanted) || wanted.includes(one.words))
    .filter((one) => words.length > 1 || one.words.startsWith(wanted))
    .map((one) => ({ key: one.key, more: Math.abs(one.words.length - wanted.length) }))
    .filter(({ key, more }) => more <= Math.max(key.length, name.length) / 2)
    .sort((a, b) => a.more - b.more);
  return pickUnrivalled(found, ({ more }) => more)?.key;
}

/** `persistence` and `persistentVolume`: most of the shorter word is the same. */
function findSameBeginning(name: string, candidates: readonly string[]): string | undefined {
  const found = candidates
    .map((key) => ({ key, same: countSameLetters(name, key) }))
    .filter(({ key, same }) => same >= 6 && same >= Math.min(name.length, key.length) * 0.6)
    .sort((a, b) => b.same - a.same);
  return pickUnrivalled(found, ({ same }) => same)?.key;
}

function countSameLetters(a: string, b: string): number {
  let same = 0;
  while (same < a.length && a[same]?.toLowerCase() === b[same]?.toLowerCase()) same += 1;
  return same;
}

/** Returns the first item unless the second one is as good. */
function pickUnrivalled<T>([first, second]: readonly T[], measure: (one: T) => number): T | undefined {
  if (first === undefined) return undefined;
  return second !== undefined && measure(first) === measure(second) ? undefined : first;
}

function splitWords(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}
