import { isDeepStrictEqual } from "node:util";
import { isMapping, parseKeyPath, replaceAt, type Values } from "../../lib/object.ts";
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
 * Moves the keys of a file that no chart reads to where they were certainly meant, or removes them. Of a file that several apps
 * share, only what none of them reads. Every other byte stays. Pure.
 * @param leaveOut ids of fixes that are not wanted
 */
export function fixValues(
  given: string,
  spots: readonly ValuesSpot[],
  leaveOut: ReadonlySet<string> = new Set(),
): FixedValues {
  const fixed: FixedKey[] = [];
  const left = new Map<string, FixedValues["left"][number]>();
  let now: Draft = { text: given, data: readYaml(given, { keysMayRepeat: true }).data, sheet: undefined };
  for (let round = 0; round < maximumRounds; round++) {
    const found = findDeadKeys(now.data, spots).filter(({ id }) => !left.has(id) && !leaveOut.has(id));
    const done = applyFixes(
      now,
      found.filter(({ fix }) => fix !== undefined),
    );
    for (const { id, unknown } of done.failed) left.set(id, { app: unknown.app, path: unknown.path });
    fixed.push(...done.fixed);
    now = done.draft;
    if (done.fixed.length > 0 || done.failed.length > 0) continue;
    const uncertain = found.map(({ unknown }) => unknown);
    return { text: now.text, fixed, left: [...left.values()], uncertain };
  }
  return { text: now.text, fixed, left: [...left.values()], uncertain: [] };
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

function findDeadKeys(data: unknown, spots: readonly ValuesSpot[]): DeadKey[] {
  const found = spots.map((spot) => {
    const values = getAt(data, spot.at);
    const unknown = isMapping(values) ? listUnknownValues(spot.app, values, spot.chart) : [];
    return unknown.map((one): DeadKey => {
      const value = getAt(values, one.path);
      const id = JSON.stringify([...spot.at, ...one.path]);
      return { id, spot, unknown: one, value, fix: findFix(spot, one, value) };
    });
  });
  const seen = new Set<string>();
  return found.flat().flatMap((one) => {
    if (seen.has(one.id)) return [];
    seen.add(one.id);
    const others = spots.flatMap((spot, index) =>
      spot.app !== one.spot.app && JSON.stringify(spot.at) === JSON.stringify(one.spot.at)
        ? [{ spot, index }]
        : [],
    );
    const isDead = others.every(({ index }) => found[index]?.some(({ id }) => id === one.id));
    if (!isDead) return [];
    return others.every(({ spot, index }) =>
      changesNothingElse(
        one,
        spot,
        found[index]?.find(({ id }) => id === one.id),
      ),
    )
      ? [one]
      : [{ ...one, fix: undefined }];
  });
}

/** True if a fix changes nothing for another app whose values are in the same place. */
function changesNothingElse(
  { fix, unknown, value }: DeadKey,
  other: ValuesSpot,
  its: DeadKey | undefined,
): boolean {
  if (fix === undefined || fix.to.kind === "remove") return true;
  if (fix.to.kind === "unwrap") return false;
  if (isDeepStrictEqual(its?.fix, fix)) return true;
  const moved = replaceAt({}, parseKeyPath(unknown.meant ?? ""), value);
  return listUnknownValues(other.app, moved, other.chart).length > 0;
}

function findFix(
  spot: ValuesSpot,
  { path, meant, hint, isCertain = false, isWrapper = false, asText = false }: UnknownValue,
  value: unknown,
): Fix | undefined {
  const from = [...spot.at, ...path];
  if (isWrapper) return { from, to: { kind: "unwrap" } };
  if (isCertain && meant !== undefined)
    return { from, to: { kind: "path", path: [...spot.at, ...parseKeyPath(meant)], asText } };
  // A comment can keep a short value; a mapping would be lost.
  const isShort = value !== null && typeof value !== "object" && !String(value).includes("\n");
  return meant === undefined && hint === undefined && isShort ? { from, to: { kind: "remove" } } : undefined;
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

/** Carries out as many of the fixes as don't get in each other's way. */
function applyFixes(draft: Draft, wanted: readonly DeadKey[]): Fixed {
  if (wanted.length === 0) return { draft, fixed: [], failed: [] };
  const sheet = draft.sheet ?? parseSheet(draft.text);
  if (sheet === undefined) return { draft, fixed: [], failed: wanted };
  const failed: DeadKey[] = [];
  const together: PossibleFix[] = [];
  for (const dead of wanted) {
    const change = createChange(sheet, dead);
    if (change === undefined) failed.push(dead);
    else if (!together.some((other) => areInConflict(change, other.change, together)))
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

function areInConflict(a: Change, b: Change, taken: readonly PossibleFix[]): boolean {
  if (a.createdPath && b.createdPath && isAbove(a.createdPath, b.createdPath)) return true;
  const isOverlapping = a.edits.some((one) => b.edits.some((other) => areOverlapping(one, other)));
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

/** True if two edits overlap. Two insertions at one place are allowed here: `grows` checks that they go into the same mapping. */
function areOverlapping(a: Edit, b: Edit): boolean {
  if (a.start === a.end && b.start === b.end) return false;
  return a.start === a.end || b.start === b.end
    ? a.start <= b.end && b.start <= a.end
    : a.start < b.end && b.start < a.end;
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  const order = edits.map((edit, index) => ({ ...edit, index }));
  order.sort((a, b) => a.start - b.start || a.end - b.end || a.index - b.index);
  let last = 0;
  const parts = order.flatMap(({ start, end, text: own }) => {
    const before = text.slice(last, start);
    last = end;
    return [before, own];
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
      return applyFix(values, fix, (list, there) =>
        matchTextList(to.kind === "path" ? getAt(data, to.path) : "", list, there),
      );
    }, readData(before));
    return isDeepStrictEqual(data || {}, expected || {});
  } catch {
    // An alias elsewhere needs the anchor that was in it.
    return false;
  }
}

const parsedSheets = new WeakMap<YamlSheet, unknown>();

/** @throws ReferenceError for an alias of nothing */
function readData(sheet: YamlSheet): unknown {
  const data: unknown = parsedSheets.get(sheet) ?? sheet.document.toJS();
  parsedSheets.set(sheet, data);
  return data;
}

/** Returns the text itself if it has the previous jobs followed by those of the list; else undefined. */
function matchTextList(text: unknown, list: unknown, there: unknown): unknown {
  const listIn = (one: unknown) => parseSheet(typeof one === "string" ? one : "")?.document.toJS() as unknown;
  const before = listIn(there);
  const all = [...(Array.isArray(before) ? before : []), ...(Array.isArray(list) ? list : [])];
  return isDeepStrictEqual(listIn(text), all) ? text : undefined;
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

/** Returns the data after a fix. What is at the target already wins. @param asText makes the text of a list at the target */
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

export function getAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, key) => {
    if (Array.isArray(node)) return node[Number(key)];
    return isMapping(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }, data);
}

export function removeAt(data: unknown, [key, ...deeper]: Path): unknown {
  if (key === undefined) return data;
  if (Array.isArray(data)) return data.map((one, index) => (index === key ? removeAt(one, deeper) : one));
  if (!isMapping(data) || !Object.hasOwn(data, key)) return data;
  if (deeper.length > 0) return { ...data, [key]: removeAt(data[key], deeper) };
  return Object.fromEntries(Object.entries(data).filter(([name]) => name !== key));
}

function putAt(data: unknown, [key, ...deeper]: Path, value: unknown, replaces = false): unknown {
  if (key === undefined) return replaces ? value : mergeUnder(data, value);
  if (Array.isArray(data))
    return data.map((one, index) => (index === key ? putAt(one, deeper, value, replaces) : one));
  const there: Values = isMapping(data) ? data : {};
  return { ...there, [key]: putAt(there[key], deeper, value, replaces) };
}

/** Merges a value under the one that is there. */
function mergeUnder(there: unknown, more: unknown): unknown {
  if (there === undefined) return more;
  if (!isMapping(there) || !isMapping(more)) return there;
  const merged: Values = { ...there };
  for (const [key, value] of Object.entries(more))
    merged[key] = Object.hasOwn(there, key) ? mergeUnder(there[key], value) : value;
  return merged;
}
