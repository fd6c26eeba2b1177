import { toFullImageName } from "../../lib/image.ts";
import type { Results } from "../results-schema.ts";
import { type AreaComparison, joinKeys } from "./area.ts";
import type { Change } from "./schema.ts";

/** Something with a version, and the checksum of its bytes if it is known. */
interface Versioned {
  readonly version: string;
  readonly digest: string | undefined;
}

/** Returns the tools, charts, images and dashboards that have another version, or another checksum of the same one. */
export function compareVersions(before: Results, after: Results): AreaComparison {
  const earlier = listVersions(before);
  const later = listVersions(after);
  // A run that ended early knows no versions. It did not lose them.
  if (earlier.size <= 1 || later.size <= 1)
    return {
      why: `the ${earlier.size <= 1 ? "earlier" : "later"} run ended before it had installed anything`,
    };
  const changes = joinKeys(earlier, later).flatMap((name) =>
    compareVersion(name, earlier.get(name), later.get(name)),
  );
  return { changes, count: later.size };
}

/** Returns a change if the version differs, or the digest of the same version. */
function compareVersion(name: string, before: Versioned | undefined, after: Versioned | undefined): Change[] {
  const change = { area: "versions", name, effect: "neutral" } as const;
  if (before?.version !== after?.version)
    return [{ ...change, before: before?.version, after: after?.version }];
  const digests = [before?.digest, after?.digest];
  if (digests.includes(undefined) || digests[0] === digests[1]) return [];
  return [
    {
      ...change,
      before: `${before?.version} ${abridgeDigest(digests[0])}`,
      after: `${after?.version} ${abridgeDigest(digests[1])}`,
    },
  ];
}

/** Returns everything with a version, by its name for the reader. */
function listVersions({ monstack, cluster, versions }: Results): Map<string, Versioned> {
  const all = new Map<string, Versioned>([["monstack", { version: monstack, digest: undefined }]]);
  if (cluster.kind === "existing" && cluster.version !== undefined)
    all.set("Kubernetes", { version: cluster.version, digest: undefined });
  for (const { name, version, sha256 } of versions.tools) all.set(name, { version, digest: sha256 });
  for (const { app, chart, version, sha256 } of versions.charts)
    all.set(`chart ${chart} (app ${app})`, { version, digest: sha256 });
  for (const { uid, title, revision, sha256 } of versions.dashboards)
    all.set(`dashboard ${title || uid}`, {
      version: revision === undefined ? "file" : `revision ${revision}`,
      digest: sha256,
    });
  return new Map([...all, ...listImages(versions)]);
}

/**
 * Returns the images by their names without tags. An image that runs with several tags is one entry, whose version
 * lists them.
 */
function listImages({ images, imageDigests = [] }: Results["versions"]): Map<string, Versioned> {
  const digests = new Map(imageDigests.map(({ image, digest }) => [image, digest]));
  const found = new Map<string, string[]>();
  for (const image of new Set([...images.map(toFullImageName), ...digests.keys()])) {
    const { name } = splitImage(image);
    found.set(name, [...(found.get(name) ?? []), image].toSorted());
  }
  return new Map(
    [...found].map(([name, references]) => {
      const known = references.flatMap((image) => digests.get(image) ?? []);
      const version = references.map((image) => splitImage(image).tag).join(", ");
      const digest = known.length === references.length ? known.join(" ") : undefined;
      return [`image ${name}`, { version, digest }];
    }),
  );
}

/** Splits an image's reference at its tag or digest; the port of a registry is not a tag. */
function splitImage(image: string): { readonly name: string; readonly tag: string } {
  const at = image.indexOf("@");
  const colon = image.lastIndexOf(":", at < 0 ? image.length : at);
  const isTag = colon > image.lastIndexOf("/", at < 0 ? image.length : at);
  const end = isTag ? colon : at;
  if (end < 0) return { name: image, tag: "" };
  return { name: image.slice(0, end), tag: image.slice(end + 1) };
}

/** Returns the beginning of each digest: enough to see that they differ. */
function abridgeDigest(digest: string | undefined): string {
  return (digest ?? "")
    .split(" ")
    .map((part) => part.replace("sha256:", "").slice(0, 12))
    .join(" ");
}
