import { goPattern } from "../../lib/pattern.ts";
import { findNearestWord } from "../../lib/suggest.ts";
import { formatList } from "../../lib/text.ts";
import type { Matcher, Selector } from "../../promql/promql.ts";
import { createPrometheusClient, type PrometheusClient } from "../../stack/prometheus.ts";
import type { HttpEndpoint, Stack } from "../../stack/stack.ts";
import { createAbsentKindFinder } from "../targets/missing-metrics.ts";
import { listMetricNames } from "./promql.ts";

/** Selectors that are looked at: it only explains. */
const mostSelectors = 3;

/** Why a query finds nothing: the metric isn't there, or a label, or what the query makes of them leaves nothing. */
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
    for (const selector of parsed.selectors.slice(0, mostSelectors)) {
      const why = await explainNoSeries(client, selector, explainAbsent);
      if (why !== undefined) return why;
    }
    const window = parsed.windows[0]?.text;
    const short = window === undefined ? "" : `, or [${window}] holds fewer than two samples so far`;
    return `what it selects is there, so a comparison, a function or the matching of labels leaves nothing${short}`;
  } catch {
    // The failure is certain already. A missing explanation is not another failure.
    return undefined;
  }
}

async function explainNoSeries(
  client: PrometheusClient,
  selector: Selector,
  explainAbsent: (metric: string) => Promise<string>,
): Promise<string | undefined> {
  if (await isThere(client, selector.text)) return undefined;
  const { metric, matchers } = selector;
  if (metric === undefined) return `nothing fits ${selector.text}`;
  if (!(await isThere(client, metric))) return await explainAbsent(metric);
  for (const matcher of matchers) {
    const values = await listLabelValues(client, metric, matcher.label);
    if (values.some((value) => matchesValue(matcher, value))) continue;
    const there = values.filter((value) => value !== "");
    const said = `no ${metric} has ${matcher.label}${matcher.op}${JSON.stringify(matcher.value)}`;
    return there.length === 0 ? `${said}: none has this label` : `${said}; there is ${formatList(there)}`;
  }
  return `each label of ${selector.text} is right for some ${metric}, but for none are all of them`;
}

async function isThere(client: PrometheusClient, selector: string): Promise<boolean> {
  return (await client.query(`count(${selector})`)).length > 0;
}

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

async function listLabelValues(client: PrometheusClient, metric: string, label: string): Promise<string[]> {
  const series = await client.query(`count by (${label}) (${metric})`);
  return series.map(({ labels }) => labels[label] ?? "");
}

function matchesValue({ op, value }: Matcher, seen: string): boolean {
  if (op === "=") return seen === value;
  if (op === "!=") return seen !== value;
  return goPattern(value).test(seen) === (op === "=~");
}
