import type { Context, Host } from "../../host/host.ts";
import { AccessRefused } from "../../stack/http.ts";
import type { ServerLogin } from "../../stack/stack.ts";
import type { Server } from "./server-access.ts";

/** A server of the stack with its login. */
interface AccessibleServer {
  readonly server: Server;
  readonly url: string;
  readonly login: ServerLogin | undefined;
}

const titles = { prometheus: "Prometheus", alertmanager: "Alertmanager", grafana: "Grafana" } as const;

/**
 * Returns a context in which each request to these servers carries the login that its server requires. Certificates are not
 * verified: they are issued for names inside the cluster, mostly by a CA that this machine does not trust. The connection
 * uses this host's own network or the API server.
 * A request throws AccessRefused if the server refuses the configured login.
 */
export function authenticateRequests(context: Context, servers: readonly AccessibleServer[]): Context {
  const { host, log } = context;
  for (const { login } of servers) if (login?.kind === "password") log.mask(login.password);
  const fetch: Host["fetch"] = async (url, init = {}) => {
    const { origin } = new URL(url);
    const target = servers.find(({ url: serverUrl }) => new URL(serverUrl).origin === origin);
    if (target === undefined) return await host.fetch(url, init);
    const isHttps = origin.startsWith("https:");
    const trustedInit = isHttps ? { ...init, trust: { insecure: true } } : init;
    // Grafana's client sends its own login.
    if (target.server === "grafana") return await host.fetch(url, trustedInit);
    return await fetchWithLogin(host, url, trustedInit, target);
  };
  return { ...context, host: { ...host, fetch } };
}

/**
 * Sends a request with the server's login, if there is one.
 * @throws AccessRefused if the server refuses it: HTTP 401, or a failed TLS handshake where a certificate is required
 */
async function fetchWithLogin(
  host: Host,
  url: string | URL,
  init: NonNullable<Parameters<Host["fetch"]>[1]>,
  { server, login }: AccessibleServer,
): Promise<Response> {
  const headers = Object.fromEntries(new Headers(init.headers).entries());
  if (login?.kind === "password") headers["authorization"] ??= formatBasicAuth(login);
  const response = await host.fetch(url, { ...init, headers }).catch((error: unknown) => {
    if (login?.kind !== "certificate" || init.signal?.aborted) throw error;
    throw new AccessRefused(describeRefusal(server, login), String(url), {
      cause: error,
      fix: describeFix(server),
    });
  });
  if (response.status !== 401) return response;
  await response.body?.cancel();
  throw new AccessRefused(describeRefusal(server, login), String(url), {
    status: 401,
    fix: describeFix(server),
  });
}

/** Returns the value of an Authorization header for a user and password. */
function formatBasicAuth({ user, password }: Extract<ServerLogin, { kind: "password" }>): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** Returns the message of a refused login. It is the same for each request, so that failing checks share one cause. */
function describeRefusal(server: Server, login: ServerLogin | undefined): string {
  const title = titles[server];
  switch (login?.kind) {
    case "password":
      return `${title} refuses the login of user ${login.user}, whose password is from ${login.from} (HTTP 401)`;
    case "certificate":
      return `${title} requires a client certificate (${login.where}), and monstack has none`;
    case "missing": {
      const who =
        login.users.length > 0 ? `of a user of basic_auth_users (${login.users.join(", ")}) in ` : "by ";
      return `${title} requires a login ${who}${login.where}, and the configuration has no password for it (HTTP 401)`;
    }
    default:
      return `${title} requires a login, and the configuration has none (HTTP 401)`;
  }
}

/** Returns where the user must configure the login. */
function describeFix(server: Server): string {
  const where =
    server === "alertmanager"
      ? "basic_auth of the alertmanagers in Prometheus' configuration (server.alertmanagers)"
      : "basicAuthUser and secureJsonData.basicAuthPassword of Grafana's data source";
  return `set the user and the password where monstack finds them: ${where}, or an Authorization header of the readiness probe`;
}
