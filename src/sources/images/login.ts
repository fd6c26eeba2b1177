import { buffer } from "node:stream/consumers";
import { z } from "zod";
import { InstallError } from "../../lib/errors.ts";
import { request } from "../web/request.ts";
import {
  formatBasicAuthorization,
  type HostCredentials,
  limitBytes,
  type Refusal,
  type Web,
} from "../web/web.ts";
import { createLoginError, type Endpoint } from "./endpoint.ts";

/** The login that a registry requires (WWW-Authenticate). */
export type Challenge =
  | { readonly scheme: "basic" }
  | {
      readonly scheme: "bearer";
      /** URL of the token service. */
      readonly realm: string;
      readonly service: string | undefined;
      /** What the token must allow, e.g. `repository:grafana/grafana:pull`. */
      readonly scope: string | undefined;
    };

/**
 * Matches a parameter with its value, or a scheme. A quoted text, also one without a closing quote, is matched as a whole,
 * so that no word in it is taken for a scheme and nothing is matched twice.
 */
const challengePart = /([\w-]+)(?:\s{0,10}=\s{0,10}(?:"((?:[^"\\]|\\.)*)"?|([^\s",]+)))?/g;

/**
 * Parses WWW-Authenticate. Of several schemes a token is preferred, as every client does. Undefined: no known scheme.
 * https://distribution.github.io/distribution/spec/auth/token/
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  const found: { scheme: string; values: Map<string, string> }[] = [];
  for (const [, word = "", quoted, bare] of (header ?? "").matchAll(challengePart)) {
    const value = quoted?.replace(/\\(.)/g, "$1") ?? bare;
    if (value !== undefined) found.at(-1)?.values.set(word.toLowerCase(), value);
    else if (/^[A-Za-z]/.test(word)) found.push({ scheme: word.toLowerCase(), values: new Map() });
  }
  const bearer = found.find(({ scheme }) => scheme === "bearer")?.values;
  const realm = bearer?.get("realm");
  if (bearer && realm !== undefined && URL.canParse(realm))
    return { scheme: "bearer", realm, service: bearer.get("service"), scope: bearer.get("scope") };
  return found.some(({ scheme }) => scheme === "basic") ? { scheme: "basic" } : undefined;
}

/** Token services use either name. */
const Token = z.object({ token: z.string().optional(), access_token: z.string().optional() });
const maxTokenBytes = 1024 ** 2;

/**
 * Returns the Authorization header for a registry's challenge: the login itself, or a token, which services also give to
 * anonymous clients. Undefined: a login is required, but not configured.
 * @throws HttpStatusError if the token service refuses, InstallError if its response is not usable
 */
export async function authorize(
  web: Web,
  endpoint: Endpoint,
  challenge: Challenge,
  credentials: Omit<HostCredentials, "host"> | undefined,
): Promise<string | undefined> {
  const basic = credentials && formatBasicAuthorization(credentials);
  if (challenge.scheme === "basic") return basic;
  const url = new URL(challenge.realm);
  if (url.protocol !== "https:" && endpoint.url.startsWith("https:"))
    throw new InstallError(
      `${endpoint.host} requires a login at ${url.origin}, without TLS: not sent there`,
      { fix: "the registry's token service must be an https:// address" },
    );
  if (challenge.service !== undefined) url.searchParams.set("service", challenge.service);
  url.searchParams.set("scope", challenge.scope ?? `repository:${endpoint.repository}:pull`);
  const body = await request(web, url.href, ({ body }) => buffer(limitBytes(body, maxTokenBytes, url.href)), {
    headers: basic === undefined ? {} : { authorization: basic },
    explain: (refusal: Refusal) =>
      [400, 401, 403].includes(refusal.status)
        ? createLoginError(endpoint, { credentials }, refusal)
        : undefined,
  });
  const token = parseToken(body.toString("utf8"));
  if (token) return `Bearer ${token}`;
  throw new InstallError(`${url.origin}${url.pathname} gives no token`, {
    fix: "something else than the registry's token service answers there: check the proxy settings",
  });
}

function parseToken(text: string): string | undefined {
  try {
    const { data } = Token.safeParse(JSON.parse(text));
    return data?.token || data?.access_token;
  } catch {
    return undefined;
  }
}
