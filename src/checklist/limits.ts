import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { formatBytes, parseQuantity } from "../lib/quantity.ts";
import { buildSeriesKey, createPrometheusClient, type Sample } from "../stack/prometheus.ts";
import type { Stack } from "../stack/stack.ts";
import {
  createMetLine,
  createPointCheck,
  createUnmetLine,
  type EvidenceLine,
  formatContainerName,
  type Judgement,
  listStackPods,
} from "./point.ts";

export interface LimitsEvidence {
  readonly pods: readonly V1Pod[];
  /** Current memory usage in bytes, by `NAMESPACE/POD/CONTAINER`. */
  readonly memory: ReadonlyMap<string, number>;
  /** The share of CPU periods in which the container was throttled, in the last five minutes. */
  readonly throttled: ReadonlyMap<string, number>;
}

/** The maximum share of the memory limit in use, and of the CPU periods with throttling. */
const maxMemoryShare = 0.9;
const maxThrottledShare = 0.25;

export const limits = createPointCheck(
  "production-limits",
  async (stack) => judgeLimits(await gatherLimits(stack)),
  {
    absence: "targets",
  },
);

/** Reads the stack's pods, and the memory usage and throttling of their containers. */
async function gatherLimits(stack: Stack): Promise<LimitsEvidence> {
  if (stack.prometheus === undefined) throw new Error("Prometheus is not part of this stack");
  const pods = await listStackPods(stack);
  const namespaces = [...new Set(pods.map(({ metadata }) => metadata?.namespace ?? ""))];
  const selector = `{namespace=~"${namespaces.join("|")}",container!="",container!="POD"}`;
  const byContainer = "by (namespace, pod, container)";
  const sumIncrease = (name: string) => `sum ${byContainer} (increase(${name}${selector}[5m]))`;
  const client = createPrometheusClient(stack.context, stack.prometheus);
  const maxByContainer = "max by (namespace, pod, container, id)";
  const [memory, timestamps, throttled] = await Promise.all([
    client.query(`${maxByContainer} (container_memory_working_set_bytes${selector})`),
    client.query(`${maxByContainer} (timestamp(container_memory_working_set_bytes${selector}))`),
    client.query(
      `${sumIncrease("container_cpu_cfs_throttled_periods_total")} / ${sumIncrease("container_cpu_cfs_periods_total")}`,
    ),
  ]);
  return {
    pods,
    memory: mapToContainers(sortOldestFirst(memory, timestamps)),
    throttled: mapToContainers(throttled),
  };
}

/**
 * Returns the samples sorted by time, the newest last. A former container of a pod of the same name leaves its series
 * behind.
 */
function sortOldestFirst(samples: readonly Sample[], timestamps: readonly Sample[]): Sample[] {
  const times = new Map(timestamps.map(({ labels, value }) => [buildSeriesKey(labels), value]));
  const getTime = ({ labels }: Sample) => times.get(buildSeriesKey(labels)) ?? 0;
  return samples.toSorted((a, b) => getTime(a) - getTime(b));
}

/** Returns the values by `NAMESPACE/POD/CONTAINER`. If a container has several samples, the last one counts. */
function mapToContainers(samples: readonly Sample[]): Map<string, number> {
  return new Map(
    samples
      .filter(({ value }) => Number.isFinite(value))
      .map(({ labels, value }) => [`${labels["namespace"]}/${labels["pod"]}/${labels["container"]}`, value]),
  );
}

/**
 * Returns the judgement with a line for each container.
 * @throws Error if the memory usage of some containers is unknown and no container has a problem
 */
export function judgeLimits(evidence: LimitsEvidence): Judgement {
  const judgedContainers = evidence.pods.flatMap((pod) =>
    (pod.spec?.containers ?? []).map((container) => judgeContainer(pod, container, evidence)),
  );
  const lines = judgedContainers.map(({ line }) => line);
  const unmeasuredContainers = judgedContainers.filter(({ isMeasured }) => !isMeasured);
  if (unmeasuredContainers.length > 0 && lines.every((line) => line.met))
    throw new Error(`what ${unmeasuredContainers.map(({ name }) => name).join(", ")} uses was not measured`);
  return { lines };
}

interface JudgedContainer {
  readonly name: string;
  readonly line: EvidenceLine;
  /** False if the memory that the container uses is unknown. */
  readonly isMeasured: boolean;
}

/** Returns whether a container has limits and requests, stays below them, and was not killed or throttled. */
function judgeContainer(
  pod: V1Pod,
  container: V1Container,
  { memory, throttled }: LimitsEvidence,
): JudgedContainer {
  const name = formatContainerName(pod, container);
  const id = `${pod.metadata?.namespace}/${name}`;
  const usedBytes = memory.get(id);
  const limitBytes = parseQuantity(container.resources?.limits?.["memory"] ?? "");
  const missingResources = findMissingResources(container);
  const throttledShare = throttled.get(id) ?? 0;
  const problems = [
    ...(missingResources.length > 0 ? [`has no ${missingResources.join(", no ")}`] : []),
    ...(limitBytes !== undefined && usedBytes !== undefined && usedBytes > limitBytes * maxMemoryShare
      ? [`uses ${formatBytes(usedBytes)}, ${formatPercent(usedBytes / limitBytes)} of its memory limit`]
      : []),
    ...(wasKilledForMemory(pod, container) ? ["was killed for its memory (OOMKilled)"] : []),
    ...(throttledShare > maxThrottledShare
      ? [`is held back in ${formatPercent(throttledShare)} of its CPU periods`]
      : []),
  ];
  const usage =
    usedBytes !== undefined && limitBytes !== undefined
      ? `${formatBytes(usedBytes)} of ${formatBytes(limitBytes)}`
      : "";
  const line =
    problems.length > 0
      ? createUnmetLine(`${name} ${problems.join(", ")}`)
      : createMetLine(`${name}: ${usage || "within its limits"}`);
  return { name, line, isMeasured: usedBytes !== undefined };
}

/** Returns the required limits and requests that a container lacks. */
function findMissingResources({ resources }: V1Container): string[] {
  return [
    ...(resources?.limits?.["memory"] === undefined ? ["memory limit"] : []),
    ...(resources?.requests?.["memory"] === undefined ? ["memory request"] : []),
    ...(resources?.requests?.["cpu"] === undefined ? ["CPU request"] : []),
  ];
}

/** True if the kernel ended the container's last or current run because of its memory. */
function wasKilledForMemory({ status }: V1Pod, { name }: V1Container): boolean {
  const containerStatus = status?.containerStatuses?.find((candidate) => candidate.name === name);
  return [containerStatus?.lastState, containerStatus?.state].some(
    (state) => state?.terminated?.reason === "OOMKilled",
  );
}

function formatPercent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
