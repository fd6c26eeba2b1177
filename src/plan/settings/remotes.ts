import { stringify } from "yaml";
import { type Federation, getSecretVariable, type Login, type RemoteWrite } from "../../config/endpoints.ts";
import type { Config } from "../../config/schema.ts";
import { getOwnValue, getValueAt } from "../../lib/object.ts";
import { getChartName } from "../../model/chart.ts";
import { findChartKeys, findComponentApp, type PrometheusKeys } from "../../model/chart-keys.ts";
import type { PlannedApp, RequestedValue } from "../../model/plan.ts";
import { formatPath, type Mistake, throwIfAny } from "../../yaml/mistakes.ts";
import type { PlanChanges, SettingInput } from "./apply.ts";
import { locateSetting, noticeUnsupportedSetting } from "./user-files.ts";

/**
 * Returns the values for `federate` (as scrape jobs) and `remote-write` (as stores that Prometheus sends samples to),
 * and the Secret with their logins.
 */
export function planRemotes(input: SettingInput): PlanChanges {
  const { federate, remoteWrite } = input.config;
  if (federate.length + remoteWrite.length === 0) return {};
  const app = findComponentApp("prometheus", input.apps);
  const keys = app && findChartKeys(app.chart)?.prometheus;
  if (app === undefined || keys === undefined) {
    const sections = [
      ...(federate.length > 0 ? ["federate"] : []),
      ...(remoteWrite.length > 0 ? ["remote-write"] : []),
    ];
    return { notices: sections.map((section) => noticeUnsupportedSetting(input, [section], "Prometheus")) };
  }
  const credentials = planCredentials(input, app);
  const values = [
    ...(federate.length === 0 ? [] : [requestFederationJobs(app, keys, federate)]),
    ...(remoteWrite.length === 0 ? [] : [requestRemoteWrite(app, keys, remoteWrite)]),
    ...(credentials.values ?? []),
  ];
  return { ...credentials, values };
}

/** Returns the requested value that adds a scrape job for each source of `federate`. */
function requestFederationJobs(
  app: PlannedApp,
  keys: PrometheusKeys,
  federate: readonly Federation[],
): RequestedValue {
  const jobs = federate.map((source) => createFederationJob(app, source));
  const path = keys.scrapeConfigs;
  // The Prometheus chart expects one text. The operator's chart expects a list, or a text if the user's value is one.
  const isText = !isOperatorManaged(app) || typeof getValueAt(app.values, path) === "string";
  const value = isText ? escapeTemplates(stringify(jobs)) : escapeAllTemplates(jobs);
  return { app: app.name, path, value, how: "append", setting: "federate" };
}

/**
 * Returns the scrape job of a source as Prometheus' documentation describes it: the source's labels are kept, also job
 * and instance.
 */
function createFederationJob(
  app: PlannedApp,
  { name, targets, match, interval, scheme, path, login }: Federation,
) {
  return {
    job_name: name,
    ...(interval === undefined ? {} : { scrape_interval: interval }),
    honor_labels: true,
    metrics_path: path,
    ...(scheme === "http" ? {} : { scheme }),
    params: { "match[]": [...match] },
    ...(login === undefined
      ? {}
      : formatFileLogin(login, findCredentialFile(app, formatCredentialKey("federate", name)))),
    static_configs: [{ targets: [...targets] }],
  };
}

/** Returns the part of a scrape job or store that reads the password or token from a file. */
function formatFileLogin(login: Login, file: string) {
  if (login.kind === "bearer") return { authorization: { type: "Bearer", credentials_file: file } };
  return { basic_auth: { username: login.username, password_file: file } };
}

/** Escapes template braces: both charts render these values as templates. Backquotes don't collide with YAML's quotes. */
function escapeTemplates(text: string): string {
  return text.replaceAll("{{", "{{ `{{` }}");
}

/** Returns the value with the template braces in all its texts escaped. */
function escapeAllTemplates(value: unknown): unknown {
  return JSON.parse(escapeTemplates(JSON.stringify(value)));
}

/** Returns the requested value that adds the stores of `remote-write`. */
function requestRemoteWrite(
  app: PlannedApp,
  keys: PrometheusKeys,
  remoteWrite: readonly RemoteWrite[],
): RequestedValue {
  const isPlain = !isOperatorManaged(app);
  const stores = remoteWrite.map((store) =>
    isPlain ? createPlainStore(app, store) : createOperatorStore(store),
  );
  return {
    app: app.name,
    path: keys.remoteWrite,
    value: isPlain ? stores : escapeAllTemplates(stores),
    how: "append",
    setting: "remote-write",
  };
}

/** Returns a store in the format of prometheus.yml. */
function createPlainStore(app: PlannedApp, { name, url, headers, login, queue }: RemoteWrite) {
  const { maxShards, capacity, maxSamplesPerSend, batchSendDeadline } = queue;
  return removeEmptyValues({
    url: escapeTemplates(url),
    name,
    headers,
    ...(login === undefined
      ? {}
      : formatFileLogin(login, findCredentialFile(app, formatCredentialKey("remote-write", name)))),
    queue_config: removeEmptyValues({
      max_shards: maxShards,
      capacity,
      max_samples_per_send: maxSamplesPerSend,
      batch_send_deadline: batchSendDeadline,
    }),
  });
}

/** Returns a store in the format of the operator's RemoteWriteSpec. */
function createOperatorStore({ name, url, headers, login, queue }: RemoteWrite) {
  const { maxShards, capacity, maxSamplesPerSend, batchSendDeadline } = queue;
  const key = formatCredentialKey("remote-write", name);
  const createKeyReference = (secretKey: string) => ({ name: credentialsName, key: secretKey });
  return removeEmptyValues({
    url,
    name,
    headers,
    basicAuth:
      login?.kind === "basic"
        ? { username: createKeyReference(formatUsernameKey(key)), password: createKeyReference(key) }
        : undefined,
    authorization:
      login?.kind === "bearer" ? { type: "Bearer", credentials: createKeyReference(key) } : undefined,
    queueConfig: removeEmptyValues({ maxShards, capacity, maxSamplesPerSend, batchSendDeadline }),
  });
}

/**
 * Returns a mapping without undefined values, empty objects and empty lists, so that the configuration contains only
 * keys with a content.
 */
function removeEmptyValues(mapping: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const hasContent = (value: unknown) =>
    value !== undefined && !(typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(mapping).filter(([, value]) => hasContent(value)));
}

/** The release and its Secret with the credentials that Prometheus uses. */
const credentialsName = "monstack-credentials";

interface Credential {
  /** Key in the Secret. */
  readonly key: string;
  readonly login: Login;
  /** Key path of the login in monstack.yaml. */
  readonly at: readonly [string, ...(string | number)[]];
}

/** Returns every login of the configuration. */
export function listCredentials(config: Pick<Config, "federate" | "remoteWrite">): Credential[] {
  const listSectionCredentials = (
    section: "federate" | "remote-write",
    items: readonly { readonly name: string; readonly login: Login | undefined }[],
  ) =>
    items.flatMap(({ name, login }, index): Credential[] => {
      if (login === undefined) return [];
      const settingPath =
        login.kind === "basic" ? (["basic-auth", "password-env"] as const) : (["bearer-token-env"] as const);
      return [{ key: formatCredentialKey(section, name), login, at: [section, index, ...settingPath] }];
    });
  return [
    ...listSectionCredentials("federate", config.federate),
    ...listSectionCredentials("remote-write", config.remoteWrite),
  ];
}

function formatCredentialKey(section: "federate" | "remote-write", name: string): string {
  return `${section}-${name}`;
}

/** Returns the key in the Secret that holds the user's name. */
function formatUsernameKey(key: string): string {
  return `${key}-username`;
}

/** Returns the path of a file that holds a key of the Secret in Prometheus' container. */
function findCredentialFile(app: PlannedApp, key: string): string {
  return `${isOperatorManaged(app) ? `/etc/prometheus/secrets/${credentialsName}` : mountPath}/${key}`;
}

/** True if the operator creates the app's Prometheus. */
function isOperatorManaged(app: PlannedApp): boolean {
  return getChartName(app.chart) === "kube-prometheus-stack";
}

/**
 * The folder in Prometheus' container at which the Prometheus chart mounts the Secret. The operator has a folder of
 * its own.
 */
const mountPath = "/etc/monstack-credentials";

/**
 * Plans a Secret with values from the environment, which Prometheus mounts. So neither its configuration nor the values
 * contain a secret.
 */
function planCredentials(input: SettingInput, prometheus: PlannedApp): PlanChanges {
  const credentials = listCredentials(input.config);
  if (credentials.length === 0) return {};
  throwIfAny(credentials.flatMap((credential) => reportMissingSecret(credential, input)));
  const data = Object.fromEntries(
    credentials.flatMap((credential) => createSecretEntries(credential, input)),
  );
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
    values: mountSecret(prometheus),
  };
}

/** Returns a mistake if the environment variable of a login is unset or empty; else an empty list. */
function reportMissingSecret({ login, at }: Credential, input: SettingInput): Mistake[] {
  const variable = getSecretVariable(login);
  const secret = getOwnValue(input.env, variable);
  if (secret) return [];
  const state = secret === undefined ? "is not set" : "is empty";
  const secretKind = login.kind === "basic" ? "password" : "token";
  const problem = `the environment variable ${variable} ${state}; set it to the ${secretKind}`;
  const place = locateSetting(input, at);
  // Only monstack.yaml can contain logins: flags and inputs have none.
  const location = place ? `${place.file}:${place.line}:${place.column}` : "monstack.yaml";
  return [{ where: location, path: formatPath(at), problem }];
}

/**
 * Returns the entries of the Secret for a login: its password or token, and for basic authentication the user's name.
 * planCredentials has reported unset variables before.
 */
function createSecretEntries({ key, login }: Credential, input: SettingInput): [string, string][] {
  return [
    [key, input.env[getSecretVariable(login)] ?? ""],
    ...(login.kind === "basic" ? [[formatUsernameKey(key), login.username] as [string, string]] : []),
  ];
}

/** Returns the requested values that mount the Secret into Prometheus' pod. */
function mountSecret(app: PlannedApp): RequestedValue[] {
  const requestAppended = (path: readonly string[], value: unknown) => ({
    app: app.name,
    path,
    value: [value],
    how: "append" as const,
    setting: "a login of federate or remote-write",
  });
  if (isOperatorManaged(app))
    return [requestAppended(["prometheus", "prometheusSpec", "secrets"], credentialsName)];
  return [
    requestAppended(["server", "extraVolumes"], {
      name: credentialsName,
      secret: { secretName: credentialsName },
    }),
    requestAppended(["server", "extraVolumeMounts"], { name: credentialsName, mountPath, readOnly: true }),
  ];
}
