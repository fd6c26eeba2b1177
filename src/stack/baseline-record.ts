import { z } from "zod";

/** How the stack stood when it was verified: what a verification at the end compares with. */
export const Baseline = z.object({
  version: z.literal(1),
  /** ISO 8601. */
  takenAt: z.string(),
  containers: z.array(
    z.object({
      namespace: z.string(),
      pod: z.string(),
      /** The pod's; a record of an earlier version has none. */
      uid: z.string().optional(),
      container: z.string(),
      restarts: z.number(),
    }),
  ),
  /** Of the stack and of the nodes; the targets of other people's pods come and go. */
  targets: z.array(z.object({ job: z.string(), instance: z.string() })),
  /** In Prometheus' head block; undefined without Prometheus. */
  headSeries: z.number().optional(),
  /** Blocks and write-ahead log together, in bytes. */
  storageBytes: z.number().optional(),
});
export type Baseline = z.infer<typeof Baseline>;
