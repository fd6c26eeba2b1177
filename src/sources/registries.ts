import { stringify } from "yaml";
import type { Registries, RegistryAccess } from "../config/schema.ts";
import type { Files, Trust } from "../host/host.ts";
import { UserError } from "../lib/errors.ts";
import { type Mirrors, parseRegistry } from "./web/mirrors.ts";

/**
 * Returns k3s' /etc/rancher/k3s/registries.yaml for the image registries among the mirrors and for `registries`; undefined
 * if there is neither. It holds passwords.
 *
 * A mirror with a path becomes the endpoint `<host>/v2/<path>`. k3s (pkg/agent/containerd, normalizeEndpointAddress)
 * keeps any path other than "", "/" and "/v2" unchanged: it writes `override_path = true` into containerd's hosts.toml,
 * and containerd then adds no `/v2` of its own. So the path needs `/v2` before the folder:
 * `docker.io/library/busybox` is requested at `/v2/docker.io/library/busybox/...`. Only k3s' own fork of containerd knows
 * the alternative setting `rewrite`, which would also apply to every endpoint of the registry.
 */
export function createRegistriesYaml(mirrors: Mirrors, registries: Registries = {}): string | undefined {
  const endpoints = Object.entries(mirrors)
    .filter(([key]) => !key.includes("://"))
    .map(([registry, address]) => [registry, { endpoint: [formatEndpointAddress(address)] }] as const);
  const configs = Object.entries(registries).flatMap(([host, access]) => {
    const config = createHostConfig(access);
    return Object.keys(config).length > 0 ? [[getRequestedHost(host), config] as const] : [];
  });
  if (endpoints.length === 0 && configs.length === 0) return undefined;
  return stringify({
    ...(endpoints.length > 0 && { mirrors: Object.fromEntries(endpoints) }),
    ...(configs.length > 0 && { configs: Object.fromEntries(configs) }),
  });
}

/** Returns how a registry's certificate is judged in monstack's own requests, also by its redirects and token services, as in containerd. */
export async function readTrust(
  files: Files,
  host: string,
  access: RegistryAccess | undefined,
): Promise<Trust> {
  if (access?.insecure) return { insecure: true };
  return access?.ca === undefined ? {} : { ca: await readAuthority(files, host, access.ca) };
}

/** @throws UserError for a certificate file that is missing or holds something else; containerd would only fail to pull */
export async function checkAuthorities(files: Files, registries: Registries): Promise<void> {
  for (const [host, access] of Object.entries(registries)) await readTrust(files, host, access);
}

async function readAuthority(files: Files, host: string, path: string): Promise<string> {
  const text = await files.read(path);
  if (text?.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new UserError(
    `registries.${host}.ca: ${text === undefined ? `file not found: ${path}` : `${path} holds no certificate`}`,
    {
      fix: "name the file of the authority that signed the registry's certificate, as PEM (-----BEGIN CERTIFICATE-----)",
    },
  );
}

/**
 * containerd looks settings up by the host that it requests. Only k3s since July 2025 knows that docker.io means this host
 * (https://github.com/k3s-io/k3s/issues/12561).
 */
function getRequestedHost(host: string): string {
  return host === "docker.io" ? "registry-1.docker.io" : host;
}

function createHostConfig({ credentials, ca, insecure }: RegistryAccess) {
  const tls = {
    ...(ca !== undefined && { ca_file: ca }),
    ...(insecure && { insecure_skip_verify: true }),
  };
  return {
    ...(credentials && { auth: credentials }),
    ...(Object.keys(tls).length > 0 && { tls }),
  };
}

function formatEndpointAddress(address: string): string {
  const { scheme, host, path } = parseRegistry(address);
  return path === "" ? `${scheme}${host}` : `${scheme}${host}/v2/${path}`;
}
