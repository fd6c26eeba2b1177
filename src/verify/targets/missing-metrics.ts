import { z } from "zod";
import { createApi } from "../../kube/api.ts";
import { getOwnValue } from "../../lib/object.ts";
import { compileScriptPattern } from "../../lib/pattern.ts";
import { formatCount, tryParseJson } from "../../lib/text.ts";
import { findWorkloadsByName } from "../../model/rendered.ts";
import type { Fault } from "../../stack/check.ts";
import { requestTimeoutMs } from "../../stack/http.ts";
import type { PrometheusClient, Target } from "../../stack/prometheus.ts";
import type { Stack } from "../../stack/stack.ts";
import { findEmptyingFilter } from "./relabelling.ts";

/** Why a metric has no series although its exporter was scraped. */
interface MissingMetric {
  /** Has the form `SETTING; that leaves out METRIC`, so that several checks have the first half in common. */
  readonly cause: string;
  readonly fix: string;
  /** Set only if waiting can't help: an exporter that has just started may not expose all its metrics yet. */
  readonly fault?: Fault;
}

/** The exporters whose metrics the checks use, with patterns of their targets. */
const exporters = {
  "kube-state-metrics": /kube-state-metrics/,
  "prometheus-node-exporter": /node-exporter/,
  cadvisor: /cadvisor/,
} as const;

export type Exporter = keyof typeof exporters;

/** Grace period in milliseconds. It is short, since waiting does not change a setting. */
const graceMs = 3_000;
/** The maximum number of targets that are queried: an exporter can run on many nodes. */
const maxQueriedTargets = 4;

/**
 * Returns why a metric of an exporter is missing. Undefined if no target of the exporter was scraped since the
 * deployment, or if nothing shows the reason.
 */
export async function explainMissingMetric(
  stack: Stack,
  client: PrometheusClient,
  exporter: Exporter,
  metric: string,
): Promise<MissingMetric | undefined> {
  const since = Date.parse(stack.deployedAt);
  const targets = (await client.targets()).filter(
    (target) =>
      isTargetOf(target, exporter) && target.health === "up" && Date.parse(target.lastScrape) >= since,
  );
  const exposedByTarget = await Promise.all(
    targets.slice(0, maxQueriedTargets).map(async (target) => ({
      target,
      metrics: await client.exposedMetrics(target.labels),
    })),
  );
  const exposingTarget = exposedByTarget.find(({ metrics }) => metrics.includes(metric));
  if (exposingTarget !== undefined) return await findDroppingRule(client, exposingTarget.target, metric);
  const [nonEmptyTarget] = exposedByTarget.filter(({ metrics }) => metrics.length > 0);
  if (nonEmptyTarget === undefined) return undefined;
  const setting = findDisablingSetting(stack, exporter, metric);
  if (setting !== undefined) return { ...setting, fault: { id: "metric-not-exposed", graceMs } };
  return {
    cause: `target ${nonEmptyTarget.target.scrapeUrl} is up and exposes ${formatCount(nonEmptyTarget.metrics.length, "metric")}; ${metric} is not among them`,
    fix: `look at the arguments of ${exporter}, and whether its target is another program`,
  };
}

/** True if the target belongs to the exporter, by its job, URL or discovered labels. */
function isTargetOf({ job, scrapeUrl, discovered }: Target, exporter: Exporter): boolean {
  return exporters[exporter].test([job, scrapeUrl, ...Object.values(discovered)].join("\n"));
}

/** Returns the relabelling rule of the target's job that drops the metric; undefined if none does. */
async function findDroppingRule(
  client: PrometheusClient,
  { job }: Target,
  metric: string,
): Promise<MissingMetric | undefined> {
  const { scrape_configs } = await client.config();
  const rules = scrape_configs?.find(({ job_name }) => job_name === job)?.metric_relabel_configs ?? [];
  const filter = findEmptyingFilter(rules, [metric]);
  if (filter === undefined) return undefined;
  return {
    cause: `job ${job} has the rule metric_relabel_configs[${filter.index}] (${filter.text}); that leaves out ${metric}`,
    fix: `let the metric_relabel_configs of job ${job} keep ${metric}`,
    fault: { id: "metric-dropped", graceMs },
  };
}

type DisablingSetting = Pick<MissingMetric, "cause" | "fix">;

/**
 * Returns the argument of the exporter that turns the metric off, with the values key to change; undefined if no
 * argument does.
 */
function findDisablingSetting(
  { rendered }: Stack,
  exporter: Exporter,
  metric: string,
): DisablingSetting | undefined {
  const args = findWorkloadsByName(rendered, exporter).flatMap((workload) => workload.args);
  const disablingArg = args.find((arg, index) => disablesMetric(arg, args[index + 1], metric));
  if (disablingArg === undefined) return undefined;
  const key = keysByFlag.find(({ flag }) => flag.test(disablingArg))?.key ?? "extraArgs";
  return {
    cause: `${exporter} runs with ${shortenArgument(disablingArg)}; that leaves out ${metric}`,
    fix: `let ${key} in the values of ${exporter} include what ${metric} needs`,
  };
}

/** Shortens an argument to 120 characters. */
function shortenArgument(arg: string): string {
  return arg.length > 120 ? `${arg.slice(0, 120)}...` : arg;
}

/** The values keys of kube-state-metrics' chart for its flags. */
const keysByFlag = [
  { flag: /^--metric-allowlist/, key: "metricAllowlist" },
  { flag: /^--metric-denylist/, key: "metricDenylist" },
  { flag: /^--resources/, key: "collectors" },
];

/**
 * True if an argument turns the metric off. The argument's value is in the argument itself or in the next one.
 * Arguments of kube-state-metrics are patterns of metrics or names of resources; those of node-exporter name
 * collectors.
 */
function disablesMetric(arg: string, nextArg: string | undefined, metric: string): boolean {
  const [, name = "", value] = /^--([\w.-]+)(?:=(.*))?$/s.exec(arg) ?? [];
  const items = (value ?? nextArg ?? "").split(",").map((item) => item.trim());
  switch (name) {
    case "metric-allowlist":
      return !items.some((item) => matchesPattern(item, metric));
    case "metric-denylist":
      return items.some((item) => item !== "" && matchesPattern(item, metric));
    case "resources":
      return (
        metric.startsWith("kube_") && !items.some((item) => metric.startsWith(`kube_${toSingular(item)}_`))
      );
    case "collector.disable-defaults":
      return value !== "false";
    // The argument of node-exporter that turns one collector off.
    default:
      return name === `no-collector.${parseCollector(metric)}` && value !== "false";
  }
}

/** True if the pattern matches the metric; false for an invalid pattern. */
function matchesPattern(pattern: string, metric: string): boolean {
  try {
    return compileScriptPattern(pattern).test(metric);
  } catch {
    return false;
  }
}

/** Returns the singular of a resource's name: `nodes` has the metrics `kube_node_*`. */
function toSingular(resource: string): string {
  return resource.replace(/s$/, "");
}

/**
 * Returns node-exporter's collector of a metric: the second word of the name, as for most metrics
 * (`node_cpu_seconds_total` is from `cpu`).
 */
function parseCollector(metric: string): string {
  return metric.split("_")[1] ?? "";
}

/** A kind whose objects kube-state-metrics reports, and of which a cluster may well have none. */
interface ReportedKind {
  /** The prefix of the metrics of this kind: `kube_cronjob_`. */
  readonly prefix: string;
  readonly kind: string;
  /** The API group; empty for the core group. */
  readonly group: string;
  /** The plural in the API path: `cronjobs`. */
  readonly resource: string;
}

/** Returns a kind that kube-state-metrics reports with metrics `kube_NAME_*`. */
const defineKind = (nameInMetrics: string, kind: string, group: string, resource: string): ReportedKind => ({
  prefix: `kube_${nameInMetrics}_`,
  kind,
  group,
  resource,
});

/** The kinds by the prefix of their metrics. If one prefix begins with another, the longer one comes first. */
export const reportedKinds: readonly ReportedKind[] = [
  defineKind("job", "Job", "batch", "jobs"),
  defineKind("cronjob", "CronJob", "batch", "cronjobs"),
  defineKind("ingressclass", "IngressClass", "networking.k8s.io", "ingressclasses"),
  defineKind("ingress", "Ingress", "networking.k8s.io", "ingresses"),
  defineKind("networkpolicy", "NetworkPolicy", "networking.k8s.io", "networkpolicies"),
  defineKind("persistentvolumeclaim", "PersistentVolumeClaim", "", "persistentvolumeclaims"),
  defineKind("persistentvolume", "PersistentVolume", "", "persistentvolumes"),
  defineKind("horizontalpodautoscaler", "HorizontalPodAutoscaler", "autoscaling", "horizontalpodautoscalers"),
  defineKind("statefulset", "StatefulSet", "apps", "statefulsets"),
  defineKind("daemonset", "DaemonSet", "apps", "daemonsets"),
  defineKind("deployment", "Deployment", "apps", "deployments"),
  defineKind("replicaset", "ReplicaSet", "apps", "replicasets"),
  defineKind("replicationcontroller", "ReplicationController", "", "replicationcontrollers"),
  defineKind("poddisruptionbudget", "PodDisruptionBudget", "policy", "poddisruptionbudgets"),
  defineKind("resourcequota", "ResourceQuota", "", "resourcequotas"),
  defineKind("limitrange", "LimitRange", "", "limitranges"),
  defineKind("storageclass", "StorageClass", "storage.k8s.io", "storageclasses"),
  defineKind("volumeattachment", "VolumeAttachment", "storage.k8s.io", "volumeattachments"),
  defineKind(
    "certificatesigningrequest",
    "CertificateSigningRequest",
    "certificates.k8s.io",
    "certificatesigningrequests",
  ),
];

/** The versions of the API groups that are not at v1. */
const apiVersionsByGroup: Readonly<Record<string, string>> = { autoscaling: "v2" };
const listSchema = z.object({ items: z.array(z.unknown()) });

/**
 * Explains why a metric of kube-state-metrics has no series: returns the metric's kind (`CronJob`) if the cluster has no
 * object of that kind. Undefined if that is not the reason.
 * @param existingMetrics the names of all metrics that have series
 */
export type FindAbsentKind = (
  metric: string,
  existingMetrics: readonly string[],
) => Promise<string | undefined>;

/** Creates a function that finds absent kinds. It asks the API server for each kind at most once. */
export function createAbsentKindFinder(stack: Stack): FindAbsentKind {
  const absenceByPath = new Map<string, Promise<boolean>>();
  return async (metric, existingMetrics) => {
    const reportedKind = reportedKinds.find(({ prefix }) => metric.startsWith(prefix));
    if (reportedKind === undefined) return undefined;
    const hasMetrics = (prefix: string) => existingMetrics.some((name) => name.startsWith(prefix));
    // Without any of its metrics, kube-state-metrics itself is missing. With metrics of the kind, objects exist.
    if (!hasMetrics("kube_") || hasMetrics(reportedKind.prefix)) return undefined;
    const path = buildListPath(reportedKind);
    const absence = absenceByPath.get(path) ?? isListEmpty(stack, path);
    absenceByPath.set(path, absence);
    return (await absence) ? reportedKind.kind : undefined;
  };
}

/** Returns the API path of the list of a kind's objects in all namespaces. */
function buildListPath({ group, resource }: ReportedKind): string {
  const base = group === "" ? "/api/v1" : `/apis/${group}/${getOwnValue(apiVersionsByGroup, group) ?? "v1"}`;
  return `${base}/${resource}`;
}

/** True if the API server returns an empty list. False if the request fails, for example for lack of permission. */
async function isListEmpty({ kube, context }: Stack, path: string): Promise<boolean> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(requestTimeoutMs)]);
  try {
    const { status, body } = await createApi(kube).send(`${path}?limit=1`, signal);
    return status === 200 && listSchema.safeParse(tryParseJson(body)).data?.items.length === 0;
  } catch {
    return false;
  }
}
