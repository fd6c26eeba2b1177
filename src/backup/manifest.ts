import * as z from "zod";
import { encodeUrlPart } from "../lib/text.ts";

/** Name of the manifest in the archive. It is the last file, because it describes all others. */
export const manifestName = "manifest.json";

const time = z.string().describe("ISO 8601, UTC");

/** Matches the files of a block, the only paths below prometheus/: each becomes a path in Prometheus' data folder. */
const blockFile = /^prometheus\/[0-9A-HJKMNP-TV-Z]{26}\/(?:meta\.json|index|tombstones|chunks\/\d{6})$/;
const grafanaFile = /^grafana\/(?:folders|datasources|dashboards)\/[\w.%-]{1,80}\.json$/;
const silencesFile = "alertmanager/silences.json";

const Part = z.object({
  path: z.string().refine((path) => blockFile.test(path) || grafanaFile.test(path) || path === silencesFile, {
    error: "a file that no backup has",
  }),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Part = z.infer<typeof Part>;

const Block = z.object({
  ulid: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/),
  from: time,
  to: time,
  series: z.number().int(),
  samples: z.number().int(),
});
export type Block = z.infer<typeof Block>;

/** The description of an archive's content. Within one format, keys are only added. */
export const Manifest = z.object({
  format: z.literal(1),
  monstack: z.string().describe("Its version"),
  createdAt: time,
  prometheus: z.object({
    version: z.string(),
    from: time,
    to: time,
    series: z.number().int().describe("Of the block with the most: blocks share series"),
    samples: z.number().int(),
    blocks: z.array(Block).min(1),
    probe: z
      .object({ query: z.string(), time: z.number().describe("Seconds since the epoch"), value: z.string() })
      .describe("What Prometheus answered for a time within the backup; a restored one must answer the same"),
  }),
  grafana: z
    .object({
      version: z.string(),
      folders: z.number().int(),
      datasources: z.number().int(),
      dashboards: z.number().int(),
    })
    .optional()
    .describe("Not there when the stack had none"),
  alertmanager: z
    .object({ version: z.string(), silences: z.number().int() })
    .optional()
    .describe("Not there when the stack had none"),
  parts: z.array(Part).describe("Every other file of the archive"),
});
export type Manifest = z.infer<typeof Manifest>;

/** The paths of files in an archive. */
export const paths = {
  silences: silencesFile,
  grafana: (kind: "folders" | "datasources" | "dashboards", uid: string) =>
    `grafana/${kind}/${encodeUrlPart(uid)}.json`,
};
