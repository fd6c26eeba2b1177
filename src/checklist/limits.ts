import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { formatBytes, parseQuantity } from "../lib/quantity.ts";
import { buildSeriesKey, createPrometheusClient, type Sample } from "../stack/prometheus.ts";
import type { Stack } from "../stack/stack.ts";
import {
  formatContainerName,
  type Judgement,
  type Line,
  listStackPods,
  pointCheck,
  toMetLine,
  toUnmetLine,
} from "./point.ts";

export interface LimitsEvidence {
  readonly pods: readonly V1Pod[];
  /** Bytes now, by `NAMESPACE/POD/CONTAINER`. */
  readonly memory: ReadonlyMap<string, number>;
  /** The share of CPU periods in which the container was throttled, in the last five minutes. */
  readonly throttled: ReadonlyMap<string, number>;
}

/** Shares of the memory limit, and of the CPU periods. */
const maxMemoryShare = 0.9;
const maxThrottledShare = 0.25;

export const limits = pointCheck("production-limits", async (stack) => judgeLimits(await gather(stack)), {
  absence: "targets",
});

async function gather(stack: Stack): Promise<LimitsEvidence> {
  if (stack.prometheus === undefined) throw new Error("Prometheus is not part of this stack");
  const pods = await listStackPods(stack);
  const namespaces = [...new Set(pods.map(({ metadata }) => metadata?.namespace ?? ""))];
  const which = `{namespace=~"${namespaces.join("|")}",container!="",container!="POD"}`;
  const by = "by (namespace, pod, container)";
  const increase = (name: string) => `sum ${by} (increase(${name}${which}[5m]))`;
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const each = "max by (namespace, pod, container, id)";
  const [memory, taken, throttled] = await Promise.all([
    client.query(`${each} (container_memory_working_set_bytes${which})`),
    client.query(`${each} (timestamp(container_memory_working_set_bytes${which}))`),
    client.query(
      `${increase("container_cpu_cfs_throttled_periods_total")} / ${increase("container_cpu_cfs_periods_total")}`,
    ),
  ]);
  return {
    pods,
    memory: groupByContainer(sortOldestFirst(memory, taken)),
    throttled: groupByContainer(throttled),
  };
}

/** Sorts samples by time, the newest last: an earlier container of a pod of the same name leaves its series behind. */
function sortOldestFirst(samples: readonly Sample[], taken: readonly Sample[]): Sample[] {
  const times = new Map(taken.map(({ labels, value }) => [buildSeriesKey(labels), value]));
  const timeOf = ({ labels }: Sample) => times.get(buildSeriesKey(labels)) ?? 0;
  return samples.toSorted((a, b) => timeOf(a) - timeOf(b));
}

/** Returns the last sample of each container. */
function groupByContainer(samples: readonly Sample[]): Map<string, number> {
  return new Map(
    samples
      .filter(({ value }) => Number.isFinite(value))
      .map(({ labels, value }) => [`${labels["namespace"]}/${labels["pod"]}/${labels["container"]}`, value]),
  );
}

export function judgeLimits(seen: LimitsEvidence): Judgement {
  const judged = seen.pods.flatMap((pod) =>
    (pod.spec?.containers ?? []).map((container) => judgeContainer(pod, container, seen)),
  );
  const lines = judged.map(({ line }) => line);
  const unmeasured = judged.filter(({ isMeasured }) => !isMeasured);
  if (unmeasured.length > 0 && lines.every((line) => line.met))
    throw new Error(`what ${unmeasured.map(({ name }) => name).join(", ")} uses was not measured`);
  return { lines };
}

function judgeContainer(pod: V1Pod, container: V1Container, { memory, throttled }: LimitsEvidence) {
  const name = formatContainerName(pod, container);
  const id = `${pod.metadata?.namespace}/${name}`;
  const used = memory.get(id);
  const limit = parseQuantity(container.resources?.limits?.["memory"] ?? "");
  const missing = findMissingResources(container);
  const held = throttled.get(id) ?? 0;
  const problems = [
    ...(missing.length > 0 ? [`has no ${missing.join(", no ")}`] : []),
    ...(limit !== undefined && used !== undefined && used > limit * maxMemoryShare
      ? [`uses ${formatBytes(used)}, ${formatPercent(used / limit)} of its memory limit`]
      : []),
    ...(wasKilled(pod, container) ? ["was killed for its memory (OOMKilled)"] : []),
    ...(held > maxThrottledShare ? [`is held back in ${formatPercent(held)} of its CPU periods`] : []),
  ];
  const share =
    used !== undefined && limit !== undefined ? `${formatBytes(used)} of ${formatBytes(limit)}` : "";
  const line: Line =
    problems.length > 0
      ? toUnmetLine(`${name} ${problems.join(", ")}`)
      : toMetLine(`${name}: ${share || "within its limits"}`);
  return { name, line, isMeasured: used !== undefined };
}

function findMissingResources({ resources }: V1Container): string[] {
  return [
    ...(resources?.limits?.["memory"] === undefined ? ["memory limit"] : []),
    ...(resources?.requests?.["memory"] === undefined ? ["memory request"] : []),
    ...(resources?.requests?.["cpu"] === undefined ? ["CPU request"] : []),
  ];
}

function wasKilled({ status }: V1Pod, { name }: V1Container): boolean {
  const own = status?.containerStatuses?.find((one) => one.name === name);
  return [own?.lastState, own?.state].some((state) => state?.terminated?.reason === "OOMKilled");
}

function formatPercent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
