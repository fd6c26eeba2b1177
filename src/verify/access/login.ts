import { z } from "zod";
import { parseDocuments } from "../../lib/yaml-text.ts";
import { listFiles, listRenderedObjects, type RenderedApp } from "../../model/rendered.ts";
import { parseBasicAuth } from "../../plan/grafana/prometheus-url.ts";
import type { ServerLogin } from "../../stack/stack.ts";
import { findGrafanaContainer } from "../requested/grafana-settings.ts";

type Server = "prometheus" | "alertmanager";

interface LoginQuery {
  /** The names in basic_auth_users; undefined if the charts do not contain the web configuration. */
  readonly users: readonly string[] | undefined;
  /** The headers of the server's readiness probe. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly rendered: readonly RenderedApp[];
}

interface Candidate {
  readonly user: string;
  readonly password: string;
  readonly from: string;
  /** The server that the login is for; undefined if that is not known. */
  readonly server?: Server | undefined;
}

/**
 * Finds a user and password of a server in the rendered charts. A web configuration has only hashes, but the server's
 * clients (probe, Grafana's data source, scrape jobs, Prometheus' alerting section) must have the password.
 */
export function findLogin(server: Server, { users, headers, rendered }: LoginQuery): ServerLogin | undefined {
  const all = [
    ...findProbeLogins(server, headers),
    ...findFileLogins(rendered),
    ...findSecretLogins(rendered),
  ];
  const fits = all.filter((one) => (users ? users.includes(one.user) : one.server === server));
  const found = fits.find((one) => one.server === server) ?? fits[0];
  return found && { kind: "password", user: found.user, password: found.password, from: found.from };
}

function findProbeLogins(server: Server, headers: LoginQuery["headers"]): Candidate[] {
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

function findFileLogins(rendered: readonly RenderedApp[]): Candidate[] {
  const env = findGrafanaContainer(rendered)?.env;
  return listFiles(rendered)
    .filter(({ key, content }) => /\.ya?ml$/.test(key) && /basic_auth:|basicAuthPassword/.test(content))
    .flatMap(({ key, content }) =>
      parseDocuments(content).flatMap((document) =>
        "errors" in document && document.errors.length > 0 ? [] : collectLogins(document.toJS(), key, env),
      ),
    );
}

/** Returns the logins in a configuration file, at any depth. Those in Prometheus' alerting section are for Alertmanager. */
function collectLogins(
  value: unknown,
  file: string,
  env: ReadonlyMap<string, string | undefined> | undefined,
  server?: Server,
): Candidate[] {
  if (Array.isArray(value)) return value.flatMap((one) => collectLogins(one, file, env, server));
  if (typeof value !== "object" || value === null) return [];
  const own: Candidate[] = [];
  const auth = basicAuthSchema.safeParse((value as Record<string, unknown>)["basic_auth"]).data;
  if (auth) own.push({ user: auth.username, password: auth.password, from: `basic_auth in ${file}`, server });
  const source = datasourceSchema.safeParse(value).data;
  if (source) {
    const type = source.type === "prometheus" || source.type === "alertmanager" ? source.type : undefined;
    const password = resolveVariable(source.secureJsonData.basicAuthPassword, env);
    const from = `Grafana's data source ${source.name}`;
    if (password !== undefined) own.push({ user: source.basicAuthUser, password, from, server: type });
  }
  const below = Object.entries(value).flatMap(([key, one]) =>
    collectLogins(one, file, env, key === "alertmanagers" ? "alertmanager" : server),
  );
  return [...own, ...below];
}

/** Grafana's provisioning takes `$NAME`, `${NAME}` and `$__env{NAME}` from its container's variables, and `$$` for `$`. */
function resolveVariable(
  text: string,
  env: ReadonlyMap<string, string | undefined> | undefined,
): string | undefined {
  const name = /^\$(?:__env)?(?:\{(\w+)\}|(\w+))$/.exec(text);
  if (name) return env?.get(name[1] ?? name[2] ?? "");
  return text.replaceAll("$$", "$");
}

/** Returns the logins in Secrets that have the keys `username` and `password`. */
function findSecretLogins(rendered: readonly RenderedApp[]): Candidate[] {
  const strings = z.record(z.string(), z.string());
  return listRenderedObjects(rendered)
    .filter(({ kind }) => kind === "Secret")
    .flatMap((object) => {
      const plain = strings.safeParse(object["stringData"]).data ?? {};
      const encoded = strings.safeParse(object["data"]).data ?? {};
      const read = (key: string) =>
        plain[key] ??
        (encoded[key] === undefined ? undefined : Buffer.from(encoded[key], "base64").toString("utf8"));
      const user = read("username");
      const password = read("password");
      if (user === undefined || password === undefined) return [];
      return [{ user, password, from: `Secret ${object.metadata.name}` }];
    });
}
