import type { Measurements } from "../../../measurements-schema.ts";
import { formatValue, splitValue } from "../../format-value.ts";
import { make, makeSvg } from "../dom.ts";
import { toColor } from "./palette.ts";

type Panel = Measurements["dashboards"][number]["panels"][number];
type Series = Extract<Panel["data"], { kind: "series" }>["series"][number];

/** How many values a panel shows; the others are counted. */
const shownValues = 12;

/** Returns the last value of a line. */
function getLast({ points }: Series): number | null {
  return points.findLast(([, value]) => value !== null)?.[1] ?? null;
}

/** Returns the values as large numbers, with their course below. */
export function drawStat(panel: Panel, series: readonly Series[]): HTMLElement {
  const values = series.slice(0, shownValues).map((one) => {
    const value = getLast(one);
    const { text, unit } = splitValue(value, panel.unit, panel.decimals);
    return make(
      "div",
      { class: "stat" },
      series.length > 1 && make("span", { class: "name", title: one.name }, one.name),
      make(
        "span",
        { class: "value" },
        makeDot(panel, value),
        text,
        unit !== "" && make("small", {}, ` ${unit}`),
      ),
      drawSparkline(one),
    );
  });
  return make("div", { class: series.length > 1 ? "stats many" : "stats" }, ...values, countMore(series));
}

/** Returns an arc for each value between the panel's lowest and highest value. */
export function drawGauge(panel: Panel, series: readonly Series[]): HTMLElement {
  const [min, max] = findScale(panel, series);
  const gauges = series.slice(0, shownValues).map((one) => {
    const value = getLast(one);
    const share = toShare(value, min, max);
    const text = formatValue(value, panel.unit, panel.decimals);
    return make(
      "div",
      { class: "gauge" },
      makeSvg(
        "svg",
        {
          viewBox: "0 0 120 70",
          role: "img",
          "aria-label": `${one.name || panel.title}: ${text} between ${formatValue(min, panel.unit)} and ${formatValue(max, panel.unit)}`,
        },
        makeSvg("path", { class: "rail", d: "M12 62a48 48 0 0 1 96 0", pathLength: 100 }),
        drawArc(share, findColor(panel, value)),
        makeSvg("text", { x: 60, y: 60, "text-anchor": "middle" }, text),
      ),
      series.length > 1 && make("span", { class: "name", title: one.name }, one.name),
    );
  });
  return make("div", { class: "gauges" }, ...gauges, countMore(series));
}

/** Returns the filled part of a gauge, in the colour of the threshold. */
function drawArc(share: number, color: string | undefined): SVGPathElement {
  const arc = makeSvg("path", {
    class: "arc",
    d: "M12 62a48 48 0 0 1 96 0",
    pathLength: 100,
    "stroke-dasharray": `${share * 100} 200`,
  });
  if (color !== undefined) arc.style.stroke = color;
  return arc;
}

/** Returns a bar for each value between the panel's lowest and highest value. */
export function drawBarGauge(panel: Panel, series: readonly Series[]): HTMLElement {
  const [min, max] = findScale(panel, series);
  const bars = series.slice(0, shownValues).map((one) => {
    const value = getLast(one);
    const bar = make("i");
    bar.style.width = `${toShare(value, min, max) * 100}%`;
    const color = findColor(panel, value);
    if (color !== undefined) bar.style.background = color;
    return make(
      "li",
      {},
      make("span", { class: "name", title: one.name }, one.name || panel.title || "value"),
      make("span", { class: "track", "aria-hidden": "true" }, bar),
      make("span", { class: "number" }, formatValue(value, panel.unit, panel.decimals)),
    );
  });
  return make(
    "ul",
    { class: "bar-gauge" },
    ...bars,
    series.length > shownValues && make("li", {}, countMore(series)),
  );
}

function countMore(series: readonly Series[]): HTMLElement | false {
  return (
    series.length > shownValues && make("p", { class: "quiet" }, `and ${series.length - shownValues} more`)
  );
}

/** Returns the ends of the scale: those of the panel, else those of Grafana for percentages, else of the values. */
function findScale({ min, max, unit }: Panel, series: readonly Series[]): [number, number] {
  const values = series
    .map(getLast)
    .filter((value): value is number => value !== null && Number.isFinite(value));
  const usual = unit === "percent" ? 100 : unit === "percentunit" ? 1 : Math.max(...values, 0);
  return [min ?? Math.min(0, ...values), max ?? (usual || 1)];
}

function toShare(value: number | null, min: number, max: number): number {
  if (value === null || max <= min) return 0;
  return Math.min(1, Math.max(0, (value - min) / (max - min)));
}

/** Returns the colour of the highest threshold that the value reaches. */
function findColor({ thresholds = [] }: Panel, value: number | null): string | undefined {
  const reached = thresholds.filter(({ from }) => from === null || (value !== null && value >= from));
  const name = reached.at(-1)?.color;
  return name === undefined ? undefined : toColor(name);
}

/** Returns a dot in the colour of the value's threshold. The number beside it says the same. */
function makeDot(panel: Panel, value: number | null): HTMLElement | undefined {
  const color = panel.thresholds === undefined ? undefined : findColor(panel, value);
  if (color === undefined) return undefined;
  const dot = make("i", { class: "dot", "aria-hidden": "true" });
  dot.style.background = color;
  return dot;
}

/** Returns the course of a value as a small line without axes. */
function drawSparkline({ points }: Series): SVGSVGElement | undefined {
  const values = points.flatMap(([, value]) => (value === null || !Number.isFinite(value) ? [] : value));
  if (values.length < 3) return undefined;
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const toY = (value: number) => (high === low ? 10 : 18 - ((value - low) / (high - low)) * 16);
  const path = values.map(
    (value, index) => `${((index / (values.length - 1)) * 100).toFixed(1)} ${toY(value).toFixed(1)}`,
  );
  return makeSvg(
    "svg",
    { class: "sparkline", viewBox: "0 0 100 20", preserveAspectRatio: "none", "aria-hidden": "true" },
    makeSvg("path", { d: `M${path.join("L")}` }),
  );
}
