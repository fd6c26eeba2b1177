import { formatCount, formatList } from "../../../lib/text.ts";
import { workloadsNamed } from "../../../model/rendered.ts";
import { type Check, notDeployed, pass, type Stack, type Verdict } from "../../../stack/check.ts";
import {
  type PrometheusClient,
  prometheusClient,
  type Sample,
  type Target,
} from "../../../stack/prometheus.ts";
import { freshnessOf, splitFresh } from "../../runner/freshness.ts";
import { scrapeFault } from "../../runner/grace-periods.ts";

export const scrapedOnce: Check = {
  id: "scraped-once",
  title: "Nothing is scraped twice",
  severity: "error",
  absence: "targets",
  meaning:
    "Every sum over what is collected twice is twice too large, and joins fail with many-to-many errors.",
  fix: "leave one job for it: take the prometheus.io/scrape annotation away from the service or the pod, or drop the target in one of the jobs",
  run: checkScrapedOnce,
};

/** What has an identity of its own, however often it is scraped; counted by target. */
interface Source {
  readonly name: string;
  readonly about: RegExp;
  /** Gives when each was last scraped, by identity, job and instance. */
  readonly query: string;
  readonly identity: readonly string[];
}

const cadvisor: Source = {
  name: "cAdvisor",
  about: /cadvisor/,
  query:
    'max by (id, pod, container, job, instance) (timestamp(container_memory_usage_bytes{container!=""}))',
  identity: ["id", "pod", "container"],
};
const nodeExporter: Source = {
  name: "node-exporter",
  about: /node-exporter/,
  query: "max by (nodename, job, instance) (timestamp(node_uname_info))",
  identity: ["nodename"],
};
const stateMetrics: Source = {
  name: "kube-state-metrics",
  about: /kube-state-metrics/,
  query: "max by (uid, job, instance) (timestamp(kube_pod_info))",
  identity: ["uid"],
};

async function checkScrapedOnce(stack: Stack): Promise<Verdict> {
  if (stack.prometheus === undefined) return notDeployed("Prometheus");
  const client = prometheusClient(stack.context, stack.prometheus);
  const targets = await client.targets();
  const expected = "each URL in one target, and each container, node and pod collected from one target";
  if (targets.length === 0) {
    const fault = { id: "targets-missing", graceMs: 15_000 };
    return { status: "fail", expected, seen: "no target at all", fault };
  }
  const urls = sameUrls(targets);
  if (urls.length > 0) {
    const cause =
      "a service and its pods, or two services, have a scrape annotation, or two jobs find the same";
    return {
      status: "fail",
      expected,
      seen: formatList(urls),
      cause,
      fault: { id: "scraped-twice", graceMs: 10_000 },
    };
  }
  const judged = await Promise.all(
    sourcesOf(stack, targets).map((source) => judge(source, client, stack.deployedAt)),
  );
  const bad = judged.find(({ problem }) => problem !== undefined);
  if (bad?.problem) {
    const { seen, fault, cause } = bad.problem;
    return {
      status: "fail",
      expected,
      seen,
      cause,
      fault: await scrapeFault(client, fault, bad.source.about),
    };
  }
  const sizes = judged.map(({ source, size }) => `${source.name} ${size}`);
  const identities = sizes.length > 0 ? `; each once: ${formatList(sizes)}` : "";
  return pass(`${formatCount(targets.length, "target")} with a URL each${identities}`);
}

function sourcesOf({ rendered }: Stack, targets: readonly Target[]): Source[] {
  return [
    ...(targets.some(({ scrapeUrl }) => scrapeUrl.includes("/cadvisor")) ? [cadvisor] : []),
    ...(workloadsNamed(rendered, "prometheus-node-exporter").length > 0 ? [nodeExporter] : []),
    ...(workloadsNamed(rendered, "kube-state-metrics").length > 0 ? [stateMetrics] : []),
  ];
}

function sameUrls(targets: readonly Target[]): string[] {
  const byUrl = Map.groupBy(targets, ({ scrapeUrl }) => scrapeUrl);
  return [...byUrl]
    .filter(([, list]) => list.length > 1)
    .map(([url, list]) => `${url} in ${list.length} targets: ${formatList(list.map(nameOf))}`);
}

function nameOf({ job, discovered }: Target): string {
  const service = discovered["__meta_kubernetes_service_name"];
  const pod = discovered["__meta_kubernetes_pod_name"];
  const by = [service && `service ${service}`, pod && `pod ${pod}`].filter(Boolean).join(", ");
  return `job ${job}${by ? ` (${by})` : ""}`;
}

interface Problem {
  readonly seen: string;
  readonly fault: string;
  readonly cause: string;
}

async function judge(source: Source, client: PrometheusClient, deployedAt: string) {
  const [samples, freshness] = await Promise.all([
    client.query(source.query),
    freshnessOf(client, deployedAt),
  ]);
  const { fresh } = splitFresh(samples, freshness);
  const key = ({ labels }: Sample) => source.identity.map((label) => labels[label] ?? "").join("/");
  const groups = [...Map.groupBy(fresh, key)];
  return { source, size: groups.length, problem: problemOf(source, groups) };
}

function problemOf({ name }: Source, groups: readonly [string, Sample[]][]): Problem | undefined {
  if (groups.length === 0) {
    const cause = "it has not been scraped since the deployment began (see targets-up)";
    return { seen: `no fresh series of ${name}`, fault: "scraped-nothing", cause };
  }
  const twice = groups.filter(([, samples]) => samples.length > 1);
  const [first] = twice;
  if (first === undefined) return undefined;
  const [identity, samples] = first;
  const sources = samples.map(({ labels }) => `job ${labels["job"]} from ${labels["instance"]}`);
  const others = twice.length > 1 ? ` (and ${twice.length - 1} more of ${name})` : "";
  return {
    seen: `${identity} comes from ${formatCount(samples.length, "target")}: ${formatList(sources)}${others}`,
    fault: "scraped-twice",
    cause: `${name} is found by two jobs, or runs twice`,
  };
}
