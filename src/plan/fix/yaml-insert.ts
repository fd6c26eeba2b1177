import { isMap, isScalar, Scalar } from "yaml";
import {
  colonEnd,
  columnOf,
  hasOwnLines,
  indentStep,
  keyStart,
  lineEnd,
  lineStart,
  nodeIn,
  type Sheet,
  type Spot,
  shiftLines,
  spotAt,
  startWithComments,
  valueEnd,
  writeKey,
  type YamlMapping,
} from "./yaml-layout.ts";

export type Path = readonly (string | number)[];

/** A part of a text and what takes its place; offsets from 0. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What became of a key that nobody read. */
export type Moved =
  /** It has the right name now, where it was or elsewhere. */
  | "renamed"
  /** What stood in it and was not at the right place yet, is there now. */
  | "merged"
  | "removed"
  /** The right key has a value of its own, which counts. */
  | "superseded";

export interface Change {
  readonly how: Moved;
  readonly edits: readonly Edit[];
  /** The mapping that the key is taken out of. */
  readonly cut?: YamlMapping;
  /** Where keys come in: changes with the same mark get in each other's way unless `isShared`. */
  readonly grows?: { readonly mark: string; readonly isShared: boolean };
  /** The key path that comes to be. */
  readonly makes?: Path;
}

export function keyRange({ key }: Spot): { start: number; end: number } {
  return { start: key.range?.[0] ?? 0, end: key.range?.[1] ?? 0 };
}

/** Whether a mapping that the key stands in is also used elsewhere, by an alias. */
export function isShared({ text }: Sheet, { map, holder }: Spot): boolean {
  const { anchor } = map;
  if (anchor !== undefined && text.includes(`*${anchor}`)) return true;
  return holder !== undefined && isShared({ text } as Sheet, holder);
}

/** Takes a key out; comments say where it was. A mapping that becomes empty stays a mapping: nothing would be a null to helm. */
export function cutChange(
  sheet: Sheet,
  spot: Spot,
  how: Moved,
  edits: readonly Edit[],
  notes: readonly string[],
  grows?: Change["grows"],
): Change | undefined {
  const { text } = sheet;
  if (!spot.map.flow && !hasOwnLines(sheet, spot)) return undefined;
  const isMoved = how === "renamed" || how === "merged";
  const comments = (indent: string) => notes.map((one) => `${indent}# ${one}${sheet.lineBreak}`).join("");
  const own: Edit[] = [];
  if (spot.map.flow) {
    const line = lineStart(text, keyStart(spot));
    const indent = /^ */.exec(text.slice(line, line + 200))?.[0] ?? "";
    if (notes.length > 0) own.push({ start: line, end: line, text: comments(indent) });
    own.push(flowCut(sheet, spot));
  } else {
    const start = isMoved ? startWithComments(sheet, spot) : lineStart(text, keyStart(spot));
    const end = lineEnd(text, valueEnd(sheet, spot));
    const isLastLine = end === text.length && !text.endsWith("\n");
    const note = comments(" ".repeat(columnOf(sheet, spot)));
    own.push({ start, end, text: isLastLine ? note.trimEnd() : note });
    const colon = spot.holder && colonEnd(sheet, spot.holder);
    if (spot.map.items.length === 1 && spot.holder !== undefined) {
      if (colon === undefined || spot.holder.pair.value !== spot.map) return undefined;
      own.push({ start: colon, end: colon, text: " {}" });
    } else if (spot.map.items.length === 1 && spot.map !== sheet.document.contents) return undefined;
  }
  return { how, edits: [...own, ...edits], cut: spot.map, ...(grows && { grows }) };
}

/** A key of `{a: 1, b: 2}` with the comma after it, or before it where it is the last. */
function flowCut(sheet: Sheet, spot: Spot): Edit {
  const { text } = sheet;
  const start = keyStart(spot);
  const end = valueEnd(sheet, spot);
  if (spot.map.items.length === 1) {
    const [first = start, last = end] = spot.map.range ?? [];
    return { start: first + 1, end: last - 1, text: "" };
  }
  const after = /^\s*,[ \t]*/.exec(text.slice(end))?.[0] ?? "";
  if (after !== "") return { start, end: end + after.length, text: "" };
  const before = /,\s*$/.exec(text.slice(0, start))?.[0] ?? "";
  return { start: start - before.length, end, text: "" };
}

/** A key under another name, as lines from column 0 on, or for within `{}`. Undefined where it does not fit in there. */
export function pairText(sheet: Sheet, spot: Spot, name: string, isForFlow: boolean): string | undefined {
  const { text, lineBreak } = sheet;
  const { start, end } = keyRange(spot);
  const key = writeKey(name, spot.key);
  const bare = `${key}${text.slice(end, valueEnd(sheet, spot))}`;
  if (spot.map.flow) return bare.includes("\n") ? undefined : isForFlow ? bare : `${bare}${lineBreak}`;
  if (!hasOwnLines(sheet, spot)) return undefined;
  if (isForFlow) return bare.includes("\n") || bare.includes("#") ? undefined : bare;
  const first = startWithComments(sheet, spot);
  const last = lineEnd(text, valueEnd(sheet, spot));
  const lines = `${text.slice(first, start)}${key}${text.slice(end, last)}`;
  return shiftLines(lines.endsWith("\n") ? lines : `${lines}${lineBreak}`, -columnOf(sheet, spot));
}

export interface Insertion {
  readonly edits: readonly Edit[];
  readonly grows: NonNullable<Change["grows"]>;
}

/** Puts a key at the end of a mapping, which is made where there is none. */
export function insertion(
  sheet: Sheet,
  path: Path,
  textFor: (isFlow: boolean) => string | undefined,
): Insertion | undefined {
  let depth = path.length;
  while (depth > 0 && nodeIn(sheet, path.slice(0, depth)) === undefined) depth -= 1;
  const node = nodeIn(sheet, path.slice(0, depth));
  const missing = path.slice(depth).map(String);
  const holder = spotAt(sheet, path.slice(0, depth));
  const isNothing = isScalar(node) && node.type === Scalar.PLAIN && node.source === "" && !node.anchor;
  if (!isMap(node) && !isNothing) return undefined;
  const shown = path.slice(0, depth + 1).join("\0");
  const grows = {
    mark: missing.length > 0 || isNothing ? shown : path.join("\0"),
    isShared: missing.length === 0 && !isNothing,
  };
  if (isMap(node) && isUsedElsewhere(sheet, node)) return undefined;
  if (isMap(node) && node.flow) return flowInsertion(sheet, node, missing, textFor, grows);
  const at = isMap(node) ? blockEnd(sheet, node, holder) : holder && placeBelow(sheet, holder);
  const inner = textFor(false);
  if (at === undefined || inner === undefined) return undefined;
  const step = indentStep(sheet);
  const headers = missing.map(
    (key, index) => `${" ".repeat(at.indent + index * step)}${writeKey(key)}:${sheet.lineBreak}`,
  );
  const body = shiftLines(inner, at.indent + missing.length * step);
  const isOpenLine = at.offset > 0 && sheet.text[at.offset - 1] !== "\n";
  const text = `${isOpenLine ? sheet.lineBreak : ""}${headers.join("")}${body}`;
  return { edits: [{ start: at.offset, end: at.offset, text: isOpenLine ? text.trimEnd() : text }], grows };
}

function isUsedElsewhere({ text }: Sheet, { anchor }: YamlMapping): boolean {
  return anchor !== undefined && text.includes(`*${anchor}`);
}

/** Behind the last key of a block mapping. */
function blockEnd(sheet: Sheet, map: YamlMapping, holder: Spot | undefined) {
  const last = map.items.at(-1);
  const spot = last && isScalar(last.key) ? { map, pair: last, key: last.key as Scalar, holder } : undefined;
  const first = map.items[0];
  const firstKey = first && isScalar(first.key) ? (first.key.range?.[0] ?? 0) : 0;
  if (spot === undefined) return undefined;
  return {
    offset: lineEnd(sheet.text, valueEnd(sheet, spot)),
    indent: firstKey - lineStart(sheet.text, firstKey),
  };
}

/** Below a key that has no value. */
function placeBelow(sheet: Sheet, holder: Spot) {
  if (!hasOwnLines(sheet, holder)) return undefined;
  return {
    offset: lineEnd(sheet.text, valueEnd(sheet, holder)),
    indent: columnOf(sheet, holder) + indentStep(sheet),
  };
}

function flowInsertion(
  sheet: Sheet,
  map: YamlMapping,
  missing: readonly string[],
  textFor: (isFlow: boolean) => string | undefined,
  grows: Insertion["grows"],
): Insertion | undefined {
  const inner = textFor(true);
  if (inner === undefined) return undefined;
  const text = `${missing.map((key) => `${writeKey(key)}: {`).join("")}${inner}${"}".repeat(missing.length)}`;
  const last = map.items.at(-1);
  const spot =
    last && isScalar(last.key) ? { map, pair: last, key: last.key as Scalar, holder: undefined } : undefined;
  const offset = spot ? valueEnd(sheet, spot) : (map.range?.[0] ?? 0) + 1;
  return { edits: [{ start: offset, end: offset, text: spot ? `, ${text}` : text }], grows };
}
