import type { Measurements } from "../../../measurements-schema.ts";
import { formatValue } from "../../format-value.ts";
import { make, makeTable } from "../dom.ts";
import { drawBarGauge, drawGauge, drawStat } from "./gauges.ts";
import { drawLineChart } from "./line-chart.ts";
import { describeLines, makeSwatch } from "./plots.ts";

export type Dashboard = Measurements["dashboards"][number];
export type Panel = Dashboard["panels"][number];
type Series = Extract<Panel["data"], { kind: "series" }>["series"];

/** The height of a row of Grafana's grid with its gap, in pixels. */
export const gridRow = 38;
/** What a panel's frame and title take of its height, in pixels. */
const frameHeight = 46;
/** The height of a line of a chart's legend, in pixels. */
const legendRow = 20;
/** Most rows of a table in a panel. */
const shownRows = 100;

/** Returns what is in a panel: drawn as its type, or as a table; if it is dead, the reason. */
export function drawPanelBody(panel: Panel): HTMLElement {
  const { data, title, type } = panel;
  if (data.kind === "none") return make("p", { class: "why" }, data.why);
  if (data.kind === "text")
    return make(
      "div",
      { class: "text", tabindex: 0, role: "group", "aria-label": title || "Text" },
      data.text,
    );
  if (data.kind === "table") return drawTable(panel, data.columns, data.rows);
  if (data.series.length === 0) return make("p", { class: "why" }, "no data");
  switch (type) {
    case "timeseries":
    case "graph":
      return drawLines(panel, data.series);
    case "stat":
    case "singlestat":
      return drawStat(panel, data.series);
    case "gauge":
      return drawGauge(panel, data.series);
    case "bargauge":
      return drawBarGauge(panel, data.series);
    default:
      return drawLastValues(panel, data.series);
  }
}

function drawLines(panel: Panel, series: Series): HTMLElement {
  const { title, unit, decimals, min, max, grid } = panel;
  const height = Math.max(grid.h * gridRow - frameHeight, 120);
  const shown = Math.max(1, Math.min(series.length, Math.floor((height - 70) / legendRow), 6));
  const canvas = make("div", {
    class: "chart",
    role: "img",
    "aria-label": describeLines(title || "Panel", series, unit, decimals),
  });
  const legend = make(
    "ul",
    { class: "legend" },
    ...series.slice(0, shown).map(({ name, points }, index) => {
      const last = points.findLast(([, value]) => value !== null)?.[1] ?? null;
      return make(
        "li",
        { class: "legend-line" },
        makeSwatch(index),
        make("span", { class: "name", title: name }, name || title || "value"),
        make("span", { class: "number" }, formatValue(last, unit, decimals)),
      );
    }),
    series.length > shown && make("li", { class: "quiet" }, `and ${series.length - shown} more`),
  );
  const legendHeight = legendRow * (shown + (series.length > shown ? 1 : 0)) + 8;
  // After the element is in the page, which gives it its width.
  queueMicrotask(() =>
    drawLineChart(canvas, {
      lines: series,
      unit,
      decimals,
      min,
      max,
      height: Math.max(height - legendHeight, 70),
    }),
  );
  return make("div", { class: "lines" }, canvas, legend);
}

function drawTable(
  { title, unit, decimals }: Panel,
  columns: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): HTMLElement {
  const numeric = columns.flatMap((_, index) =>
    rows.some((row) => typeof row[index] === "number") ? index : [],
  );
  const format = (cell: string | number | null) =>
    typeof cell === "number" ? formatValue(cell, unit, decimals) : (cell ?? "–");
  const table = makeTable({
    caption: title || "Table",
    columns,
    rows: rows.slice(0, shownRows).map((row) => columns.map((_, index) => format(row[index] ?? null))),
    numeric,
  });
  if (rows.length > shownRows)
    table.append(make("p", { class: "quiet" }, `and ${rows.length - shownRows} more rows`));
  return table;
}

/** Returns the last value of each line, for a type of panel that is not drawn here. */
function drawLastValues({ title, unit, decimals, type }: Panel, series: Series): HTMLElement {
  const rows = series.slice(0, shownRows).map(({ name, points }) => {
    const last = points.findLast(([, value]) => value !== null)?.[1] ?? null;
    return [name || title || "value", formatValue(last, unit, decimals)];
  });
  return makeTable({
    caption: `${title || "Panel"} (${type}), as a table`,
    columns: ["series", "last value"],
    rows,
    numeric: [1],
  });
}
