import type { RegistryAccess } from "../../config/schema.ts";
import { HttpStatusError, type Refusal } from "../web/http.ts";
import type { Endpoint } from "./endpoint.ts";

/** A registry that doesn't give an image to whom we said we are. */
export function refused(
  endpoint: Endpoint,
  access: RegistryAccess | undefined,
  refusal: Refusal,
): HttpStatusError {
  const fix =
    access?.credentials === undefined
      ? `if the image is private, set ${loginSetting(endpoint.host)}; else look whether there is a repository ${endpoint.repository}: registries tell a missing one and a private one alike`
      : `look whether registries.${endpoint.host} names the right account, and whether it may pull ${endpoint.repository}`;
  return new HttpStatusError(
    refusal.status,
    `${endpoint.host} refuses ${endpoint.repository}: ${answered(refusal)}`,
    fix,
  );
}

/**
 * Whether an answer says that the pulls of some hours are used up, as docker.io's does; waiting a few seconds won't
 * help then. Its other limit, of requests in a minute, comes without these words, and others' with a Retry-After.
 * https://docs.docker.com/docker-hub/usage/
 */
export function isRateLimit({ status, headers, text }: Refusal): boolean {
  if (status !== 429 || headers.get("retry-after") !== null) return false;
  return /pull rate limit/i.test(text) || /^0(;|$)/.test(headers.get("ratelimit-remaining") ?? "");
}

/** A registry that has given this machine, or this account, enough for now. */
export function rateLimited(
  endpoint: Endpoint,
  access: RegistryAccess | undefined,
  refusal: Refusal,
  cause?: unknown,
): HttpStatusError {
  const account = access?.credentials;
  const who = account === undefined ? "this machine's address" : `the account ${account.username}`;
  const ways = [
    ...(account === undefined ? [`log in: ${loginSetting(endpoint.host)}`] : []),
    `pull through a mirror: mirrors.${endpoint.mirrorOf ?? endpoint.host}`,
    "fetch each image only once: `monstack lock`, and keep the cache",
  ];
  const message = `${endpoint.host} limits how much ${who} may pull: ${answered(refusal)}${limitOf(refusal)}`;
  return new HttpStatusError(refusal.status, message, `wait, or ${ways.join("; or ")}`, { cause });
}

/** As it goes into the configuration. */
export function loginSetting(host: string): string {
  return `registries: {${JSON.stringify(host)}: {username: "\${NAME}", password: "\${PASSWORD}"}}`;
}

/** What makes a registry's certificate a trusted one. */
export function trustSetting(host: string): string {
  return `name the authority that it is signed by: registries: {${JSON.stringify(host)}: {ca: FILE}}`;
}

/** `https://... answers 401 (authentication required)`. */
function answered({ url, status, text }: Refusal): string {
  const words = errorWords(text);
  return `${withoutQuery(url)} answers ${status}${words === "" ? "" : ` (${words})`}`;
}

/** The words in a registry's error, `{"errors": [{"code", "message"}]}`, or in a plain text. */
function errorWords(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] };
    const first = Array.isArray(errors) ? errors[0] : undefined;
    return [first?.code, first?.message].filter((word) => typeof word === "string").join(": ");
  } catch {
    return /^\s*</.test(text) ? "an HTML page" : (text.trim().split("\n", 1)[0]?.slice(0, 200) ?? "");
  }
}

/** `100;w=21600` is a hundred in six hours. */
function limitOf({ headers }: Refusal): string {
  const [, most, window] = /^(\d+);w=(\d+)/.exec(headers.get("ratelimit-limit") ?? "") ?? [];
  if (most === undefined) return "";
  return `; its limit is ${most} in ${Number((Number(window) / 3600).toFixed(1))} h`;
}

/** Where a blob is redirected to, the query holds a signature. */
function withoutQuery(url: string): string {
  return url.split("?", 1)[0] ?? url;
}
