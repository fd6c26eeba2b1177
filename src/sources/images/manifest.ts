import { createHash } from "node:crypto";
import { z } from "zod";
import { InstallError } from "../../lib/errors.ts";

const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const Descriptor = z.object({
  mediaType: z.string(),
  digest: Digest,
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() }).optional(),
});
/** Identifies a part of an image by its digest and its size in bytes. */
export type Descriptor = z.infer<typeof Descriptor>;

const Index = z.object({ mediaType: z.string().optional(), manifests: z.array(Descriptor) });

const Manifest = z.object({
  mediaType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor),
});
const ImageConfig = z.object({ architecture: z.string().optional(), os: z.string().optional() });

/** An image for one architecture: all parts from the locked digest to its layers. */
export interface ImageParts {
  /** The index, if the locked digest is one, and the manifest, each byte as it was read. */
  readonly documents: readonly { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[];
  readonly manifest: Descriptor;
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
  readonly layers: readonly Descriptor[];
}

/** Reads and verifies a document. Without a size, its size is not known yet. */
export type ReadDocument = (
  kind: "manifest" | "config",
  wanted: { readonly digest: string; readonly size?: number },
) => Promise<{ readonly bytes: Uint8Array; readonly mediaType: string }>;

/**
 * Reads an image's parts for an architecture, beginning with its digest.
 * @throws InstallError if it has no build for the architecture, or is not an image; whatever `read` throws
 */
export async function readImageParts(
  what: string,
  digest: string,
  arch: string,
  read: ReadDocument,
): Promise<ImageParts> {
  const top = await readDocument(what, read, { digest });
  const documents = [top];
  let { content } = top;
  if (content.kind === "index") {
    const chosen = choosePlatform(what, content.manifests, arch);
    const next = await readDocument(what, read, chosen);
    documents.push(next);
    content = next.content;
  }
  if (content.kind === "index") throw createNotAnImageError(what, "its index leads to another index");
  const { config, layers } = content;
  const { bytes } = await read("config", config);
  const built = ImageConfig.safeParse(parseJson(bytes)).data;
  if (built === undefined) throw createNotAnImageError(what, "its configuration is not valid");
  if (built.architecture !== undefined && built.architecture !== arch)
    throw createNoBuildError(what, arch, [`${built.os ?? "linux"}/${built.architecture}`]);
  const manifest = documents.at(-1)?.descriptor ?? top.descriptor;
  return { documents, manifest, config: { descriptor: config, bytes }, layers };
}

export function computeDigest(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Returns the media type of a manifest or an index: its own, else the one of OCI that its content has. */
export function detectMediaType(bytes: Uint8Array): string {
  const json = parseJson(bytes);
  const own = (json as { mediaType?: unknown } | undefined)?.mediaType;
  if (typeof own === "string") return own;
  if (Index.safeParse(json).success) return "application/vnd.oci.image.index.v1+json";
  return Manifest.safeParse(json).success
    ? "application/vnd.oci.image.manifest.v1+json"
    : "application/octet-stream";
}

type Content =
  | { readonly kind: "index"; readonly manifests: readonly Descriptor[] }
  | { readonly kind: "manifest"; readonly config: Descriptor; readonly layers: readonly Descriptor[] };

async function readDocument(what: string, read: ReadDocument, wanted: { digest: string; size?: number }) {
  const { bytes, mediaType } = await read("manifest", wanted);
  const json = parseJson(bytes);
  const ownType = (json as { mediaType?: unknown } | undefined)?.mediaType;
  const descriptor: Descriptor = {
    mediaType: typeof ownType === "string" ? ownType : mediaType,
    digest: wanted.digest,
    size: bytes.byteLength,
  };
  return { descriptor, bytes, content: parseContent(what, json) };
}

/** Judges by the content, not by the media type. A document that is both could be read differently elsewhere (CVE-2021-41190). */
function parseContent(what: string, json: unknown): Content {
  const index = Index.safeParse(json).data;
  const manifest = Manifest.safeParse(json).data;
  if (index && manifest) throw createNotAnImageError(what, "it is an index and a manifest at once");
  if (index) return { kind: "index", manifests: index.manifests };
  if (manifest) return { kind: "manifest", config: manifest.config, layers: manifest.layers };
  throw createNotAnImageError(what, "its digest leads to neither an index nor a manifest");
}

function choosePlatform(what: string, manifests: readonly Descriptor[], arch: string): Descriptor {
  const fits = manifests.filter(({ platform }) => platform?.os === "linux" && platform.architecture === arch);
  // amd64's variants need newer processors. arm64 has only v8, with or without its name.
  const found = fits.find(({ platform }) => arch === "arm64" || platform?.variant === undefined) ?? fits[0];
  if (found) return found;
  // Attestations are listed as builds for unknown/unknown.
  const platforms = manifests.flatMap(({ platform }) =>
    platform && platform.os !== "unknown" ? [`${platform.os}/${platform.architecture}`] : [],
  );
  throw createNoBuildError(what, arch, [...new Set(platforms)]);
}

function createNoBuildError(what: string, arch: string, platforms: readonly string[]): InstallError {
  const only = platforms.length === 0 ? "names no platform" : `is built only for ${platforms.join(", ")}`;
  return new InstallError(`${what} has no build for linux/${arch}: it ${only}`, {
    fix: "name another image in the chart's values, or run on a machine that it is built for",
  });
}

function createNotAnImageError(what: string, why: string): InstallError {
  return new InstallError(`${what} is not an image that can be run: ${why}`, {
    fix: "check its digest in the lock file; `monstack lock --update` reads it from the registry again",
  });
}
