import { z } from "zod";
import { parseDocuments } from "../../lib/yaml-text.ts";
import { listFiles, listRenderedObjects, type RenderedApp } from "../../model/rendered.ts";
import { parseBasicAuth } from "../../plan/grafana/prometheus-url.ts";
import type { ServerLogin } from "../../stack/stack.ts";
import { findGrafanaContainer } from "../requested/grafana-settings.ts";

type Server = "prometheus" | "alertmanager";

/** What the search for a login needs. */
interface LoginQuery {
  /** The names in basic_auth_users; undefined if the charts do not contain the web configuration. */
  readonly users: readonly string[] | undefined;
  /** The headers of the server's readiness probe. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly rendered: readonly RenderedApp[];
}

/** A login that the charts contain. */
interface LoginCandidate {
  readonly user: string;
  readonly password: string;
  /** Where the charts contain it, for messages. */
  readonly from: string;
  /** The server that the login is for; undefined if that is not known. */
  readonly server?: Server | undefined;
}

/**
 * Returns a user and password that a server accepts, from the rendered charts; undefined if they contain none. A web
 * configuration has only hashes of passwords, but the server's clients (probe, Grafana's data source, scrape jobs,
 * Prometheus' alerting section) must have the password. If the users are not known, only a login for this server
 * counts.
 */
export function findLogin(server: Server, { users, headers, rendered }: LoginQuery): ServerLogin | undefined {
  const candidates = [
    ...findProbeLogins(server, headers),
    ...findFileLogins(rendered),
    ...findSecretLogins(rendered),
  ];
  const accepted = candidates.filter((candidate) =>
    users ? users.includes(candidate.user) : candidate.server === server,
  );
  const login = accepted.find((candidate) => candidate.server === server) ?? accepted[0];
  return login && { kind: "password", user: login.user, password: login.password, from: login.from };
}

/** Returns the logins in the headers of the server's readiness probe. */
function findProbeLogins(server: Server, headers: LoginQuery["headers"]): LoginCandidate[] {
  return headers
    .filter(({ name }) => name.toLowerCase() === "authorization")
    .flatMap(({ value }) => {
      const login = parseBasicAuth(value);
      return login === undefined ? [] : [{ ...login, from: "its readiness probe", server }];
    });
}

const basicAuthSchema = z.looseObject({ username: z.string(), password: z.string() });
const datasourceSchema = z.looseObject({
  name: z.string(),
  type: z.string(),
  basicAuthUser: z.string(),
  secureJsonData: z.looseObject({ basicAuthPassword: z.string() }),
});

/** Returns the logins in the YAML files of the charts' ConfigMaps and Secrets. */
function findFileLogins(rendered: readonly RenderedApp[]): LoginCandidate[] {
  const env = findGrafanaContainer(rendered)?.env;
  return listFiles(rendered)
    .filter(({ key, content }) => /\.ya?ml$/.test(key) && /basic_auth:|basicAuthPassword/.test(content))
    .flatMap(({ key, content }) =>
      parseDocuments(content).flatMap((document) =>
        "errors" in document && document.errors.length > 0 ? [] : collectLogins(document.toJS(), key, env),
      ),
    );
}

/**
 * Returns the logins in a configuration file, at any depth. Logins in Prometheus' alerting section are for
 * Alertmanager.
 */
function collectLogins(
  value: unknown,
  file: string,
  env: ReadonlyMap<string, string | undefined> | undefined,
  server?: Server,
): LoginCandidate[] {
  if (Array.isArray(value)) return value.flatMap((nested) => collectLogins(nested, file, env, server));
  if (typeof value !== "object" || value === null) return [];
  const logins: LoginCandidate[] = [];
  const auth = basicAuthSchema.safeParse((value as Record<string, unknown>)["basic_auth"]).data;
  if (auth)
    logins.push({ user: auth.username, password: auth.password, from: `basic_auth in ${file}`, server });
  const source = datasourceSchema.safeParse(value).data;
  if (source) {
    const type = source.type === "prometheus" || source.type === "alertmanager" ? source.type : undefined;
    const password = resolveVariable(source.secureJsonData.basicAuthPassword, env);
    const from = `Grafana's data source ${source.name}`;
    if (password !== undefined) logins.push({ user: source.basicAuthUser, password, from, server: type });
  }
  const nestedLogins = Object.entries(value).flatMap(([key, nested]) =>
    collectLogins(nested, file, env, key === "alertmanagers" ? "alertmanager" : server),
  );
  return [...logins, ...nestedLogins];
}

/**
 * Returns a text of Grafana's provisioning with its variable filled in: `$NAME`, `${NAME}` or `$__env{NAME}`; `$$`
 * becomes `$`. Undefined if the variable is unknown.
 */
function resolveVariable(
  text: string,
  env: ReadonlyMap<string, string | undefined> | undefined,
): string | undefined {
  const match = /^\$(?:__env)?(?:\{(\w+)\}|(\w+))$/.exec(text);
  if (match) return env?.get(match[1] ?? match[2] ?? "");
  return text.replaceAll("$$", "$");
}

/** Returns the logins in Secrets that have the keys `username` and `password`. */
function findSecretLogins(rendered: readonly RenderedApp[]): LoginCandidate[] {
  const strings = z.record(z.string(), z.string());
  return listRenderedObjects(rendered)
    .filter(({ kind }) => kind === "Secret")
    .flatMap((object) => {
      const plain = strings.safeParse(object["stringData"]).data ?? {};
      const encoded = strings.safeParse(object["data"]).data ?? {};
      const readKey = (key: string) =>
        plain[key] ??
        (encoded[key] === undefined ? undefined : Buffer.from(encoded[key], "base64").toString("utf8"));
      const user = readKey("username");
      const password = readKey("password");
      if (user === undefined || password === undefined) return [];
      return [{ user, password, from: `Secret ${object.metadata.name}` }];
    });
}
