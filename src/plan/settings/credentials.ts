import { type Login, variableOf } from "../../config/endpoints/login.ts";
import type { Config } from "../../config/schema.ts";
import { ownValue } from "../../lib/own.ts";
import { chartName } from "../../model/chart.ts";
import type { AskedValue, PlannedApp } from "../../model/plan.ts";
import { formatPath, type Mistake, throwIfAny } from "../../yaml/mistakes.ts";
import type { Asked, AskedInput } from "./asked.ts";
import { placeOf } from "./place.ts";

/** The release, and the Secret in it, that holds what Prometheus logs in with. */
export const credentialsName = "monstack-credentials";

interface Credential {
  /** Key in the Secret. */
  readonly key: string;
  readonly login: Login;
  /** Key path of the login in monstack.yaml. */
  readonly at: readonly [string, ...(string | number)[]];
}

/** Every login of the configuration. */
export function credentialsOf(config: Pick<Config, "federate" | "remoteWrite">): Credential[] {
  const each = (
    section: "federate" | "remote-write",
    items: readonly { readonly name: string; readonly login: Login | undefined }[],
  ) =>
    items.flatMap(({ name, login }, index): Credential[] => {
      if (login === undefined) return [];
      const key =
        login.kind === "basic" ? (["basic-auth", "password-env"] as const) : (["bearer-token-env"] as const);
      return [{ key: credentialKey(section, name), login, at: [section, index, ...key] }];
    });
  return [...each("federate", config.federate), ...each("remote-write", config.remoteWrite)];
}

export function credentialKey(section: "federate" | "remote-write", name: string): string {
  return `${section}-${name}`;
}

/** The key beside it that holds the user's name. */
export function usernameKey(key: string): string {
  return `${key}-username`;
}

/** Where Prometheus finds a key of the Secret as a file. */
export function fileOf(app: PlannedApp, key: string): string {
  return `${isOperators(app) ? `/etc/prometheus/secrets/${credentialsName}` : mountPath}/${key}`;
}

/** Its Prometheus is made by the operator. */
export function isOperators(app: PlannedApp): boolean {
  return chartName(app.chart) === "kube-prometheus-stack";
}

const mountPath = "/etc/monstack-credentials";

/** A Secret with what the environment holds, mounted by Prometheus: no secret stands in its configuration or in the values. */
export function askedCredentials(input: AskedInput, prometheus: PlannedApp): Asked {
  const credentials = credentialsOf(input.config);
  if (credentials.length === 0) return {};
  throwIfAny(credentials.flatMap((one) => missing(one, input)));
  const data = Object.fromEntries(credentials.flatMap((one) => entriesOf(one, input)));
  const { namespace, timeoutMs } = prometheus;
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: credentialsName, namespace },
    type: "Opaque",
    stringData: data,
  };
  const app: PlannedApp = {
    name: credentialsName,
    release: credentialsName,
    namespace,
    chart: { kind: "objects", name: credentialsName, objects: [secret] },
    values: {},
    dependsOn: [],
    timeoutMs,
  };
  return {
    apps: [app],
    dependencies: [{ app: prometheus.name, on: { app: credentialsName, until: "applied" } }],
    values: mounted(prometheus),
  };
}

function missing({ login, at }: Credential, input: AskedInput): Mistake[] {
  const variable = variableOf(login);
  const secret = ownValue(input.env, variable);
  if (secret) return [];
  const seen = secret === undefined ? "is not set" : "is empty";
  const what = login.kind === "basic" ? "password" : "token";
  const problem = `the environment variable ${variable} ${seen}; set it to the ${what}`;
  const place = placeOf(input, at);
  // Nothing but monstack.yaml has logins.
  const where = place ? `${place.file}:${place.line}:${place.column}` : "monstack.yaml";
  return [{ where, path: formatPath(at), problem }];
}

function entriesOf({ key, login }: Credential, input: AskedInput): [string, string][] {
  return [
    [key, input.env[variableOf(login)] ?? ""],
    ...(login.kind === "basic" ? [[usernameKey(key), login.username] as [string, string]] : []),
  ];
}

function mounted(app: PlannedApp): AskedValue[] {
  const append = (path: readonly string[], value: unknown) => ({
    app: app.name,
    path,
    value: [value],
    how: "append" as const,
    setting: "a login of federate or remote-write",
  });
  if (isOperators(app)) return [append(["prometheus", "prometheusSpec", "secrets"], credentialsName)];
  return [
    append(["server", "extraVolumes"], { name: credentialsName, secret: { secretName: credentialsName } }),
    append(["server", "extraVolumeMounts"], { name: credentialsName, mountPath, readOnly: true }),
  ];
}
