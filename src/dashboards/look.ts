import { z } from "zod";

const textField = z.string().nullish().catch(undefined);
// Old models have numbers as texts too.
const numberField = z.coerce.number().optional().catch(undefined);
const nullableNumber = z.preprocess(
  (value) => (value === null || value === "" ? undefined : value),
  numberField,
);

const stepsSchema = z
  .array(z.looseObject({ color: z.string(), value: z.number().nullish() }))
  .nullish()
  .catch(undefined);

/** The parts of a panel's model that say how it looks: of today's panels, and of those before Grafana 7. */
export const lookSchema = z.looseObject({
  gridPos: z
    .looseObject({ x: z.number(), y: z.number(), w: z.number(), h: z.number() })
    .nullish()
    .catch(undefined),
  fieldConfig: z
    .looseObject({
      defaults: z
        .looseObject({
          unit: textField,
          decimals: nullableNumber,
          min: nullableNumber,
          max: nullableNumber,
          thresholds: z.looseObject({ mode: textField, steps: stepsSchema }).nullish().catch(undefined),
        })
        .nullish()
        .catch(undefined),
    })
    .nullish()
    .catch(undefined),
  options: z.looseObject({ content: textField }).nullish().catch(undefined),
  content: textField,
  format: textField,
  decimals: nullableNumber,
  gauge: z.looseObject({ minValue: nullableNumber, maxValue: nullableNumber }).nullish().catch(undefined),
  yaxes: z
    .array(z.looseObject({ format: textField, min: nullableNumber, max: nullableNumber }))
    .nullish()
    .catch(undefined),
  colors: z.array(z.string()).nullish().catch(undefined),
  thresholds: z.unknown().optional(),
  span: nullableNumber,
  height: z.union([z.string(), z.number()]).nullish().catch(undefined),
});

type RawLook = z.infer<typeof lookSchema>;

/** How a panel looks, whatever version its model is of. */
export interface PanelLook {
  readonly unit: string | undefined;
  readonly decimals: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** The lowest one has no value. */
  readonly thresholds: readonly { readonly from: number | null; readonly color: string }[];
  /** Of a text panel, as written. */
  readonly text: string | undefined;
}

/** Returns how a panel looks. */
export function readLook(raw: RawLook): PanelLook {
  const defaults = raw.fieldConfig?.defaults;
  const axis = raw.yaxes?.[0];
  return {
    unit: defaults?.unit ?? axis?.format ?? raw.format ?? undefined,
    decimals: defaults?.decimals ?? raw.decimals,
    min: defaults?.min ?? axis?.min ?? raw.gauge?.minValue,
    max: defaults?.max ?? axis?.max ?? raw.gauge?.maxValue,
    thresholds: readSteps(defaults?.thresholds) ?? readOldThresholds(raw),
    text: raw.options?.content ?? raw.content ?? undefined,
  };
}

/** Returns today's thresholds; undefined if there are none. Those in percent need a range that the model may not have. */
function readSteps(thresholds: { mode?: unknown; steps?: z.infer<typeof stepsSchema> } | null | undefined) {
  if (!thresholds?.steps || thresholds.mode === "percentage") return undefined;
  return thresholds.steps.map(({ color, value }) => ({ from: value ?? null, color }));
}

/** Returns the thresholds of a single stat: `80,90` and three colours. */
function readOldThresholds({ thresholds, colors }: RawLook): PanelLook["thresholds"] {
  if (typeof thresholds !== "string" || thresholds === "" || !colors) return [];
  const limits = [null, ...thresholds.split(",").map(Number)];
  if (limits.some((limit) => Number.isNaN(limit))) return [];
  return colors.slice(0, limits.length).map((color, index) => ({ from: limits[index] ?? null, color }));
}

/** Where a panel is in the grid of 24 columns. A unit of height has about 30 pixels. */
export interface Grid {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const columns = 24;

/** Returns the place in the grid that the model names, within its bounds; undefined if it names none. */
export function readGrid({ gridPos }: RawLook): Grid | undefined {
  if (!gridPos) return undefined;
  const w = clamp(gridPos.w, 1, columns);
  return {
    x: clamp(gridPos.x, 0, columns - w),
    y: clamp(gridPos.y, 0, 100_000),
    w,
    h: clamp(gridPos.h, 1, 100),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(Math.round(value), least), most);
}

/** Returns the places of the panels of a row before Grafana 5: one after the other, by their spans of 12 columns. */
export function flowPanels(panels: readonly RawLook[], rowHeight: RawLook["height"], top: number): Grid[] {
  let [x, y, lineHeight] = [0, top, 0];
  return panels.map((panel) => {
    const w = clamp((panel.span ?? 12) * 2, 1, columns);
    const h = toGridHeight(panel.height ?? rowHeight);
    if (x + w > columns) [x, y, lineHeight] = [0, y + lineHeight, 0];
    const grid = { x, y, w, h };
    x += w;
    lineHeight = Math.max(lineHeight, h);
    return grid;
  });
}

/** Returns a height in pixels (`250px`) in units of the grid; 7 where none is written, as Grafana's 250 pixels. */
function toGridHeight(height: RawLook["height"]): number {
  const pixels = Number.parseFloat(String(height ?? ""));
  return Number.isFinite(pixels) ? clamp(pixels / 38, 1, 100) : 7;
}

/** Returns the first free line below the panels. */
export function findBottom(grids: readonly Grid[]): number {
  return grids.reduce((bottom, { y, h }) => Math.max(bottom, y + h), 0);
}
