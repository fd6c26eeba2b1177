import * as z from "zod";
import { maxInventoryItems, maxMetricNames } from "../stack/inventory.ts";

/** What Prometheus held when the run was judged, in a size that is kept and compared from run to run. */
export const Inventory = z.object({
  takenAt: z.string().describe("ISO 8601, UTC"),
  series: z.number().int().optional().describe("In Prometheus' head block"),
  jobs: z
    .record(z.string(), z.number())
    .describe(`Series of the last scrapes of each job, after relabelling; at most ${maxInventoryItems} jobs`),
  metrics: z
    .record(z.string(), z.number())
    .describe(`Series of the ${maxInventoryItems} metrics with the most series, the largest first`),
  metricNames: z
    .array(z.string())
    .readonly()
    .optional()
    .describe(
      `The names of all metrics; none if there are more than ${maxMetricNames}, or if they could not be read`,
    ),
  alerts: z
    .record(z.string(), z.enum(["pending", "firing"]))
    .describe(`Alerts by name; at most ${maxInventoryItems}`),
  usage: z
    .array(
      z.object({
        workload: z.string().describe("`NAMESPACE/NAME`, without the parts of a pod's name that change"),
        memoryBytes: z.number().optional().describe("The most at one time, of all its pods together"),
        cpuCores: z.number().optional().describe("The mean over the run, of all its pods together"),
      }),
    )
    .readonly()
    .optional()
    .describe("From the measurements of the run, where it took any"),
  missing: z.array(z.string()).readonly().describe("What could not be read, and why"),
});
export type Inventory = z.infer<typeof Inventory>;
