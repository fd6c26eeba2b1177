import { explainScrapeError, extractReason } from "../../../failures/scrape.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import type { PrometheusConfig } from "../../../model/prometheus-config.ts";
import { listRenderedObjects, type RenderedApp } from "../../../model/rendered.ts";
import {
  filterOperatorObjects,
  listScrapePools,
  type Monitor,
  parseMonitors,
} from "../../../monitors/monitors.ts";
import { explainNotSelected, filterServers, type Selectable } from "../../../monitors/selection.ts";
import {
  type Check,
  judgeProblems,
  type Problem,
  skip,
  skipNotDeployed,
  type Verdict,
} from "../../../stack/check.ts";
import { findLastWarning, listAllPods, listEndpointSlices, listServices } from "../../../stack/kube.ts";
import { createPrometheusClient, type Target } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { type DiscoverableObjects, explainNoTarget } from "../../targets/monitor-targets.ts";

export const monitorsScraped: Check = {
  id: "monitors-scraped",
  title: "Each of your ServiceMonitors and PodMonitors has targets, all up",
  severity: "error",
  meaning:
    "An application that you want to see is not scraped, and nothing else says so: a monitor that finds nothing is not an error for the operator.",
  fix: "compare the monitor's selector, namespaceSelector and port with the Service's labels, namespace and ports",
  run: checkMonitorsScraped,
};

/** Milliseconds: the apps are ready when the checks begin, so Prometheus only has to discover them. */
const discoveryMs = 15_000;
/** Milliseconds: the operator writes Prometheus' configuration into a Secret, which the kubelet updates in the pod within about a minute. */
const secretMs = 120_000;
/** Milliseconds: the operator may still report that it refuses a monitor. */
const refusalMs = 5_000;

/** Fails if a monitor of the user is not in force, has no target, or has a target that is down. */
async function checkMonitorsScraped(stack: Stack): Promise<Verdict> {
  if (stack.prometheus === undefined) return skipNotDeployed("Prometheus");
  const monitors = stack.rendered.flatMap(listUserMonitors);
  const jobs = stack.rendered.flatMap(listUserJobs);
  if (monitors.length + jobs.length === 0) return skip("nothing of yours has a ServiceMonitor or PodMonitor");
  if (filterServers(listRenderedObjects(stack.rendered)).length === 0)
    return skip("no operator runs this stack's Prometheus, so another Prometheus has to read your monitors");
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const [config, targets] = await Promise.all([client.config(), client.targets()]);
  const readObjects = memoize(() => readDiscoverableObjects(stack));
  const problems = await Promise.all([
    ...monitors.map((monitor) => judgeMonitor(stack, monitor, config, targets, readObjects)),
    ...jobs.map((job) => judgeJob(stack, job, config)),
  ]);
  const expected = `targets for ${formatCount(monitors.length + jobs.length, "monitor")}, all up`;
  return judgeProblems(problems.flat(), expected, () => {
    const sizes = monitors.map(
      (monitor) =>
        `${formatMonitorName(monitor)} ${formatCount(listTargets(monitor, targets).length, "target")}`,
    );
    const upText = `${formatCount(monitors.length, "monitor")}, all targets up: ${formatList(sizes, 10)}`;
    const inForceText = `${formatList(jobs.map(formatMonitorName))} in force`;
    return [...(monitors.length > 0 ? [upText] : []), ...(jobs.length > 0 ? [inForceText] : [])].join("; ");
  });
}

/**
 * Returns the monitors of the user's apps. For the operator's chart these are the monitors that the values name;
 * targets-up covers the chart's own.
 */
function listUserMonitors({ app, objects }: RenderedApp): Monitor[] {
  const monitors = parseMonitors(objects, app.namespace);
  if (filterServers(objects).length === 0) return monitors;
  const { prometheus, extraManifests } = app.values as Record<string, Record<string, unknown> | undefined>;
  const namedInValues = JSON.stringify([
    prometheus?.["additionalServiceMonitors"],
    prometheus?.["additionalPodMonitors"],
    extraManifests,
  ]);
  return monitors.filter(({ name }) => namedInValues.includes(JSON.stringify(name)));
}

/** An object of the operator that can be selected, with its name. */
type Named = Selectable & { readonly name: string };

/** Returns the user's Probes and ScrapeConfigs. This check judges only whether they are in force; targets-up judges their targets. */
function listUserJobs({ objects }: RenderedApp): Named[] {
  if (filterServers(objects).length > 0) return [];
  return filterOperatorObjects(objects).flatMap(
    ({ kind, metadata: { name, namespace = "", labels = {} } }) =>
      kind === "Probe" || kind === "ScrapeConfig" ? [{ kind, name, namespace, labels }] : [],
  );
}

/** Returns a problem if a Probe or ScrapeConfig is not in Prometheus' configuration. */
async function judgeJob(stack: Stack, job: Named, { scrape_configs }: PrometheusConfig): Promise<Problem[]> {
  const prefix = job.kind === "Probe" ? "probe" : "scrapeConfig";
  const pool = `${prefix}/${job.namespace}/${job.name}`;
  const isInForce = (scrape_configs ?? []).some(({ job_name }) => job_name === pool);
  return isInForce ? [] : [await createIgnoredMonitorProblem(stack, job)];
}

/** Returns `ServiceMonitor namespace/name`. */
function formatMonitorName({ kind, namespace, name }: Pick<Named, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}

/** Returns the targets of a monitor. */
function listTargets(monitor: Monitor, targets: readonly Target[]): Target[] {
  const pools = listScrapePools(monitor);
  return targets.filter(({ job }) => pools.includes(job));
}

/**
 * Returns the problems of a monitor: not in force, without targets, or with targets that are down.
 * @param readObjects reads the objects in the cluster that explain a missing target
 */
async function judgeMonitor(
  stack: Stack,
  monitor: Monitor,
  config: PrometheusConfig,
  targets: readonly Target[],
  readObjects: () => Promise<DiscoverableObjects>,
): Promise<Problem[]> {
  const jobs = (config.scrape_configs ?? []).map(({ job_name }) => job_name);
  const pools = listScrapePools(monitor);
  if (pools.length === 0) return [createMissingEndpointsProblem(monitor)];
  if (pools.some((pool) => !jobs.includes(pool))) return [await createIgnoredMonitorProblem(stack, monitor)];
  const emptyEndpoints = pools.flatMap((pool, index) =>
    targets.some(({ job }) => job === pool) ? [] : [index],
  );
  const noTargetProblems = await Promise.all(
    emptyEndpoints.map(async (index) => createNoTargetProblem(monitor, index, await readObjects())),
  );
  return [
    ...noTargetProblems,
    ...listDownTargetProblems(monitor, listTargets(monitor, targets), Date.parse(stack.deployedAt)),
  ];
}

/** Returns the problem of a monitor without endpoints. */
function createMissingEndpointsProblem(monitor: Monitor): Problem {
  const key = monitor.kind === "ServiceMonitor" ? "endpoints" : "podMetricsEndpoints";
  return {
    line: `${formatMonitorName(monitor)} has no ${key}`,
    cause: `without ${key} it says nothing of what is scraped`,
    fix: `give it ${key} with the name of a port`,
    fault: { id: "monitor-selects-nothing", graceMs: 0 },
  };
}

/**
 * Returns the problem of a monitor that is not in Prometheus' configuration: not selected, refused by the
 * operator, or not in force yet.
 */
async function createIgnoredMonitorProblem(stack: Stack, monitor: Named): Promise<Problem> {
  const line = `${formatMonitorName(monitor)} is not in Prometheus' configuration`;
  const ignored = explainNotSelected(monitor, filterServers(listRenderedObjects(stack.rendered)));
  if (ignored !== undefined) return { line, ...ignored, fault: { id: "monitor-not-selected", graceMs: 0 } };
  const warning = await findLastWarning(stack, monitor.namespace, monitor.name);
  if (warning !== undefined)
    return {
      line,
      cause: `the operator refuses it: ${warning}`,
      fix: `correct the ${monitor.kind} ${monitor.name}`,
      fault: { id: "monitor-refused", graceMs: refusalMs },
    };
  return {
    line,
    cause:
      "the operator has not taken it in yet, or its new configuration is on its way into Prometheus' pod",
    fault: { id: "monitor-not-in-force", graceMs: secretMs },
  };
}

/** Returns the problem of an endpoint without a target. `index` is the endpoint's position in the monitor. */
function createNoTargetProblem(monitor: Monitor, index: number, objects: DiscoverableObjects): Problem {
  const endpoint = monitor.endpoints[index] ?? {};
  const { id, cause, fix } = explainNoTarget(monitor, endpoint, objects);
  const endpointText = monitor.endpoints.length > 1 ? `endpoint ${index} of ` : "";
  return {
    line: `${endpointText}${formatMonitorName(monitor)} has no target`,
    cause,
    fix,
    fault: { id, graceMs: discoveryMs },
  };
}

/**
 * Returns a problem for each target that is down or not scraped since the deployment began (`deployedMs`, milliseconds
 * since the epoch).
 */
function listDownTargetProblems(monitor: Monitor, targets: readonly Target[], deployedMs: number): Problem[] {
  return targets.flatMap(({ scrapeUrl, health, lastError, lastScrape, intervalMs = 60_000 }) => {
    if (health === "up" && Date.parse(lastScrape) >= deployedMs) return [];
    const subject = `target ${scrapeUrl} of ${formatMonitorName(monitor)}`;
    const graceMs = Math.max(10_000, 3 * intervalMs);
    if (health !== "down") {
      const cause = "the scrape interval has not passed yet";
      return [{ line: `${subject}: not scraped yet`, cause, fault: { id: "target-not-scraped", graceMs } }];
    }
    const { id, ...explanation } = explainScrapeError(lastError, scrapeUrl);
    return [{ line: `${subject}: ${extractReason(lastError)}`, ...explanation, fault: { id, graceMs } }];
  });
}

/** Reads the Services, EndpointSlices and pods that explain why a monitor has no target. */
async function readDiscoverableObjects(stack: Stack): Promise<DiscoverableObjects> {
  const [services, endpointSlices, pods] = await Promise.all([
    listServices(stack),
    listEndpointSlices(stack),
    listAllPods(stack),
  ]);
  return { services, endpointSlices, pods };
}

/** Returns a function that calls `compute` at the first call only, and then returns the same result. */
function memoize<T>(compute: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= compute();
    return result;
  };
}
