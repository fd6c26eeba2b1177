import { z } from "zod";

/** A lock file's name, beside the configuration. */
export const lockFileName = "monstack.lock";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a sha256: 64 hex digits in lower case");
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "a digest: sha256: and 64 hex digits in lower case");
const url = z.string().regex(/^(https?|oci):\/\//, "a URL");

const Download = z.strictObject({ url, sha256 });

const LockedTool = z.strictObject({
  /** As the configuration asks: `stable`, `v1.36`, an exact version. */
  asked: z.string(),
  version: z.string(),
  amd64: Download,
  arm64: Download,
});
export type LockedTool = z.infer<typeof LockedTool>;

const LockedChart = z.strictObject({
  /** The repository's URL, or the chart's own for oci://. */
  from: url,
  /** Empty for oci://, whose URL names the chart. */
  name: z.string(),
  /** As the configuration asks; without it, the newest release was taken. */
  asked: z.string().optional(),
  version: z.string(),
  /** Of the archive, before mirrors. */
  url,
  /** Of the archive. */
  sha256,
});
export type LockedChart = z.infer<typeof LockedChart>;

const LockedDashboard = z.strictObject({
  /** `1860` of grafana.com, or a URL: what the configuration asks for, without a revision. */
  from: z.string(),
  /** As the configuration asks; without it, the newest was taken. */
  asked: z.number().int().positive().optional(),
  /** Of grafana.com. */
  revision: z.number().int().positive().optional(),
  url,
  sha256,
});
export type LockedDashboard = z.infer<typeof LockedDashboard>;

const LockedImage = z.strictObject({
  /** Whole, with its registry and tag: `docker.io/grafana/grafana:13.2.0`. */
  image: z.string(),
  /** What the registry says that it is: of its index where it has one, so that it holds for each architecture. */
  digest,
});
export type LockedImage = z.infer<typeof LockedImage>;

/** `monstack.lock`: exactly what a run installs. */
export const Lock = z.strictObject({
  /** Of this format. */
  lockVersion: z.literal(1),
  /** The version of monstack that wrote it. */
  monstack: z.string(),
  profile: z.enum(["ci", "as-is", "production"]),
  tools: z.strictObject({
    k3s: LockedTool.optional(),
    helm: LockedTool.optional(),
    kubectl: LockedTool.optional(),
  }),
  charts: z.array(LockedChart),
  dashboards: z.array(LockedDashboard),
  images: z.array(LockedImage),
});
export type Lock = z.infer<typeof Lock>;
