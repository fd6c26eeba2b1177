import { normalizeRegistryHost } from "../../config/registries.ts";
import type { Registries, RegistryAccess } from "../../config/schema.ts";
import type { ImageRef } from "../../lib/image.ts";
import { getOwnValue } from "../../lib/object.ts";
import { HttpStatusError } from "../web/http-errors.ts";
import { type Mirrors, parseRegistry } from "../web/mirrors.ts";
import type { Refusal } from "../web/web.ts";

/** Where a repository of images is requested. */
export interface Endpoint {
  /** `https://registry-1.docker.io/v2/grafana/grafana`, to which `/manifests/...` and `/blobs/...` are added. */
  readonly url: string;
  /** Its name there, with the mirror's folder. */
  readonly repository: string;
  /** Host and port as `registries` names them: the mirror's if there is one. */
  readonly host: string;
  /** The registry that the mirror stands for. */
  readonly mirrorOf: string | undefined;
}

/** The host that has docker.io's images. */
const dockerHost = "registry-1.docker.io";

/** Returns the endpoint that containerd uses with `registriesYaml`: the mirror, else the registry itself. */
export function findEndpoint(mirrors: Mirrors, ref: Pick<ImageRef, "registry" | "repository">): Endpoint {
  const address = getOwnValue(mirrors, ref.registry);
  if (address === undefined) {
    const host = ref.registry === "docker.io" ? dockerHost : ref.registry;
    const scheme = isLoopback(host) ? "http" : "https";
    const url = `${scheme}://${host}/v2/${ref.repository}`;
    return { url, repository: ref.repository, host: ref.registry, mirrorOf: undefined };
  }
  const { scheme, host, path } = parseRegistry(address);
  const repository = [path, ref.repository].filter((part) => part !== "").join("/");
  const url = `${scheme || "https://"}${host}/v2/${repository}`;
  return { url, repository, host: normalizeRegistryHost(host), mirrorOf: ref.registry };
}

/** Returns the user's settings for a registry host. */
export function findAccess(registries: Registries | undefined, host: string): RegistryAccess | undefined {
  return registries && getOwnValue(registries, host);
}

/** containerd uses no TLS for a registry on this machine (remotes/docker/config/hosts.go). */
function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);
}

/** Returns the error for a registry that refuses the login, or an anonymous client. */
export function createLoginError(
  endpoint: Endpoint,
  access: RegistryAccess | undefined,
  refusal: Refusal,
): HttpStatusError {
  const fix =
    access?.credentials === undefined
      ? `if the image is private, set ${formatLoginSetting(endpoint.host)}; else check that the repository ${endpoint.repository} exists: registries give the same answer for a missing and a private one`
      : `check that registries.${endpoint.host} names the right account, and that it may pull ${endpoint.repository}`;
  const message = `${endpoint.host} refuses ${endpoint.repository}: ${describeRefusal(refusal)}`;
  return new HttpStatusError(refusal.status, message, fix);
}

/**
 * Whether a registry reports that the pulls of some hours are used up, as docker.io does; retrying within seconds does not
 * help then. Its limit of requests per minute comes without these words, other registries' with a Retry-After.
 * https://docs.docker.com/docker-hub/usage/
 */
export function isPullLimit({ status, headers, text }: Refusal): boolean {
  if (status !== 429 || headers.get("retry-after") !== null) return false;
  return /pull rate limit/i.test(text) || /^0(;|$)/.test(headers.get("ratelimit-remaining") ?? "");
}

/** Returns the error for a registry that has limited this machine or account. */
export function createPullLimitError(
  endpoint: Endpoint,
  access: RegistryAccess | undefined,
  refusal: Refusal,
  cause?: unknown,
): HttpStatusError {
  const account = access?.credentials;
  const who = account === undefined ? "this machine's address" : `the account ${account.username}`;
  const fixes = [
    ...(account === undefined ? [`log in: ${formatLoginSetting(endpoint.host)}`] : []),
    `pull through a mirror: mirrors.${endpoint.mirrorOf ?? endpoint.host}`,
    "fetch each image only once: `monstack lock`, and keep the cache",
  ];
  const message = `${endpoint.host} limits how much ${who} may pull: ${describeRefusal(refusal)}${describeLimit(refusal)}`;
  return new HttpStatusError(refusal.status, message, `wait, or ${fixes.join("; or ")}`, { cause });
}

/** Returns the setting for a registry's login. */
function formatLoginSetting(host: string): string {
  return `registries: {${JSON.stringify(host)}: {username: "\${NAME}", password: "\${PASSWORD}"}}`;
}

/** Returns the fix for a registry's certificate that is not trusted. */
export function trustSetting(host: string): string {
  return `name the authority that signed it: registries: {${JSON.stringify(host)}: {ca: FILE}}`;
}

/** Returns `https://... answers 401 (authentication required)`. The query can hold a signature, so it is left out. */
function describeRefusal({ url, status, text }: Refusal): string {
  const message = parseErrorMessage(text);
  return `${url.split("?", 1)[0] ?? url} answers ${status}${message === "" ? "" : ` (${message})`}`;
}

/** Returns the message of a registry's error, `{"errors": [{"code", "message"}]}`, or the first line of a plain text. */
function parseErrorMessage(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] };
    const first = Array.isArray(errors) ? errors[0] : undefined;
    return [first?.code, first?.message].filter((word) => typeof word === "string").join(": ");
  } catch {
    return /^\s*</.test(text) ? "an HTML page" : (text.trim().split("\n", 1)[0]?.slice(0, 200) ?? "");
  }
}

/** The header `100;w=21600` means 100 in six hours. */
function describeLimit({ headers }: Refusal): string {
  const [, most, window] = /^(\d+);w=(\d+)/.exec(headers.get("ratelimit-limit") ?? "") ?? [];
  if (most === undefined) return "";
  return `; its limit is ${most} in ${Number((Number(window) / 3600).toFixed(1))} h`;
}
