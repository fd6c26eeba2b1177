import { isDeepStrictEqual } from "node:util";
import { isMapping, parseKeyPath, replaceValueAt, type Values } from "../../lib/object.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { UnknownValue } from "../../model/plan.ts";
import { readYaml } from "../../yaml/read.ts";
import { listUnknownValues } from "../values/unknown-values.ts";
import { createChangeFor } from "./key-changes.ts";
import { type Change, type Edit, type KeyOutcome, parseSheet, type YamlSheet } from "./yaml-edits.ts";

type Path = readonly (string | number)[];

/** Values of an app in a file: all of it, or what is below a key path. */
export interface ValuesSpot {
  readonly app: string;
  readonly at: Path;
  readonly chart: ChartSource;
  /** The chart's name and version. */
  readonly of: string;
}

export interface FixedKey {
  /** The same for the same key of the same file. */
  readonly id: string;
  readonly app: string;
  readonly path: readonly string[];
  readonly to: readonly string[] | undefined;
  readonly how: KeyOutcome;
  /** With paths from the beginning of the file on. */
  readonly fix: Fix;
  /** What stood there. */
  readonly value: unknown;
}

export interface FixedValues {
  readonly text: string;
  readonly fixed: readonly FixedKey[];
  /** Keys without effect that only their author can move: they come from an alias, or from another place. */
  readonly left: readonly { readonly app: string; readonly path: readonly string[] }[];
  /** Keys without effect of which it is not certain what was meant. */
  readonly uncertain: readonly UnknownValue[];
}

/** A moved mapping may itself contain unread keys: the search is repeated this often at most. */
const maximumRounds = 50;

/**
 * Moves keys that no chart reads to the place where they were certainly meant, or removes them. In a file that several
 * apps share, only keys that none of them reads are changed. Every other byte stays. Pure.
 * @param leaveOut ids of fixes that are not wanted
 */
export function fixValues(
  original: string,
  spots: readonly ValuesSpot[],
  leaveOut: ReadonlySet<string> = new Set(),
): FixedValues {
  const fixed: FixedKey[] = [];
  const leftKeys = new Map<string, FixedValues["left"][number]>();
  let draft: Draft = {
    text: original,
    data: readYaml(original, { keysMayRepeat: true }).data,
    sheet: undefined,
  };
  for (let round = 0; round < maximumRounds; round++) {
    const deadKeys = findDeadKeys(draft.data, spots).filter(
      ({ id }) => !leftKeys.has(id) && !leaveOut.has(id),
    );
    const applied = applyFixes(
      draft,
      deadKeys.filter(({ fix }) => fix !== undefined),
    );
    for (const { id, unknown } of applied.failed) leftKeys.set(id, { app: unknown.app, path: unknown.path });
    fixed.push(...applied.fixed);
    draft = applied.draft;
    if (applied.fixed.length > 0 || applied.failed.length > 0) continue;
    const uncertain = deadKeys.map(({ unknown }) => unknown);
    return { text: draft.text, fixed, left: [...leftKeys.values()], uncertain };
  }
  return { text: draft.text, fixed, left: [...leftKeys.values()], uncertain: [] };
}

/** A text on its way. A large one takes long to parse: no more often than must be. */
interface Draft {
  readonly text: string;
  /** As helm reads it. */
  readonly data: unknown;
  readonly sheet: YamlSheet | undefined;
}

interface DeadKey {
  readonly id: string;
  readonly spot: ValuesSpot;
  readonly unknown: UnknownValue;
  readonly value: unknown;
  /** Undefined when it is not certain what was meant. */
  readonly fix: Fix | undefined;
}

/**
 * Returns the keys of a file that no app reads, each with its fix. A fix that would change something for another app is
 * left out.
 */
function findDeadKeys(data: unknown, spots: readonly ValuesSpot[]): DeadKey[] {
  const keysBySpot = spots.map((spot) => {
    const values = getAt(data, spot.at);
    const unknown = isMapping(values) ? listUnknownValues(spot.app, values, spot.chart) : [];
    return unknown.map((unknownKey): DeadKey => {
      const value = getAt(values, unknownKey.path);
      const id = JSON.stringify([...spot.at, ...unknownKey.path]);
      return { id, spot, unknown: unknownKey, value, fix: findFix(spot, unknownKey, value) };
    });
  });
  const seenIds = new Set<string>();
  return keysBySpot.flat().flatMap((deadKey) => {
    if (seenIds.has(deadKey.id)) return [];
    seenIds.add(deadKey.id);
    const others = spots.flatMap((spot, index) =>
      spot.app !== deadKey.spot.app && JSON.stringify(spot.at) === JSON.stringify(deadKey.spot.at)
        ? [{ spot, index }]
        : [],
    );
    const isDead = others.every(({ index }) => keysBySpot[index]?.some(({ id }) => id === deadKey.id));
    if (!isDead) return [];
    return others.every(({ spot, index }) =>
      changesNothingElse(
        deadKey,
        spot,
        keysBySpot[index]?.find(({ id }) => id === deadKey.id),
      ),
    )
      ? [deadKey]
      : [{ ...deadKey, fix: undefined }];
  });
}

/** True if a fix changes nothing for another app whose values are in the same place. */
function changesNothingElse(
  { fix, unknown, value }: DeadKey,
  otherSpot: ValuesSpot,
  its: DeadKey | undefined,
): boolean {
  if (fix === undefined || fix.to.kind === "remove") return true;
  if (fix.to.kind === "unwrap") return false;
  if (isDeepStrictEqual(its?.fix, fix)) return true;
  const moved = replaceValueAt({}, parseKeyPath(unknown.meant ?? ""), value);
  return listUnknownValues(otherSpot.app, moved, otherSpot.chart).length > 0;
}

/** Returns the fix for an unknown key: unwrap it, move it or remove it; undefined if no fix is certain. */
function findFix(
  spot: ValuesSpot,
  { path, meant, hint, isCertain = false, isWrapper = false, asText = false }: UnknownValue,
  value: unknown,
): Fix | undefined {
  const oldPath = [...spot.at, ...path];
  if (isWrapper) return { from: oldPath, to: { kind: "unwrap" } };
  if (isCertain && meant !== undefined)
    return { from: oldPath, to: { kind: "path", path: [...spot.at, ...parseKeyPath(meant)], asText } };
  // A comment can keep a short value; a mapping would be lost.
  const isShort = value !== null && typeof value !== "object" && !String(value).includes("\n");
  return meant === undefined && hint === undefined && isShort
    ? { from: oldPath, to: { kind: "remove" } }
    : undefined;
}

interface Fixed {
  readonly draft: Draft;
  readonly fixed: readonly FixedKey[];
  readonly failed: readonly DeadKey[];
}

interface PossibleFix {
  readonly dead: DeadKey;
  readonly change: Change;
}

/** Applies as many of the fixes as do not conflict with each other. */
function applyFixes(draft: Draft, wanted: readonly DeadKey[]): Fixed {
  if (wanted.length === 0) return { draft, fixed: [], failed: [] };
  const sheet = draft.sheet ?? parseSheet(draft.text);
  if (sheet === undefined) return { draft, fixed: [], failed: wanted };
  const failed: DeadKey[] = [];
  const together: PossibleFix[] = [];
  for (const dead of wanted) {
    const change = createChange(sheet, dead);
    if (change === undefined) failed.push(dead);
    else if (!together.some((accepted) => areInConflict(change, accepted.change, together)))
      together.push({ dead, change });
  }
  // One that does not come out as meant must not take the others' time: half of them, a quarter, at last it alone.
  for (let size = together.length; size > 0; size = Math.floor(size / 2)) {
    const chosen = together.slice(0, size);
    const fixes = chosen.map(({ dead }) => dead);
    const edits = chosen.flatMap(({ change }) => change.edits);
    const changed = parseSheet(applyEdits(draft.text, edits));
    if (changed === undefined || !hasExpectedData(sheet, changed, fixes)) continue;
    const fixed = chosen.map(({ dead, change }) => toFixedKey(dead, change));
    const data = fixed.reduce<unknown>((values, { fix }) => applyFix(values, fix, () => ""), draft.data);
    return { draft: { text: changed.text, data, sheet: changed }, fixed, failed };
  }
  return { draft, fixed: [], failed: [...failed, ...together.slice(0, 1).map(({ dead }) => dead)] };
}

function createChange(sheet: YamlSheet, { fix, spot }: DeadKey): Change | undefined {
  return fix && createChangeFor(sheet, spot.at, fix, `nothing in chart ${spot.of} reads it`);
}

function toFixedKey({ id, unknown, fix, value }: DeadKey, { how }: Change): FixedKey {
  const { app, path, meant } = unknown;
  const to =
    fix?.to.kind === "unwrap" ? path.slice(0, -1) : meant === undefined ? undefined : parseKeyPath(meant);
  return { id, app, path, to, how, value, fix: fix as Fix };
}

/**
 * True if two changes can't both be applied to the same text.
 * @param taken the fixes that are applied already
 */
function areInConflict(a: Change, b: Change, taken: readonly PossibleFix[]): boolean {
  if (a.createdPath && b.createdPath && isAbove(a.createdPath, b.createdPath)) return true;
  const isOverlapping = a.edits.some((edit) => b.edits.some((otherEdit) => areOverlapping(edit, otherEdit)));
  if (isOverlapping) return true;
  // A mapping of which all is taken out needs a fix that knows it.
  const cuts = taken.filter(({ change }) => change.cutFrom === a.cutFrom).length;
  if (a.cutFrom !== undefined && a.cutFrom === b.cutFrom && cuts + 1 >= a.cutFrom.items.length) return true;
  if (a.growth === undefined || b.growth === undefined) return false;
  const isSame = a.growth.mark === b.growth.mark;
  return isSame && !(a.growth.isShared && b.growth.isShared);
}

function isAbove(a: Path, b: Path): boolean {
  return a.slice(0, b.length).every((part, index) => part === b[index]);
}

/** True if two edits overlap. Two insertions at the same offset do not: areInConflict compares their mappings. */
function areOverlapping(a: Edit, b: Edit): boolean {
  if (a.start === a.end && b.start === b.end) return false;
  return a.start === a.end || b.start === b.end
    ? a.start <= b.end && b.start <= a.end
    : a.start < b.end && b.start < a.end;
}

/** Returns the text with the edits applied in the order of their offsets. */
function applyEdits(text: string, edits: readonly Edit[]): string {
  const order = edits.map((edit, index) => ({ ...edit, index }));
  order.sort((a, b) => a.start - b.start || a.end - b.end || a.index - b.index);
  let last = 0;
  const parts = order.flatMap(({ start, end, text: replacement }) => {
    const before = text.slice(last, start);
    last = end;
    return [before, replacement];
  });
  return [...parts, text.slice(last)].join("");
}

/** True if a changed text has exactly the data that the fixes should result in. */
function hasExpectedData(before: YamlSheet, after: YamlSheet, fixes: readonly DeadKey[]): boolean {
  try {
    const data = readData(after);
    const expected = fixes.reduce<unknown>((values, { fix }) => {
      if (fix === undefined) return values;
      const { to } = fix;
      return applyFix(values, fix, (list, existing) =>
        matchTextList(to.kind === "path" ? getAt(data, to.path) : "", list, existing),
      );
    }, readData(before));
    return isDeepStrictEqual(data || {}, expected || {});
  } catch {
    // An alias elsewhere needs the anchor that was in it.
    return false;
  }
}

const parsedSheets = new WeakMap<YamlSheet, unknown>();

/**
 * Returns the data of a YAML text.
 * @throws ReferenceError for an alias without an anchor
 */
function readData(sheet: YamlSheet): unknown {
  const data: unknown = parsedSheets.get(sheet) ?? sheet.document.toJS();
  parsedSheets.set(sheet, data);
  return data;
}

/** Returns the text itself if it holds the previous jobs followed by the jobs of the list; else undefined. */
function matchTextList(text: unknown, list: unknown, existing: unknown): unknown {
  const listIn = (source: unknown) =>
    parseSheet(typeof source === "string" ? source : "")?.document.toJS() as unknown;
  const before = listIn(existing);
  const jobs = [...(Array.isArray(before) ? before : []), ...(Array.isArray(list) ? list : [])];
  return isDeepStrictEqual(listIn(text), jobs) ? text : undefined;
}

/** What is done with a key that no chart reads; both paths begin at the root of the data. */
export interface Fix {
  readonly from: Path;
  readonly to:
    | { readonly kind: "path"; readonly path: Path; readonly asText: boolean }
    /** The content of the key replaces the key. */
    | { readonly kind: "unwrap" }
    | { readonly kind: "remove" };
}

/**
 * Returns the data after a fix. A value that the target already has stays.
 * @param asText makes the text of a list at the target
 */
export function applyFix(
  data: unknown,
  { from, to }: Fix,
  asText: (list: unknown, before: unknown) => unknown,
): unknown {
  const value = getAt(data, from);
  const rest = removeAt(data, from);
  if (to.kind === "remove") return rest;
  if (to.kind === "unwrap") return putAt(rest, from.slice(0, -1), value);
  return putAt(rest, to.path, to.asText ? asText(value, getAt(rest, to.path)) : value, to.asText);
}

/** Returns the value at a path in nested mappings and lists; undefined if the path does not exist. */
function getAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, key) => {
    if (Array.isArray(node)) return node[Number(key)];
    return isMapping(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }, data);
}

/** Returns a copy of the data without the value at a path. */
export function removeAt(data: unknown, [key, ...deeper]: Path): unknown {
  if (key === undefined) return data;
  if (Array.isArray(data)) return data.map((item, index) => (index === key ? removeAt(item, deeper) : item));
  if (!isMapping(data) || !Object.hasOwn(data, key)) return data;
  if (deeper.length > 0) return { ...data, [key]: removeAt(data[key], deeper) };
  return Object.fromEntries(Object.entries(data).filter(([name]) => name !== key));
}

/** Returns a copy of the data with a value at a path. */
function putAt(data: unknown, [key, ...deeper]: Path, value: unknown, replaces = false): unknown {
  if (key === undefined) return replaces ? value : mergeUnder(data, value);
  if (Array.isArray(data))
    return data.map((item, index) => (index === key ? putAt(item, deeper, value, replaces) : item));
  const mapping: Values = isMapping(data) ? data : {};
  return { ...mapping, [key]: putAt(mapping[key], deeper, value, replaces) };
}

/** Returns the existing value completed with the parts of the other one that it lacks. */
function mergeUnder(existing: unknown, addition: unknown): unknown {
  if (existing === undefined) return addition;
  if (!isMapping(existing) || !isMapping(addition)) return existing;
  const merged: Values = { ...existing };
  for (const [key, value] of Object.entries(addition))
    merged[key] = Object.hasOwn(existing, key) ? mergeUnder(existing[key], value) : value;
  return merged;
}
