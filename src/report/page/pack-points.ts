type Points = readonly (readonly [number, number | null])[];

/** What packed points begin with: `@BEGIN;STEP;VALUE,VALUE,,VALUE`, times in seconds. */
const mark = "@";
/** Digits of a value: more than a chart or a legend shows. */
const digits = 5;

/**
 * Returns points at even distances as a short text, a sixth of their JSON; others as they are. Values are rounded to five
 * digits.
 */
export function packPoints(points: Points): string | Points {
  const [[from] = [0], second] = points;
  const step = second === undefined ? 0 : roundTime(second[0] - from);
  const isEven = points.every(([time], index) => roundTime(from + index * step) === roundTime(time));
  if (!isEven || points.length < 2) return points;
  const values = points.map(([, value]) => (value === null ? "" : String(Number(value.toPrecision(digits)))));
  return `${mark}${from};${step};${values.join(",")}`;
}

/** Returns the points of a packed text; any other value as it is. */
export function unpackPoints(packed: unknown): unknown {
  if (typeof packed !== "string" || !packed.startsWith(mark)) return packed;
  const [from = "", step = "", values] = packed.slice(mark.length).split(";");
  if (values === undefined) return packed;
  return values
    .split(",")
    .map((value, index) => [
      roundTime(Number(from) + index * Number(step)),
      value === "" ? null : Number(value),
    ]);
}

/** Replaces the points of lines in `JSON.stringify`. */
export function packKey(key: string, value: unknown): unknown {
  return key === "points" && isPoints(value) ? packPoints(value) : value;
}

/** Restores the points of lines in `JSON.parse`. */
export function unpackKey(key: string, value: unknown): unknown {
  return key === "points" ? unpackPoints(value) : value;
}

function isPoints(value: unknown): value is Points {
  return Array.isArray(value) && value.every((point) => Array.isArray(point) && point.length === 2);
}

function roundTime(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
