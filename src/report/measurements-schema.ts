import * as z from "zod";

/** Several of them, in an order that means something. */
function list<T extends z.ZodType>(item: T) {
  return z.array(item).readonly();
}

const time = z.string().describe("ISO 8601, UTC");

const Point = z
  .tuple([z.number(), z.number().nullable()])
  .readonly()
  .describe("Unix seconds and the value; null where there is a gap, or a value that is not finite");
export type Point = z.infer<typeof Point>;

const Series = z.object({
  name: z.string().describe("As a legend shows it: of a panel, its legendFormat filled in"),
  labels: z.record(z.string(), z.string()).optional(),
  points: list(Point),
});
export type Series = z.infer<typeof Series>;

const left = z.string().optional().describe("What was left out, as a sentence, and why");

const Plot = z.object({
  id: z
    .string()
    .describe(
      "cpu, memory, restarts, series, scrape-duration, targets-up or alerts; later versions can add others",
    ),
  title: z.string(),
  unit: z.string().describe("bytes, seconds, cores or count"),
  query: z.string().describe("The PromQL that was sent"),
  series: list(Series),
  bounds: list(
    z.object({
      series: z.string().describe("The name of the series that they are of"),
      request: z.number().optional(),
      limit: z.number().optional(),
    }),
  )
    .optional()
    .describe("Requests and limits, in the unit of the plot"),
  left,
});
export type Plot = z.infer<typeof Plot>;

const PanelData = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("series"), series: list(Series) }),
  z.object({
    kind: z.literal("table"),
    columns: list(z.string()),
    rows: list(list(z.union([z.string(), z.number(), z.null()]))),
  }),
  z.object({ kind: z.literal("text"), text: z.string().describe("As the panel has it: Markdown or HTML") }),
  z.object({
    kind: z.literal("none"),
    why: z.string().describe("Why there is nothing to draw: the panel is dead, or its data was not kept"),
  }),
]);
export type PanelData = z.infer<typeof PanelData>;

const DrawnPanel = z.object({
  id: z.number(),
  title: z.string(),
  type: z.string(),
  grid: z
    .object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() })
    .describe("Of 24 columns, as Grafana counts them"),
  unit: z.string().optional().describe("Grafana's id of it, such as bytes, percentunit or s"),
  decimals: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  thresholds: list(
    z.object({
      from: z.number().nullable().describe("Null: from the lowest value on"),
      color: z.string(),
    }),
  ).optional(),
  row: z.string().optional().describe("Title of the row that it is in"),
  dead: z.boolean().describe("It asks something and shows nothing"),
  data: PanelData,
  left,
});
export type DrawnPanel = z.infer<typeof DrawnPanel>;

const DrawnDashboard = z.object({
  uid: z.string(),
  title: z.string(),
  panels: list(DrawnPanel),
  left,
});
export type DrawnDashboard = z.infer<typeof DrawnDashboard>;

/** What was measured during the run: what the report draws, and nothing that a verdict depends on. */
export const Measurements = z.object({
  from: time.describe("Begin of the time range; ISO 8601, UTC"),
  to: time.describe("End of the time range; ISO 8601, UTC"),
  plots: list(Plot),
  dashboards: list(DrawnDashboard),
  left,
});
export type Measurements = z.infer<typeof Measurements>;
