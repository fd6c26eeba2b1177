import { isDeepStrictEqual } from "node:util";
import { isMapping, parseKeyPath, replaceAt, type Values } from "../../lib/object.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { UnknownValue } from "../../model/plan.ts";
import { readYaml } from "../../yaml/read.ts";
import { unknownValues } from "../values/unknown-values.ts";
import { changeFor } from "./key-changes.ts";
import { type Change, type Edit, type Moved, openSheet, type Sheet } from "./yaml-edits.ts";

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
  readonly how: Moved;
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

/** What was moved may itself hold keys that nobody reads: they are looked at again, this often at most. */
const mostRounds = 50;

/**
 * A file with the keys that no chart reads moved to where they were certainly meant, or taken out. Of a file that several apps
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
  for (let round = 0; round < mostRounds; round++) {
    const found = deadIn(now.data, spots).filter(({ id }) => !left.has(id) && !leaveOut.has(id));
    const done = fixSome(
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
  readonly sheet: Sheet | undefined;
}

interface DeadKey {
  readonly id: string;
  readonly spot: ValuesSpot;
  readonly unknown: UnknownValue;
  readonly value: unknown;
  /** Undefined when it is not certain what was meant. */
  readonly fix: Fix | undefined;
}

function deadIn(data: unknown, spots: readonly ValuesSpot[]): DeadKey[] {
  const found = spots.map((spot) => {
    const values = at(data, spot.at);
    const unknown = isMapping(values) ? unknownValues(spot.app, values, spot.chart) : [];
    return unknown.map((one): DeadKey => {
      const value = at(values, one.path);
      const id = JSON.stringify([...spot.at, ...one.path]);
      return { id, spot, unknown: one, value, fix: fixFor(spot, one, value) };
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
      agrees(
        one,
        spot,
        found[index]?.find(({ id }) => id === one.id),
      ),
    )
      ? [one]
      : [{ ...one, fix: undefined }];
  });
}

/** Whether a fix changes nothing for another app that has its values in the same place, or the same. */
function agrees({ fix, unknown, value }: DeadKey, other: ValuesSpot, its: DeadKey | undefined): boolean {
  if (fix === undefined || fix.to.kind === "remove") return true;
  if (fix.to.kind === "unwrap") return false;
  if (isDeepStrictEqual(its?.fix, fix)) return true;
  const moved = replaceAt({}, parseKeyPath(unknown.meant ?? ""), value);
  return unknownValues(other.app, moved, other.chart).length > 0;
}

function fixFor(
  spot: ValuesSpot,
  { path, meant, hint, isCertain = false, isWrapper = false, asText = false }: UnknownValue,
  value: unknown,
): Fix | undefined {
  const from = [...spot.at, ...path];
  if (isWrapper) return { from, to: { kind: "unwrap" } };
  if (isCertain && meant !== undefined)
    return { from, to: { kind: "path", path: [...spot.at, ...parseKeyPath(meant)], asText } };
  // A comment keeps what a short value said; a mapping would be lost.
  const isShort = value !== null && typeof value !== "object" && !String(value).includes("\n");
  return meant === undefined && hint === undefined && isShort ? { from, to: { kind: "remove" } } : undefined;
}

interface Fixed {
  readonly draft: Draft;
  readonly fixed: readonly FixedKey[];
  readonly failed: readonly DeadKey[];
}

interface Possible {
  readonly dead: DeadKey;
  readonly change: Change;
}

/** Carries out as many of the fixes as don't get in each other's way. */
function fixSome(draft: Draft, wanted: readonly DeadKey[]): Fixed {
  if (wanted.length === 0) return { draft, fixed: [], failed: [] };
  const sheet = draft.sheet ?? openSheet(draft.text);
  if (sheet === undefined) return { draft, fixed: [], failed: wanted };
  const failed: DeadKey[] = [];
  const together: Possible[] = [];
  for (const dead of wanted) {
    const change = changeOf(sheet, dead);
    if (change === undefined) failed.push(dead);
    else if (!together.some((other) => conflict(change, other.change, together)))
      together.push({ dead, change });
  }
  // One that does not come out as meant must not take the others' time: half of them, a quarter, at last it alone.
  for (let size = together.length; size > 0; size = Math.floor(size / 2)) {
    const chosen = together.slice(0, size);
    const fixes = chosen.map(({ dead }) => dead);
    const edits = chosen.flatMap(({ change }) => change.edits);
    const changed = openSheet(withEdits(draft.text, edits));
    if (changed === undefined || !isAsMeant(sheet, changed, fixes)) continue;
    const fixed = chosen.map(({ dead, change }) => toFixed(dead, change));
    const data = fixed.reduce<unknown>((values, { fix }) => applyFix(values, fix, () => ""), draft.data);
    return { draft: { text: changed.text, data, sheet: changed }, fixed, failed };
  }
  return { draft, fixed: [], failed: [...failed, ...together.slice(0, 1).map(({ dead }) => dead)] };
}

function changeOf(sheet: Sheet, { fix, spot }: DeadKey): Change | undefined {
  return fix && changeFor(sheet, spot.at, fix, `nothing in chart ${spot.of} reads it`);
}

function toFixed({ id, unknown, fix, value }: DeadKey, { how }: Change): FixedKey {
  const { app, path, meant } = unknown;
  const to =
    fix?.to.kind === "unwrap" ? path.slice(0, -1) : meant === undefined ? undefined : parseKeyPath(meant);
  return { id, app, path, to, how, value, fix: fix as Fix };
}

function conflict(a: Change, b: Change, taken: readonly Possible[]): boolean {
  if (a.makes && b.makes && isAbove(a.makes, b.makes)) return true;
  const isOverlapping = a.edits.some((one) => b.edits.some((other) => overlap(one, other)));
  if (isOverlapping) return true;
  // A mapping of which all is taken out needs a fix that knows it.
  const cuts = taken.filter(({ change }) => change.cut === a.cut).length;
  if (a.cut !== undefined && a.cut === b.cut && cuts + 1 >= a.cut.items.length) return true;
  if (a.grows === undefined || b.grows === undefined) return false;
  const isSame = a.grows.mark === b.grows.mark;
  return isSame && !(a.grows.isShared && b.grows.isShared);
}

function isAbove(a: Path, b: Path): boolean {
  return a.slice(0, b.length).every((part, index) => part === b[index]);
}

/** Two insertions at one place are in order only when they go into the same mapping; that is for `grows` to say. */
function overlap(a: Edit, b: Edit): boolean {
  if (a.start === a.end && b.start === b.end) return false;
  return a.start === a.end || b.start === b.end
    ? a.start <= b.end && b.start <= a.end
    : a.start < b.end && b.start < a.end;
}

function withEdits(text: string, edits: readonly Edit[]): string {
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

/** Whether a changed text says exactly what the fixes make of the data. */
function isAsMeant(before: Sheet, after: Sheet, fixes: readonly DeadKey[]): boolean {
  try {
    const data = dataOf(after);
    const expected = fixes.reduce<unknown>((values, { fix }) => {
      if (fix === undefined) return values;
      const { to } = fix;
      return applyFix(values, fix, (list, there) =>
        textOf(to.kind === "path" ? at(data, to.path) : "", list, there),
      );
    }, dataOf(before));
    return isDeepStrictEqual(data || {}, expected || {});
  } catch {
    // An alias elsewhere needs the anchor that was in it.
    return false;
  }
}

const known = new WeakMap<Sheet, unknown>();

/** @throws ReferenceError for an alias of nothing */
function dataOf(sheet: Sheet): unknown {
  const data: unknown = known.get(sheet) ?? sheet.document.toJS();
  known.set(sheet, data);
  return data;
}

/** The text itself when it is what was meant: the jobs that are there, and then those of the list. */
function textOf(text: unknown, list: unknown, there: unknown): unknown {
  const listIn = (one: unknown) => openSheet(typeof one === "string" ? one : "")?.document.toJS() as unknown;
  const before = listIn(there);
  const all = [...(Array.isArray(before) ? before : []), ...(Array.isArray(list) ? list : [])];
  return isDeepStrictEqual(listIn(text), all) ? text : undefined;
}

/** What is done with a key that no chart reads; both paths begin at the root of the data. */
export interface Fix {
  readonly from: Path;
  readonly to:
    | { readonly kind: "path"; readonly path: Path; readonly asText: boolean }
    /** What stands in it moves up to where it stands. */
    | { readonly kind: "unwrap" }
    | { readonly kind: "remove" };
}

/** The data after a fix. What is at the target already wins. @param asText makes the text of a list at the target */
export function applyFix(
  data: unknown,
  { from, to }: Fix,
  asText: (list: unknown, before: unknown) => unknown,
): unknown {
  const value = at(data, from);
  const rest = without(data, from);
  if (to.kind === "remove") return rest;
  if (to.kind === "unwrap") return place(rest, from.slice(0, -1), value);
  return place(rest, to.path, to.asText ? asText(value, at(rest, to.path)) : value, to.asText);
}

export function at(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, key) => {
    if (Array.isArray(node)) return node[Number(key)];
    return isMapping(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }, data);
}

export function without(data: unknown, [key, ...deeper]: Path): unknown {
  if (key === undefined) return data;
  if (Array.isArray(data)) return data.map((one, index) => (index === key ? without(one, deeper) : one));
  if (!isMapping(data) || !Object.hasOwn(data, key)) return data;
  if (deeper.length > 0) return { ...data, [key]: without(data[key], deeper) };
  return Object.fromEntries(Object.entries(data).filter(([name]) => name !== key));
}

function place(data: unknown, [key, ...deeper]: Path, value: unknown, replaces = false): unknown {
  if (key === undefined) return replaces ? value : under(data, value);
  if (Array.isArray(data))
    return data.map((one, index) => (index === key ? place(one, deeper, value, replaces) : one));
  const there: Values = isMapping(data) ? data : {};
  return { ...there, [key]: place(there[key], deeper, value, replaces) };
}

/** What is there stays; mappings are merged. */
function under(there: unknown, more: unknown): unknown {
  if (there === undefined) return more;
  if (!isMapping(there) || !isMapping(more)) return there;
  const merged: Values = { ...there };
  for (const [key, value] of Object.entries(more))
    merged[key] = Object.hasOwn(there, key) ? under(there[key], value) : value;
  return merged;
}
