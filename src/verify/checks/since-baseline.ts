import { ownAlerts } from "../../alerting/own-alerts.ts";
import { formatAge } from "../../lib/duration.ts";
import { formatBytes } from "../../lib/quantity.ts";
import { formatCount, formatList } from "../../lib/text.ts";
import { namespacesOf } from "../../model/rendered.ts";
import { type Check, notDeployed, pass, skipped, type Verdict } from "../../stack/check.ts";
import { listAllPods, listPods } from "../../stack/kube.ts";
import { type PrometheusClient, prometheusClient, type Sample, sumOfMetric } from "../../stack/prometheus.ts";
import type { Baseline, Stack } from "../../stack/stack.ts";
import { freshnessOf, staleness } from "../runner/freshness.ts";

export async function takeBaseline(stack: Stack): Promise<Baseline> {
  const { host } = stack.context;
  const namespaces = namespacesOf(stack.rendered);
  const pods = (await Promise.all(namespaces.map((namespace) => listPods(stack, namespace)))).flat();
  const containers = pods.flatMap(({ metadata, status }) =>
    (status?.containerStatuses ?? []).map(({ name, restartCount }) => ({
      namespace: metadata?.namespace ?? "",
      pod: metadata?.name ?? "",
      ...(metadata?.uid === undefined ? {} : { uid: metadata.uid }),
      container: name,
      restarts: restartCount,
    })),
  );
  const takenAt = new Date(host.now()).toISOString();
  const none = { version: 1 as const, takenAt, containers, targets: [] };
  if (stack.prometheus === undefined) return none;
  const client = prometheusClient(stack.context, stack.prometheus);
  const [targets, size] = await Promise.all([client.targets(), storageOf(stack)]);
  const lasting = targets.filter(({ discovered, health }) => {
    const namespace = discovered["__meta_kubernetes_namespace"];
    return health === "up" && (namespace === undefined || namespaces.includes(namespace));
  });
  return {
    ...none,
    targets: lasting.map(({ job, labels }) => ({ job, instance: labels["instance"] ?? "" })),
    ...size,
  };
}

/** What Prometheus holds now, from its own exposition. */
export async function storageOf(stack: Stack): Promise<Pick<Baseline, "headSeries" | "storageBytes">> {
  if (stack.prometheus === undefined) return {};
  const exposition = await prometheusClient(stack.context, stack.prometheus).metrics();
  const headSeries = sumOfMetric(exposition, "prometheus_tsdb_head_series");
  const blocks = sumOfMetric(exposition, "prometheus_tsdb_storage_blocks_bytes");
  const log = sumOfMetric(exposition, "prometheus_tsdb_wal_storage_size_bytes");
  return {
    ...(headSeries === undefined ? {} : { headSeries }),
    ...(blocks === undefined ? {} : { storageBytes: blocks + (log ?? 0) }),
  };
}

/** A range that reaches back to the baseline and no further, as PromQL writes it. */
export function sinceBaseline(stack: Stack, baseline: Baseline): string {
  const seconds = (stack.context.host.now() - Date.parse(baseline.takenAt)) / 1000;
  return `${Math.max(1, Math.floor(seconds))}s`;
}

export const nothingRestarted: Check = {
  id: "nothing-restarted",
  title: "Nothing of the stack restarted since it was verified",
  severity: "error",
  meaning: "A part of the stack fell over meanwhile: the metrics have a gap, and it will happen again.",
  fix: "kubectl logs --previous of the container that is named; kubectl describe of its pod tells the reason of its end",
  run: checkNothingRestarted,
};

async function checkNothingRestarted(stack: Stack): Promise<Verdict> {
  const { baseline } = stack;
  if (baseline === undefined)
    return skipped("the stack was not verified before, so there is nothing to compare with");
  const namespaces = namespacesOf(stack.rendered);
  const pods = (await Promise.all(namespaces.map((namespace) => listPods(stack, namespace)))).flat();
  const wrong = baseline.containers.flatMap(({ namespace, pod, uid, container, restarts }) => {
    const where = `container ${container} of pod ${namespace}/${pod}`;
    const now = pods.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === pod);
    if (now === undefined) return [`pod ${namespace}/${pod} is gone`];
    if (uid !== undefined && now.metadata?.uid !== uid)
      return [`pod ${namespace}/${pod} was replaced by another of the same name`];
    const status = now.status?.containerStatuses?.find(({ name }) => name === container);
    if (status === undefined) return [`${where} is not there`];
    const more = status.restartCount - restarts;
    if (more <= 0) return [];
    const { reason, exitCode } = status.lastState?.terminated ?? {};
    const why = reason === undefined ? "" : ` (${reason}, exit code ${exitCode})`;
    return [`${where} restarted ${more === 1 ? "once" : `${more} times`}${why}`];
  });
  const expected = `${formatCount(baseline.containers.length, "container")} run on as at ${baseline.takenAt}`;
  if (baseline.containers.length === 0) return skipped("there was no container when the stack was verified");
  if (wrong.length === 0) return pass(expected);
  return { status: "fail", expected, seen: formatList([...new Set(wrong)]), final: true };
}

export const noOomKill: Check = {
  id: "no-oom-kill",
  title: "The kernel killed nothing for want of memory",
  severity: "error",
  absence: "targets",
  meaning: "A container needed more memory than its limit, or the machine had none left.",
  fix: "raise resources.limits.memory of the container that is named, or let it do less",
  run: checkNoOomKill,
};

async function checkNoOomKill(stack: Stack): Promise<Verdict> {
  const { baseline } = stack;
  if (baseline === undefined)
    return skipped("the stack was not verified before, so there is no time to look at");
  const pods = await listAllPods(stack);
  const expected = "no container was ended as OOMKilled";
  if (pods.length === 0) {
    const fault = { id: "no-running-pod", graceMs: 12_000 };
    return { status: "fail", expected, seen: "the API server lists no pod", fault };
  }
  const since = Date.parse(stack.deployedAt);
  const killed = pods.flatMap(({ metadata, status }) =>
    (status?.containerStatuses ?? []).flatMap(({ name, state, lastState }) => {
      const ends = [state?.terminated, lastState?.terminated];
      const end = ends.find((one) => one?.reason === "OOMKilled" && Number(one.finishedAt ?? 0) >= since);
      return end === undefined ? [] : [`container ${name} of pod ${metadata?.namespace}/${metadata?.name}`];
    }),
  );
  const counted = stack.prometheus
    ? await countedKills(prometheusClient(stack.context, stack.prometheus), sinceBaseline(stack, baseline))
    : [];
  const all = [...new Set([...killed, ...counted])];
  if (all.length === 0) return pass(`${formatCount(pods.length, "pod")} looked at, none was killed`);
  return { status: "fail", expected, seen: formatList(all), final: true };
}

/** Processes inside a container that lived on: the pod's own state doesn't show them. */
async function countedKills(client: PrometheusClient, range: string): Promise<string[]> {
  const kills = await client.query(`increase(container_oom_events_total{container!=""}[${range}]) > 0`);
  return kills.map(
    ({ labels }) => `container ${labels["container"]} of pod ${labels["namespace"]}/${labels["pod"]}`,
  );
}

export const targetsHeld: Check = {
  id: "targets-held",
  title: "No target went down since the stack was verified",
  severity: "error",
  absence: "targets",
  meaning: "The metrics have gaps: what happened in them was seen by nobody.",
  fix: "query up == 0 over that time in Prometheus, and look at the log of what was behind the target",
  run: checkTargetsHeld,
};

const lostMs = 10_000;

async function checkTargetsHeld(stack: Stack): Promise<Verdict> {
  const { baseline, prometheus } = stack;
  if (prometheus === undefined) return notDeployed("Prometheus");
  if (baseline === undefined)
    return skipped("the stack was not verified before, so there is no time to look at");
  if (baseline.targets.length === 0) return skipped("no target was up when the stack was verified");
  const range = sinceBaseline(stack, baseline);
  const client = prometheusClient(stack.context, prometheus);
  const [lowest, now, scrapes, freshness] = await Promise.all([
    client.query(`min by (job, instance) (min_over_time(up[${range}]))`),
    client.query("min by (job, instance) (up)"),
    client.query("max by (job, instance) (timestamp(up))"),
    freshnessOf(client, stack.deployedAt),
  ]);
  const of = (samples: readonly Sample[], job: string, instance: string) =>
    samples.find(({ labels }) => labels["job"] === job && labels["instance"] === instance);
  const down = baseline.targets.flatMap(({ job, instance }) => {
    // Right after the baseline there was no scrape yet: then it is the last one that counts.
    const least = of(lowest, job, instance) ?? of(now, job, instance);
    return least === undefined || least.value === 1 ? [] : [`${job} ${instance} was down at times`];
  });
  const lost = baseline.targets.flatMap(({ job, instance }) => {
    const scraped = of(scrapes, job, instance);
    if (scraped === undefined) return [`${job} ${instance} is not scraped any more`];
    const why = staleness(scraped, freshness);
    return why === undefined ? [] : [`${job} ${instance} ${why}`];
  });
  const wrong = [...lost, ...down];
  const expected = `${formatCount(baseline.targets.length, "target")} up in each scrape of the last ${range}`;
  if (wrong.length === 0) return pass(expected);
  const failed = { status: "fail", expected, seen: formatList(wrong) } as const;
  // What was is certain; what is missing now may be back with the next scrape.
  if (down.length > 0) return { ...failed, final: true };
  return { ...failed, fault: { id: "target-lost", graceMs: lostMs } };
}

export const noAlertFired: Check = {
  id: "no-alert-fired",
  title: "No alert fired since the stack was verified",
  severity: "error",
  absence: "rules",
  meaning: "Something was wrong for a while, though it may be well again now.",
  fix: "look at the alert's expression over that time in Prometheus; an alert that may fire goes into verify.expect-alerts",
  run: checkNoAlertFired,
};

async function checkNoAlertFired(stack: Stack): Promise<Verdict> {
  const { baseline, prometheus } = stack;
  if (prometheus === undefined) return notDeployed("Prometheus");
  if (baseline === undefined)
    return skipped("the stack was not verified before, so there is no time to look at");
  const range = sinceBaseline(stack, baseline);
  const client = prometheusClient(stack.context, prometheus);
  // Without `up` the server answers, but has nothing: no alert then proves nothing.
  const [alive, fired] = await Promise.all([
    client.query("count(up)"),
    client.query(`max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[${range}]))`),
  ]);
  if (alive.length === 0)
    return { status: "fail", expected: "no alert fired", seen: "Prometheus holds no series at all" };
  const allowed = [...stack.verify.expectAlerts, ...ownAlerts];
  const names = fired.map(({ labels }) => labels["alertname"] ?? "");
  const unexpected = names.filter((name) => !allowed.includes(name)).sort();
  const expected = names.filter((name) => allowed.includes(name)).sort();
  const also = expected.length === 0 ? "" : `; expected ones: ${formatList(expected)}`;
  if (unexpected.length === 0) return pass(`none in the last ${range}${also}`);
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
  run: checkGrowth,
};

/** A stack that has just begun goes on finding things: only what is beyond this counts. */
const tolerated = { factor: 2, series: 5_000 };

async function checkGrowth(stack: Stack): Promise<Verdict> {
  const { baseline } = stack;
  if (stack.prometheus === undefined) return notDeployed("Prometheus");
  const before = baseline?.headSeries;
  if (baseline === undefined || before === undefined)
    return skipped("the stack was not verified before, so there is nothing to compare with");
  const { headSeries, storageBytes } = await storageOf(stack);
  const most = before * tolerated.factor + tolerated.series;
  const age = formatAge(stack.context.host.now() - Date.parse(baseline.takenAt));
  const expected = `at most ${most} series in the head block, from ${before} ${age} ago`;
  if (headSeries === undefined) {
    const fault = { id: "series-unknown", graceMs: 10_000 };
    return { status: "fail", expected, seen: "Prometheus doesn't say how many it has", fault };
  }
  const disk =
    storageBytes === undefined || baseline.storageBytes === undefined
      ? ""
      : `, disk ${formatBytes(baseline.storageBytes)} to ${formatBytes(storageBytes)}`;
  const seen = `${before} to ${headSeries} series in ${age}${disk}`;
  if (headSeries <= most) return pass(seen);
  return { status: "fail", expected, seen, fault: { id: "series-grown", graceMs: 2_000 } };
}
