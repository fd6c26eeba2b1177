import type { Results } from "../results-schema.ts";
import { type AreaComparison, describeMissing, findInventories, joinKeys, toMap } from "./area.ts";
import type { Area, Change } from "./schema.ts";

/** From when on a figure counts as changed: it must exceed both limits. */
interface Threshold {
  /** A part of the earlier figure. */
  readonly share: number;
  /** In the figure's unit. */
  readonly amount: number;
}

/**
 * The thresholds. Two runs of one configuration differ by less: phases by a download's speed, memory by the moment of
 * Go's garbage collection, the API server's histograms by the requests that it got.
 */
export const thresholds = {
  phase: { share: 0.2, amount: 1_000 },
  series: { share: 0.2, amount: 20 },
  memory: { share: 0.2, amount: 32 * 1024 ** 2 },
  cpu: { share: 0.2, amount: 0.1 },
} as const satisfies Readonly<Record<string, Threshold>>;

/** The name of the time from the start of a run to its verdict. */
export const timeToVerdict = "to the verdict";

/** Returns the phases that became slower, and the time to the verdict if that became longer. */
export function comparePhases(before: Results, after: Results): AreaComparison {
  const earlier = sumPhases(before);
  const later = sumPhases(after);
  const common = [...later.keys()].filter((name) => earlier.has(name));
  const changes = common.flatMap((name) =>
    compareFigures("phases", name, "ms", earlier.get(name), later.get(name), thresholds.phase),
  );
  // A phase that became faster is left out: nobody has to look at it.
  return { changes: changes.filter(({ effect }) => effect === "worse"), count: common.length };
}

/** Returns the jobs and the metrics that have more or fewer series, and the jobs that are new or gone. */
export function compareSeries(before: Results, after: Results): AreaComparison {
  const inventories = findInventories(before, after);
  if ("why" in inventories) return inventories;
  const jobs = [toMap(inventories.before.jobs), toMap(inventories.after.jobs)] as const;
  const metrics = [toMap(inventories.before.metrics), toMap(inventories.after.metrics)] as const;
  const common = [...metrics[1].keys()].filter((name) => metrics[0].has(name)).toSorted();
  const changes = [
    ...joinKeys(...jobs).flatMap((job) =>
      compareFigures("series", `job ${job}`, "series", jobs[0].get(job), jobs[1].get(job), thresholds.series),
    ),
    ...common.flatMap((name) =>
      compareFigures("series", name, "series", metrics[0].get(name), metrics[1].get(name), thresholds.series),
    ),
  ];
  return {
    // A job without a series is a loss, more series only a cost.
    changes: changes.map((change) => ({
      ...change,
      effect: change.name.startsWith("job ") && change.after === undefined ? "worse" : "neutral",
    })),
    count: jobs[1].size + common.length,
  };
}

/** Returns the workloads that need more or less memory or CPU. */
export function compareResources(before: Results, after: Results): AreaComparison {
  const [earlier, later] = [before.inventory?.usage, after.inventory?.usage];
  if (earlier === undefined || later === undefined)
    return { why: describeMissing(earlier === undefined, "did not measure memory and CPU") };
  const former = new Map(earlier.map((usage) => [usage.workload, usage]));
  const common = later.filter(({ workload }) => former.has(workload));
  const changes = common.flatMap(({ workload, memoryBytes, cpuCores }) => {
    const old = former.get(workload);
    return [
      ...compareBoth(`memory of ${workload}`, "bytes", old?.memoryBytes, memoryBytes, thresholds.memory),
      ...compareBoth(`CPU of ${workload}`, "cores", old?.cpuCores, cpuCores, thresholds.cpu),
    ];
  });
  return { changes, count: common.length };
}

/** Compares figures that a run may not have measured. */
function compareBoth(
  name: string,
  unit: "bytes" | "cores",
  before: number | undefined,
  after: number | undefined,
  threshold: Threshold,
): Change[] {
  if (before === undefined || after === undefined) return [];
  return compareFigures("resources", name, unit, before, after, threshold);
}

/** Returns a change if one figure is missing, or if both limits are exceeded; otherwise nothing. */
function compareFigures(
  area: Area,
  name: string,
  unit: Change["unit"],
  before: number | undefined,
  after: number | undefined,
  { share, amount }: Threshold,
): Change[] {
  const difference = Math.abs((after ?? 0) - (before ?? 0));
  const isSmall = difference <= amount || difference <= share * (before ?? 0);
  if (before !== undefined && after !== undefined && isSmall) return [];
  if (before === undefined && after === undefined) return [];
  const effect = (after ?? 0) > (before ?? 0) ? "worse" : "better";
  return [{ area, name, before, after, unit, effect }];
}

/** Returns the milliseconds of each phase by name, and of the whole run to its verdict. */
function sumPhases({ phases, startedAt, trace }: Results): Map<string, number> {
  const sums = new Map<string, number>();
  const measure = (from: string, to: string) => Date.parse(to) - Date.parse(from);
  if (trace?.decidedAt !== undefined) sums.set(timeToVerdict, measure(startedAt, trace.decidedAt));
  for (const phase of phases) {
    sums.set(phase.name, (sums.get(phase.name) ?? 0) + measure(phase.startedAt, phase.endedAt));
  }
  return sums;
}
