import { compileGoPattern } from "../../lib/pattern.ts";
import { findNearestWord } from "../../lib/suggest.ts";
import { formatList } from "../../lib/text.ts";
import type { Matcher, Selector } from "../../promql/promql.ts";
import { createPrometheusClient, type PrometheusClient } from "../../stack/prometheus.ts";
import type { HttpEndpoint, Stack } from "../../stack/stack.ts";
import { createAbsentKindFinder } from "../targets/missing-metrics.ts";
import { listMetricNames } from "./promql.ts";

/** Limit for the explained selectors. The explanation is optional, so a few are enough. */
const maxSelectors = 3;

/**
 * Returns why a query finds nothing: a metric or a label is missing, or the expression around them leaves nothing.
 * Undefined if there is no explanation.
 */
export async function explainEmptyQuery(
  stack: Stack,
  endpoint: HttpEndpoint,
  expression: string,
): Promise<string | undefined> {
  try {
    const [parsed] = await stack.expressions.parse([expression]);
    if (parsed?.status !== "parsed" || parsed.selectors.length === 0) return undefined;
    const client = createPrometheusClient(stack.context, endpoint);
    const findAbsentKind = createAbsentKindFinder(stack);
    const explainAbsent = async (metric: string) => {
      const names = await listMetricNames(stack.context, endpoint);
      return describeMissingMetric(metric, names, await findAbsentKind(metric, names));
    };
    for (const selector of parsed.selectors.slice(0, maxSelectors)) {
      const why = await explainNoSeries(client, selector, explainAbsent);
      if (why !== undefined) return why;
    }
    const window = parsed.windows[0]?.text;
    const hint = window === undefined ? "" : `, or [${window}] holds fewer than two samples so far`;
    return `what it selects is there, so a comparison, a function or the matching of labels leaves nothing${hint}`;
  } catch {
    // The failure is certain already. A missing explanation is not another failure.
    return undefined;
  }
}

/** Returns why a selector finds no series; undefined if it finds some. */
async function explainNoSeries(
  client: PrometheusClient,
  selector: Selector,
  explainAbsent: (metric: string) => Promise<string>,
): Promise<string | undefined> {
  if (await hasSeries(client, selector.text)) return undefined;
  const { metric, matchers } = selector;
  if (metric === undefined) return `nothing fits ${selector.text}`;
  if (!(await hasSeries(client, metric))) return await explainAbsent(metric);
  for (const matcher of matchers) {
    const values = await listLabelValues(client, metric, matcher.label);
    if (values.some((value) => matchesValue(matcher, value))) continue;
    const existingValues = values.filter((value) => value !== "");
    const statement = `no ${metric} has ${matcher.label}${matcher.op}${JSON.stringify(matcher.value)}`;
    return existingValues.length === 0
      ? `${statement}: none has this label`
      : `${statement}; there is ${formatList(existingValues)}`;
  }
  return `each label of ${selector.text} is right for some ${metric}, but for none are all of them`;
}

/** True if the selector finds at least one series. */
async function hasSeries(client: PrometheusClient, selector: string): Promise<boolean> {
  return (await client.query(`count(${selector})`)).length > 0;
}

/** Returns the sentence that a metric does not exist, with the reason or a similar name. */
function describeMissingMetric(
  metric: string,
  names: readonly string[],
  absentKind: string | undefined,
): string {
  if (absentKind !== undefined)
    return `Prometheus has no metric ${metric}: no ${absentKind} exists in this cluster`;
  const similar = findNearestWord(metric, names) ?? names.find((name) => name.startsWith(`${metric}_`));
  return `Prometheus has no metric ${metric}${similar === undefined ? "" : `; did you mean ${similar}?`}`;
}

/** Returns the values of a label of one metric; empty texts stand for series without the label. */
async function listLabelValues(client: PrometheusClient, metric: string, label: string): Promise<string[]> {
  const series = await client.query(`count by (${label}) (${metric})`);
  return series.map(({ labels }) => labels[label] ?? "");
}

/** True if the matcher accepts the value. */
function matchesValue({ op, value }: Matcher, seen: string): boolean {
  if (op === "=") return seen === value;
  if (op === "!=") return seen !== value;
  return compileGoPattern(value).test(seen) === (op === "=~");
}
