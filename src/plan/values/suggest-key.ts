import { isMapping } from "../../lib/object.ts";
import { computeEditDistance, findNearestWord, normalizeWord } from "../../lib/suggest.ts";
import { findNode, findValueKind, isOpenNode, type KnownValues } from "./known-values.ts";

type Path = readonly string[];

/** The key path that the user probably meant. */
interface Suggestion {
  readonly path: Path;
  /** True if no other key is likely: the same words, a known other name, one letter off. Else it is a suggestion. */
  readonly isCertain: boolean;
}

/** One suggested key, or several keys of the same name among which nothing decides. */
type SuggestionOrSeveral = Suggestion | { readonly several: readonly Path[] };

/** No known chart has more levels between a misplaced key and its right place. */
const maximumDepth = 5;

/**
 * Suggests the key that the user meant for an unknown key. Tries, in this order: the new place of a moved key, a key
 * with the same words beside it, one with the same words on another level, one that differs by a letter, and one with
 * a similar name. The suggested key has the type of the user's value. Undefined if no key is similar.
 */
export function suggestKey(path: Path, value: unknown, known: KnownValues): SuggestionOrSeveral | undefined {
  const name = path.at(-1) ?? "";
  // `enabled` belongs to the component around it. The chart has no such switch, so a similar key would be wrong.
  if (name === "enabled") return undefined;
  const movedPath = findMovedKey(path, value, known);
  if (movedPath !== undefined) return createSuggestion(value === null, movedPath);
  const parentPath = path.slice(0, -1);
  const siblings = [...(findNode(known, parentPath)?.keys ?? [])].filter(([, node]) =>
    hasFittingType(value, node),
  );
  const siblingNames = siblings.map(([key]) => key);
  const siblingWithSameWords = siblingNames.find((key) => hasSameWords(key, name));
  const elsewhere = findOnAnotherLevel(path, value, known);
  if (siblingWithSameWords !== undefined) {
    const hasOtherContent = siblings.some(
      ([key, node]) => key === siblingWithSameWords && !isOpenNode(node) && !hasSharedKey(value, node),
    );
    const isDoubtful =
      isSwitch(siblingWithSameWords) ||
      value === null ||
      hasOtherContent ||
      (elsewhere !== undefined && hasExactName(elsewhere, name));
    return createSuggestion(isDoubtful, [...parentPath, siblingWithSameWords]);
  }
  if (elsewhere !== undefined) return elsewhere;
  const candidates = siblings.flatMap(([key, node]) =>
    !isSwitch(key) && hasSharedKey(value, node) ? [key] : [],
  );
  const oneLetterOff = findOneLetterOff(name, candidates);
  if (oneLetterOff !== undefined) {
    const node = findNode(known, [...parentPath, oneLetterOff]);
    return createSuggestion(value === null || !hasProvenType(value, node), [...parentPath, oneLetterOff]);
  }
  const switchOneLetterOff = findOneLetterOff(name, siblingNames.filter(isSwitch));
  const similar =
    (isSwitch(name) ? switchOneLetterOff : undefined) ?? findSimilar(name, candidates) ?? switchOneLetterOff;
  return similar === undefined ? undefined : { path: [...parentPath, similar], isCertain: false };
}

/** Keys that newer versions of a chart have elsewhere. */
const movedKeys: readonly { readonly from: Path; readonly to: Path }[] = [
  { from: ["configmapReload", "alertmanager"], to: ["alertmanager", "configmapReload"] },
];

/** Returns the new path of a key that newer versions of the chart have elsewhere; undefined for any other key. */
function findMovedKey(path: Path, value: unknown, known: KnownValues): Path | undefined {
  for (const { from, to } of movedKeys) {
    const parentPath = path.slice(0, path.length - from.length);
    if (JSON.stringify([...parentPath, ...from]) !== JSON.stringify(path)) continue;
    const node = findNode(known, [...parentPath, ...to]);
    if (node !== undefined && hasFittingType(value, node) && hasSharedKey(value, node))
      return [...parentPath, ...to];
  }
  return undefined;
}

function createSuggestion(isDoubtful: boolean, path: Path): Suggestion {
  return { path, isCertain: !isDoubtful };
}

/** True if a suggested key has exactly this name, and not only the same words. */
function hasExactName(suggestion: SuggestionOrSeveral, name: string): boolean {
  const paths = "several" in suggestion ? suggestion.several : [suggestion.path];
  return paths.some((path) => path.at(-1) === name);
}

/** True if a key is a switch: it decides whether a component exists at all (`enabled`, `create`). */
export function isSwitch(name: string): boolean {
  return /^(?:enabled?|disabled?|create|install|deploy)$/i.test(name);
}

/** True if a value has the type that the chart has there, or if the chart's type is unknown. */
function hasFittingType(value: unknown, node: KnownValues): boolean {
  const kind = findValueKind(value);
  if (kind === undefined) return true;
  if (kind === "mapping" || kind === "list") return (node.kind ?? kind) === kind && hasRoomFor(node, kind);
  if (node.kind === undefined) return node.keys.size === 0;
  if (kind === node.kind) return true;
  // helm takes "9090" for 9090 and the other way round.
  return kind === "number" ? node.kind === "text" : node.kind === "number" && isNumeric(value);
}

/** True if the chart's defaults or schema prove the type of a value. For a scalar, use in a template is enough. */
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

/**
 * Returns the key with the same words below the unknown key's parent, or else in the nearest level above it. Several
 * keys below are returned as `several`; undefined if there is none.
 */
function findOnAnotherLevel(path: Path, value: unknown, known: KnownValues): SuggestionOrSeveral | undefined {
  const name = path.at(-1) ?? "";
  const parentPath = path.slice(0, -1);
  const parentNode = findNode(known, parentPath);
  const isCandidate = (candidatePath: Path, node: KnownValues) =>
    hasSameWords(candidatePath.at(-1) ?? "", name) &&
    hasFittingType(value, node) &&
    hasSharedKey(value, node);
  const belowLevel = parentNode
    ? findNamesakes(parentNode, parentPath, name).filter((namesake) =>
        isCandidate(namesake.path, namesake.node),
      )
    : [];
  const aboveLevel = parentPath.flatMap((_, index) => {
    const ancestorPath = parentPath.slice(0, parentPath.length - 1 - index);
    const keys = [...(findNode(known, ancestorPath)?.keys ?? [])];
    return keys
      .map(([key, node]) => ({ path: [...ancestorPath, key], node }))
      .filter((namesake) => isCandidate(namesake.path, namesake.node));
  });
  const namesakes = belowLevel.length > 0 ? belowLevel : aboveLevel.slice(0, 1);
  const [onlyNamesake, secondNamesake] = namesakes;
  if (onlyNamesake === undefined) return undefined;
  if (secondNamesake !== undefined) return { several: namesakes.map((namesake) => namesake.path) };
  const countInChart = findNamesakes(known, [], name).length;
  // The only key of this name in the chart, or the only one below the unknown key's parent.
  const isUnique =
    countInChart === 1 ||
    (belowLevel.length > 0 &&
      parentPath.length > 0 &&
      findNamesakes(parentNode ?? known, parentPath, name).length === 1);
  const isDoubtful =
    !isUnique ||
    isRiskyMove(value, name, onlyNamesake.node) ||
    leavesSwitchableComponent(path, onlyNamesake.path, known);
  return createSuggestion(isDoubtful, onlyNamesake.path);
}

/**
 * True if moving the user's value to another level could enable or disable a component, or remove a default.
 * @param name the unknown key that holds the value
 * @param target the node that the value would be moved to
 */
function isRiskyMove(value: unknown, name: string, target: KnownValues): boolean {
  // With null, helm removes the chart's default.
  if (value === null || isSwitch(name)) return true;
  if (!isMapping(value)) return false;
  // A mapping that accepts any key gives no evidence that it is the right place.
  if (target.keys.size === 0) return true;
  return hasSwitch(value) || [...target.keys.keys()].some(isSwitch);
}

/**
 * True if the target is outside a component that can be switched off and that contains the unknown key. The value is
 * most likely meant for that component.
 */
function leavesSwitchableComponent(path: Path, target: Path, known: KnownValues): boolean {
  const ancestors = path.slice(0, -1).map((_, index) => path.slice(0, index + 1));
  return ancestors
    .filter((ancestor) => ancestor.length >= target.length)
    .some((ancestor) => [...(findNode(known, ancestor)?.keys.keys() ?? [])].some(isSwitch));
}

/** True if a mapping contains a switch at any level. */
function hasSwitch(value: unknown): boolean {
  if (!isMapping(value)) return false;
  return Object.entries(value).some(([key, inner]) => isSwitch(key) || hasSwitch(inner));
}

interface Namesake {
  readonly path: Path;
  readonly node: KnownValues;
}

/** Returns the keys with the same words below a node, at any level up to `maximumDepth`. */
function findNamesakes(level: KnownValues, levelPath: Path, name: string, depth = 0): Namesake[] {
  return [...level.keys].flatMap(([key, node]) => {
    const path = [...levelPath, key];
    const matches = hasSameWords(key, name) ? [{ path, node }] : [];
    return depth < maximumDepth ? [...matches, ...findNamesakes(node, path, name, depth + 1)] : matches;
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
/** The first of the other names, by each of them. */
const canonicalNames = new Map(otherNames.flatMap((names) => names.map((name) => [name, names[0] ?? name])));

/**
 * True if two names have the same words: `kubeStateMetrics` and `kube-state-metrics`, `storageClass` and
 * `storageClassName`.
 */
export function hasSameWords(a: string, b: string): boolean {
  return a === b || normalizeName(a) === normalizeName(b);
}

const normalizedNames = new Map<string, string>();

/** Returns a name's words without separators, with synonyms replaced by one form. */
function normalizeName(name: string): string {
  const cachedName = normalizedNames.get(name);
  if (cachedName !== undefined) return cachedName;
  const words = splitWords(name).join(" ");
  const normalized = canonicalNames.get(words) ?? words.replaceAll(" ", "");
  normalizedNames.set(name, normalized);
  return normalized;
}

/** Lengths between which names are compared letter by letter; shorter words are too often similar by chance. */
const minimumLength = 4;
const minimumLengthForReplaced = 6;
const maximumLength = 100;

/**
 * Returns the only candidate that differs from a name by one letter. Between short words only a missing, extra or swapped
 * letter counts, because many of them differ by one letter.
 */
function findOneLetterOff(name: string, candidates: readonly string[]): string | undefined {
  if (name.length < minimumLength || name.length > maximumLength) return undefined;
  const normalizedTarget = normalizeWord(name);
  const matches = candidates.filter((key) => {
    const normalized = normalizeWord(key);
    if (
      Math.abs(normalized.length - normalizedTarget.length) > 1 ||
      computeEditDistance(normalizedTarget, normalized) !== 1
    )
      return false;
    const isReplaced =
      normalized.length === normalizedTarget.length &&
      sortLetters(normalized) !== sortLetters(normalizedTarget);
    return normalizedTarget.length >= (isReplaced ? minimumLengthForReplaced : minimumLength);
  });
  return matches.length === 1 ? matches[0] : undefined;
}

/** Returns the word with its letters in alphabetical order. Words with only swapped letters have the same result. */
function sortLetters(word: string): string {
  return [...word].sort().join("");
}

/** Returns the most similar candidate: by its letters, by its words, or by its beginning. */
function findSimilar(name: string, candidates: readonly string[]): string | undefined {
  return (
    (name.length > 3 ? findNearestWord(name, candidates) : undefined) ??
    findWithMoreWords(name, candidates) ??
    findSameBeginning(name, candidates)
  );
}

/**
 * Returns the candidate that contains the words of a name, or the reverse, with the fewest extra words:
 * `remoteWriteReceiver` for `enableRemoteWriteReceiver`. The extra words must be less than half of it. A single word
 * must come first, as in `storageSpec`, because too many names end in `Config`.
 */
function findWithMoreWords(name: string, candidates: readonly string[]): string | undefined {
  const words = splitWords(name);
  const wantedWords = ` ${words.join(" ")} `;
  const matches = candidates
    .map((key) => ({ key, words: ` ${splitWords(key).join(" ")} ` }))
    .filter((candidate) => candidate.words.includes(wantedWords) || wantedWords.includes(candidate.words))
    .filter((candidate) => words.length > 1 || candidate.words.startsWith(wantedWords))
    .map(({ key, words: keyWords }) => ({
      key,
      extraLength: Math.abs(keyWords.length - wantedWords.length),
    }))
    .filter(({ key, extraLength }) => extraLength <= Math.max(key.length, name.length) / 2)
    .sort((a, b) => a.extraLength - b.extraLength);
  return pickUnrivalled(matches, ({ extraLength }) => extraLength)?.key;
}

/** The number of letters, and the fraction of the shorter name, that two names must have in common at the beginning. */
const minimumSharedLetters = 6;
const minimumSharedFraction = 0.6;

/** Returns the candidate that shares most of the shorter name's beginning: `persistence` and `persistentVolume`. */
function findSameBeginning(name: string, candidates: readonly string[]): string | undefined {
  const matches = candidates
    .map((key) => ({ key, sharedLetters: countSameLetters(name, key) }))
    .filter(
      ({ key, sharedLetters }) =>
        sharedLetters >= minimumSharedLetters &&
        sharedLetters >= Math.min(name.length, key.length) * minimumSharedFraction,
    )
    .sort((a, b) => b.sharedLetters - a.sharedLetters);
  return pickUnrivalled(matches, ({ sharedLetters }) => sharedLetters)?.key;
}

/** Returns the number of letters that two words have in common at the beginning, in upper or lower case. */
function countSameLetters(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length]?.toLowerCase() === b[length]?.toLowerCase()) length += 1;
  return length;
}

/** Returns the first item of a sorted list; undefined if the second item is as good by the measure. */
function pickUnrivalled<T>([first, second]: readonly T[], measure: (item: T) => number): T | undefined {
  if (first === undefined) return undefined;
  return second !== undefined && measure(first) === measure(second) ? undefined : first;
}

/** Returns the words of a name in lower case: `kubeStateMetrics` has three. */
function splitWords(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}
