import uPlot from "uplot";
import { formatClock, formatValue } from "../../format-value.ts";
import { getInk, getStroke, onSchemeChange } from "./palette.ts";

export interface Line {
  readonly name: string;
  /** [unix seconds, value] */
  readonly points: readonly (readonly [number, number | null])[];
}

/** A horizontal line, such as a limit. */
export interface Bound {
  readonly kind: "request" | "limit";
  readonly value: number;
}

export interface LineChartInput {
  readonly lines: readonly Line[];
  readonly unit?: string | undefined;
  readonly decimals?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly height: number;
  /** Called with the index of the time below the pointer; undefined when the pointer is elsewhere. */
  readonly onPoint?: (index: number | undefined) => void;
}

export interface LineChart {
  /** Times and values of all lines at the same times. */
  readonly data: uPlot.AlignedData;
  /** Emphasizes one line and shows its bounds; undefined: none. */
  emphasize(line: number | undefined, bounds: readonly Bound[]): void;
}

/** Charts that are in the page, each with the function that draws it anew. */
const charts = new Map<HTMLElement, () => void>();

/** Draws all charts again: with the colours and at the width that they should have now. */
export function redrawCharts(): void {
  for (const redraw of charts.values()) redraw();
}

onSchemeChange(redrawCharts);

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) charts.get(target as HTMLElement)?.();
});

/** Draws lines over time into an element, whose width the chart follows. */
export function drawLineChart(target: HTMLElement, input: LineChartInput): LineChart {
  const data = alignLines(input.lines);
  let plot: uPlot | undefined;
  let drawn = "";
  let emphasis: { readonly line: number | undefined; readonly bounds: readonly Bound[] } = {
    line: undefined,
    bounds: [],
  };
  const draw = () => {
    const width = Math.floor(target.clientWidth);
    const key = `${width} ${getInk().text}`;
    if (width === 0 || key === drawn) return;
    drawn = key;
    plot?.destroy();
    plot = new uPlot(
      toOptions(input, width, () => emphasis.bounds),
      data,
      target,
    );
  };
  charts.set(target, draw);
  resized.observe(target);
  draw();
  return {
    data,
    emphasize: (line, bounds) => {
      emphasis = { line, bounds };
      plot?.setSeries(line === undefined ? null : line + 1, { focus: true }, false);
      plot?.setData(data);
    },
  };
}

/** Returns the times of all lines, and of each line a value or null for each of them. */
function alignLines(lines: readonly Line[]): uPlot.AlignedData {
  const times = [...new Set(lines.flatMap(({ points }) => points.map(([time]) => time)))].toSorted(
    (a, b) => a - b,
  );
  const places = new Map(times.map((time, index) => [time, index]));
  const columns = lines.map(({ points }) => {
    // At times that only another line has, a line continues: uPlot takes null for a gap, and undefined for nothing.
    const values: (number | null | undefined)[] = times.map(() => undefined);
    for (const [time, value] of points) values[places.get(time) ?? 0] = value;
    return values;
  });
  return [times, ...columns];
}

function toOptions(
  { lines, unit, decimals, min, max, height, onPoint }: LineChartInput,
  width: number,
  getBounds: () => readonly Bound[],
): uPlot.Options {
  const ink = getInk();
  const font = '11px system-ui, -apple-system, "Segoe UI", sans-serif';
  const axis = { stroke: ink.text, font, grid: { stroke: ink.grid, width: 1 }, ticks: { show: false } };
  return {
    width,
    height,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    focus: { alpha: 0.25 },
    scales: {
      x: { time: false },
      y: {
        range: (_, low, high) =>
          findRange(
            [low, ...getBounds().map(({ value }) => value)],
            [high, ...getBounds().map(({ value }) => value)],
            min,
            max,
          ),
      },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        gap: 7,
        space: 64,
        incrs: [...wholeSeconds],
        values: (_, times) => times.map(formatClock),
      },
      {
        ...axis,
        space: 28,
        ...findSteps(unit),
        size: (_, labels) => 14 + 6.4 * Math.max(3, ...(labels ?? []).map((label) => label.length)),
        values: (_, values) => values.map((value) => formatValue(value, unit, decimals)),
      },
    ],
    series: [
      {},
      ...lines.map(({ name, points }, index) => {
        const { color, dash } = getStroke(index);
        return {
          label: name,
          stroke: color,
          dash: [...dash],
          width: 1.75,
          points: { show: points.length < 3 },
        };
      }),
    ],
    hooks: {
      draw: [(plot) => drawBounds(plot, getBounds())],
      setCursor: [(plot) => onPoint?.(plot.cursor.idx ?? undefined)],
    },
  };
}

/** Steps of the time axis. */
const wholeSeconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400];

/** Steps of an axis of bytes: powers of two, which are round in KiB and MiB. */
const binarySteps = Array.from({ length: 60 }, (_, power) => 2 ** (power - 4));

/** Steps of an axis that counts things. */
const wholeSteps = Array.from({ length: 15 }, (_, power) =>
  [1, 2, 5].map((digit) => digit * 10 ** power),
).flat();

/** Returns the steps of the value axis, where the unit has some of its own. */
function findSteps(unit: string | undefined): { readonly incrs?: number[] } {
  if (unit === "bytes" || unit === "binBps") return { incrs: binarySteps };
  return unit === "count" ? { incrs: wholeSteps } : {};
}

/** Returns the ends of the value axis: 0 and the highest value, unless the dashboard says otherwise. */
function findRange(
  lows: readonly number[],
  highs: readonly number[],
  min: number | undefined,
  max: number | undefined,
): [number, number] {
  const low = Math.min(0, ...lows.filter(Number.isFinite));
  const high = Math.max(...highs.filter((value) => value !== null && Number.isFinite(value)), 0);
  const top = high === low ? low + 1 : high + (high - low) * 0.08;
  return [min ?? low, max !== undefined && max > (min ?? low) ? max : top];
}

/** Draws horizontal lines with their names. */
function drawBounds(plot: uPlot, bounds: readonly Bound[]): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  for (const { kind, value } of bounds) {
    const y = plot.valToPos(value, "y", true);
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = getInk()[kind];
    ctx.lineWidth = ratio;
    ctx.setLineDash(kind === "limit" ? [6 * ratio, 3 * ratio] : [2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    ctx.fillText(kind, bbox.left + bbox.width - 2 * ratio, y - 2 * ratio);
    ctx.restore();
  }
}
