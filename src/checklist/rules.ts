import { ownAlerts } from "../alerting/own-alerts.ts";
import type { ParsedQuery, Selector } from "../promql/promql.ts";
import { createPrometheusClient, type Rule, type RuleGroup } from "../stack/prometheus.ts";
import {
  createMetLine,
  createPointCheck,
  createUnmetLine,
  type EvidenceLine,
  type Judgement,
} from "./point.ts";

export interface RulesEvidence {
  readonly groups: readonly RuleGroup[];
  /** The parsed expression of each rule, by its text. */
  readonly parsed: ReadonlyMap<string, ParsedQuery>;
  /** Number of series of kubelet_volume_stats_*. Some kinds of volumes have none. */
  readonly volumeSeries: number;
  readonly hasAlertmanager: boolean;
}

/** An area that alerting rules must watch, so that a failure does not remain unnoticed. */
interface Area {
  /** For messages, e.g. `nodes that are down`. */
  readonly what: string;
  /** True if a selector of an alerting rule reads its metrics. */
  watches(selector: Selector): boolean;
}

export const rules = createPointCheck(
  "production-rules",
  async ({ context, expressions, prometheus, alertmanager }) => {
    if (prometheus === undefined) throw new Error("Prometheus is not part of this stack");
    const client = createPrometheusClient(context, prometheus);
    const [groups, volumeStats] = await Promise.all([
      client.rules(),
      client.query('count({__name__=~"kubelet_volume_stats_(available|used)_bytes"})'),
    ]);
    const volumeSeries = volumeStats[0]?.value ?? 0;
    const queries = groups.flatMap((group) => group.rules.map(({ query }) => query));
    const parsedQueries = await expressions.parse(queries);
    const parsed = new Map(parsedQueries.map((parsedQuery, index) => [queries[index] ?? "", parsedQuery]));
    return judgeRules({ groups, parsed, volumeSeries, hasAlertmanager: alertmanager !== undefined });
  },
);

/** Returns a predicate that is true for selectors whose metric matches the pattern. */
const watchesMetric =
  (pattern: RegExp) =>
  ({ metric }: Selector) =>
    metric !== undefined && pattern.test(metric);

/** True if the selector reads `up` of all jobs. */
function watchesAnyTarget({ metric, matchers }: Selector): boolean {
  return metric === "up" && !matchers.some(({ op }) => op === "=");
}

const targetsArea: Area = { what: "targets that are down", watches: watchesAnyTarget };
const volumesArea: Area = { what: "volumes that fill up", watches: watchesMetric(/^kubelet_volume_stats_/) };
const alertmanagerArea: Area = {
  what: "Alertmanager itself",
  watches: watchesMetric(/^(alertmanager_|prometheus_notifications_)/),
};

const watchedAreas: readonly Area[] = [
  targetsArea,
  {
    what: "nodes that are down",
    watches: (selector) =>
      watchesMetric(/^kube_node_status_condition$/)(selector) || watchesAnyTarget(selector),
  },
  { what: "disks of nodes that fill up", watches: watchesMetric(/^node_filesystem_(avail|free|size|files)/) },
  { what: "nodes' memory", watches: watchesMetric(/^(node_memory_|node_vmstat_pgmajfault)/) },
  { what: "nodes' CPU", watches: watchesMetric(/^(node_cpu_seconds_total|node_load\d+|node_pressure_cpu)/) },
  {
    what: "pods that crash again and again",
    watches: watchesMetric(
      /^kube_pod_container_status_(restarts_total|waiting_reason|waiting|last_terminated_reason)$/,
    ),
  },
  volumesArea,
  { what: "Prometheus itself", watches: watchesMetric(/^prometheus_(?!notifications_)/) },
  alertmanagerArea,
];

/** Returns a line for each area that a rule should watch, and one for each rule that fails. */
export function judgeRules({ groups, parsed, volumeSeries, hasAlertmanager }: RulesEvidence): Judgement {
  const allRules = groups.flatMap((group) => group.rules);
  const alertingRules = allRules.filter(({ type, name }) => type === "alerting" && !ownAlerts.includes(name));
  if (alertingRules.length === 0) return { lines: [createUnmetLine("no alerting rule")], fix };
  const recordingRules = new Map(
    allRules.filter(({ type }) => type === "recording").map((rule) => [rule.name, rule]),
  );
  const failingRules = alertingRules.filter(({ health }) => health === "err");
  const workingRules = alertingRules
    .filter(({ health }) => health !== "err")
    .map((rule) => ({ name: rule.name, selectors: collectSelectors(rule, recordingRules, parsed, 0) }));
  const requiredAreas = hasAlertmanager
    ? watchedAreas
    : watchedAreas.filter((area) => area !== alertmanagerArea);
  const lines = requiredAreas.map((area): EvidenceLine => {
    const watchingRules = workingRules.filter(({ selectors }) =>
      selectors.some((selector) => area.watches(selector)),
    );
    if (watchingRules.length > 0)
      return createMetLine(`${area.what}: ${formatShortList(watchingRules.map(({ name }) => name))}`);
    // Such volumes are folders on their node, so they are full when the node's disk is.
    if (area === volumesArea && volumeSeries === 0)
      return createMetLine("volumes that fill up: these have no metrics of their own, the nodes' disks have");
    return createUnmetLine(`no rule watches ${area.what}`);
  });
  return {
    lines: [
      ...lines,
      ...failingRules.map(({ name, lastError }) => createUnmetLine(`${name} fails: ${lastError}`)),
    ],
    fix,
  };
}

const fix =
  "add a rule for each that is named; examples/production/alert-rules.yaml has one of each to begin with";

/** Bounds the recursion: recording rules can use each other. */
const maxRecordingDepth = 5;

/** Returns the selectors of a rule. A recorded metric is replaced by the selectors of its recording rule. */
function collectSelectors(
  rule: Rule,
  recordingRules: ReadonlyMap<string, Rule>,
  parsed: RulesEvidence["parsed"],
  depth: number,
): Selector[] {
  const query = parsed.get(rule.query);
  if (query?.status !== "parsed") return [];
  return query.selectors.flatMap((selector) => {
    const recordingRule = selector.metric === undefined ? undefined : recordingRules.get(selector.metric);
    return recordingRule === undefined || depth > maxRecordingDepth
      ? [selector]
      : collectSelectors(recordingRule, recordingRules, parsed, depth + 1);
  });
}

/** Returns up to three different names, and the number of the others. */
function formatShortList(names: readonly string[]): string {
  const uniqueNames = [...new Set(names)];
  return uniqueNames.length > 3
    ? `${uniqueNames.slice(0, 3).join(", ")} and ${uniqueNames.length - 3} more`
    : uniqueNames.join(", ");
}
