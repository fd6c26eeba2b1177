import { isDeepStrictEqual } from "node:util";
import { isMapping, parseKeyPath, replaceValueAt, type Values } from "../../lib/object.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { UnknownValue } from "../../model/plan.ts";
import { readYaml } from "../../yaml/read.ts";
import { listUnknownValues } from "../values/unknown-values.ts";
import { createFixChange } from "./key-changes.ts";
import { type Change, type Edit, type KeyOutcome, parseSheet, type YamlSheet } from "./yaml-edits.ts";

type Path = readonly (string | number)[];

/** A place in a file that holds values of an app: the whole file, or the part below a key path. */
export interface ValuesSpot {
  readonly app: string;
  readonly at: Path;
  readonly chart: ChartSource;
  /** The chart's name and version. */
  readonly of: string;
}

export interface FixedKey {
  /** Equal for the same key of the same file. */
  readonly id: string;
  readonly app: string;
  readonly path: readonly string[];
  readonly to: readonly string[] | undefined;
  readonly how: KeyOutcome;
  /** Its paths begin at the root of the file. */
  readonly fix: Fix;
  /** The key's previous value. */
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

/**
 * A moved mapping may contain further unread keys, which only the next search finds. The search is repeated at most
 * this often.
 */
const maximumRounds = 50;

/**
 * Returns the text of a values file after its unread keys are fixed. A key that no chart reads is moved to the place
 * where it was certainly meant, or removed. In a file that several apps share, only keys that none of them reads are
 * changed. Every other byte stays. Pure.
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

/** A text between two rounds. It keeps its parsed forms, because parsing a large text takes long. */
interface Draft {
  readonly text: string;
  /** The data that helm reads from the text. */
  readonly data: unknown;
  /** The nodes of the text; undefined if the text is not parsed yet. */
  readonly sheet: YamlSheet | undefined;
}

/** A key in the values that no chart reads. */
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
    const otherSpots = spots.flatMap((spot, index) =>
      spot.app !== deadKey.spot.app && JSON.stringify(spot.at) === JSON.stringify(deadKey.spot.at)
        ? [{ spot, index }]
        : [],
    );
    const isDead = otherSpots.every(({ index }) => keysBySpot[index]?.some(({ id }) => id === deadKey.id));
    if (!isDead) return [];
    return otherSpots.every(({ spot, index }) =>
      leavesOtherAppUnchanged(
        deadKey,
        spot,
        keysBySpot[index]?.find(({ id }) => id === deadKey.id),
      ),
    )
      ? [deadKey]
      : [{ ...deadKey, fix: undefined }];
  });
}

/**
 * True if a fix changes nothing for another app whose values are in the same place: the other app gets the same fix,
 * or does not read the new key either.
 */
function leavesOtherAppUnchanged(
  { fix, unknown, value }: DeadKey,
  otherSpot: ValuesSpot,
  deadKeyOfOtherApp: DeadKey | undefined,
): boolean {
  if (fix === undefined || fix.to.kind === "remove") return true;
  if (fix.to.kind === "unwrap") return false;
  if (isDeepStrictEqual(deadKeyOfOtherApp?.fix, fix)) return true;
  const moved = replaceValueAt({}, parseKeyPath(unknown.meant ?? ""), value);
  return listUnknownValues(otherSpot.app, moved, otherSpot.chart).length > 0;
}

/**
 * Returns the fix for an unread key; undefined if no fix is certain. A wrapper is replaced by its content, a key with
 * a certain meaning is moved, and a short value without any meaning is removed.
 */
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

/** The result of one round. */
interface Fixed {
  readonly draft: Draft;
  readonly fixed: readonly FixedKey[];
  readonly failed: readonly DeadKey[];
}

/** An unread key and the change of the text that fixes it. */
interface PossibleFix {
  readonly dead: DeadKey;
  readonly change: Change;
}

/** Applies as many of the fixes as do not conflict with each other. */
function applyFixes(draft: Draft, deadKeys: readonly DeadKey[]): Fixed {
  if (deadKeys.length === 0) return { draft, fixed: [], failed: [] };
  const sheet = draft.sheet ?? parseSheet(draft.text);
  if (sheet === undefined) return { draft, fixed: [], failed: deadKeys };
  const failed: DeadKey[] = [];
  const accepted: PossibleFix[] = [];
  for (const deadKey of deadKeys) {
    const change = createChange(sheet, deadKey);
    if (change === undefined) failed.push(deadKey);
    else if (!accepted.some((other) => areInConflict(change, other.change, accepted)))
      accepted.push({ dead: deadKey, change });
  }
  // If the result differs from the expected data, one fix is at fault: try half of them, a quarter, at last one alone.
  for (let size = accepted.length; size > 0; size = Math.floor(size / 2)) {
    const chosenFixes = accepted.slice(0, size);
    const fixes = chosenFixes.map(({ dead: deadKey }) => deadKey);
    const edits = chosenFixes.flatMap(({ change }) => change.edits);
    const changed = parseSheet(applyEdits(draft.text, edits));
    if (changed === undefined || !hasExpectedData(sheet, changed, fixes)) continue;
    const fixed = chosenFixes.map(({ dead: deadKey, change }) => toFixedKey(deadKey, change));
    const data = fixed.reduce<unknown>((values, { fix }) => applyFix(values, fix, () => ""), draft.data);
    return { draft: { text: changed.text, data, sheet: changed }, fixed, failed };
  }
  return {
    draft,
    fixed: [],
    failed: [...failed, ...accepted.slice(0, 1).map(({ dead: deadKey }) => deadKey)],
  };
}

function createChange(sheet: YamlSheet, { fix, spot }: DeadKey): Change | undefined {
  return fix && createFixChange(sheet, spot.at, fix, `nothing in chart ${spot.of} reads it`);
}

/**
 * Returns the report about a fixed key, with the key path where its value is now; no such path if the key was
 * removed.
 */
function toFixedKey({ id, unknown, fix, value }: DeadKey, { how }: Change): FixedKey {
  const { app, path, meant } = unknown;
  const to =
    fix?.to.kind === "unwrap" ? path.slice(0, -1) : meant === undefined ? undefined : parseKeyPath(meant);
  return { id, app, path, to, how, value, fix: fix as Fix };
}

/**
 * True if two changes can't both be applied to the same text: one creates the parent of the other's key, their edits
 * overlap, they add keys to the same new mapping, or they leave a mapping without keys.
 * @param accepted the fixes that will be applied
 */
function areInConflict(a: Change, b: Change, accepted: readonly PossibleFix[]): boolean {
  if (a.createdPath && b.createdPath && isAtOrBelow(a.createdPath, b.createdPath)) return true;
  const isOverlapping = a.edits.some((edit) => b.edits.some((otherEdit) => areOverlapping(edit, otherEdit)));
  if (isOverlapping) return true;
  // A mapping that loses all its keys must be written as {}: only a change that knows of this does so.
  const removedKeys = accepted.filter(({ change }) => change.cutFrom === a.cutFrom).length;
  if (a.cutFrom !== undefined && a.cutFrom === b.cutFrom && removedKeys + 1 >= a.cutFrom.items.length)
    return true;
  if (a.growth === undefined || b.growth === undefined) return false;
  const isSameMapping = a.growth.mark === b.growth.mark;
  return isSameMapping && !(a.growth.isShared && b.growth.isShared);
}

/** True if path `a` is path `b` or lies below it. */
function isAtOrBelow(a: Path, b: Path): boolean {
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

/**
 * True if a changed text has exactly the data that the fixes should result in. False also if an alias lost its
 * anchor.
 */
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

/** The data of each sheet that was converted. */
const dataBySheet = new WeakMap<YamlSheet, unknown>();

/**
 * Returns the data of a YAML text.
 * @throws ReferenceError for an alias without an anchor
 */
function readData(sheet: YamlSheet): unknown {
  const data: unknown = dataBySheet.get(sheet) ?? sheet.document.toJS();
  dataBySheet.set(sheet, data);
  return data;
}

/** Returns the text itself if it holds the previous jobs followed by the jobs of the list; else undefined. */
function matchTextList(text: unknown, list: unknown, existing: unknown): unknown {
  const parseList = (source: unknown) =>
    parseSheet(typeof source === "string" ? source : "")?.document.toJS() as unknown;
  const previousJobs = parseList(existing);
  const expectedJobs = [
    ...(Array.isArray(previousJobs) ? previousJobs : []),
    ...(Array.isArray(list) ? list : []),
  ];
  return isDeepStrictEqual(parseList(text), expectedJobs) ? text : undefined;
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
export function removeAt(data: unknown, [key, ...deeperKeys]: Path): unknown {
  if (key === undefined) return data;
  if (Array.isArray(data))
    return data.map((item, index) => (index === key ? removeAt(item, deeperKeys) : item));
  if (!isMapping(data) || !Object.hasOwn(data, key)) return data;
  if (deeperKeys.length > 0) return { ...data, [key]: removeAt(data[key], deeperKeys) };
  return Object.fromEntries(Object.entries(data).filter(([name]) => name !== key));
}

/**
 * Returns a copy of the data with a value at a path. A mapping that is there is completed with the value, or replaced
 * by it if `replacesValue` is true.
 */
function putAt(data: unknown, [key, ...deeperKeys]: Path, value: unknown, replacesValue = false): unknown {
  if (key === undefined) return replacesValue ? value : mergeUnder(data, value);
  if (Array.isArray(data))
    return data.map((item, index) => (index === key ? putAt(item, deeperKeys, value, replacesValue) : item));
  const mapping: Values = isMapping(data) ? data : {};
  return { ...mapping, [key]: putAt(mapping[key], deeperKeys, value, replacesValue) };
}

/**
 * Returns the existing value with the parts of the addition that it lacks. Only mappings are merged; any other
 * existing value stays.
 */
function mergeUnder(existing: unknown, addition: unknown): unknown {
  if (existing === undefined) return addition;
  if (!isMapping(existing) || !isMapping(addition)) return existing;
  const merged: Values = { ...existing };
  for (const [key, value] of Object.entries(addition))
    merged[key] = Object.hasOwn(existing, key) ? mergeUnder(existing[key], value) : value;
  return merged;
}
