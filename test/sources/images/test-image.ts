import { sha256 } from "../upstream.ts";
import { type LocalRegistry, ociIndex, ociManifest } from "./local-registry.ts";

/** An image in a registry, with what its parts are. */
export interface TestImage {
  readonly image: string;
  readonly repository: string;
  /** Of its index. */
  readonly digest: string;
  readonly manifest: string;
  readonly config: string;
  readonly layers: readonly string[];
  readonly manifestBytes: string;
}

const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";
export const layerTexts = ["first layer ".repeat(1000), "second layer ".repeat(1000)];

export interface ImageWish {
  readonly repository?: string;
  readonly layers?: readonly string[];
  readonly architecture?: string;
  /** Instead of an index for amd64 and arm64: only the manifest, or an index for others. */
  readonly index?: false | readonly string[];
}

/** Puts an image for amd64 (and, in name, arm64) into the registry. */
export function putImage(registry: LocalRegistry, wish: ImageWish = {}): TestImage {
  const { repository = "team/app", layers = layerTexts, architecture = "amd64", index } = wish;
  const config = JSON.stringify({ architecture, os: "linux", rootfs: { type: "layers", diff_ids: [] } });
  const descriptor = (mediaType: string, bytes: string) => ({
    mediaType,
    digest: `sha256:${sha256(bytes)}`,
    size: Buffer.byteLength(bytes),
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: ociManifest,
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: layers.map((layer) => descriptor(layerType, layer)),
  };
  registry.putBlob(repository, config);
  for (const layer of layers) registry.putBlob(repository, layer);
  const manifestBytes = JSON.stringify(manifest);
  const manifestDigest = registry.putManifest(repository, manifest, ociManifest);
  const builds = (index || ["linux/arm64", "linux/amd64"]).map((platform) => {
    const [os, arch] = platform.split("/");
    const own = platform === "linux/amd64" ? manifestBytes : `${platform} of ${repository}`;
    return { ...descriptor(ociManifest, own), platform: { os, architecture: arch } };
  });
  const list = { schemaVersion: 2, mediaType: ociIndex, manifests: builds };
  const digest = index === false ? manifestDigest : registry.putManifest(repository, list, ociIndex);
  return {
    image: `${registry.host}/${repository}:1.0`,
    repository,
    digest,
    manifest: manifestDigest,
    config: `sha256:${sha256(config)}`,
    layers: layers.map((layer) => `sha256:${sha256(layer)}`),
    manifestBytes,
  };
}
