import { stringify } from "yaml";
import type { Registries, RegistryAccess } from "../config/schema.ts";
import type { Files, Trust } from "../host/host.ts";
import { UserError } from "../lib/errors.ts";
import { type Mirrors, parseRegistry } from "./web/mirrors.ts";

/**
 * k3s' /etc/rancher/k3s/registries.yaml for the image registries among the mirrors and for what registries want to see;
 * undefined when there is neither. It holds passwords.
 *
 * A mirror with a path becomes the endpoint `<host>/v2/<path>`. k3s (pkg/agent/containerd, normalizeEndpointAddress)
 * takes any path other than "", "/" and "/v2" as it is: it writes `override_path = true` into containerd's hosts.toml,
 * and containerd then puts no `/v2` of its own before it. So the `/v2` has to be in the path, and before the folder:
 * `docker.io/library/busybox` is asked for at `/v2/docker.io/library/busybox/...`. The `rewrite` setting would do it
 * too, but only k3s' own fork of containerd knows it, and it would apply to every endpoint of the registry.
 */
export function registriesYaml(mirrors: Mirrors, registries: Registries = {}): string | undefined {
  const mirrored = Object.entries(mirrors).filter(([key]) => !key.includes("://"));
  const configs = Object.entries(registries).flatMap(([host, access]) => {
    const config = hostConfig(access);
    return Object.keys(config).length > 0 ? [[askedHost(host), config] as const] : [];
  });
  if (mirrored.length === 0 && configs.length === 0) return undefined;
  const entries = mirrored.map(([registry, address]) => [registry, { endpoint: [endpoint(address)] }]);
  return stringify({
    ...(entries.length > 0 && { mirrors: Object.fromEntries(entries) }),
    ...(configs.length > 0 && { configs: Object.fromEntries(configs) }),
  });
}

/** How a registry is known: to monstack's own requests as containerd does it, to wherever it redirects or has its logins made too. */
export async function trustOf(
  files: Files,
  host: string,
  access: RegistryAccess | undefined,
): Promise<Trust> {
  if (access?.insecure) return { insecure: true };
  return access?.ca === undefined ? {} : { ca: await readAuthority(files, host, access.ca) };
}

/** @throws UserError for a certificate's file that isn't there or holds something else; containerd would only fail to pull. */
export async function checkAuthorities(files: Files, registries: Registries): Promise<void> {
  for (const [host, access] of Object.entries(registries)) await trustOf(files, host, access);
}

async function readAuthority(files: Files, host: string, path: string): Promise<string> {
  const text = await files.read(path);
  if (text?.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new UserError(
    `registries.${host}.ca: ${text === undefined ? `there is no ${path}` : `${path} holds no certificate`}`,
    {
      fix: "name the file of the authority that the registry's certificate is signed by, as PEM (-----BEGIN CERTIFICATE-----)",
    },
  );
}

/**
 * They are looked up by the host that is really asked; that docker.io means the same only k3s since July 2025 knows
 * (https://github.com/k3s-io/k3s/issues/12561).
 */
function askedHost(host: string): string {
  return host === "docker.io" ? "registry-1.docker.io" : host;
}

function hostConfig({ credentials, ca, insecure }: RegistryAccess) {
  const tls = {
    ...(ca !== undefined && { ca_file: ca }),
    ...(insecure && { insecure_skip_verify: true }),
  };
  return {
    ...(credentials && { auth: credentials }),
    ...(Object.keys(tls).length > 0 && { tls }),
  };
}

function endpoint(address: string): string {
  const { scheme, host, path } = parseRegistry(address);
  return path === "" ? `${scheme}${host}` : `${scheme}${host}/v2/${path}`;
}
