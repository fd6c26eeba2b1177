import type { Inventory } from "../inventory-schema.ts";
import type { Measurements, Plot, Series } from "../measurements-schema.ts";
import type { Results } from "../results-schema.ts";

type Usage = NonNullable<Inventory["usage"]>;

/** The most workloads whose memory and CPU are kept. */
const maxWorkloads = 500;

/** Returns the results whose inventory has the memory and CPU of each workload, if the run measured them. */
export function withUsage(results: Results): Results {
  const { inventory, measurements } = results;
  if (inventory === undefined || measurements === undefined) return results;
  const usage = summarizeUsage(measurements);
  return usage.length === 0 ? results : { ...results, inventory: { ...inventory, usage } };
}

/** Returns the memory and CPU of each workload: the peak and the mean of the sum over its pods. */
export function summarizeUsage({ plots }: Pick<Measurements, "plots">): Usage {
  const memory = sumByWorkload(plots.find(({ id }) => id === "memory"));
  const cpu = sumByWorkload(plots.find(({ id }) => id === "cpu"));
  const workloads = [...new Set([...memory.keys(), ...cpu.keys()])].toSorted().slice(0, maxWorkloads);
  return workloads.map((workload) => {
    const [bytes, cores] = [memory.get(workload), cpu.get(workload)];
    return {
      workload,
      ...(bytes && { memoryBytes: Math.max(...bytes) }),
      ...(cores && { cpuCores: cores.reduce((sum, value) => sum + value, 0) / cores.length }),
    };
  });
}

/** Returns the sums over the pods of each workload, a value for each time at which one of them has one. */
function sumByWorkload(plot: Plot | undefined): Map<string, number[]> {
  const sums = new Map<string, Map<number, number>>();
  for (const series of plot?.series ?? []) {
    const workload = nameWorkload(series);
    const values = sums.get(workload) ?? new Map<number, number>();
    sums.set(workload, values);
    for (const [time, value] of series.points)
      if (value !== null) values.set(time, (values.get(time) ?? 0) + value);
  }
  return new Map(
    [...sums].flatMap(([name, values]) => (values.size > 0 ? [[name, [...values.values()]]] : [])),
  );
}

/**
 * The ends of pods' names: of a Deployment, of a DaemonSet, of a StatefulSet. The letters are those of Kubernetes' random
 * names, which have no vowels.
 */
const podSuffixes = [
  /-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/,
  /-[bcdfghjklmnpqrstvwxz2456789]{5}$/,
  /-\d{1,4}$/,
] as const;

/**
 * Returns the name of a pod's workload, with its namespace if the series has one: the pod's name without the parts that
 * Kubernetes adds, which differ from run to run.
 */
function nameWorkload({ name, labels = {} }: Series): string {
  const pod = labels["pod"] ?? name;
  const suffix = podSuffixes.find((pattern) => pattern.test(pod));
  const workload = suffix === undefined ? pod : pod.replace(suffix, "");
  const namespace = labels["namespace"];
  return namespace === undefined ? workload : `${namespace}/${workload}`;
}
