import { parseDuration } from "../lib/duration.ts";
import { getValueAt } from "../lib/object.ts";
import { formatBytes, parsePrometheusSize, parseQuantity } from "../lib/quantity.ts";
import { findChartKeys } from "../model/chart-keys.ts";
import type { Plan } from "../model/plan.ts";
import { createPrometheusClient } from "../stack/prometheus.ts";
import type { Stack } from "../stack/stack.ts";
import { findDataVolume, gatherVolumes } from "./persistence.ts";
import {
  createMetLine,
  createPointCheck,
  createUnmetLine,
  type EvidenceLine,
  filterPods,
  type Judgement,
} from "./point.ts";

export interface RetentionEvidence {
  /** The retention that the plan's values request. Undefined if they set none, so that the chart's default is used. */
  readonly requested: { readonly time: string | undefined; readonly size: string | undefined };
  /** The flags of the running Prometheus. */
  readonly flags: Readonly<Record<string, string>>;
  /** The capacity of Prometheus' volume; undefined without a volume. */
  readonly volumeBytes: number | undefined;
  readonly growth: Growth | undefined;
}

/** The estimated growth of the data on disk. */
export interface Growth {
  readonly bytesPerDay: number;
  /** The basis of the estimate, for messages. */
  readonly basis: string;
}

/** Prometheus' own rule of thumb is 1 to 2 bytes a sample (https://prometheus.io/docs/prometheus/latest/storage/). */
const bytesPerSample = 1.5;
/** The share of a volume that blocks may use. The rest is for the head block, the write-ahead log and compaction. */
const usableShare = 0.9;
const dayMs = 86_400_000;

export const retention = createPointCheck("production-retention", async (stack) =>
  judgeRetention(await gatherRetention(stack)),
);

/** Reads the requested and the actual retention, the volume's size, and the growth of the data. */
async function gatherRetention(stack: Stack): Promise<RetentionEvidence> {
  if (stack.prometheus === undefined) throw new Error("Prometheus is not part of this stack");
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const [flags, rate, blocks, age, volumes] = await Promise.all([
    client.flags(),
    client.query("sum(rate(prometheus_tsdb_head_samples_appended_total[5m]))"),
    client.query("sum(prometheus_tsdb_storage_blocks_bytes)"),
    client.query("time() - min(prometheus_tsdb_lowest_timestamp_seconds)"),
    gatherVolumes(stack),
  ]);
  const [pod] = filterPods("Prometheus", volumes.pods);
  const claim = pod && findDataVolume("Prometheus", pod).claim;
  const capacity = volumes.claims.find(
    ({ metadata }) => metadata?.name === claim && metadata?.namespace === pod?.metadata?.namespace,
  )?.status?.capacity?.["storage"];
  return {
    requested: findRequestedRetention(stack.plan),
    flags,
    volumeBytes: capacity === undefined ? undefined : parseQuantity(capacity),
    growth: estimateDailyGrowth({
      rate: rate[0]?.value,
      blocks: blocks[0]?.value,
      ageSeconds: age[0]?.value,
    }),
  };
}

/** Returns the retention that the user's values and settings request, without the chart's own default. */
export function findRequestedRetention({ apps }: Pick<Plan, "apps">): RetentionEvidence["requested"] {
  const retentions = apps.flatMap(({ chart, values }) => {
    const keys = findChartKeys(chart)?.prometheus;
    if (keys === undefined) return [];
    const readText = (path: readonly string[]) => {
      const value = getValueAt(values, path);
      return typeof value === "string" && value !== "" ? value : undefined;
    };
    return [{ time: readText(keys.retention), size: readText(keys.retentionSize) }];
  });
  return retentions[0] ?? { time: undefined, size: undefined };
}

/** Estimates disk growth in bytes per day: from block sizes if they span a day, else from the ingestion rate. */
export function estimateDailyGrowth(measured: {
  readonly rate: number | undefined;
  readonly blocks: number | undefined;
  readonly ageSeconds: number | undefined;
}): Growth | undefined {
  const { rate, blocks = 0, ageSeconds = 0 } = measured;
  if (blocks > 0 && ageSeconds * 1000 >= dayMs) {
    const days = (ageSeconds * 1000) / dayMs;
    return {
      bytesPerDay: blocks / days,
      basis: `${formatBytes(blocks)} in blocks of ${days.toFixed(1)} days`,
    };
  }
  if (rate === undefined || !(rate > 0)) return undefined;
  const basis = `${rate.toFixed(0)} samples/s of some ${bytesPerSample} bytes`;
  return { bytesPerDay: (rate * bytesPerSample * dayMs) / 1000, basis };
}

/**
 * Returns the judgement: met if the retention was requested, is in effect, and fits the volume.
 * @throws Error if the growth is not known yet and no other evidence is unmet
 */
export function judgeRetention({ requested, flags, volumeBytes, growth }: RetentionEvidence): Judgement {
  const time = flags["storage.tsdb.retention.time"] ?? "";
  const size = flags["storage.tsdb.retention.size"] ?? "";
  // A size of 0 means no limit.
  const sizeLimit = parsePrometheusSize(size) || undefined;
  const lines: EvidenceLine[] = [];
  if (requested.time === undefined && requested.size === undefined)
    lines.push(createUnmetLine(`nobody chose a retention: ${time || "15d"} is the default`));
  else {
    lines.push(...compareWithRequested("retention", requested.time, time, parseDuration));
    lines.push(...compareWithRequested("retention-size", requested.size, size, parsePrometheusSize));
  }
  if (volumeBytes === undefined)
    return { lines: [...lines, createUnmetLine("no volume to compare it with")] };
  const volume = `the volume of ${formatBytes(volumeBytes)}`;
  if (sizeLimit !== undefined) {
    const share = `${((sizeLimit / volumeBytes) * 100).toFixed(0)} % of ${volume}`;
    lines.push(
      sizeLimit <= volumeBytes * usableShare
        ? createMetLine(`retention-size ${size} is ${share}: it can't fill up`)
        : createUnmetLine(
            `retention-size ${size} is ${share}, more than ${usableShare * 100} %: it fills up before anything is dropped`,
          ),
    );
  }
  const retentionMs = parseDuration(time);
  if (growth === undefined || retentionMs === undefined || retentionMs === 0) {
    if (sizeLimit === undefined && lines.every((line) => line.met))
      throw new Error(`whether ${time || "it"} fits ${volume} is not known yet: no samples were counted`);
    return { lines };
  }
  const neededBytes = growth.bytesPerDay * (retentionMs / dayMs);
  const estimate = `${time} need about ${formatBytes(neededBytes)} (${formatBytes(growth.bytesPerDay)} a day, from ${growth.basis})`;
  if (neededBytes <= volumeBytes * usableShare) lines.push(createMetLine(`${estimate} of ${volume}`));
  // The size limit applies first: Prometheus keeps less than the requested time.
  else lines.push(createUnmetLine(`${estimate}, more than ${usableShare * 100} % of ${volume}`));
  return { lines };
}

/**
 * Returns a line on whether the requested value is in effect. Values are compared by `measure`, since Prometheus
 * writes `2d` for `48h`. Empty if none was requested.
 */
function compareWithRequested(
  name: string,
  requested: string | undefined,
  actual: string,
  measure: (text: string) => number | undefined,
): EvidenceLine[] {
  if (requested === undefined) return [];
  const isInEffect =
    requested === actual || (measure(requested) !== undefined && measure(requested) === measure(actual));
  return [
    isInEffect
      ? createMetLine(`${name} ${requested} was requested and is in force`)
      : createUnmetLine(`${name} ${requested} was requested, ${actual || "nothing"} is in force`),
  ];
}
