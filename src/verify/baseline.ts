import { namespacesOf } from "../model/rendered.ts";
import type { Baseline } from "../stack/baseline-record.ts";
import { listPods } from "../stack/kube.ts";
import { prometheusClient, sumOfMetric } from "../stack/prometheus.ts";
import type { Stack } from "../stack/types.ts";

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
