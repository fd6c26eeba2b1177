import * as z from "zod";
import { spanKinds } from "../../lib/trace.ts";

const time = z.string().describe("ISO 8601, UTC, with milliseconds");

export const TraceSpan = z.object({
  id: z.number().int().describe("From 1"),
  parent: z.number().int().optional().describe("Id of the span that it is a part of; only the run has none"),
  kind: z.enum(spanKinds),
  name: z.string(),
  startedAt: time,
  endedAt: time,
  after: z
    .array(z.number().int())
    .readonly()
    .optional()
    .describe("Ids of spans that it waited for, before it began or while it ran"),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
export type TraceSpan = z.infer<typeof TraceSpan>;

/** Where the time of a run went. */
export const Trace = z.object({
  spans: z.array(TraceSpan).readonly().describe("In the order of their recording; at most 2,000"),
  leftOut: z.number().int().describe("How many spans were not recorded because there were too many"),
  decidedAt: time.optional().describe("When the outcome was known; none for a teardown alone"),
  criticalPath: z
    .array(z.number().int())
    .readonly()
    .describe(
      "Ids of the spans that decided how long it took to the verdict, in order: each was waited for by the next",
    ),
});
export type Trace = z.infer<typeof Trace>;
