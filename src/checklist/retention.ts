import { parseDuration } from "../lib/duration.ts";
import { getValueAt } from "../lib/object.ts";
import { formatBytes, parsePrometheusSize, parseQuantity } from "../lib/quantity.ts";
import { findChartKeys } from "../model/chart-keys.ts";
import type { Plan } from "../model/plan.ts";
import { createPrometheusClient } from "../stack/prometheus.ts";
import type { Stack } from "../stack/stack.ts";
import { findDataVolume, gatherVolumes } from "./persistence.ts";
import { filterPods, type Judgement, type Line, pointCheck, toMetLine, toUnmetLine } from "./point.ts";

export interface RetentionEvidence {
  /** What the plan's values request. Undefined: nothing, so the chart's default is in force. */
  readonly requested: { readonly time: string | undefined; readonly size: string | undefined };
  /** Of the running Prometheus. */
  readonly flags: Readonly<Record<string, string>>;
  /** The capacity of its volume; undefined without one. */
  readonly volumeBytes: number | undefined;
  readonly growth: Growth | undefined;
}

export interface Growth {
  readonly bytesPerDay: number;
  /** What the estimate is based on, for messages. */
  readonly basis: string;
}

/** Prometheus' own rule of thumb is 1 to 2 bytes a sample (https://prometheus.io/docs/prometheus/latest/storage/). */
const bytesPerSample = 1.5;
/** Of a volume; the rest is for the head, the write-ahead log and compaction. */
const usable = 0.9;
const dayMs = 86_400_000;

export const retention = pointCheck("production-retention", async (stack) =>
  judgeRetention(await gather(stack)),
);

async function gather(stack: Stack): Promise<RetentionEvidence> {
  if (stack.prometheus === undefined) throw new Error("Prometheus is not part of this stack");
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const [flags, rate, blocks, oldest, volumes] = await Promise.all([
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
      ageSeconds: oldest[0]?.value,
    }),
  };
}

/** Returns the retention that the user's values and settings request, without the chart's own default. */
export function findRequestedRetention({ apps }: Pick<Plan, "apps">): RetentionEvidence["requested"] {
  const own = apps.flatMap(({ chart, values }) => {
    const keys = findChartKeys(chart)?.prometheus;
    if (keys === undefined) return [];
    const text = (path: readonly string[]) => {
      const value = getValueAt(values, path);
      return typeof value === "string" && value !== "" ? value : undefined;
    };
    return [{ time: text(keys.retention), size: text(keys.retentionSize) }];
  });
  return own[0] ?? { time: undefined, size: undefined };
}

/** Estimates disk growth in bytes per day: from block sizes if they span a day, else from the ingestion rate. */
export function estimateDailyGrowth(seen: {
  readonly rate: number | undefined;
  readonly blocks: number | undefined;
  readonly ageSeconds: number | undefined;
}): Growth | undefined {
  const { rate, blocks = 0, ageSeconds = 0 } = seen;
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

export function judgeRetention({ requested, flags, volumeBytes, growth }: RetentionEvidence): Judgement {
  const time = flags["storage.tsdb.retention.time"] ?? "";
  const size = flags["storage.tsdb.retention.size"] ?? "";
  const sizeLimit = (parsePrometheusSize(size) ?? 0) > 0 ? parsePrometheusSize(size) : undefined;
  const lines: Line[] = [];
  if (requested.time === undefined && requested.size === undefined)
    lines.push(toUnmetLine(`nobody chose a retention: ${time || "15d"} is the default`));
  else {
    lines.push(...compareWithRequested("retention", requested.time, time, parseDuration));
    lines.push(...compareWithRequested("retention-size", requested.size, size, parsePrometheusSize));
  }
  if (volumeBytes === undefined)
    return { lines: [...lines, toUnmetLine("there is no volume to compare it with")] };
  const volume = `the volume of ${formatBytes(volumeBytes)}`;
  if (sizeLimit !== undefined) {
    const share = `${((sizeLimit / volumeBytes) * 100).toFixed(0)} % of ${volume}`;
    lines.push(
      sizeLimit <= volumeBytes * usable
        ? toMetLine(`retention-size ${size} is ${share}: it can't fill up`)
        : toUnmetLine(
            `retention-size ${size} is ${share}, more than ${usable * 100} %: it fills up before anything is dropped`,
          ),
    );
  }
  const keptMs = parseDuration(time);
  if (growth === undefined || keptMs === undefined || keptMs === 0) {
    if (sizeLimit === undefined && lines.every((line) => line.met))
      throw new Error(`whether ${time || "it"} fits ${volume} is not known yet: no samples were counted`);
    return { lines };
  }
  const needed = growth.bytesPerDay * (keptMs / dayMs);
  const estimate = `${time} need about ${formatBytes(needed)} (${formatBytes(growth.bytesPerDay)} a day, from ${growth.basis})`;
  if (needed <= volumeBytes * usable) lines.push(toMetLine(`${estimate} of ${volume}`));
  // The size limit applies first: Prometheus keeps less than the requested time.
  else lines.push(toUnmetLine(`${estimate}, more than ${usable * 100} % of ${volume}`));
  return { lines };
}

function compareWithRequested(
  name: string,
  requested: string | undefined,
  live: string,
  measure: (text: string) => number | undefined,
): Line[] {
  if (requested === undefined) return [];
  const isSame =
    requested === live || (measure(requested) !== undefined && measure(requested) === measure(live));
  return [
    isSame
      ? toMetLine(`${name} ${requested} was requested and is in force`)
      : toUnmetLine(`${name} ${requested} was requested, ${live || "nothing"} is in force`),
  ];
}
