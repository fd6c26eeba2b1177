import { formatBytes } from "../../lib/quantity.ts";
import { escapeHtml } from "./html.ts";
import type { History, RunFigures } from "./overview.ts";

/** A figure that is drawn over the nights. */
interface Figure {
  readonly title: string;
  readonly read: (run: RunFigures) => number | undefined;
  readonly format: (value: number) => string;
}

const figures: readonly Figure[] = [
  {
    title: "time to the verdict",
    read: ({ toVerdictMs }) => toVerdictMs,
    format: (ms) => `${(ms / 1000).toFixed(1)} s`,
  },
  { title: "checks failed", read: ({ checksFailed }) => checksFailed, format: String },
  { title: "series", read: ({ series }) => series, format: (count) => count.toLocaleString("en-US") },
  { title: "memory", read: ({ memoryBytes }) => memoryBytes, format: formatBytes },
];

const width = 220;
const height = 56;
const margin = 5;

/**
 * Returns a small chart for each run of the matrix and each figure, over the entries of the history; empty with fewer
 * than two entries.
 */
export function renderMultiples({ entries }: History): string {
  if (entries.length < 2) return "";
  const names = [...new Set(entries.flatMap(({ runs }) => runs.map(({ name }) => name)))].toSorted();
  const sections = names.map((name) => {
    const runs = entries.map(({ at, runs: all }) => ({ at, run: all.find((run) => run.name === name) }));
    const charts = figures.map((figure) => renderChart(name, figure, runs)).join("");
    return `<h3>${escapeHtml(name)}</h3><div class="multiples">${charts}</div>`;
  });
  return `<h2>The last ${entries.length} times</h2>${sections.join("\n")}`;
}

/** Returns a line chart of one figure. A night without a value interrupts the line; a red dot is a run that failed. */
function renderChart(
  name: string,
  { title, read, format }: Figure,
  runs: readonly { readonly at: string; readonly run: RunFigures | undefined }[],
): string {
  const points = runs.map(({ at, run }) => ({ at, run, value: run && read(run) }));
  const values = points.flatMap(({ value }) => value ?? []);
  const latest = values.at(-1);
  if (latest === undefined) return "";
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const x = (index: number) => margin + (index * (width - 2 * margin)) / Math.max(1, points.length - 1);
  const y = (value: number) =>
    most === least
      ? height / 2
      : height - margin - ((value - least) * (height - 2 * margin)) / (most - least);
  const path = points.flatMap(({ value }, index) => {
    if (value === undefined) return [];
    const isStart = points[index - 1]?.value === undefined;
    return [`${isStart ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`];
  });
  const dots = points.flatMap(({ at, run, value }, index) => {
    if (value === undefined) return [];
    // A failed run differs in size too, for readers who can't tell the colours.
    const [kind, radius] = run?.verified ? ["good", 2.5] : ["bad", 4];
    const label = `${at}: ${format(value)}${run?.verified ? "" : ", not verified"}`;
    const place = `cx="${x(index).toFixed(1)}" cy="${y(value).toFixed(1)}"`;
    return [`<circle class="${kind}" ${place} r="${radius}"><title>${escapeHtml(label)}</title></circle>`];
  });
  const range = least === most ? "the same each time" : `${format(least)} to ${format(most)}`;
  const label = `${title} of ${name}: ${format(latest)}, ${range}`;
  return `<figure><figcaption>${title}: <b>${escapeHtml(format(latest))}</b> <small>${escapeHtml(range)}</small></figcaption>
<svg role="img" aria-label="${escapeHtml(label)}" viewBox="0 0 ${width} ${height}"><path d="${path.join("")}"/>${dots.join("")}</svg></figure>`;
}
