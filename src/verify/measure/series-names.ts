import { shorten } from "../../lib/text.ts";

type Labels = Readonly<Record<string, string>>;

/** The longest name of a series, in characters. */
const maxLength = 200;

/**
 * Returns the names of a query's series as Grafana's legend has them.
 * @param legend the query's `legendFormat` with variables filled in; `__auto` names only what tells the series apart
 * @param fallback the name of a series without labels
 */
export function nameSeries(
  series: readonly Labels[],
  legend: string | undefined,
  fallback: string,
): string[] {
  const isAuto = legend === "__auto";
  const differing = isAuto ? listDifferingLabels(series) : undefined;
  return series.map((labels) => {
    const name = isAuto ? formatDiffering(labels, differing ?? []) : formatName(labels, legend);
    return shorten(name || labels["__name__"] || fallback, maxLength);
  });
}

/** Returns the labels whose values differ between the series. */
function listDifferingLabels(series: readonly Labels[]): string[] {
  const names = new Set(series.flatMap((labels) => Object.keys(labels)));
  return [...names].filter((name) => new Set(series.map((labels) => labels[name])).size > 1).toSorted();
}

/** Returns the value of the only differing label; of several, all of them as PromQL writes them. */
function formatDiffering(labels: Labels, differing: readonly string[]): string {
  const [only] = differing;
  if (only !== undefined && differing.length === 1) return labels[only] ?? "";
  return formatLabels(labels, differing);
}

/** Returns the format with labels filled in; without a format the series as PromQL writes it. */
function formatName(labels: Labels, legend: string | undefined): string {
  if (legend !== undefined)
    return legend.replace(/\{\{([^{}]*)\}\}/g, (_, name: string) => labels[name.trim()] ?? "");
  const names = Object.keys(labels).filter((name) => name !== "__name__");
  return (labels["__name__"] ?? "") + formatLabels(labels, names.toSorted());
}

function formatLabels(labels: Labels, names: readonly string[]): string {
  const pairs = names.flatMap((name) =>
    labels[name] === undefined ? [] : [`${name}=${JSON.stringify(labels[name])}`],
  );
  return pairs.length === 0 ? "" : `{${pairs.join(", ")}}`;
}
