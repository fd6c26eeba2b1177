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
/** What a part of an image must be: its digest and its size in bytes. */
export type Descriptor = z.infer<typeof Descriptor>;

const Index = z.object({ mediaType: z.string().optional(), manifests: z.array(Descriptor) });

const Manifest = z.object({
  mediaType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor),
});
const ImageConfig = z.object({ architecture: z.string().optional(), os: z.string().optional() });

/** An image for one architecture, from the digest that is locked down to its layers. */
export interface ImageParts {
  /** The index where the locked digest is one, and the manifest: what was read, as it was. */
  readonly documents: readonly { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[];
  readonly manifest: Descriptor;
  readonly config: { readonly descriptor: Descriptor; readonly bytes: Uint8Array };
  readonly layers: readonly Descriptor[];
}

/** Gives the bytes of a document, verified. Without a size it is not known beforehand. */
export type ReadDocument = (
  kind: "manifest" | "config",
  wanted: { readonly digest: string; readonly size?: number },
) => Promise<{ readonly bytes: Uint8Array; readonly mediaType: string }>;

/**
 * Goes from an image's digest to its parts for an architecture.
 * @throws InstallError when there is none for it, or when what is read is no image; whatever `read` throws.
 */
export async function imageParts(
  what: string,
  digest: string,
  arch: string,
  read: ReadDocument,
): Promise<ImageParts> {
  const top = await documentOf(what, read, { digest });
  const documents = [top];
  let { content } = top;
  if (content.kind === "index") {
    const chosen = choose(what, content.manifests, arch);
    const next = await documentOf(what, read, chosen);
    documents.push(next);
    content = next.content;
  }
  if (content.kind === "index") throw noImage(what, "its index leads to another index");
  const { config, layers } = content;
  const { bytes } = await read("config", config);
  const built = ImageConfig.safeParse(parseJson(bytes)).data;
  if (built === undefined) throw noImage(what, "its configuration is none");
  if (built.architecture !== undefined && built.architecture !== arch)
    throw noBuild(what, arch, [`${built.os ?? "linux"}/${built.architecture}`]);
  const manifest = documents.at(-1)?.descriptor ?? top.descriptor;
  return { documents, manifest, config: { descriptor: config, bytes }, layers };
}

export function digestOfBytes(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

type Content =
  | { readonly kind: "index"; readonly manifests: readonly Descriptor[] }
  | { readonly kind: "manifest"; readonly config: Descriptor; readonly layers: readonly Descriptor[] };

async function documentOf(what: string, read: ReadDocument, wanted: { digest: string; size?: number }) {
  const { bytes, mediaType } = await read("manifest", wanted);
  const json = parseJson(bytes);
  const said = (json as { mediaType?: unknown } | undefined)?.mediaType;
  const descriptor: Descriptor = {
    mediaType: typeof said === "string" ? said : mediaType,
    digest: wanted.digest,
    size: bytes.byteLength,
  };
  return { descriptor, bytes, content: contentOf(what, json) };
}

/** By what is in it, not by what it is called; one that is both would be another thing to whoever calls it otherwise (CVE-2021-41190). */
function contentOf(what: string, json: unknown): Content {
  const index = Index.safeParse(json).data;
  const manifest = Manifest.safeParse(json).data;
  if (index && manifest) throw noImage(what, "it is an index and a manifest at once");
  if (index) return { kind: "index", manifests: index.manifests };
  if (manifest) return { kind: "manifest", config: manifest.config, layers: manifest.layers };
  throw noImage(what, "what its digest leads to is neither an index nor a manifest");
}

function choose(what: string, manifests: readonly Descriptor[], arch: string): Descriptor {
  const fits = manifests.filter(({ platform }) => platform?.os === "linux" && platform.architecture === arch);
  // amd64's variants need newer processors; arm64 has one, v8, which may be named or not.
  const found = fits.find(({ platform }) => arch === "arm64" || platform?.variant === undefined) ?? fits[0];
  if (found) return found;
  // Attestations are listed as builds for unknown/unknown.
  const there = manifests.flatMap(({ platform }) =>
    platform && platform.os !== "unknown" ? [`${platform.os}/${platform.architecture}`] : [],
  );
  throw noBuild(what, arch, [...new Set(there)]);
}

function noBuild(what: string, arch: string, there: readonly string[]): InstallError {
  const only = there.length === 0 ? "names no platform" : `is only there for ${there.join(", ")}`;
  return new InstallError(`${what} has no build for linux/${arch}: it ${only}`, {
    fix: "name another image in the chart's values, or run on a machine that it is built for",
  });
}

function noImage(what: string, why: string): InstallError {
  return new InstallError(`${what} is no image that can be run: ${why}`, {
    fix: "look at what the lock file has for it; `monstack lock --update` asks the registry anew",
  });
}
