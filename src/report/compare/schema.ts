import * as z from "zod";

/** What is compared, in the order in which it is shown. */
export const areas = [
  "checks",
  "alerts",
  "panels",
  "phases",
  "versions",
  "resources",
  "series",
  "metrics",
] as const;
export type Area = (typeof areas)[number];

/** The most changes of one area in a comparison. */
export const maxChanges = 100;

const area = z.enum(areas);
const value = z.union([z.string(), z.number()]).optional();

export const Change = z.object({
  area,
  name: z.string(),
  before: value.describe("None for something new; `present` for something of which only the name is known"),
  after: value.describe("None for something that is gone; `present` as above"),
  unit: z.enum(["ms", "series", "bytes", "cores"]).optional().describe("Of a number"),
  effect: z.enum(["worse", "better", "neutral"]),
});
export type Change = z.infer<typeof Change>;

/** What differs between a run and an earlier one. */
export const Comparison = z.object({
  baseline: z.object({
    from: z.string().describe("The folder or file of the earlier run, or where else it came from"),
    startedAt: z.string().describe("ISO 8601, UTC"),
    mode: z.string(),
    verified: z.boolean(),
  }),
  changes: z
    .array(Change)
    .readonly()
    .describe(
      `Only what changed, by area, the worst first; at most ${maxChanges} of each area. docs/compare.md says from when on a figure counts as changed`,
    ),
  compared: z
    .array(z.object({ area, count: z.number().int() }))
    .readonly()
    .describe("How many things of each area were compared"),
  left: z
    .array(z.object({ area, count: z.number().int() }))
    .readonly()
    .describe("How many changes are not listed because there were too many"),
  notCompared: z
    .array(z.object({ area, why: z.string() }))
    .readonly()
    .describe("What could not be compared"),
});
export type Comparison = z.infer<typeof Comparison>;
