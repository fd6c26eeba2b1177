const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
};

/** One of Grafana's intervals (`15s`, `>1m`, a bare number of seconds) in milliseconds; undefined when it is none. */
export function intervalMs(text: string | undefined): number | undefined {
  const match = /^[<>=]*\s*(\d+(?:\.\d+)?)\s*(ms|[smhdwMy])?$/.exec(text?.trim() ?? "");
  if (!match) return undefined;
  const length = Number(match[1]) * (unitMs[match[2] ?? "s"] ?? 0);
  return length > 0 ? length : undefined;
}

/** A length of time in the largest unit that divides it, e.g. `90s`, `5m`. */
export function intervalText(ms: number): string {
  const unit = ["d", "h", "m", "s"].find((one) => ms >= (unitMs[one] ?? 0) && ms % (unitMs[one] ?? 1) === 0);
  return unit === undefined ? `${Math.round(ms)}ms` : `${ms / (unitMs[unit] ?? 1)}${unit}`;
}

/** Scrape interval that Grafana assumes when its datasource names none. */
export const assumedScrapeMs = 15_000;

/** What a query is asked with: times in milliseconds. */
export interface Timing {
  readonly rangeMs: number;
  /** The step that a panel's width would lead to. */
  readonly intervalMs: number;
  /** What the query's own `interval`, or else the datasource, names as the scrape interval. */
  readonly scrapeMs: number;
  /** From and to, since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Those that Grafana itself fills in when it asks a Prometheus; what else begins with `__` the browser would. */
const grafanasOwn = [
  "__interval",
  "__interval_ms",
  "__rate_interval",
  "__range",
  "__range_s",
  "__range_ms",
] as const;

/**
 * Grafana's global variables. `asked`: those of Grafana itself are left to it, in a form that it knows; `filled`: they are
 * worked out as it does, to be read and to ask Prometheus directly.
 * https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/#global-variables
 */
export function globals(timing: Timing, kind: "asked" | "filled"): ReadonlyMap<string, string> {
  const { rangeMs, scrapeMs, from, to } = timing;
  const rateMs = Math.max(timing.intervalMs + scrapeMs, 4 * scrapeMs);
  const worked = new Map([
    ["__interval", intervalText(timing.intervalMs)],
    ["__interval_ms", String(timing.intervalMs)],
    ["__rate_interval", intervalText(rateMs)],
    ["__rate_interval_ms", String(rateMs)],
    ["__range", `${Math.round(rangeMs / 1000)}s`],
    ["__range_s", String(Math.round(rangeMs / 1000))],
    ["__range_ms", String(rangeMs)],
    ["__from", String(from)],
    ["__to", String(to)],
  ]);
  if (kind === "filled") return worked;
  return new Map([...worked, ...grafanasOwn.map((name) => [name, `\${${name}}`] as const)]);
}
