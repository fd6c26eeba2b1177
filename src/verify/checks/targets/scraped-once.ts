import { formatCount, formatList } from "../../../lib/text.ts";
import { findWorkloadsByName } from "../../../model/rendered.ts";
import { type Check, type Fault, pass, type Verdict } from "../../../stack/check.ts";
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
  /** Matches the exporter's targets. */
  readonly targetPattern: RegExp;
  readonly metric: string;
  /** Labels that identify an object. */
  readonly identity: readonly string[];
  /** Restricts the series, as PromQL matchers. */
  readonly matchers?: string;
}

const cadvisor: ObjectSource = {
  name: "cAdvisor",
  exporter: "cadvisor",
  targetPattern: /cadvisor/,
  metric: "container_memory_usage_bytes",
  identity: ["id", "pod", "container"],
  matchers: '{container!=""}',
};
const nodeExporter: ObjectSource = {
  name: "node-exporter",
  exporter: "prometheus-node-exporter",
  targetPattern: /node-exporter/,
  metric: "node_uname_info",
  identity: ["nodename"],
};
const kubeStateMetrics: ObjectSource = {
  name: "kube-state-metrics",
  exporter: "kube-state-metrics",
  targetPattern: /kube-state-metrics/,
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
  const repeatedUrls = findRepeatedUrls(targets);
  if (repeatedUrls.length > 0) {
    const cause =
      "a service and its pods, or two services, have a scrape annotation, or two jobs find the same";
    return {
      ...failure,
      seen: formatList(repeatedUrls),
      cause,
      fault: { id: "scraped-twice", graceMs: 10_000 },
    };
  }
  const sources = listObjectSources(stack, targets);
  const results = await Promise.all(sources.map((source) => judgeSource(source, client, stack)));
  const problem = results.find((result) => "seen" in result);
  if (problem !== undefined) return { ...failure, ...problem };
  const counts = results.flatMap((result) => ("count" in result ? [`${result.source} ${result.count}`] : []));
  const countsText = counts.length > 0 ? `; each once: ${formatList(counts)}` : "";
  return pass(`${formatCount(targets.length, "target")} with a URL each${countsText}`);
}

/** Returns the exporters of this stack whose series identify objects. */
function listObjectSources({ rendered }: Stack, targets: readonly Target[]): ObjectSource[] {
  const isRendered = ({ exporter }: ObjectSource) => findWorkloadsByName(rendered, exporter).length > 0;
  return [
    ...(targets.some(({ scrapeUrl }) => scrapeUrl.includes("/cadvisor")) ? [cadvisor] : []),
    ...[nodeExporter, kubeStateMetrics].filter(isRendered),
  ];
}

/** Returns a line for each URL that is in more than one target. */
function findRepeatedUrls(targets: readonly Target[]): string[] {
  return [...Map.groupBy(targets, ({ scrapeUrl }) => scrapeUrl)]
    .filter(([, urlTargets]) => urlTargets.length > 1)
    .map(
      ([url, urlTargets]) =>
        `${url} in ${urlTargets.length} targets: ${formatList(urlTargets.map(describeTarget))}`,
    );
}

/** Returns a target's job with the service and pod that it was discovered from. */
function describeTarget({ job, discovered }: Target): string {
  const service = discovered["__meta_kubernetes_service_name"];
  const pod = discovered["__meta_kubernetes_pod_name"];
  const origin = [service && `service ${service}`, pod && `pod ${pod}`].filter(Boolean).join(", ");
  return `job ${job}${origin ? ` (${origin})` : ""}`;
}

/** The result for one exporter: the number of its objects, or the parts of a failure. */
type JudgedSource =
  | { readonly source: string; readonly count: number }
  | (Pick<Extract<Verdict, { status: "fail" }>, "seen" | "cause" | "fix"> & { readonly fault: Fault });

/** Fails if the exporter has no fresh series, or if an object's series come from more than one target. */
async function judgeSource(
  source: ObjectSource,
  client: PrometheusClient,
  stack: Stack,
): Promise<JudgedSource> {
  const { name, exporter, targetPattern, metric, identity, matchers = "" } = source;
  const [samples, freshness] = await Promise.all([
    client.query(`max by (${[...identity, "job", "instance"].join(", ")}) (timestamp(${metric}${matchers}))`),
    readFreshness(client, stack.deployedAt),
  ]);
  const { fresh, stale } = splitFresh(samples, freshness);
  const formatObject = ({ labels }: Sample) => identity.map((label) => labels[label] ?? "").join("/");
  const samplesByObject = [...Map.groupBy(fresh, formatObject)];
  if (samplesByObject.length === 0) {
    const staleText = stale[0] === undefined ? "" : `: ${metric} ${stale[0].why}`;
    return {
      seen: `no fresh series of ${name}${staleText}`,
      cause: "it has not been scraped since the deployment began (see targets-up)",
      fault: await createScrapeFault(client, "scraped-nothing", targetPattern),
      ...(samples.length === 0 ? await explainMissingMetric(stack, client, exporter, metric) : {}),
    };
  }
  const repeatedObjects = samplesByObject.filter(([, objectSamples]) => objectSamples.length > 1);
  const [firstRepeated] = repeatedObjects;
  if (firstRepeated === undefined) return { source: name, count: samplesByObject.length };
  const [object, objectSamples] = firstRepeated;
  const jobs = objectSamples.map(({ labels }) => `job ${labels["job"]} from ${labels["instance"]}`);
  const others = repeatedObjects.length > 1 ? ` (and ${repeatedObjects.length - 1} more of ${name})` : "";
  return {
    seen: `${object} comes from ${formatCount(objectSamples.length, "target")}: ${formatList(jobs)}${others}`,
    cause: `${name} is found by two jobs, or runs twice`,
    fault: await createScrapeFault(client, "scraped-twice", targetPattern),
  };
}
