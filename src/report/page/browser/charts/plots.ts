import type { Measurements } from "../../../measurements-schema.ts";
import { formatClock, formatValue } from "../../format-value.ts";
import { type Content, make, makeCode, makeFolded, makeSection, makeSvg } from "../dom.ts";
import { drawWhenSeen } from "./lazy.ts";
import { type Bound, drawLineChart, type LineChart } from "./line-chart.ts";
import { getStroke } from "./palette.ts";

type Plot = Measurements["plots"][number];
type Series = Plot["series"][number];

/** How many rows the table below a plot has at first. */
const openRows = 6;

/** Returns the section with the plots over the run. */
export function drawPlots(measurements: Measurements | undefined): HTMLElement | undefined {
  if (measurements === undefined || measurements.plots.length === 0) return undefined;
  const { from, to, plots, left } = measurements;
  return makeSection(
    "run",
    "The stack over the run",
    make(
      "p",
      { class: "quiet" },
      `What Prometheus held before the teardown, ${from.slice(11, 19)} to ${to.slice(11, 19)} UTC. Point at a line, or at a row below, to read it.`,
    ),
    left !== undefined && make("p", { class: "notice" }, left),
    make("div", { class: "plots" }, ...plots.map(drawPlot)),
  );
}

function drawPlot(plot: Plot): HTMLElement {
  const canvas = make("div", {
    class: "chart",
    role: "img",
    "aria-label": describeLines(plot.title, plot.series, plot.unit),
  });
  const { table, showValues, onRow } = drawSeriesTable(plot);
  const card = make(
    "article",
    { class: "card plot", "aria-labelledby": `plot-${plot.id}` },
    make("h3", { id: `plot-${plot.id}` }, plot.title),
    plot.series.length === 0 ? make("p", { class: "empty" }, "No data.") : canvas,
    plot.series.length > 0 && table,
    plot.left !== undefined && make("p", { class: "notice" }, plot.left),
    makeFolded("Query", { className: "small" }, make("pre", { tabindex: 0 }, makeCode(plot.query))),
  );
  if (plot.series.length === 0) return card;
  let chart: LineChart | undefined;
  onRow((row) => chart?.emphasize(row, row === undefined ? [] : listBounds(plot, row)));
  drawWhenSeen(card, () => {
    chart = drawLineChart(canvas, {
      lines: plot.series,
      unit: plot.unit,
      height: 200,
      onPoint: (index) => showValues(chart, index),
    });
  });
  return card;
}

/** Returns a sentence that says what a chart shows, for those who do not see it. */
export function describeLines(
  title: string,
  series: readonly Series[],
  unit?: string,
  decimals?: number,
): string {
  const shown = series.slice(0, 8).map((one) => {
    const values = listValues(one);
    const format = (value: number | undefined) => formatValue(value ?? null, unit, decimals);
    return `${one.name || "value"}: from ${format(findMin(values))} to ${format(findMax(values))}, last ${format(values.at(-1))}`;
  });
  const more = series.length - shown.length;
  return `${title}: ${series.length} line${series.length === 1 ? "" : "s"} over time. ${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

function listValues({ points }: Series): number[] {
  return points.flatMap(([, value]) => value ?? []);
}

function findMin(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.min(a, b));
}

function findMax(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b));
}

function listBounds({ bounds = [], series }: Plot, row: number): Bound[] {
  const found = bounds.find((bound) => bound.series === series[row]?.name);
  return (["request", "limit"] as const).flatMap((kind) => {
    const value = found?.[kind];
    return value === undefined ? [] : [{ kind, value }];
  });
}

interface SeriesTable {
  readonly table: HTMLElement;
  /** Shows the values at an index of the chart's times; without one the last values. */
  showValues(chart: LineChart | undefined, index: number | undefined): void;
  /** Calls `emphasize` with the row that is pointed at or has the focus. */
  onRow(emphasize: (row: number | undefined) => void): void;
}

/** Returns the legend of a plot: a row for each line with its last and highest value, its request and its limit. */
function drawSeriesTable(plot: Plot): SeriesTable {
  const { series, bounds = [], unit, title } = plot;
  const hasBounds = bounds.length > 0;
  const hasLimits = bounds.some(({ limit }) => limit !== undefined);
  const sharedLength = countShared(series.map(({ name }) => name));
  const lastCells = series.map((one) =>
    make("td", { class: "number" }, formatValue(listValues(one).at(-1) ?? null, unit)),
  );
  const lastHead = make("th", { scope: "col", class: "number" }, "last");
  const rows = series.map((one, index) => {
    const highest = findMax(listValues(one));
    const bound = bounds.find(({ series: name }) => name === one.name);
    const format = (value: number | undefined) => (value === undefined ? "–" : formatValue(value, unit));
    return make(
      "tr",
      { tabindex: hasBounds ? 0 : undefined },
      make(
        "th",
        { scope: "row", title: one.name },
        makeSwatch(index),
        one.name.slice(sharedLength) || "value",
      ),
      lastCells[index],
      make("td", { class: "number" }, format(highest)),
      hasBounds && make("td", { class: "number" }, format(bound?.request)),
      hasLimits && make("td", { class: "number" }, format(bound?.limit)),
      hasLimits &&
        make(
          "td",
          {},
          bound?.limit !== undefined && highest !== undefined && drawShare(highest / bound.limit),
        ),
    );
  });
  const makeHead = (): Content =>
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        make("th", { scope: "col" }, hasBounds ? "pod" : "line"),
        lastHead,
        make("th", { scope: "col", class: "number" }, "highest"),
        ...[...(hasBounds ? ["request"] : []), ...(hasLimits ? ["limit"] : [])].map((name) =>
          make("th", { scope: "col", class: "number" }, name),
        ),
        hasLimits && make("th", { scope: "col" }, "of limit"),
      ),
    );
  const table = make(
    "div",
    { class: "scroll", role: "group", tabindex: 0, "aria-label": `${title}: values` },
    make(
      "table",
      { class: "legend" },
      make("caption", { class: "hidden" }, title),
      makeHead(),
      make("tbody", {}, ...rows),
    ),
  );
  if (rows.length > openRows) foldRows(table, rows);
  return {
    table,
    showValues: (chart, index) => {
      const time = index === undefined ? undefined : chart?.data[0][index];
      lastHead.textContent = time === undefined ? "last" : formatClock(time);
      for (const [line, cell] of lastCells.entries()) {
        const one = series[line];
        const value = index === undefined ? one && listValues(one).at(-1) : chart?.data[line + 1]?.[index];
        cell.textContent = formatValue(value ?? null, unit);
      }
    },
    onRow: (emphasize) => {
      for (const [index, row] of rows.entries()) {
        for (const event of ["pointerenter", "focus"]) row.addEventListener(event, () => emphasize(index));
        for (const event of ["pointerleave", "blur"]) row.addEventListener(event, () => emphasize(undefined));
      }
    },
  };
}

/** Returns the length of the part up to a slash with which all names begin, such as a namespace. */
function countShared(names: readonly string[]): number {
  const [first = ""] = names;
  const length = first.indexOf("/") + 1;
  return names.every((name) => name.startsWith(first.slice(0, length))) ? length : 0;
}

/** Hides the rows after the first ones behind a button. */
function foldRows(table: HTMLElement, rows: readonly HTMLElement[]): void {
  for (const row of rows.slice(openRows)) row.hidden = true;
  const button = make("button", { type: "button" }, `Show ${rows.length - openRows} more`);
  const unfold = () => {
    for (const row of rows) row.hidden = false;
    button.remove();
  };
  button.addEventListener("click", unfold);
  table.addEventListener("draw", unfold);
  table.append(button);
}

/** Returns a piece of the line as the chart has it. */
export function makeSwatch(index: number): SVGSVGElement {
  const { dash } = getStroke(index);
  return makeSvg(
    "svg",
    { class: `swatch line-${index % 8}`, viewBox: "0 0 18 8", "aria-hidden": "true" },
    makeSvg("path", {
      d: "M0 4h18",
      "stroke-dasharray": dash.map((length) => length * 0.7).join(" ") || undefined,
    }),
  );
}

/** Returns a bar that says how much of the limit was used. */
function drawShare(share: number): HTMLElement {
  const bar = make("i", { class: share > 0.9 ? "high" : undefined });
  bar.style.width = `${Math.min(100, share * 100)}%`;
  return make(
    "span",
    { class: "share" },
    make("span", { class: "track", "aria-hidden": "true" }, bar),
    ` ${Math.round(share * 100)}%${share > 0.9 ? " !" : ""}`,
  );
}
