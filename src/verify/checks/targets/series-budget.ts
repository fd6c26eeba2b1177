import { formatBytes, parsePrometheusSize, parseQuantity } from "../../../lib/quantity.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import {
  type Check,
  judgeProblems,
  type Problem,
  skipNotDeployed,
  type Verdict,
} from "../../../stack/check.ts";
import { listClaims, listNodes, listPods } from "../../../stack/kube.ts";
import {
  createPrometheusClient,
  type PrometheusClient,
  type Sample,
  sumMetric,
  type Target,
  type TsdbStatus,
} from "../../../stack/prometheus.ts";
import type { HttpEndpoint, Stack } from "../../../stack/stack.ts";
import { readFreshness, splitFresh } from "../../runner/freshness.ts";
import { computeScrapeGraceMs } from "../../runner/grace-periods.ts";

export const seriesBudget: Check = {
  id: "series-budget",
  title: "Series and disk are within their budget",
  severity: "error",
  absence: "targets",
  meaning:
    "Prometheus runs out of memory with too many series, and stops storing anything when its disk is full.",
  fix: "drop what nobody looks at with metric_relabel_configs, or raise verify.max-series; give Prometheus a larger volume, or a retention size below it",
  run: checkSeriesBudget,
};

/** The fraction of a volume that must stay free. */
const minFreeFraction = 0.1;
/** Bytes of a node's disk that must stay free. The kubelet's own limits depend on its settings. */
const minFreeNodeBytes = 1024 ** 3;

/** Fails if there are too many series, or if a volume or a node's disk is nearly full. */
async function checkSeriesBudget(stack: Stack): Promise<Verdict> {
  const { prometheus, verify } = stack;
  if (prometheus === undefined) return skipNotDeployed("Prometheus");
  const client = createPrometheusClient(stack.context, prometheus);
  const [targets, tsdb, flags, exposition] = await Promise.all([
    client.targets(),
    client.tsdbStatus(),
    client.effectiveFlags(),
    client.metrics(),
  ]);
  const storedBytes = sumStoredBytes(exposition);
  const volume = await findSmallestVolume(stack, prometheus);
  // A retention size of 0 means no limit.
  const retentionBytes = parsePrometheusSize(flags["storage.tsdb.retention.size"] ?? "") || undefined;
  const disk = { storedBytes, volume, retentionBytes };
  const problems = [
    ...findTooManySeries(tsdb, verify.maxSeries),
    ...findUnscraped(targets),
    ...findDiskProblems(disk),
    ...(await findNodeProblems(stack, client)),
  ];
  return judgeProblems(
    problems,
    `at most ${verify.maxSeries} series in the head block, and room on the disk`,
    () => `${formatCount(tsdb.series, "series")} of ${verify.maxSeries}; ${describeDisk(disk)}`,
  );
}

/** Returns a problem if the head block has no series, or more than `maxSeries`. */
function findTooManySeries({ series, largest }: TsdbStatus, maxSeries: number): Problem[] {
  if (series === 0) {
    const cause = "nothing has been scraped yet";
    return [{ line: "no series at all", cause, fault: { id: "no-series", graceMs: 15_000 } }];
  }
  if (series <= maxSeries) return [];
  const names = largest.map(({ name, value }) => `${name} ${value}`);
  return [
    {
      line: `${series} series, most of them: ${formatList(names)}`,
      cause: "a label of these metrics takes too many values, or much is scraped that nobody looks at",
      fault: { id: "too-many-series", graceMs: 0 },
    },
  ];
}

/** Returns a problem if targets are not scraped yet: their series are not counted. */
function findUnscraped(targets: readonly Target[]): Problem[] {
  const unscraped = targets.filter(({ health }) => health === "unknown");
  if (unscraped.length === 0) return [];
  const slowestMs = Math.max(...unscraped.map(({ intervalMs = 60_000 }) => intervalMs));
  return [
    {
      line: `${unscraped.length} of ${formatCount(targets.length, "target")} not scraped yet`,
      cause: "Prometheus has just started, or the target is new",
      fault: { id: "not-scraped-yet", graceMs: computeScrapeGraceMs(1, slowestMs) },
    },
  ];
}

/** Prometheus' use of its disk, in bytes. */
interface Disk {
  /** Undefined if Prometheus does not report it. */
  readonly storedBytes: number | undefined;
  /** The PVC with its capacity; undefined without a PVC. */
  readonly volume: { readonly name: string; readonly size: number } | undefined;
  /** The retention size; undefined without one. */
  readonly retentionBytes: number | undefined;
}

/** Returns the problems of Prometheus' volume: nearly full, or smaller than the retention size. */
function findDiskProblems({ storedBytes, volume, retentionBytes }: Disk): Problem[] {
  if (storedBytes === undefined) {
    const cause = "what answers there is not Prometheus, or one that has not opened its storage yet";
    const line = "Prometheus doesn't say how much it stores";
    return [{ line, cause, fault: { id: "storage-unknown", graceMs: 10_000 } }];
  }
  if (volume === undefined) return [];
  const problems: Problem[] = [];
  if (storedBytes > volume.size * (1 - minFreeFraction)) {
    problems.push({
      line: `${formatBytes(storedBytes)} are stored on PVC ${volume.name} of ${formatBytes(volume.size)}`,
      cause: "the volume is nearly full",
      fault: { id: "disk-nearly-full", graceMs: 0 },
    });
  }
  if (retentionBytes !== undefined && retentionBytes > volume.size) {
    problems.push({
      line: `the retention size ${formatBytes(retentionBytes)} is more than PVC ${volume.name} holds, ${formatBytes(volume.size)}`,
      cause: "the volume is full before Prometheus begins to delete",
      fault: { id: "retention-exceeds-volume", graceMs: 0 },
    });
  }
  return problems;
}

/** Returns the bytes of blocks, head chunks and write-ahead log; undefined if the metric is missing. */
function sumStoredBytes(exposition: string): number | undefined {
  const blocks = sumMetric(exposition, "prometheus_tsdb_storage_blocks_bytes");
  if (blocks === undefined) return undefined;
  const others = ["prometheus_tsdb_wal_storage_size_bytes", "prometheus_tsdb_head_chunks_storage_size_bytes"];
  return others.reduce((sum, name) => sum + (sumMetric(exposition, name) ?? 0), blocks);
}

/**
 * Returns the smallest PVC that Prometheus' pods use; undefined if they use none. Each replica stores the same series on
 * a PVC of its own, so the smallest one is full first.
 */
async function findSmallestVolume(stack: Stack, prometheus: HttpEndpoint): Promise<Disk["volume"]> {
  const { namespace } = prometheus.service;
  const [pods, claims] = await Promise.all([listPods(stack, namespace), listClaims(stack, namespace)]);
  const usedClaimNames = pods
    .filter(({ metadata }) => metadata?.labels?.["app.kubernetes.io/name"] === "prometheus")
    .flatMap(({ spec }) => (spec?.volumes ?? []).map((volume) => volume.persistentVolumeClaim?.claimName));
  const volumes = claims.flatMap(({ metadata, status }) => {
    const size = parseQuantity(status?.capacity?.["storage"] ?? "");
    const name = metadata?.name ?? "";
    return size !== undefined && usedClaimNames.includes(name) ? [{ name, size }] : [];
  });
  return volumes.sort((a, b) => a.size - b.size)[0];
}

/**
 * Returns a problem for nodes under DiskPressure, and for each root file system that node-exporter reports as
 * nearly full.
 */
async function findNodeProblems(stack: Stack, client: PrometheusClient): Promise<Problem[]> {
  const available = 'node_filesystem_avail_bytes{mountpoint="/"}';
  const [nodes, freeBytes, times, freshness] = await Promise.all([
    listNodes(stack),
    client.query(`min by (instance) (${available})`),
    client.query(`max by (instance) (timestamp(${available}))`),
    readFreshness(client, stack.deployedAt),
  ]);
  const { fresh } = splitFresh(times, freshness);
  const isFresh = ({ labels }: Sample) =>
    fresh.some((sample) => sample.labels["instance"] === labels["instance"]);
  const nodesUnderPressure = nodes
    .filter(({ status }) =>
      (status?.conditions ?? []).some(
        ({ type, status: value }) => type === "DiskPressure" && value === "True",
      ),
    )
    .map(({ metadata }) => metadata?.name ?? "");
  const nearlyFullDisks = freeBytes.filter((sample) => sample.value < minFreeNodeBytes && isFresh(sample));
  const lines = [
    ...(nodesUnderPressure.length > 0
      ? [`node ${formatList(nodesUnderPressure)} is under DiskPressure`]
      : []),
    ...nearlyFullDisks.map(({ labels, value }) => `${formatBytes(value)} free on / of ${labels["instance"]}`),
  ];
  const cause = "a node's disk is nearly full: the kubelet evicts pods and schedules no new ones there";
  return lines.map((line) => ({ line, cause, fault: { id: "disk-nearly-full", graceMs: 5_000 } }));
}

/** Returns a text with the stored bytes, the retention size and the PVC. */
function describeDisk({ storedBytes, volume, retentionBytes }: Disk): string {
  const retention =
    retentionBytes === undefined
      ? "without a retention size"
      : `retention size ${formatBytes(retentionBytes)}`;
  const place = volume === undefined ? "no PVC" : `PVC ${volume.name} of ${formatBytes(volume.size)}`;
  return `${formatBytes(storedBytes ?? 0)} stored, ${retention}, ${place}`;
}
