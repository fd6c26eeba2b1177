import type { Selector } from "../../src/promql/promql.ts";
import { parseQuery } from "./expressions.ts";
import type { Reply } from "./local-server.ts";

type Labels = Readonly<Record<string, string>>;

/**
 * A stand-in for the Prometheus behind a datasource: it knows series by their labels (`__name__` too), and answers an
 * expression when each of its selectors has some. What really depends on values is written down in `answers`.
 */
export interface FakeSeries {
  readonly series: Labels[];
  /** How often all of them are scraped, in seconds. */
  scrapedEvery: number;
  /** Of an expression: how many series it has, "NaN", or what is wrong with it. */
  readonly answers: Record<string, number | "NaN" | { readonly error: string }>;
}

export type Evaluated =
  | { readonly series: readonly Labels[]; readonly value: number | null }
  | { readonly error: string };

export async function evaluate(state: FakeSeries, expr: string): Promise<Evaluated> {
  const written = state.answers[expr];
  if (written === "NaN") return { series: [{}], value: null };
  if (typeof written === "number") return { series: Array.from({ length: written }, () => ({})), value: 1 };
  if (written !== undefined) return written;
  const parsed = await parseQuery(expr);
  if (parsed.status === "invalid") {
    const { line, column, message } = parsed.error;
    return { error: `invalid parameter "query": ${line}:${column}: parse error: ${message}` };
  }
  const twice = /^count\(count_over_time\(.*\) >= 2\)$/s.test(expr);
  const rates = ["rate", "irate", "increase", "delta"];
  const short = parsed.windows.some(
    (window) =>
      (twice || rates.includes(window.function ?? "")) && (window.ms ?? 0) < 2000 * state.scrapedEvery,
  );
  const found = parsed.selectors.map((selector) => state.series.filter((labels) => fits(labels, selector)));
  if (short || found.some((one) => one.length === 0)) return { series: [], value: 1 };
  return { series: (found[0] ?? [{}]).map(({ __name__: _, ...labels }) => labels), value: 1 };
}

function fits(labels: Labels, { metric, matchers }: Pick<Selector, "metric" | "matchers">): boolean {
  if (metric !== undefined && labels["__name__"] !== metric) return false;
  return matchers.every(({ label, op, value }) => {
    const own = labels[label] ?? "";
    const matches = op.endsWith("~") ? new RegExp(`^(?:${value})$`, "s").test(own) : own === value;
    return matches !== op.startsWith("!");
  });
}

/** The paths that a datasource proxy passes on. */
export async function answerAsProxied(state: FakeSeries, path: string): Promise<Reply> {
  const url = new URL(path, "http://prometheus");
  const match = url.searchParams.get("match[]");
  const selector = match === null ? undefined : await selectorOf(match);
  const chosen = state.series.filter((labels) => selector === undefined || fits(labels, selector));
  const success = (data: unknown): Reply => ({ body: { status: "success", data } });
  const values = /^\/api\/v1\/label\/(\w+)\/values$/.exec(url.pathname)?.[1];
  if (values !== undefined)
    return success([...new Set(chosen.flatMap((labels) => labels[values] ?? []))].sort());
  if (url.pathname === "/api/v1/labels")
    return success([...new Set(chosen.flatMap((labels) => Object.keys(labels)))].sort());
  if (url.pathname === "/api/v1/series") return success(chosen);
  if (url.pathname === "/api/v1/targets") {
    const jobs = [...new Set(state.series.map(({ job }) => job ?? ""))];
    const activeTargets = jobs.map((job) => ({ labels: { job }, scrapeInterval: `${state.scrapedEvery}s` }));
    return success({ activeTargets, droppedTargets: [] });
  }
  const result = await evaluate(state, url.searchParams.get("query") ?? "");
  if ("error" in result)
    return { status: 400, body: { status: "error", errorType: "bad_data", error: result.error } };
  const text = result.value === null ? "NaN" : String(result.value);
  const vector = result.series.map((metric) => ({ metric, value: [Date.now() / 1000, text] }));
  return success({ resultType: "vector", result: vector });
}

async function selectorOf(text: string): Promise<Pick<Selector, "metric" | "matchers">> {
  const parsed = await parseQuery(text);
  return parsed.status === "parsed" && parsed.selectors[0]
    ? parsed.selectors[0]
    : { metric: "", matchers: [] };
}
