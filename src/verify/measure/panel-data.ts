import type { FrameSeries } from "../../stack/grafana-frames.ts";
import type { NamedSeries } from "./plots.ts";
import { nameSeries } from "./series-names.ts";

/** The most series, rows and points of a panel's data. */
const maxSeries = 20;
const maxRows = 50;
const maxPoints = 120;

type Cell = string | number | null;

/** The data of a panel, and what was cut of it. */
export type KeptData = {
  readonly data:
    | { readonly kind: "series"; readonly series: readonly NamedSeries[] }
    | {
        readonly kind: "table";
        readonly columns: readonly string[];
        readonly rows: readonly (readonly Cell[])[];
      };
  readonly left?: string;
};

/** The result of one of a panel's queries. */
export interface QueryResult {
  readonly legend: string | undefined;
  readonly series: readonly FrameSeries[];
}

/**
 * Returns the series of a panel's queries with their names, at most 20 of at most 120 points.
 * @param title the name of a series without labels
 */
export function toSeries(results: readonly QueryResult[], title: string): KeptData {
  const all = results.flatMap(({ legend, series }) => {
    const names = nameSeries(
      series.map(({ labels }) => labels),
      legend,
      title,
    );
    return series.map(({ points }, index) => ({ name: names[index] ?? title, points }));
  });
  const series = all.slice(0, maxSeries).map(({ name, points }) => ({ name, points: thin(points) }));
  return {
    data: { kind: "series", series },
    ...(all.length > maxSeries ? { left: `the first ${maxSeries} of ${all.length} series are here` } : {}),
  };
}

/** Returns every second, third, ... point, and always the last one. */
function thin<T>(points: readonly T[]): readonly T[] {
  const each = Math.ceil(points.length / maxPoints);
  return each <= 1 ? points : points.filter((_, index) => (points.length - 1 - index) % each === 0);
}

/**
 * Returns a table of the last values, at most 50 rows: a column for each label, and one for the values of each query.
 * Series of several queries with the same labels share a row.
 */
export function toTable(results: readonly QueryResult[]): KeptData {
  const names = new Set(results.flatMap(({ series }) => series.flatMap(({ labels }) => Object.keys(labels))));
  names.delete("__name__");
  const labelNames = [...names].toSorted();
  const valueNames = results.map(({ legend }, index) => nameColumn(legend, index, results.length));
  const rows = new Map<string, Cell[]>();
  for (const [index, { series }] of results.entries())
    for (const { labels, points } of series) {
      const cells = labelNames.map((name) => labels[name] ?? null);
      const key = JSON.stringify(cells);
      const row = rows.get(key) ?? [...cells, ...valueNames.map(() => null)];
      row[labelNames.length + index] = points.at(-1)?.[1] ?? null;
      rows.set(key, row);
    }
  return {
    data: {
      kind: "table",
      columns: [...labelNames, ...valueNames],
      rows: [...rows.values()].slice(0, maxRows),
    },
    ...(rows.size > maxRows ? { left: `the first ${maxRows} of ${rows.size} rows are here` } : {}),
  };
}

/** Returns the name of a query's column: its legend where that is a plain text, else `Value`, numbered if there are several. */
function nameColumn(legend: string | undefined, index: number, count: number): string {
  if (legend !== undefined && legend !== "__auto" && !legend.includes("{{")) return legend;
  return count === 1 ? "Value" : `Value ${index + 1}`;
}
