import { type ExpectedTargets, expectedTargets } from "../expected.ts";
import { listAllPods, listEndpointSlices, listNodes, listServices } from "../kube.ts";
import { prometheusClient, type Target } from "../prometheus.ts";
import { objectsOf, renderedConfig } from "../rendered.ts";
import { explainScrapeError } from "../scrape-errors.ts";
import type { Check, Stack, Verdict } from "../types.ts";
import { count, listOf, notDeployed, pass } from "../verdicts.ts";

export const targetsUp: Check = {
  id: "targets-up",
  title: "Every scrape job has its targets, and all are up",
  severity: "error",
  meaning: "Metrics are missing: a job finds nothing to scrape, or what it finds doesn't answer.",
  mend: "open /targets in Prometheus; an empty job is a matter of RBAC or annotations, a target that is down of its pod",
  run,
};

async function run(stack: Stack): Promise<Verdict> {
  if (stack.prometheus === undefined) return notDeployed("Prometheus");
  const client = prometheusClient(stack.context, stack.prometheus);
  const config = renderedConfig(stack.rendered) ?? (await client.config());
  const [targets, cluster] = await Promise.all([client.targets(), discoverable(stack)]);
  const expected = expectedTargets(config, cluster);
  const missing = expected.filter((one) => matching(one, targets) < one.atLeast);
  if (targets.length === 0 || missing.length > 0) return incomplete(expected, missing, targets);
  const since = Date.parse(stack.deployedAt);
  const down = targets.filter((target) => target.health !== "up" || Date.parse(target.lastScrape) < since);
  if (down.length > 0) return notUp(down, targets.length, since);
  const jobs = [...new Set(targets.map(({ job }) => job))];
  const sizes = jobs.map((job) => `${job} ${targets.filter((target) => target.job === job).length}`);
  return pass(`${count(targets.length, "target")} up: ${listOf(sizes, 20)}`);
}

async function discoverable(stack: Stack) {
  const [nodes, services, endpointSlices, pods] = await Promise.all([
    listNodes(stack),
    listServices(stack),
    listEndpointSlices(stack),
    listAllPods(stack),
  ]);
  const own = objectsOf(stack.rendered).filter(({ kind }) => kind === "Service");
  const ownServices = new Set(own.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  return { nodes, services, endpointSlices, pods, ownServices };
}

/** What is scraped through several labels at one address is one target. */
function matching({ job, matches }: ExpectedTargets, targets: readonly Target[]): number {
  const found = targets.filter((target) => target.job === job && matches(target));
  return new Set(found.map(({ scrapeUrl }) => scrapeUrl)).size;
}

function incomplete(
  expected: readonly ExpectedTargets[],
  missing: readonly ExpectedTargets[],
  targets: readonly Target[],
): Verdict {
  const jobs = new Set(expected.map(({ job }) => job));
  const empty = [...jobs].filter((job) => !targets.some((target) => target.job === job));
  const lines = missing.map(
    (one) =>
      `job ${one.job} has ${matching(one, targets)} of ${count(one.atLeast, "target")} for ${one.what}`,
  );
  return {
    status: "fail",
    expected: `targets in ${count(jobs.size, "job")}: ${listOf([...jobs], 20)}`,
    seen: targets.length === 0 ? "no target at all" : listOf(lines),
    cause:
      empty.length > 0
        ? `Prometheus has discovered nothing for ${listOf(empty)}: it has just started, or its service account may not list services, endpointslices, pods and nodes`
        : "Prometheus has not discovered them: their pods are not ready, or their labels or annotations don't match",
    mend: "kubectl describe clusterrole prometheus-server, and look for `forbidden` in Prometheus' log",
  };
}

function notUp(down: readonly Target[], all: number, since: number): Verdict {
  const broken = down.find(({ health }) => health === "down");
  return {
    status: "fail",
    expected: `all ${count(all, "target")} up`,
    seen: `${all - down.length} up; ${listOf(down.map((target) => describe(target, since)))}`,
    ...(broken
      ? explainScrapeError(broken.lastError)
      : { cause: "not scraped since the deployment began: the scrape interval has not passed yet" }),
  };
}

function describe(
  { job, discovered, scrapeUrl, health, lastError, lastScrape }: Target,
  since: number,
): string {
  const service = discovered["__meta_kubernetes_service_name"];
  const which = `target ${scrapeUrl} of job ${job}${service ? ` (service ${service})` : ""}`;
  if (health === "down") return `${which}: ${reasonOf(lastError)}`;
  if (health === "unknown" || lastScrape.startsWith("0001")) return `${which}: not scraped yet`;
  const before = Date.parse(lastScrape) < since;
  return `${which}: ${before ? `last scraped ${lastScrape}, before the deployment` : health}`;
}

/** `Get "http://10.42.0.7:9100/metrics": dial tcp 10.42.0.7:9100: connect: connection refused` says the URL twice. */
function reasonOf(lastError: string): string {
  return lastError.replace(/^(Get|Post) "[^"]*": /, "") || "down, without an error";
}
