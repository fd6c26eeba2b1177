import { z } from "zod";
import { isRelease, releaseExamples } from "../lib/tool-version.ts";
import { formatValue } from "../yaml/mistakes.ts";

/** The name of the lock file, in the configuration's folder. */
export const lockFileName = "monstack.lock";

/** The value of `asked` if the configuration sets no version. A newer monstack's default then changes nothing in the lock. */
export const byDefault = "default";

const sha256 = createTextSchema("a sha256 (64 hex digits in lower case)", /^[0-9a-f]{64}$/);
const digest = createTextSchema(
  "a digest (sha256: and 64 hex digits in lower case)",
  /^sha256:[0-9a-f]{64}$/,
);
const url = createTextSchema("a URL", /^(https?|oci):\/\/./);
const text = createTextSchema("a text", /./);
const count = z
  .custom<number>((value) => Number.isInteger(value) && Number(value) > 0, {
    error: ({ input }) => describeMismatch(input, "a whole number from 1"),
  })
  .meta({ type: "integer", minimum: 1 });

const Download = z.strictObject({ url, sha256 });

/** Returns the schema of a tool's entry. The version is strict, since it becomes part of paths and URLs. */
function createToolSchema(name: "k3s" | "helm" | "kubectl") {
  return z.strictObject({
    /** The version in the configuration: `stable`, `v1.36`, an exact version, or `default`. */
    asked: text,
    version: z
      .custom<string>((value) => typeof value === "string" && isRelease(name, value), {
        error: ({ input }) => describeMismatch(input, releaseExamples[name]),
      })
      .meta({ type: "string" }),
    amd64: Download,
    arm64: Download,
  });
}
export type LockedTool = z.infer<ReturnType<typeof createToolSchema>>;

const LockedChart = z.strictObject({
  /** The repository's URL without a slash at its end, or the chart's own for oci://. */
  from: url,
  /** Empty for oci://, whose URL names the chart. */
  name: z
    .custom<string>((value) => typeof value === "string", {
      error: ({ input }) => describeMismatch(input, "a chart's name"),
    })
    .meta({ type: "string" }),
  /** The version in the configuration, or `default`; if it is missing, the newest release was taken. */
  asked: text.optional(),
  version: text,
  /** The archive's URL before mirrors. */
  url,
  /** The archive's digest. */
  sha256,
});
export type LockedChart = z.infer<typeof LockedChart>;

const LockedDashboard = z.strictObject({
  /** `1860` of grafana.com, or a URL: the configured source, without a revision. */
  from: text,
  /** The revision in the configuration; if it is missing, the newest one was taken. */
  asked: count.optional(),
  /** The revision on grafana.com. */
  revision: count.optional(),
  url,
  sha256,
});
export type LockedDashboard = z.infer<typeof LockedDashboard>;

const LockedImage = z.strictObject({
  /** The full name with registry and tag: `docker.io/grafana/grafana:13.2.0`. */
  image: text,
  /** The digest that the registry reports. If the image has an index, it is that of the index, for all architectures. */
  digest,
});
export type LockedImage = z.infer<typeof LockedImage>;

const UnlockedImage = z.strictObject({ image: text, why: text });
export type UnlockedImage = z.infer<typeof UnlockedImage>;

/** `monstack.lock`: exactly what a run installs. */
export const Lock = z.strictObject({
  /** The version of this format. */
  lockVersion: z.literal(1),
  /** The version of monstack that wrote it. */
  monstack: text,
  profile: z
    .custom<"ci" | "as-is" | "production">(
      (value) => typeof value === "string" && /^(ci|as-is|production)$/.test(value),
      { error: ({ input }) => describeMismatch(input, "a profile (ci, as-is or production)") },
    )
    .meta({ enum: ["ci", "as-is", "production"] }),
  tools: z.strictObject({
    k3s: createToolSchema("k3s").optional(),
    helm: createToolSchema("helm").optional(),
    kubectl: createToolSchema("kubectl").optional(),
  }),
  charts: z.array(LockedChart),
  dashboards: z.array(LockedDashboard),
  images: z.array(LockedImage),
  /** Images that a run may use although no registry reports their digest. */
  unlocked: z.array(UnlockedImage).optional(),
});
export type Lock = z.infer<typeof Lock>;

/** Returns the JSON Schema of a lock file. It has no unknown keys, as the file itself. */
export function toLockJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(Lock, { target: "draft-07", unrepresentable: "any" }), title: "monstack.lock" };
}

/** Returns a schema for a text. Any other value is reported as `... is not WHAT`, where `what` starts with an article. */
function createTextSchema(what: string, pattern: RegExp) {
  return z
    .custom<string>((value) => typeof value === "string" && pattern.test(value), {
      error: ({ input }) => describeMismatch(input, what),
    })
    .meta({ type: "string", pattern: pattern.source });
}

/** Returns the message about a missing or invalid value. */
function describeMismatch(input: unknown, what: string): string {
  return input === undefined ? `it is missing; expected ${what}` : `${formatValue(input)} is not ${what}`;
}

/** A requested chart; `asked` is the same as in the lock. */
interface AskedChart {
  readonly from: string;
  readonly name: string;
  readonly asked: string | undefined;
}

/** A requested dashboard. */
interface AskedDashboard {
  readonly from: string;
  readonly asked: number | undefined;
}

/** Returns a repository's URL as the lock writes it: without slashes at the end. */
export function normalizeRepoUrl(url: string): string {
  return url.replace(/(?<!\/)\/+$/, "");
}

/**
 * Returns the chart that was locked for the same request, else one with exactly the requested version; undefined if
 * there is none.
 */
export function findLockedChart(lock: Lock, { from, name, asked }: AskedChart): LockedChart | undefined {
  const candidates = lock.charts.filter((chart) => chart.from === from && chart.name === name);
  const isRequestedVersion = ({ version }: LockedChart) =>
    asked !== undefined && stripLeadingV(version) === stripLeadingV(asked);
  return candidates.find((chart) => chart.asked === asked) ?? candidates.find(isRequestedVersion);
}

/**
 * Returns the dashboard that was locked for the same request, else one with exactly the requested revision; undefined
 * if there is none.
 */
export function findLockedDashboard(
  lock: Lock,
  { from, asked }: AskedDashboard,
): LockedDashboard | undefined {
  const candidates = lock.dashboards.filter((dashboard) => dashboard.from === from);
  return (
    candidates.find((dashboard) => dashboard.asked === asked) ??
    candidates.find(({ revision }) => asked !== undefined && revision === asked)
  );
}

function stripLeadingV(version: string): string {
  return version.replace(/^v/, "");
}
