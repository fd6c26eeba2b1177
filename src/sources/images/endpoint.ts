import { registryName } from "../../config/registries/registries.ts";
import type { Registries, RegistryAccess } from "../../config/schema.ts";
import type { ImageRef } from "../../lib/image.ts";
import { ownValue } from "../../lib/object.ts";
import { type Mirrors, parseRegistry } from "../web/mirrors.ts";

/** Where a repository of images is asked for. */
export interface Endpoint {
  /** `https://registry-1.docker.io/v2/grafana/grafana`: `/manifests/...` and `/blobs/...` go behind it. */
  readonly url: string;
  /** Its name there, the mirror's folder included. */
  readonly repository: string;
  /** Host and port that are asked, as `registries` would name them: the mirror's where there is one. */
  readonly host: string;
  /** The registry that a mirror stands for. */
  readonly mirrorOf: string | undefined;
}

/** Where docker.io's images really are. */
const dockerHost = "registry-1.docker.io";

/** As containerd does with what `registriesYaml` writes for it: the mirror, else the registry itself. */
export function endpointOf(mirrors: Mirrors, ref: Pick<ImageRef, "registry" | "repository">): Endpoint {
  const address = ownValue(mirrors, ref.registry);
  if (address === undefined) {
    const host = ref.registry === "docker.io" ? dockerHost : ref.registry;
    const scheme = isLoopback(host) ? "http" : "https";
    const url = `${scheme}://${host}/v2/${ref.repository}`;
    return { url, repository: ref.repository, host: ref.registry, mirrorOf: undefined };
  }
  const { scheme, host, path } = parseRegistry(address);
  const repository = [path, ref.repository].filter((part) => part !== "").join("/");
  const url = `${scheme || "https://"}${host}/v2/${repository}`;
  return { url, repository, host: registryName(host), mirrorOf: ref.registry };
}

/** What the user says about a host of images. */
export function accessTo(registries: Registries | undefined, host: string): RegistryAccess | undefined {
  return registries && ownValue(registries, host);
}

/** containerd asks a registry on this machine without TLS (remotes/docker/config/hosts.go). */
function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);
}
