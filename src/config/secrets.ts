import { listReferencedFiles } from "../alerting/references.ts";
import { findWrittenSecrets, selectHiddenSecrets } from "../alerting/secrets.ts";
import { collectCredentials } from "../lib/redact/data.ts";
import { collectUrlCredentials } from "../lib/redact/urls.ts";
import { readYaml } from "../yaml/read.ts";
import type { OwnCheck } from "./checks/own-checks.ts";
import type { LoadedConfig } from "./load.ts";
import type { Config } from "./schema.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Returns every secret that a configuration contains or names, so that no log and no report shows it. Values that are
 * not passwords, such as URLs and arguments, can contain secrets too.
 */
export function collectSecrets({ config, valuesFiles, texts }: LoadedConfig, env: Env): string[] {
  const { grafana, repos, registries, mirrors, dashboards, remoteWrite, apps, checks, k3s } = config;
  const logins = [...Object.values(repos), ...Object.values(registries)].map(
    ({ credentials }) => credentials,
  );
  const urls = [
    ...Object.entries(mirrors).flat(),
    ...Object.values(repos).map(({ url }) => url),
    ...dashboards.flatMap(({ source }) => (source.kind === "url" ? [source.url] : [])),
    ...remoteWrite.map(({ url }) => url),
  ];
  const data = [dashboards, remoteWrite, Object.values(apps), ...Object.values(valuesFiles)];
  return [
    ...(grafana.password === undefined ? [] : [grafana.password]),
    ...logins.flatMap((login) => (login === undefined ? [] : [login.password])),
    ...urls.flatMap(collectUrlCredentials),
    ...data.flatMap((part) => collectCredentials(part, parseYamlText)),
    ...checks.flatMap((check) => collectCheckSecrets(check, env)),
    ...collectArgumentSecrets(k3s.args),
    ...collectAlertmanagerSecrets(config, texts),
  ].filter((secret) => secret !== "");
}

/** Returns the secrets of the environment itself: a proxy's password, the job's tokens. */
export function collectEnvironmentSecrets(env: Env): string[] {
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [
    env[name],
    env[name.toLowerCase()],
  ]);
  const tokens = ["ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"];
  return [
    ...proxies.flatMap((url) =>
      url ? collectUrlCredentials(url.includes("://") ? url : `http://${url}`) : [],
    ),
    ...collectUrlCredentials(env["MONSTACK_MIRRORS"] ?? ""),
    ...tokens.flatMap((name) => env[name] || []),
  ];
}

/** Headers that never contain credentials. */
const harmlessHeader =
  /^(?:accept|content|cache|x-(?:scope-orgid|forwarded|request-id))|^(?:user-agent|host|origin|referer|date|range|if-.*)$/i;

/**
 * Returns the secrets in the request of an HTTP check: header values, the variables that it names, and credentials in
 * its URL and body.
 */
function collectCheckSecrets({ what }: OwnCheck, env: Env): string[] {
  if (what.kind !== "http") return [];
  const { headers, body = "", target } = what;
  const values = Object.entries(headers).flatMap(([name, value]) =>
    harmlessHeader.test(name) ? [] : [value],
  );
  // In `Bearer TOKEN` the secret is the second word alone, too.
  const headerWords = values.flatMap((value) => [value, ...value.split(" ").slice(1)]);
  const references = [...values, body].flatMap((text) => [...text.matchAll(/\$\{([A-Za-z_]\w*)\}/g)]);
  return [
    ...headerWords.filter((word) => !word.includes("${")),
    ...references.map(([, name = ""]) => env[name]?.trim() ?? ""),
    ...collectUrlCredentials(target.url),
    ...collectCredentials(body, parseYamlText),
  ];
}

/** Returns the secrets in arguments of k3s: `--token X`, `--datastore-endpoint=mysql://user:password@...`. */
function collectArgumentSecrets(k3sArguments: readonly string[]): string[] {
  const { args, env } = splitSecretArguments(k3sArguments);
  const values = Object.values(env);
  return [...values, ...[...values, ...args].flatMap(collectUrlCredentials)];
}

/** Returns the secrets that are written in Alertmanager's configuration. Referenced secrets are registered when they are read. */
function collectAlertmanagerSecrets({ alerting }: Config, texts: LoadedConfig["texts"]): string[] {
  const { config } = alerting;
  if (config === undefined) return [];
  const configData = "inline" in config ? config.inline : readYaml(texts[config.file] ?? "").data;
  const secrets = findWrittenSecrets(configData)
    .filter(({ isPlaceholder, value }) => !isPlaceholder && listReferencedFiles(value).length === 0)
    .map(({ value }) => value);
  return selectHiddenSecrets(configData, secrets);
}

/** Parses a text in a chart's values, which can be a whole YAML file. Returns undefined if it is not YAML. */
function parseYamlText(text: string): unknown {
  if (!text.includes(":") || text.length > 200_000) return undefined;
  try {
    return readYaml(text).data;
  } catch {
    return undefined;
  }
}

/** The environment variable for each argument of `k3s server` whose value is a secret (docs.k3s.io/cli/server). */
const secretVariables: Readonly<Record<string, string>> = {
  "--token": "K3S_TOKEN",
  "-t": "K3S_TOKEN",
  "--agent-token": "K3S_AGENT_TOKEN",
  "--datastore-endpoint": "K3S_DATASTORE_ENDPOINT",
  "--vpn-auth": "K3S_VPN_AUTH",
  "--etcd-s3-access-key": "AWS_ACCESS_KEY_ID",
  "--etcd-s3-secret-key": "AWS_SECRET_ACCESS_KEY",
  "--etcd-s3-session-token": "AWS_SESSION_TOKEN",
};

interface SplitArguments {
  /** Anybody on the machine can read these. */
  readonly args: readonly string[];
  /** The secrets, by their variables. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Splits k3s' command line into arguments and secrets. Every user of the machine can read arguments, so secrets are
 * passed as environment variables.
 */
export function splitSecretArguments(k3sArguments: readonly string[]): SplitArguments {
  const args: string[] = [];
  const env: Record<string, string> = {};
  for (let index = 0; index < k3sArguments.length; index++) {
    const arg = k3sArguments[index] ?? "";
    const [name = "", value] = arg.split(/=(.*)/s, 2);
    // Go's flags take one dash or two.
    const variable =
      secretVariables[name] ?? (name.startsWith("-") ? secretVariables[`-${name}`] : undefined);
    if (variable === undefined) args.push(arg);
    else {
      if (value === undefined) index++;
      env[variable] = value ?? k3sArguments[index] ?? "";
    }
  }
  return { args, env };
}
