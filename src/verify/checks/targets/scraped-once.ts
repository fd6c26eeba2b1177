import { formatCount, formatList } from "../../../lib/text.ts";
import { findWorkloadsByName } from "../../../model/rendered.ts";
import { type Check, pass, type Verdict } from "../../../stack/check.ts";
import type { PrometheusClient, Sample, Target } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { readFreshness, splitFresh } from "../../runner/freshness.ts";
import { createScrapeFault } from "../../runner/grace-periods.ts";
import { type Exporter, explainMissingMetric } from "../../targets/missing-metrics.ts";
import { type StackWith, withPrometheus } from "../required-services.ts";

export const scrapedOnce: Check = {
  id: "scraped-once",
  title: "Nothing is scraped twice",
  severity: "error",
  absence: "targets",
  meaning:
    "Every sum over what is collected twice is twice too large, and joins fail with many-to-many errors.",
  fix: "leave one job for it: take the prometheus.io/scrape annotation away from the service or the pod, or drop the target in one of the jobs",
  run: withPrometheus(checkScrapedOnce),
};

/** An exporter whose series identify objects: each object must come from one target only. */
interface ObjectSource {
  readonly name: string;
  readonly exporter: Exporter;
  /** Recognises the exporter's targets. */
  readonly about: RegExp;
  readonly metric: string;
  /** Labels that identify an object. */
  readonly identity: readonly string[];
  /** Restricts the series, as PromQL matchers. */
  readonly matchers?: string;
}

const cadvisor: ObjectSource = {
  name: "cAdvisor",
  exporter: "cadvisor",
  about: /cadvisor/,
  metric: "container_memory_usage_bytes",
  identity: ["id", "pod", "container"],
  matchers: '{container!=""}',
};
const nodeExporter: ObjectSource = {
  name: "node-exporter",
  exporter: "prometheus-node-exporter",
  about: /node-exporter/,
  metric: "node_uname_info",
  identity: ["nodename"],
};
const kubeStateMetrics: ObjectSource = {
  name: "kube-state-metrics",
  exporter: "kube-state-metrics",
  about: /kube-state-metrics/,
  metric: "kube_pod_info",
  identity: ["uid"],
};

/** Fails if a URL is in two targets, or if an object's series come from two targets. */
async function checkScrapedOnce(client: PrometheusClient, stack: StackWith<"prometheus">): Promise<Verdict> {
  const targets = await client.targets();
  const failure = {
    status: "fail",
    expected: "each URL in one target, and each container, node and pod collected from one target",
  } as const;
  if (targets.length === 0)
    return { ...failure, seen: "no target at all", fault: { id: "targets-missing", graceMs: 15_000 } };
  const urls = findRepeatedUrls(targets);
  if (urls.length > 0) {
    const cause =
      "a service and its pods, or two services, have a scrape annotation, or two jobs find the same";
    return { ...failure, seen: formatList(urls), cause, fault: { id: "scraped-twice", graceMs: 10_000 } };
  }
  const sources = listObjectSources(stack, targets);
  const results = await Promise.all(sources.map((source) => judgeSource(source, client, stack)));
  const problem = results.find((one) => "seen" in one);
  if (problem !== undefined) return { ...failure, ...problem };
  const sizes = results.flatMap((one) => ("size" in one ? [one.size] : []));
  const identities = sizes.length > 0 ? `; each once: ${formatList(sizes)}` : "";
  return pass(`${formatCount(targets.length, "target")} with a URL each${identities}`);
}

/** Returns the exporters of this stack whose series identify objects. */
function listObjectSources({ rendered }: Stack, targets: readonly Target[]): ObjectSource[] {
  const isRendered = ({ exporter }: ObjectSource) => findWorkloadsByName(rendered, exporter).length > 0;
  return [
    ...(targets.some(({ scrapeUrl }) => scrapeUrl.includes("/cadvisor")) ? [cadvisor] : []),
    ...[nodeExporter, kubeStateMetrics].filter(isRendered),
  ];
}

/** Describes each URL that is in more than one target. */
function findRepeatedUrls(targets: readonly Target[]): string[] {
  return [...Map.groupBy(targets, ({ scrapeUrl }) => scrapeUrl)]
    .filter(([, list]) => list.length > 1)
    .map(([url, list]) => `${url} in ${list.length} targets: ${formatList(list.map(describeTarget))}`);
}

function describeTarget({ job, discovered }: Target): string {
  const service = discovered["__meta_kubernetes_service_name"];
  const pod = discovered["__meta_kubernetes_pod_name"];
  const by = [service && `service ${service}`, pod && `pod ${pod}`].filter(Boolean).join(", ");
  return `job ${job}${by ? ` (${by})` : ""}`;
}

/** Returns `{ size }`, a text with the number of the source's objects, or the parts of a failure. */
async function judgeSource(source: ObjectSource, client: PrometheusClient, stack: Stack) {
  const { name, exporter, about, metric, identity, matchers = "" } = source;
  const [samples, freshness] = await Promise.all([
    client.query(`max by (${[...identity, "job", "instance"].join(", ")}) (timestamp(${metric}${matchers}))`),
    readFreshness(client, stack.deployedAt),
  ]);
  const { fresh, stale } = splitFresh(samples, freshness);
  const formatObject = ({ labels }: Sample) => identity.map((label) => labels[label] ?? "").join("/");
  const objects = [...Map.groupBy(fresh, formatObject)];
  if (objects.length === 0) {
    const staleText = stale[0] === undefined ? "" : `: ${metric} ${stale[0].why}`;
    return {
      seen: `no fresh series of ${name}${staleText}`,
      cause: "it has not been scraped since the deployment began (see targets-up)",
      fault: await createScrapeFault(client, "scraped-nothing", about),
      ...(samples.length === 0 ? await explainMissingMetric(stack, client, exporter, metric) : {}),
    };
  }
  const repeated = objects.filter(([, list]) => list.length > 1);
  const [first] = repeated;
  if (first === undefined) return { size: `${name} ${objects.length}` };
  const [object, list] = first;
  const jobs = list.map(({ labels }) => `job ${labels["job"]} from ${labels["instance"]}`);
  const others = repeated.length > 1 ? ` (and ${repeated.length - 1} more of ${name})` : "";
  return {
    seen: `${object} comes from ${formatCount(list.length, "target")}: ${formatList(jobs)}${others}`,
    cause: `${name} is found by two jobs, or runs twice`,
    fault: await createScrapeFault(client, "scraped-twice", about),
  };
}
