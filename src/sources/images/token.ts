import { z } from "zod";
import { InstallError } from "../../lib/errors.ts";
import { bounded } from "../web/download.ts";
import { type Refusal, request, type Web } from "../web/http.ts";
import type { Challenge } from "./challenge.ts";
import type { Endpoint } from "./endpoint.ts";
import { refused } from "./refusals.ts";

/** A token service names it one way or the other. */
const Token = z.object({ token: z.string().optional(), access_token: z.string().optional() });
const mostBytes = 1024 ** 2;

interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * The Authorization header that a registry's challenge asks for: the login itself, or a token, which is also given to
 * nobody in particular. Undefined: a login is wanted, and there is none.
 * @throws HttpStatusError when the token service refuses, InstallError when it can't be used.
 */
export async function authorize(
  web: Web,
  endpoint: Endpoint,
  challenge: Challenge,
  credentials: Credentials | undefined,
): Promise<string | undefined> {
  const basic = credentials && basicHeader(credentials);
  if (challenge.scheme === "basic") return basic;
  const url = new URL(challenge.realm);
  if (url.protocol !== "https:" && endpoint.url.startsWith("https:"))
    throw new InstallError(
      `${endpoint.host} asks for a login at ${url.origin}, without TLS: not sent there`,
      {
        fix: "the registry's token service must be an https:// address",
      },
    );
  if (challenge.service !== undefined) url.searchParams.set("service", challenge.service);
  url.searchParams.set("scope", challenge.scope ?? `repository:${endpoint.repository}:pull`);
  return await request(web, url.href, async ({ body }) => tokenIn(await textOf(body, url), url), {
    headers: basic === undefined ? {} : { authorization: basic },
    explain: (refusal: Refusal) =>
      [400, 401, 403].includes(refusal.status) ? refused(endpoint, { credentials }, refusal) : undefined,
  });
}

function basicHeader({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

async function textOf(body: AsyncIterable<Uint8Array>, url: URL): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const piece of bounded(body, mostBytes, url.href)) parts.push(piece);
  return Buffer.concat(parts).toString("utf8");
}

function tokenIn(text: string, url: URL): string {
  const token = parseToken(text);
  if (token) return `Bearer ${token}`;
  throw new InstallError(`${url.origin}${url.pathname} gives no token`, {
    fix: "something else than the registry's token service answers there: look at the proxy settings",
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
