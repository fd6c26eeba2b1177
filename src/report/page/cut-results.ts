import { shorten } from "../../lib/text.ts";
import type { Results } from "../results-schema.ts";

type Measurements = NonNullable<Results["measurements"]>;
type DrawnDashboard = Measurements["dashboards"][number];
type DrawnPanel = DrawnDashboard["panels"][number];

/** A way to make the results smaller. */
interface Cut {
  /** What is missing then, as a sentence. */
  readonly says: string;
  apply(results: Results): Results;
}

/** Ways to make the results smaller, the least important data first. Each is applied to what the former ones left. */
const cuts: readonly Cut[] = [
  {
    says: "Labels of lines and queries of panels that have data are left out.",
    apply: (results) => ({
      ...changePanels(results, removeLabels),
      dashboards: results.dashboards.map((dashboard) => ({
        ...dashboard,
        panels: dashboard.panels.map((panel) =>
          panel.status === "data" ? { ...panel, queries: [] } : panel,
        ),
      })),
    }),
  },
  {
    says: "The timeline has no pods, containers and scrapes beside the critical path.",
    apply: ({ trace, ...results }) => {
      if (trace === undefined) return results;
      const path = new Set(trace.criticalPath);
      const isKept = ({ id, kind }: (typeof trace.spans)[number]) =>
        path.has(id) || !["pod", "container", "scrape"].includes(kind);
      return { ...results, trace: { ...trace, spans: trace.spans.filter(isKept) } };
    },
  },
  ...[120, 60, 30, 15].map((most) => ({
    says: `Lines of dashboards have at most ${most} points each.`,
    apply: (results: Results) => changePanels(results, (panel) => thinPanel(panel, most)),
  })),
  {
    says: "Of each panel at most 8 lines or rows are here.",
    apply: (results) => changePanels(results, (panel) => limitPanel(panel, 8)),
  },
  ...[0.25, 0.5, 0.75, 1].map((share) => ({
    says:
      share === 1
        ? "The data of all panels with values is left out."
        : `The data of ${share * 100} % of the dashboards, the last ones, is left out.`,
    apply: (results: Results) => emptyLastDashboards(results, share),
  })),
  {
    says: "The plots over the run have at most 30 points for each line.",
    apply: (results) =>
      changePlots(results, (series) => ({ ...series, points: pickEvenly(series.points, 30) })),
  },
  {
    says: "Panels of dashboards are left out, except those without data.",
    apply: (results) => ({
      ...changeMeasurements(results, (measurements) => ({ ...measurements, dashboards: [] })),
      dashboards: results.dashboards.map((dashboard) => ({
        ...dashboard,
        panels: dashboard.panels.filter(({ status }) => status === "empty" || status === "error"),
      })),
    }),
  },
  {
    says: "Targets that are up, and the history of the watch, are left out.",
    apply: ({ watch, ...results }) => ({
      ...results,
      ...(watch && { watch: { ...watch, history: [], changes: watch.changes.slice(-50) } }),
      targets: results.targets.filter(({ health }) => health !== "up"),
    }),
  },
  {
    says: "The trace, the plots and the values that the profile set are left out.",
    apply: ({ trace: _, measurements: __, ...results }) => ({ ...results, profileSettings: [] }),
  },
  ...[400, 100, 25, 6, 1].map((most) => ({
    says: `Lists have at most ${most} items, and texts at most ${most * 10} characters.`,
    apply: (results: Results) => limitValue(results, most) as Results,
  })),
];

/**
 * Makes results smaller until their text fits, and returns it.
 * @param encode gets the results and what is missing in them
 */
export function cutResults(
  results: Results,
  maxBytes: number,
  encode: (kept: Results, missing: readonly string[]) => string,
): string {
  let kept = results;
  let missing: readonly string[] = [];
  let text = encode(kept, missing);
  for (const { says, apply } of cuts) {
    if (Buffer.byteLength(text) <= maxBytes) return text;
    const smaller = apply(kept);
    const smallerText = encode(smaller, [...missing, says]);
    // Where there is nothing to leave out, nothing is said.
    if (smallerText.length >= text.length) continue;
    kept = smaller;
    missing = [...missing, says];
    text = smallerText;
  }
  if (Buffer.byteLength(text) <= maxBytes) return text;
  throw new Error("the results can't be made small enough for report.html");
}

function changeMeasurements(results: Results, change: (data: Measurements) => Measurements): Results {
  const { measurements } = results;
  return measurements === undefined ? results : { ...results, measurements: change(measurements) };
}

function changePanels(results: Results, change: (panel: DrawnPanel) => DrawnPanel): Results {
  return changeMeasurements(results, ({ dashboards, ...measurements }) => ({
    ...measurements,
    dashboards: dashboards.map((dashboard) => ({ ...dashboard, panels: dashboard.panels.map(change) })),
  }));
}

type Series = Measurements["plots"][number]["series"][number];

function changePlots(results: Results, change: (series: Series) => Series): Results {
  return changeMeasurements(results, (measurements) => ({
    ...measurements,
    plots: measurements.plots.map((plot) => ({ ...plot, series: plot.series.map(change) })),
  }));
}

function thinPanel(panel: DrawnPanel, most: number): DrawnPanel {
  const { data } = panel;
  if (data.kind !== "series") return panel;
  const series = data.series.map((one) => ({ ...one, points: pickEvenly(one.points, most) }));
  return { ...panel, data: { ...data, series } };
}

function removeLabels(panel: DrawnPanel): DrawnPanel {
  const { data } = panel;
  if (data.kind !== "series") return panel;
  return { ...panel, data: { ...data, series: data.series.map(({ name, points }) => ({ name, points })) } };
}

function limitPanel(panel: DrawnPanel, most: number): DrawnPanel {
  const { data } = panel;
  if (data.kind === "series") return { ...panel, data: { ...data, series: data.series.slice(0, most) } };
  if (data.kind === "table") return { ...panel, data: { ...data, rows: data.rows.slice(0, most) } };
  return panel;
}

/** Returns the results with the data of the last dashboards removed. */
function emptyLastDashboards(results: Results, share: number): Results {
  return changeMeasurements(results, (measurements) => {
    const keptCount = Math.floor(measurements.dashboards.length * (1 - share));
    const empty = (panel: DrawnPanel): DrawnPanel =>
      panel.data.kind === "none"
        ? panel
        : {
            ...panel,
            data: { kind: "none", why: "left out of this page because of its size; results.json has it" },
          };
    return {
      ...measurements,
      dashboards: measurements.dashboards.map((dashboard, index) =>
        index < keptCount ? dashboard : { ...dashboard, panels: dashboard.panels.map(empty) },
      ),
    };
  });
}

/** Returns at most `most` items at even distances, among them the first and the last one. */
function pickEvenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => items[Math.round(index * step)] as T);
}

/** Returns the value with at most `most` items in each list and `most * 10` characters in each text. */
function limitValue(value: unknown, most: number): unknown {
  if (typeof value === "string") return shorten(value, Math.max(most * 10, 24));
  if (Array.isArray(value)) return value.slice(0, most).map((item) => limitValue(item, most));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).slice(0, Math.max(most, 40));
  return Object.fromEntries(entries.map(([key, inner]) => [key, limitValue(inner, most)]));
}
