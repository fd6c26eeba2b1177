import { stringify } from "yaml";
import { z } from "zod";
import type { Registries, RegistryAccess } from "../config/schema.ts";
import type { Files, Trust } from "../host/host.ts";
import { UserError } from "../lib/errors.ts";
import { parseYaml } from "../lib/yaml-text.ts";
import { type Mirrors, parseRegistry } from "./web/mirrors.ts";

/**
 * Returns k3s' /etc/rancher/k3s/registries.yaml for the image registries among the mirrors and for `registries`; undefined
 * if there is neither, nor a registry on loopback. It holds passwords.
 *
 * A mirror with a path becomes the endpoint `<host>/v2/<path>`. k3s (pkg/agent/containerd, normalizeEndpointAddress)
 * keeps any path other than "", "/" and "/v2" unchanged: it writes `override_path = true` into containerd's hosts.toml,
 * and containerd then adds no `/v2` of its own. So the path needs `/v2` before the folder:
 * `docker.io/library/busybox` is requested at `/v2/docker.io/library/busybox/...`. Only k3s' own fork of containerd knows
 * the alternative setting `rewrite`, which would also apply to every endpoint of the registry.
 */
export function createRegistriesYaml(
  mirrors: Mirrors,
  registries: Registries = {},
  own?: OwnRegistry,
): string | undefined {
  const file = createRegistriesFile(mirrors, registries);
  const isEmpty = Object.keys(file.mirrors).length + Object.keys(file.configs).length === 0;
  const whole = own === undefined ? file : addOwnRegistry(isEmpty ? (own.existing ?? file) : file, own);
  const parts = Object.entries(whole).filter(([, part]) => Object.keys(part as object).length > 0);
  return parts.length === 0 ? undefined : stringify(Object.fromEntries(parts));
}

/** The parts of registries.yaml that matter here; others stay as they are. */
const RegistriesFile = z.looseObject({
  mirrors: z
    .record(
      z.string(),
      z.looseObject({
        endpoint: z.array(z.string()).optional(),
        rewrite: z.record(z.string(), z.string()).optional(),
      }),
    )
    .default({}),
  configs: z.record(z.string(), z.unknown()).default({}),
});
export type RegistriesFile = z.infer<typeof RegistriesFile>;

/** Returns a machine's own registries.yaml; undefined for one that k3s would not understand either. */
export function parseRegistriesFile(text: string): RegistriesFile | undefined {
  try {
    return RegistriesFile.safeParse(parseYaml(text) ?? {}).data;
  } catch {
    return undefined;
  }
}

/** The registry on loopback that containerd is to ask first. */
export interface OwnRegistry {
  /** `127.0.0.1:40123`. */
  readonly host: string;
  readonly url: string;
  /** The path of its certificate. */
  readonly authority: string;
  /** The registries.yaml that the machine has, where the configuration sets neither mirrors nor logins. */
  readonly existing?: RegistriesFile | undefined;
  /** Names must stand for what a lock says, so no other mirror may come first. */
  readonly isLocked: boolean;
}

/** True if the machine's own mirrors are used for a registry, and not monstack's. */
export function hasOwnMirror({ mirrors }: RegistriesFile, registry: string): boolean {
  return Object.hasOwn(mirrors, registry) || Object.hasOwn(mirrors, "*");
}

/**
 * Puts the registry on loopback before each endpoint. containerd goes on to the next endpoint, and to the registry itself,
 * when it is not there any more.
 */
function addOwnRegistry(file: RegistriesFile, own: OwnRegistry): RegistriesFile {
  const before = { endpoint: [own.url] };
  const mirrors = Object.entries(file.mirrors).map(([registry, mirror]) => {
    // Where the machine's administrator has named a mirror, monstack would ask the registry itself.
    if (file === own.existing && !own.isLocked) return [registry, mirror] as const;
    // A rewritten name is not the lock's.
    if (mirror.rewrite) return [registry, before] as const;
    return [registry, { ...mirror, endpoint: [own.url, ...(mirror.endpoint ?? [])] }] as const;
  });
  return {
    ...file,
    mirrors: { "*": before, ...Object.fromEntries(mirrors) },
    configs: { ...file.configs, [own.host]: { tls: { ca_file: own.authority } } },
  };
}

function createRegistriesFile(mirrors: Mirrors, registries: Registries): RegistriesFile {
  const endpoints = Object.entries(mirrors)
    .filter(([key]) => !key.includes("://"))
    .map(([registry, address]) => ({ registry, endpoint: [formatEndpointAddress(address)] }));
  const configs = Object.entries(registries).flatMap(([host, access]) => {
    const config = createHostConfig(access);
    return Object.keys(config).length > 0 ? [[getRequestedHost(host), config] as const] : [];
  });
  return {
    mirrors: Object.fromEntries(endpoints.map(({ registry, endpoint }) => [registry, { endpoint }])),
    configs: Object.fromEntries(configs),
  };
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
