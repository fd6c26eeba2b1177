import { ownAlerts } from "../alerting/own-alerts.ts";
import type { ParsedQuery, Selector } from "../promql/promql.ts";
import { createPrometheusClient, type Rule, type RuleGroup } from "../stack/prometheus.ts";
import { type Judgement, type Line, pointCheck, toMetLine, toUnmetLine } from "./point.ts";

export interface RulesEvidence {
  readonly groups: readonly RuleGroup[];
  /** The rules' expressions. */
  readonly parsed: ReadonlyMap<string, ParsedQuery>;
  /** Series of kubelet_volume_stats_*: some kinds of volumes have none. */
  readonly volumeSeries: number;
  readonly hasAlertmanager: boolean;
}

/** Something that must not fail unnoticed. */
interface Area {
  readonly what: string;
  /** True if a selector of an alerting rule reads its metrics. */
  watches(selector: Selector): boolean;
}

export const rules = pointCheck(
  "production-rules",
  async ({ context, expressions, prometheus, alertmanager }) => {
    if (prometheus === undefined) throw new Error("Prometheus is not part of this stack");
    const client = createPrometheusClient(context, prometheus);
    const [groups, counted] = await Promise.all([
      client.rules(),
      client.query('count({__name__=~"kubelet_volume_stats_(available|used)_bytes"})'),
    ]);
    const volumeSeries = counted[0]?.value ?? 0;
    const queries = groups.flatMap((group) => group.rules.map(({ query }) => query));
    const answers = await expressions.parse(queries);
    const parsed = new Map(answers.map((answer, index) => [queries[index] ?? "", answer]));
    return judgeRules({ groups, parsed, volumeSeries, hasAlertmanager: alertmanager !== undefined });
  },
);

const named =
  (pattern: RegExp) =>
  ({ metric }: Selector) =>
    metric !== undefined && pattern.test(metric);

/** True if the selector watches the targets of all jobs. */
function watchesAnyTarget({ metric, matchers }: Selector): boolean {
  return metric === "up" && !matchers.some(({ op }) => op === "=");
}

const targets: Area = { what: "targets that are down", watches: watchesAnyTarget };
const volumes: Area = { what: "volumes that fill up", watches: named(/^kubelet_volume_stats_/) };
const alertmanagerItself: Area = {
  what: "Alertmanager itself",
  watches: named(/^(alertmanager_|prometheus_notifications_)/),
};

const areas: readonly Area[] = [
  targets,
  {
    what: "nodes that are down",
    watches: (selector) => named(/^kube_node_status_condition$/)(selector) || watchesAnyTarget(selector),
  },
  { what: "disks of nodes that fill up", watches: named(/^node_filesystem_(avail|free|size|files)/) },
  { what: "nodes' memory", watches: named(/^(node_memory_|node_vmstat_pgmajfault)/) },
  { what: "nodes' CPU", watches: named(/^(node_cpu_seconds_total|node_load\d+|node_pressure_cpu)/) },
  {
    what: "pods that crash again and again",
    watches: named(
      /^kube_pod_container_status_(restarts_total|waiting_reason|waiting|last_terminated_reason)$/,
    ),
  },
  volumes,
  { what: "Prometheus itself", watches: named(/^prometheus_(?!notifications_)/) },
  alertmanagerItself,
];

export function judgeRules({ groups, parsed, volumeSeries, hasAlertmanager }: RulesEvidence): Judgement {
  const all = groups.flatMap((group) => group.rules);
  const alerting = all.filter(({ type, name }) => type === "alerting" && !ownAlerts.includes(name));
  if (alerting.length === 0) return { lines: [toUnmetLine("there is no alerting rule")], fix };
  const recorded = new Map(all.filter(({ type }) => type === "recording").map((rule) => [rule.name, rule]));
  const broken = alerting.filter(({ health }) => health === "err");
  const watching = alerting
    .filter(({ health }) => health !== "err")
    .map((rule) => ({ name: rule.name, selectors: collectSelectors(rule, recorded, parsed, 0) }));
  const wanted = hasAlertmanager ? areas : areas.filter((area) => area !== alertmanagerItself);
  const lines = wanted.map((area): Line => {
    const by = watching.filter(({ selectors }) => selectors.some((one) => area.watches(one)));
    if (by.length > 0) return toMetLine(`${area.what}: ${formatShortList(by.map(({ name }) => name))}`);
    const hasNone = area === volumes && volumeSeries === 0;
    // A volume in a folder of its node is full when the node's disk is.
    if (hasNone)
      return toMetLine("volumes that fill up: these have no metrics of their own, the nodes' disks have");
    return toUnmetLine(`no rule watches ${area.what}`);
  });
  return {
    lines: [...lines, ...broken.map(({ name, lastError }) => toUnmetLine(`${name} fails: ${lastError}`))],
    fix,
  };
}

const fix =
  "add a rule for each that is named; examples/production/alert-rules.yaml has one of each to begin with";

/** Collects the selectors of a rule. Recorded metrics are replaced by their rules' selectors, up to 5 levels deep. */
function collectSelectors(
  rule: Rule,
  recorded: ReadonlyMap<string, Rule>,
  parsed: RulesEvidence["parsed"],
  depth: number,
): Selector[] {
  const query = parsed.get(rule.query);
  if (query?.status !== "parsed") return [];
  return query.selectors.flatMap((selector) => {
    const behind = selector.metric === undefined ? undefined : recorded.get(selector.metric);
    return behind === undefined || depth > 5
      ? [selector]
      : collectSelectors(behind, recorded, parsed, depth + 1);
  });
}

function formatShortList(names: readonly string[]): string {
  const unique = [...new Set(names)];
  return unique.length > 3
    ? `${unique.slice(0, 3).join(", ")} and ${unique.length - 3} more`
    : unique.join(", ");
}
