import { ownAlerts } from "../../alerting/own-alerts.ts";
import { formatAge } from "../../lib/duration.ts";
import { formatBytes } from "../../lib/quantity.ts";
import { formatCount, formatList } from "../../lib/text.ts";
import { listNamespaces } from "../../model/rendered.ts";
import { type Check, pass, skip, skipNotDeployed, type Verdict } from "../../stack/check.ts";
import { listAllPods, listOwnPods } from "../../stack/kube.ts";
import { createPrometheusClient, type Sample, sumMetric } from "../../stack/prometheus.ts";
import type { Baseline, Stack } from "../../stack/stack.ts";
import { explainStaleness, readFreshness } from "../runner/freshness.ts";

/** Returns the state of a verified stack: its containers with their restarts, its targets, series and stored bytes. */
export async function takeBaseline(stack: Stack): Promise<Baseline> {
  const namespaces = listNamespaces(stack.rendered);
  const containers = (await listOwnPods(stack)).flatMap(({ metadata, status }) =>
    (status?.containerStatuses ?? []).map(({ name, restartCount }) => ({
      namespace: metadata?.namespace ?? "",
      pod: metadata?.name ?? "",
      ...(metadata?.uid === undefined ? {} : { uid: metadata.uid }),
      container: name,
      restarts: restartCount,
    })),
  );
  const takenAt = new Date(stack.context.host.now()).toISOString();
  const baseline = { version: 1 as const, takenAt, containers, targets: [] };
  if (stack.prometheus === undefined) return baseline;
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const [targets, storageSize] = await Promise.all([client.targets(), readStorageSize(stack)]);
  const ownTargets = targets.filter(({ discovered, health }) => {
    const namespace = discovered["__meta_kubernetes_namespace"];
    return health === "up" && (namespace === undefined || namespaces.includes(namespace));
  });
  return {
    ...baseline,
    targets: ownTargets.map(({ job, labels }) => ({ job, instance: labels["instance"] ?? "" })),
    ...storageSize,
  };
}

/**
 * Reads the number of series and the stored bytes from Prometheus' own metrics. A value is absent if its metric
 * is.
 */
async function readStorageSize(stack: Stack): Promise<Pick<Baseline, "headSeries" | "storageBytes">> {
  if (stack.prometheus === undefined) return {};
  const exposition = await createPrometheusClient(stack.context, stack.prometheus).metrics();
  const headSeries = sumMetric(exposition, "prometheus_tsdb_head_series");
  const blockBytes = sumMetric(exposition, "prometheus_tsdb_storage_blocks_bytes");
  const logBytes = sumMetric(exposition, "prometheus_tsdb_wal_storage_size_bytes");
  return {
    ...(headSeries === undefined ? {} : { headSeries }),
    ...(blockBytes === undefined ? {} : { storageBytes: blockBytes + (logBytes ?? 0) }),
  };
}

/** Returns the `run` of a check that compares with the baseline. It is skipped if the stack was not verified before. */
function withBaseline(run: (stack: Stack, baseline: Baseline) => Promise<Verdict>): Check["run"] {
  return async (stack) => {
    const { baseline } = stack;
    if (baseline !== undefined) return await run(stack, baseline);
    return skip("the stack was not verified before, so there is nothing to compare with");
  };
}

/** Returns the PromQL range from the baseline until now. */
function formatRangeSince({ takenAt }: Baseline, { context }: Stack): string {
  const seconds = (context.host.now() - Date.parse(takenAt)) / 1000;
  return `${Math.max(1, Math.floor(seconds))}s`;
}

export const nothingRestarted: Check = {
  id: "nothing-restarted",
  title: "Nothing of the stack restarted since it was verified",
  severity: "error",
  meaning: "A part of the stack failed meanwhile: the metrics have a gap, and it will happen again.",
  fix: "kubectl logs --previous of the container that is named; kubectl describe of its pod shows why it ended",
  run: withBaseline(checkNothingRestarted),
};

/** Fails if a pod of the baseline is gone or replaced, or if one of its containers restarted. */
async function checkNothingRestarted(stack: Stack, { containers, takenAt }: Baseline): Promise<Verdict> {
  const pods = await listOwnPods(stack);
  const problems = containers.flatMap(({ namespace, pod, uid, container, restarts }) => {
    const where = `container ${container} of pod ${namespace}/${pod}`;
    const livePod = pods.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === pod);
    if (livePod === undefined) return [`pod ${namespace}/${pod} is gone`];
    if (uid !== undefined && livePod.metadata?.uid !== uid)
      return [`pod ${namespace}/${pod} was replaced by another of the same name`];
    const status = livePod.status?.containerStatuses?.find(({ name }) => name === container);
    if (status === undefined) return [`${where} is not there`];
    const newRestarts = status.restartCount - restarts;
    if (newRestarts <= 0) return [];
    const { reason, exitCode } = status.lastState?.terminated ?? {};
    const why = reason === undefined ? "" : ` (${reason}, exit code ${exitCode})`;
    return [`${where} restarted ${newRestarts === 1 ? "once" : `${newRestarts} times`}${why}`];
  });
  if (containers.length === 0) return skip("there was no container when the stack was verified");
  const expected = `${formatCount(containers.length, "container")} run on as at ${takenAt}`;
  if (problems.length === 0) return pass(expected);
  return { status: "fail", expected, seen: formatList([...new Set(problems)]), final: true };
}

export const noOomKill: Check = {
  id: "no-oom-kill",
  title: "The kernel killed nothing for lack of memory",
  severity: "error",
  absence: "targets",
  meaning: "A container needed more memory than its limit, or the machine had none left.",
  fix: "raise resources.limits.memory of the container that is named, or let it do less",
  run: withBaseline(checkNoOomKill),
};

/** Fails if a container was killed for lack of memory since the deployment began. */
async function checkNoOomKill(stack: Stack, baseline: Baseline): Promise<Verdict> {
  const pods = await listAllPods(stack);
  const expected = "no container was ended as OOMKilled";
  if (pods.length === 0) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { status: "fail", expected, seen: "the API server lists no pod", fault };
  }
  const deployedMs = Date.parse(stack.deployedAt);
  const killedContainers = pods.flatMap(({ metadata, status }) =>
    (status?.containerStatuses ?? []).flatMap(({ name, state, lastState }) => {
      const terminations = [state?.terminated, lastState?.terminated];
      const isKilled = terminations.some(
        (termination) =>
          termination?.reason === "OOMKilled" && Number(termination.finishedAt ?? 0) >= deployedMs,
      );
      return isKilled ? [`container ${name} of pod ${metadata?.namespace}/${metadata?.name}`] : [];
    }),
  );
  const containers = [...new Set([...killedContainers, ...(await listCountedKills(stack, baseline))])];
  if (containers.length === 0) return pass(`${formatCount(pods.length, "pod")}, none was killed`);
  return { status: "fail", expected, seen: formatList(containers), final: true };
}

/**
 * Returns the containers in which the kernel killed a process, from cAdvisor's counter. Such a container may keep
 * running, so that the pod's status does not show the kill.
 */
async function listCountedKills(stack: Stack, baseline: Baseline): Promise<string[]> {
  if (stack.prometheus === undefined) return [];
  const kills = await createPrometheusClient(stack.context, stack.prometheus).query(
    `increase(container_oom_events_total{container!=""}[${formatRangeSince(baseline, stack)}]) > 0`,
  );
  return kills.map(
    ({ labels }) => `container ${labels["container"]} of pod ${labels["namespace"]}/${labels["pod"]}`,
  );
}

export const targetsHeld: Check = {
  id: "targets-held",
  title: "No target went down since the stack was verified",
  severity: "error",
  absence: "targets",
  meaning: "The metrics have gaps: what happened in them was not recorded.",
  fix: "query up == 0 over that time in Prometheus, and read the log of what was behind the target",
  run: withBaseline(checkTargetsHeld),
};

/** Fails if a target of the baseline was down at times, or is not scraped now. */
async function checkTargetsHeld(stack: Stack, baseline: Baseline): Promise<Verdict> {
  const { targets } = baseline;
  if (stack.prometheus === undefined) return skipNotDeployed("Prometheus");
  if (targets.length === 0) return skip("no target was up when the stack was verified");
  const range = formatRangeSince(baseline, stack);
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const [lowestSamples, currentSamples, scrapes, freshness] = await Promise.all([
    client.query(`min by (job, instance) (min_over_time(up[${range}]))`),
    client.query("min by (job, instance) (up)"),
    client.query("max by (job, instance) (timestamp(up))"),
    readFreshness(client, stack.deployedAt),
  ]);
  const findSample = (samples: readonly Sample[], { job, instance }: Baseline["targets"][number]) =>
    samples.find(({ labels }) => labels["job"] === job && labels["instance"] === instance);
  const downLines = targets.flatMap((target) => {
    // Right after the baseline the range holds no scrape yet. Then the last one counts.
    const lowestSample = findSample(lowestSamples, target) ?? findSample(currentSamples, target);
    const wasUp = lowestSample === undefined || lowestSample.value === 1;
    return wasUp ? [] : [`${target.job} ${target.instance} was down at times`];
  });
  const notScrapedLines = targets.flatMap((target) => {
    const scrapeTime = findSample(scrapes, target);
    const why =
      scrapeTime === undefined ? "is not scraped any more" : explainStaleness(scrapeTime, freshness);
    return why === undefined ? [] : [`${target.job} ${target.instance} ${why}`];
  });
  const expected = `${formatCount(targets.length, "target")} up in each scrape of the last ${range}`;
  if (notScrapedLines.length + downLines.length === 0) return pass(expected);
  const failure = { status: "fail", expected, seen: formatList([...notScrapedLines, ...downLines]) } as const;
  // A target that was down can't change any more. A missing one may be back with the next scrape.
  if (downLines.length > 0) return { ...failure, final: true };
  return { ...failure, fault: { id: "target-lost", graceMs: 10_000 } };
}

export const noAlertFired: Check = {
  id: "no-alert-fired",
  title: "No alert fired since the stack was verified",
  severity: "error",
  absence: "rules",
  meaning: "Something was wrong for a while, even if it is well again now.",
  fix: "query the alert's expression over that time in Prometheus; an alert that may fire goes into verify.expect-alerts",
  run: withBaseline(checkNoAlertFired),
};

/** Fails if an alert that is not expected has fired since the baseline, or if Prometheus has no series. */
async function checkNoAlertFired(stack: Stack, baseline: Baseline): Promise<Verdict> {
  if (stack.prometheus === undefined) return skipNotDeployed("Prometheus");
  const range = formatRangeSince(baseline, stack);
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const [seriesCount, firedAlerts] = await Promise.all([
    client.query("count(up)"),
    client.query(`max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${range}]))`),
  ]);
  // A Prometheus without any series has no alerts either, which proves nothing.
  if (seriesCount.length === 0)
    return { status: "fail", expected: "no alert fired", seen: "Prometheus holds no series at all" };
  const allowedNames = [...stack.verify.expectAlerts, ...ownAlerts];
  const names = firedAlerts.map(({ labels }) => labels["alertname"] ?? "").toSorted();
  const unexpected = names.filter((name) => !allowedNames.includes(name));
  const expected = names.filter((name) => allowedNames.includes(name));
  const expectedNote = expected.length === 0 ? "" : `; expected ones: ${formatList(expected)}`;
  if (unexpected.length === 0) return pass(`none in the last ${range}${expectedNote}`);
  return {
    status: "fail",
    expected: `no alert fired in the last ${range}`,
    seen: formatList(unexpected),
    final: true,
  };
}

export const growth: Check = {
  id: "growth",
  title: "Series and disk grew no faster than they should",
  severity: "warning",
  absence: "targets",
  meaning: "A label takes ever new values: memory and disk run out, in a large cluster within days.",
  fix: "Status > TSDB status in Prometheus names the metric and the label with the most values; drop it with metric_relabel_configs",
  run: withBaseline(checkGrowth),
};

/** Growth that is accepted: a new stack still discovers targets. */
const acceptedGrowth = { factor: 2, series: 5_000 };

/** Fails if the head block has far more series than in the baseline. */
async function checkGrowth(stack: Stack, baseline: Baseline): Promise<Verdict> {
  if (stack.prometheus === undefined) return skipNotDeployed("Prometheus");
  const earlierSeries = baseline.headSeries;
  if (earlierSeries === undefined)
    return skip("the number of series was not recorded when the stack was verified");
  const { headSeries, storageBytes } = await readStorageSize(stack);
  const maxSeries = earlierSeries * acceptedGrowth.factor + acceptedGrowth.series;
  const ageText = formatAge(stack.context.host.now() - Date.parse(baseline.takenAt));
  const expected = `at most ${maxSeries} series in the head block, from ${earlierSeries} ${ageText} ago`;
  if (headSeries === undefined) {
    const fault = { id: "series-unknown", graceMs: 10_000 };
    return { status: "fail", expected, seen: "Prometheus does not report its number of series", fault };
  }
  const diskText =
    storageBytes === undefined || baseline.storageBytes === undefined
      ? ""
      : `, disk ${formatBytes(baseline.storageBytes)} to ${formatBytes(storageBytes)}`;
  const seen = `${earlierSeries} to ${headSeries} series in ${ageText}${diskText}`;
  if (headSeries <= maxSeries) return pass(seen);
  return { status: "fail", expected, seen, fault: { id: "series-grown", graceMs: 2_000 } };
}
