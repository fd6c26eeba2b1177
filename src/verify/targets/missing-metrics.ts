import { z } from "zod";
import { createApi } from "../../kube/api.ts";
import { ownValue } from "../../lib/object.ts";
import { compileScriptPattern } from "../../lib/pattern.ts";
import { formatCount } from "../../lib/text.ts";
import { findWorkloadsByName } from "../../model/rendered.ts";
import type { Fault } from "../../stack/check.ts";
import { requestTimeoutMs, tryParseJson } from "../../stack/http.ts";
import type { PrometheusClient, Target } from "../../stack/prometheus.ts";
import type { Stack } from "../../stack/stack.ts";
import { findEmptyingFilter } from "./relabelling.ts";

/** Why a metric has no series, though what exposes it was scraped. */
export interface NoMetric {
  /** `WHAT IS SET; that leaves out METRIC`: several checks can have the first half in common. */
  readonly cause: string;
  readonly fix: string;
  /** Only where waiting can't help: an exporter that has just started may not expose all that it will. */
  readonly fault?: Fault;
}

/** The exporters whose metrics the checks use, with patterns of their targets. */
const exporters = {
  "kube-state-metrics": /kube-state-metrics/,
  "prometheus-node-exporter": /node-exporter/,
  cadvisor: /cadvisor/,
} as const;

export type Exporter = keyof typeof exporters;

/** Milliseconds: what is set is set. */
const graceMs = 3_000;
/** An exporter can run on each of many nodes. */
const mostAsked = 4;

/**
 * Undefined as long as no target of the exporter was scraped since the deployment, and where nothing shows why the metric
 * is missing.
 */
export async function explainMissingMetric(
  stack: Stack,
  client: PrometheusClient,
  exporter: Exporter,
  metric: string,
): Promise<NoMetric | undefined> {
  const since = Date.parse(stack.deployedAt);
  const targets = (await client.targets()).filter(
    (target) => isOf(target, exporter) && target.health === "up" && Date.parse(target.lastScrape) >= since,
  );
  const exposed = await Promise.all(
    targets.slice(0, mostAsked).map(async (target) => ({
      target,
      metrics: await client.exposedMetrics(target.labels),
    })),
  );
  const having = exposed.find(({ metrics }) => metrics.includes(metric));
  if (having !== undefined) return await findDroppingRule(client, having.target, metric);
  const [first] = exposed.filter(({ metrics }) => metrics.length > 0);
  if (first === undefined) return undefined;
  const known = findDisablingSetting(stack, exporter, metric);
  if (known !== undefined) return { ...known, fault: { id: "metric-not-exposed", graceMs } };
  return {
    cause: `target ${first.target.scrapeUrl} is up and exposes ${formatCount(first.metrics.length, "metric")}; ${metric} is not among them`,
    fix: `look at the arguments of ${exporter}, and whether its target is another program`,
  };
}

function isOf({ job, scrapeUrl, discovered }: Target, exporter: Exporter): boolean {
  return exporters[exporter].test([job, scrapeUrl, ...Object.values(discovered)].join("\n"));
}

async function findDroppingRule(
  client: PrometheusClient,
  { job }: Target,
  metric: string,
): Promise<NoMetric | undefined> {
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

type Setting = Pick<NoMetric, "cause" | "fix">;

/** Returns the argument of the exporter that turns the metric off. */
function findDisablingSetting({ rendered }: Stack, exporter: Exporter, metric: string): Setting | undefined {
  const args = findWorkloadsByName(rendered, exporter).flatMap((workload) => workload.args);
  const found = args.find((arg, index) => disablesMetric(arg, args[index + 1], metric));
  if (found === undefined) return undefined;
  const key = keys.find(({ flag }) => flag.test(found))?.key ?? "extraArgs";
  return {
    cause: `${exporter} runs with ${shortenArgument(found)}; that leaves out ${metric}`,
    fix: `let ${key} in the values of ${exporter} include what ${metric} needs`,
  };
}

function shortenArgument(arg: string): string {
  return arg.length > 120 ? `${arg.slice(0, 120)}...` : arg;
}

const keys = [
  { flag: /^--metric-allowlist/, key: "metricAllowlist" },
  { flag: /^--metric-denylist/, key: "metricDenylist" },
  { flag: /^--resources/, key: "collectors" },
];

/** kube-state-metrics takes its patterns as parts of names; the arguments of node-exporter name collectors. */
function disablesMetric(arg: string, next: string | undefined, metric: string): boolean {
  const [, name = "", given] = /^--([\w.-]+)(?:=(.*))?$/s.exec(arg) ?? [];
  const items = (given ?? next ?? "").split(",").map((item) => item.trim());
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
      return given !== "false";
    default:
      return name === `no-collector.${parseCollector(metric)}` && given !== "false";
  }
}

function matchesPattern(pattern: string, metric: string): boolean {
  try {
    return compileScriptPattern(pattern).test(metric);
  } catch {
    return false;
  }
}

/** `nodes` has the metrics `kube_node_*`. */
function toSingular(resource: string): string {
  return resource.replace(/s$/, "");
}

/** `node_cpu_seconds_total` is of the collector `cpu`, as most metrics of node-exporter are of one of their second word. */
function parseCollector(metric: string): string {
  return metric.split("_")[1] ?? "";
}

/** A kind whose objects kube-state-metrics reports, and of which a cluster may well have none. */
interface ReportedKind {
  readonly prefix: string;
  readonly kind: string;
  readonly group: string;
  readonly resource: string;
}

const of = (prefix: string, kind: string, group: string, resource: string): ReportedKind => ({
  prefix: `kube_${prefix}_`,
  kind,
  group,
  resource,
});

/** The longer prefix comes first where one begins with another. */
export const reportedKinds: readonly ReportedKind[] = [
  of("job", "Job", "batch", "jobs"),
  of("cronjob", "CronJob", "batch", "cronjobs"),
  of("ingressclass", "IngressClass", "networking.k8s.io", "ingressclasses"),
  of("ingress", "Ingress", "networking.k8s.io", "ingresses"),
  of("networkpolicy", "NetworkPolicy", "networking.k8s.io", "networkpolicies"),
  of("persistentvolumeclaim", "PersistentVolumeClaim", "", "persistentvolumeclaims"),
  of("persistentvolume", "PersistentVolume", "", "persistentvolumes"),
  of("horizontalpodautoscaler", "HorizontalPodAutoscaler", "autoscaling", "horizontalpodautoscalers"),
  of("statefulset", "StatefulSet", "apps", "statefulsets"),
  of("daemonset", "DaemonSet", "apps", "daemonsets"),
  of("deployment", "Deployment", "apps", "deployments"),
  of("replicaset", "ReplicaSet", "apps", "replicasets"),
  of("replicationcontroller", "ReplicationController", "", "replicationcontrollers"),
  of("poddisruptionbudget", "PodDisruptionBudget", "policy", "poddisruptionbudgets"),
  of("resourcequota", "ResourceQuota", "", "resourcequotas"),
  of("limitrange", "LimitRange", "", "limitranges"),
  of("storageclass", "StorageClass", "storage.k8s.io", "storageclasses"),
  of("volumeattachment", "VolumeAttachment", "storage.k8s.io", "volumeattachments"),
  of(
    "certificatesigningrequest",
    "CertificateSigningRequest",
    "certificates.k8s.io",
    "certificatesigningrequests",
  ),
];

const versions: Readonly<Record<string, string>> = { autoscaling: "v2" };
const list = z.object({ items: z.array(z.unknown()) });

/** Names the kind of which the cluster has no object, so that a metric of it can't exist; undefined: that is not the reason. */
export type FindAbsentKind = (metric: string, names: readonly string[]) => Promise<string | undefined>;

/** Asks the API server at most once for each kind. It only explains: whoever may not list them gets no such reason. */
export function createAbsentKindFinder({ kube, context }: Stack): FindAbsentKind {
  const asked = new Map<string, Promise<boolean>>();
  const isAbsent = async ({ group, resource }: ReportedKind): Promise<boolean> => {
    const base = group === "" ? "/api/v1" : `/apis/${group}/${ownValue(versions, group) ?? "v1"}`;
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(requestTimeoutMs)]);
    try {
      const { status, body } = await createApi(kube).send(`${base}/${resource}?limit=1`, signal);
      return status === 200 && list.safeParse(tryParseJson(body)).data?.items.length === 0;
    } catch {
      return false;
    }
  };
  return async (metric, names) => {
    const found = reportedKinds.find(({ prefix }) => metric.startsWith(prefix));
    const isReporting = names.some((name) => name.startsWith("kube_"));
    if (found === undefined || !isReporting || names.some((name) => name.startsWith(found.prefix)))
      return undefined;
    const answer = asked.get(found.resource) ?? isAbsent(found);
    asked.set(found.resource, answer);
    return (await answer) ? found.kind : undefined;
  };
}
