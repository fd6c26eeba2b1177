import * as z from "zod";
import { UserError } from "../lib/errors.ts";
import { isRelease } from "../lib/tool-version.ts";
import { lockFileName } from "../lockfile/lock.ts";

/** Name of the manifest in the bundle. It is the first file, so that what is in a bundle shows at its beginning. */
export const manifestName = "manifest.json";

const hash = z.string().regex(/^[0-9a-f]{64}$/, "no sha256");
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "no digest");
const size = z.int().nonnegative();
const time = z.iso.datetime().describe("UTC");

/** The version of the format. Within one keys are only added. */
export const bundleFormat = 2;

/** The only names that a bundle has. Each is made anew where it is unpacked; none of them becomes a path. */
const partName =
  /^(?:monstack\.lock|tools\/(?:k3s|helm|kubectl)\.zst|charts\/[0-9a-f]{64}\.tgz|dashboards\/[0-9a-f]{64}\.json|blobs\/[0-9a-f]{64})$/;

const Part = z.object({
  path: z.string().regex(partName, "a file that no bundle has"),
  bytes: size,
  sha256: hash,
  unpacked: z
    .object({ bytes: size, sha256: hash })
    .optional()
    .describe("Without the compression; not there when the part has none of its own"),
});
export type Part = z.infer<typeof Part>;

const Tool = z
  .object({
    name: z.enum(["k3s", "helm", "kubectl"]),
    version: z.string(),
    path: z.string().startsWith("tools/"),
    download: z.object({ url: z.string(), sha256: hash }).describe("What it came from, before mirrors"),
  })
  .refine(({ name, version }) => isRelease(name, version), {
    error: "not the version of a release",
    path: ["version"],
  });
export type BundledTool = z.infer<typeof Tool>;

const Chart = z.object({ name: z.string(), version: z.string(), path: z.string().startsWith("charts/") });
const Dashboard = z.object({
  from: z.string(),
  revision: z.int().optional(),
  path: z.string().startsWith("dashboards/"),
});
const Image = z.object({
  image: z.string().describe("Whole, with its registry and tag"),
  digest,
  blobs: z.array(digest).describe("Its index, manifest, configuration and layers, for this architecture"),
});
export type BundledImage = z.infer<typeof Image>;

const Whole = z.object({
  format: z.literal(bundleFormat),
  monstack: z.string().describe("Its version"),
  createdAt: time,
  arch: z.enum(["amd64", "arm64"]),
  profile: z.enum(["ci", "as-is", "production"]),
  verified: z
    .object({ at: time, checks: z.array(z.string()).min(1).describe("The ids of those that passed") })
    .describe("The run that it was made of"),
  tools: z.array(Tool),
  charts: z.array(Chart),
  dashboards: z.array(Dashboard),
  images: z.array(Image),
  parts: z.array(Part).max(10_000).describe("Every other file, in the order in which they come"),
});

/** What a bundle holds. */
export const Manifest = Whole.superRefine((manifest, { addIssue }) => {
  const wrong = (message: string) => addIssue({ code: "custom", path: ["parts"], message });
  const { parts, tools, charts, dashboards, images } = manifest;
  const names = parts.map(({ path }) => path);
  if (names[0] !== lockFileName) wrong(`the first one is ${names[0]} and not ${lockFileName}`);
  const described = new Set([
    lockFileName,
    ...[...tools, ...charts, ...dashboards].map(({ path }) => path),
    ...images.flatMap(({ blobs }) => blobs.map(getBlobPart)),
  ]);
  for (const [index, { path, sha256, unpacked }] of parts.entries()) {
    if (names.indexOf(path) !== index) wrong(`${path} is there twice`);
    if (!described.has(path)) wrong(`${path} belongs to no tool, chart, dashboard or image`);
    if (path.endsWith(".zst") !== (unpacked !== undefined))
      wrong(`${path}: its unpacked size doesn't belong`);
    if (/^(?:charts|dashboards|blobs)\//.test(path) && !path.includes((unpacked ?? { sha256 }).sha256))
      wrong(`${path} has another name than its sha256`);
  }
  for (const path of described) if (!names.includes(path)) wrong(`${path} is missing`);
});
export type Manifest = z.infer<typeof Manifest>;

/** Returns the name of an image's blob in a bundle. */
export function getBlobPart(digest: string): string {
  return `blobs/${digest.replace("sha256:", "")}`;
}

/** Why a file can't be taken for a bundle: the file that was named is wrong, as a configuration can be. */
export function createInvalidBundleError(
  file: string,
  why: string,
  options: { fix?: string; cause?: unknown } = {},
): UserError {
  const fix = "copy it again from where it came, or make another one: `monstack bundle create`";
  return new UserError(`${file} is not a whole bundle: ${why}`, { fix, ...options });
}
