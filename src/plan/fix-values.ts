import { isDeepStrictEqual } from "node:util";
import { parseDocument, type ToStringOptions } from "yaml";
import { readYaml } from "../config/yaml.ts";
import type { ChartSource } from "./chart-source.ts";
import { keepLines } from "./keep-lines.ts";
import { unknownValues } from "./unknown-values.ts";
import { isMapping, parseKeyPath } from "./values.ts";
import { type Moved, moveKey } from "./yaml-move.ts";

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
  readonly app: string;
  readonly path: readonly string[];
  readonly to: readonly string[] | undefined;
  readonly how: Moved;
}

export interface FixedValues {
  readonly text: string;
  readonly fixed: readonly FixedKey[];
  /** Keys without effect that only their author can move: they come from an alias, or from another place. */
  readonly left: readonly { readonly app: string; readonly path: readonly string[] }[];
}

/** What was moved may itself hold keys that nobody reads: they are looked at again, this often at most. */
const mostRounds = 10;

/**
 * A file with the keys that no chart reads moved to where they were meant, or taken out. Of a file that several apps share,
 * only what none of them reads. Pure.
 */
export function fixValues(given: string, spots: readonly ValuesSpot[]): FixedValues {
  const fixed: FixedKey[] = [];
  const left = new Map<string, FixedValues["left"][number]>();
  let text = given;
  for (let round = 0; round < mostRounds; round++) {
    const found = deadIn(text, spots).filter(({ id }) => !left.has(id));
    if (found.length === 0) break;
    for (const { id, spot, path, to, asText } of found) {
      const done = moveIn(text, spot, path, { to, asText });
      if (done === undefined) left.set(id, { app: spot.app, path });
      else {
        text = done.text;
        fixed.push({ app: spot.app, path, to, how: done.how });
      }
    }
  }
  return { text, fixed, left: [...left.values()] };
}

interface DeadKey {
  readonly id: string;
  readonly spot: ValuesSpot;
  readonly path: readonly string[];
  readonly to: readonly string[] | undefined;
  readonly asText: boolean;
}

function deadIn(text: string, spots: readonly ValuesSpot[]): DeadKey[] {
  const { data } = readYaml(text);
  const found = spots.map((spot) => {
    const values = spot.at.reduce<unknown>(
      (node, key) => (node as Record<string | number, unknown> | undefined)?.[key],
      data,
    );
    const unknown = isMapping(values) ? unknownValues(spot.app, values, spot.chart) : [];
    return unknown.map(({ path, meant, asText = false }): DeadKey => {
      const id = JSON.stringify([...spot.at, ...path]);
      return { id, spot, path, to: meant === undefined ? undefined : parseKeyPath(meant), asText };
    });
  });
  const readersOf = ({ at }: ValuesSpot) =>
    spots.flatMap((one, index) => (JSON.stringify(one.at) === JSON.stringify(at) ? [index] : []));
  const seen = new Set<string>();
  return found.flat().filter(({ id, spot }) => {
    if (seen.has(id)) return false;
    seen.add(id);
    return readersOf(spot).every((index) => found[index]?.some((one) => one.id === id));
  });
}

function moveIn(
  text: string,
  { at, of }: ValuesSpot,
  from: readonly string[],
  { to, asText }: Pick<DeadKey, "to" | "asText">,
): { text: string; how: Moved } | undefined {
  // Every scalar stays the text that it is.
  const document = parseDocument(text, { schema: "failsafe" });
  const style = styleOf(text);
  const before = document.toString(style);
  try {
    const why = `nothing in chart ${of} reads it`;
    const how = moveKey(document, at, from, to, { why, asText });
    if (how === undefined) return undefined;
    return { text: withOwnSpacing(text, before, document.toString(style)), how };
  } catch {
    // An alias elsewhere needs the anchor that was in it.
    return undefined;
  }
}

/** Returns the changed document with every line that did not change as its author wrote it. */
function withOwnSpacing(text: string, before: string, after: string): string {
  const kept = keepLines(text, before, after);
  // Where lines can't be told apart (flow collections over several lines), the right values count more than the spacing.
  return isDeepStrictEqual(valuesOf(kept), valuesOf(after)) ? kept : after;
}

function valuesOf(text: string): unknown {
  const document = parseDocument(text, { schema: "failsafe" });
  return document.errors.length > 0 ? undefined : document.toJS();
}

const styles: readonly ToStringOptions[] = [2, 4].flatMap((indent) =>
  [true, false].flatMap((indentSeq) =>
    [true, false].map((flowCollectionPadding) => ({
      lineWidth: 0,
      indent,
      indentSeq,
      flowCollectionPadding,
    })),
  ),
);

/** The way of writing that leaves most of the file's lines as they are. */
function styleOf(text: string): ToStringOptions {
  const lines = new Set(text.split("\n"));
  const document = parseDocument(text, { schema: "failsafe" });
  const changed = styles.map(
    (style) =>
      document
        .toString(style)
        .split("\n")
        .filter((line) => !lines.has(line)).length,
  );
  return styles[changed.indexOf(Math.min(...changed))] ?? {};
}
