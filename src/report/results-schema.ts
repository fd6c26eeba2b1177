import * as z from "zod";
import { Comparison } from "./compare/schema.ts";
import { Inventory } from "./inventory-schema.ts";
import { Measurements } from "./measurements-schema.ts";
import { Trace } from "./trace/schema.ts";

/** Several of them, in an order that means something. */
function list<T extends z.ZodType>(item: T) {
  return z.array(item).readonly();
}

const time = z.string().describe("ISO 8601, UTC");

export const Phase = z.object({ name: z.string(), startedAt: time, endedAt: time });
export type Phase = z.infer<typeof Phase>;

const Tool = z.object({
  name: z.enum(["k3s", "helm", "kubectl"]),
  path: z.string(),
  asked: z.string().describe("The requested version: a version, `stable`, or a path"),
  version: z.string().describe("What the tool says of itself"),
  sha256: z.string().describe("Of the file as downloaded, hex"),
  origin: z.string().describe("The URL (before mirrors), `cache` or `path`"),
  signature: z
    .discriminatedUnion("status", [
      z.object({
        status: z.literal("verified"),
        by: z.string().describe("The program that did: gpg, cosign or gh"),
        signer: z.string(),
      }),
      z.object({ status: z.literal("unchecked"), why: z.string() }),
    ])
    .optional()
    .describe("Where `verify-signatures` requires it; an invalid one ends the run"),
});

const Chart = z.object({
  app: z.string(),
  chart: z.string(),
  version: z.string(),
  appVersion: z.string(),
  sha256: z.string().optional().describe("Of the archive, hex; a folder has none"),
});

const ImageDigest = z.object({
  image: z.string().describe("Whole, with its registry and tag"),
  digest: z.string().describe("In its registry, `sha256:...`; with a lock file the one that is locked"),
});

const ProfileSetting = z.object({
  app: z.string(),
  path: z.string().describe("Key path in the app's values, as `helm --set` writes it"),
  value: z.unknown(),
  why: z.string(),
});

const Adaptation = z.object({ id: z.string(), found: z.string(), done: z.string() });

const aliases = list(z.string())
  .optional()
  .describe("Former ids of the same way to fail, for one minor version");

const WorkloadFailure = z.object({
  workload: z.string(),
  pod: z.string().optional(),
  container: z.string().optional(),
  rule: z.string().optional().describe("Id of the known way to fail; none for a timeout"),
  aliases,
  reason: z.string(),
  message: z.string(),
  fix: z.string(),
});

const App = z.object({
  name: z.string(),
  release: z.string(),
  namespace: z.string(),
  readyAfterMs: z.number().describe("From helm's answer to all workloads ready, in milliseconds"),
});

const anyCheck = {
  id: z.string(),
  title: z.string(),
  severity: z.enum(["error", "warning"]).describe("A failing `warning` doesn't fail the run"),
  startedAt: time,
  endedAt: time,
  attempts: z.number().int(),
};

const note = z.string().optional().describe("What limits the verdict, e.g. `one observation within 10 s`");

const Check = z.discriminatedUnion("status", [
  z.object({ ...anyCheck, status: z.literal("pass"), seen: z.string() }),
  z.object({
    ...anyCheck,
    status: z.enum(["fail", "warn"]),
    expected: z.string(),
    seen: z.string(),
    cause: z.string().optional(),
    fault: z.string().optional().describe("Id of the known way to fail"),
    faultAliases: aliases,
    fix: z.string(),
    note,
  }),
  z
    .object({ ...anyCheck, status: z.literal("error"), error: z.string(), fix: z.string(), note })
    .describe("The check could not be made; never counted as passed"),
  z.object({ ...anyCheck, status: z.literal("skipped"), reason: z.string() }),
]);

const DashboardVersion = z.object({
  uid: z.string(),
  title: z.string(),
  origin: z.string().describe("The URL (before mirrors) or path it came from"),
  revision: z.number().int().optional().describe("grafana.com's"),
  sha256: z.string().describe("Of the text as it came, hex"),
});

const Panel = z.object({
  id: z.number(),
  title: z.string(),
  row: z.string().optional().describe("Title of the row that it is in"),
  type: z.string(),
  status: z
    .enum(["data", "partial", "empty", "error", "static", "unsupported"])
    .describe(
      "`partial`: some of its queries have data, others have none; `static`: it asks nothing; `unsupported`: it asks something else than Prometheus",
    ),
  why: z.string().optional().describe("Of an empty, partly empty or failing one"),
  queries: list(z.string()).describe(
    "The queries as sent, with variables filled in; of a panel with data at most 400 characters of each",
  ),
  known: z.boolean().describe("The baseline file names it as empty"),
});

const Dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  folder: z.string().optional(),
  panels: list(Panel),
});

const Target = z.object({
  job: z.string(),
  url: z.string(),
  health: z.string(),
  lastError: z.string(),
  labels: z.record(z.string(), z.string()),
});

const Place = z.object({
  file: z.string().describe("As shown to the user: relative to the working folder where it lies below"),
  line: z.number().int(),
  column: z.number().int(),
});
export type Place = z.infer<typeof Place>;

export const Cause = z.object({
  id: z.string().describe("Of the diagnosis; docs/diagnoses.md lists them"),
  aliases,
  what: z.string(),
  how: list(z.string()).describe("How it is known"),
  fix: z.string(),
  sureness: z.enum(["certain", "likely", "possible"]),
  explains: list(z.string()).describe("Ids of the checks whose failure it explains"),
  at: Place.optional().describe("Where in the user's configuration it comes from"),
});
export type Cause = z.infer<typeof Cause>;

export const Teardown = z.object({
  leaks: list(z.object({ kind: z.string(), what: z.string() })).describe(
    "What is left and was not there before",
  ),
  kept: list(z.string()).describe("What was left on purpose"),
});
export type Teardown = z.infer<typeof Teardown>;

export const Backup = z.object({
  path: z.string(),
  bytes: z.number().int(),
  series: z.number().int().describe("Of the block with the most"),
  from: time.describe("Of the first sample; ISO 8601, UTC"),
  to: time.describe("Of the last sample; ISO 8601, UTC"),
});
export type Backup = z.infer<typeof Backup>;

export const AtEnd = z.object({ verified: z.boolean(), checks: list(Check), causes: list(Cause) });
export type AtEnd = z.infer<typeof AtEnd>;

export const Checklist = list(
  z.object({
    id: z.string().describe("Of the check"),
    title: z.string(),
    status: z
      .enum(["met", "unmet", "unknown", "left-out"])
      .describe("`unknown`: it could not be queried, which counts as unmet"),
    evidence: list(z.object({ met: z.boolean(), text: z.string() })),
    fix: z.string().optional(),
  }),
);
export type Checklist = z.infer<typeof Checklist>;

const status = z.enum(["pass", "fail", "warn", "error", "skipped"]);

export const Watch = z.object({
  everyMs: z.number().describe("From one round's begin to the next one's"),
  rounds: z.number().int(),
  failedRounds: z.number().int().describe("In which a check of severity error did not pass"),
  history: list(
    z.object({
      startedAt: time,
      endedAt: time,
      verified: z.boolean(),
      failed: list(z.string()).describe("Ids of checks of severity error"),
    }),
  ).describe("The last 1000 rounds"),
  changes: list(
    z.object({ at: time, check: z.string(), from: status, to: status, said: z.string() }),
  ).describe("The last 1000 times that a check came to another outcome than in the round before"),
});
export type Watch = z.infer<typeof Watch>;

/**
 * The whole of results.json. Everything else (summary, JUnit, HTML) is rendered from it. Within a schemaVersion keys are
 * only added.
 */
export const Results = z.object({
  schemaVersion: z.literal(2),
  monstack: z.string().describe("Its own version"),
  mode: z.enum(["up", "verify", "run", "down", "checklist"]),
  verified: z.boolean().describe("Every check of severity error passed, and at least one ran"),
  startedAt: time,
  endedAt: time,
  profile: z.string(),
  cluster: z.object({ kind: z.enum(["k3s", "existing"]), version: z.string().optional() }),
  versions: z.object({
    tools: list(Tool),
    charts: list(Chart),
    images: list(z.string()),
    imageDigests: list(ImageDigest)
      .optional()
      .describe("Of the images that ran; none for one whose digest the cluster doesn't know"),
    dashboards: list(DashboardVersion).describe("Those that the configuration requests"),
  }),
  profileSettings: list(ProfileSetting).describe(
    "Each value that was set because the user's own left it open",
  ),
  adaptations: list(Adaptation).describe("What preflight found on the host, and what was done about it"),
  phases: list(Phase),
  trace: Trace.optional().describe("Where the time went; docs/performance.md says how to read it"),
  apps: list(App),
  checks: list(Check),
  causes: list(Cause).describe("Why it is red, the likeliest first; empty when nothing known was found"),
  targets: list(Target).describe("Prometheus' active targets when they were last looked at"),
  dashboards: list(Dashboard).describe("What each panel of each dashboard showed"),
  inventory: Inventory.optional().describe("What Prometheus held when the run was judged"),
  measurements: Measurements.optional().describe(
    "What the stack and its dashboards showed over the run, where a report was written",
  ),
  comparison: Comparison.optional().describe(
    "What changed since an earlier run, where there is one to compare with",
  ),
  checklist: Checklist.optional().describe(
    "The production checklist, where it was judged; each point is among the checks too",
  ),
  failure: z
    .object({ message: z.string(), fix: z.string().optional(), workloads: list(WorkloadFailure) })
    .optional()
    .describe("What ended the run early, if anything"),
  warnings: list(z.string()),
  atEnd: AtEnd.optional().describe(
    "The stack checked once more before its teardown, where that was requested",
  ),
  watch: Watch.optional().describe("Of `verify --watch`; the checks above are those of its last round"),
  backup: Backup.optional().describe(
    "What was kept of the stack before its teardown, where that was requested",
  ),
  teardown: Teardown.optional().describe("Not there as long as nothing was torn down"),
});
export type Results = z.infer<typeof Results>;

/** What docs/results.schema.json holds; scripts/results-schema.ts writes it. */
export function toResultsJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(Results, {
    // As an input schema it allows keys that a later version of the same schemaVersion adds.
    io: "input",
    // Read-only in TypeScript says nothing about a file.
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly;
    },
  });
  return { title: "monstack results.json, version 2", ...schema };
}
