import { stringify } from "yaml";
import type { Federation } from "../../config/endpoints/federate.ts";
import type { Login } from "../../config/endpoints/login.ts";
import type { RemoteWrite } from "../../config/endpoints/remote-write.ts";
import { valueAt } from "../../lib/values.ts";
import { homeOf, keysOf, type PrometheusKeys } from "../../model/chart-keys.ts";
import type { AskedValue, PlannedApp } from "../../model/plan.ts";
import type { Asked, AskedInput } from "./asked.ts";
import {
  askedCredentials,
  credentialKey,
  credentialsName,
  fileOf,
  isOperators,
  usernameKey,
} from "./credentials.ts";
import { nobodyTakes } from "./place.ts";

/** `federate` becomes scrape jobs, `remote-write` the stores that Prometheus sends to, and their logins a Secret. */
export function askedRemotes(input: AskedInput): Asked {
  const { federate, remoteWrite } = input.config;
  if (federate.length + remoteWrite.length === 0) return {};
  const app = homeOf("prometheus", input.apps);
  const keys = app && keysOf(app.chart)?.prometheus;
  if (app === undefined || keys === undefined) {
    const sections = [
      ...(federate.length > 0 ? ["federate"] : []),
      ...(remoteWrite.length > 0 ? ["remote-write"] : []),
    ];
    return { notices: sections.map((section) => nobodyTakes(input, [section], "Prometheus")) };
  }
  const credentials = askedCredentials(input, app);
  const values = [
    ...(federate.length === 0 ? [] : [scrapeConfigs(app, keys, federate)]),
    ...(remoteWrite.length === 0 ? [] : [stores(app, keys, remoteWrite)]),
    ...(credentials.values ?? []),
  ];
  return { ...credentials, values };
}

function scrapeConfigs(app: PlannedApp, keys: PrometheusKeys, federate: readonly Federation[]): AskedValue {
  const jobs = federate.map((one) => scrapeConfig(app, one));
  const path = keys.scrapeConfigs;
  // The Prometheus chart takes one text; the operator's a list, or a text when the user's own is one.
  const asText = !isOperators(app) || typeof valueAt(app.values, path) === "string";
  const value = asText ? withoutTemplates(stringify(jobs)) : allWithoutTemplates(jobs);
  return { app: app.name, path, value, how: "append", setting: "federate" };
}

/** As Prometheus' documentation has it: the source's labels are kept, job and instance among them. */
function scrapeConfig(app: PlannedApp, { name, targets, match, interval, scheme, path, login }: Federation) {
  return {
    job_name: name,
    ...(interval === undefined ? {} : { scrape_interval: interval }),
    honor_labels: true,
    metrics_path: path,
    ...(scheme === "http" ? {} : { scheme }),
    params: { "match[]": [...match] },
    ...(login === undefined ? {} : byFile(login, fileOf(app, credentialKey("federate", name)))),
    static_configs: [{ targets: [...targets] }],
  };
}

function byFile(login: Login, file: string) {
  if (login.kind === "bearer") return { authorization: { type: "Bearer", credentials_file: file } };
  return { basic_auth: { username: login.username, password_file: file } };
}

/** Both charts run these through their template engine; the quotes are such that YAML's don't get in their way. */
function withoutTemplates(text: string): string {
  return text.replaceAll("{{", "{{ `{{` }}");
}

/** The same for every text in a value. */
function allWithoutTemplates(value: unknown): unknown {
  return JSON.parse(withoutTemplates(JSON.stringify(value)));
}

function stores(app: PlannedApp, keys: PrometheusKeys, remoteWrite: readonly RemoteWrite[]): AskedValue {
  const isPlain = !isOperators(app);
  const all = remoteWrite.map((store) => (isPlain ? plainStore(app, store) : operatorStore(store)));
  return {
    app: app.name,
    path: keys.remoteWrite,
    value: isPlain ? all : allWithoutTemplates(all),
    how: "append",
    setting: "remote-write",
  };
}

/** In prometheus.yml's words. */
function plainStore(app: PlannedApp, { name, url, headers, login, queue }: RemoteWrite) {
  const { maxShards, capacity, maxSamplesPerSend, batchSendDeadline } = queue;
  return withoutEmpty({
    url: withoutTemplates(url),
    name,
    headers,
    ...(login === undefined ? {} : byFile(login, fileOf(app, credentialKey("remote-write", name)))),
    queue_config: withoutEmpty({
      max_shards: maxShards,
      capacity,
      max_samples_per_send: maxSamplesPerSend,
      batch_send_deadline: batchSendDeadline,
    }),
  });
}

/** In the words of the operator's RemoteWriteSpec. */
function operatorStore({ name, url, headers, login, queue }: RemoteWrite) {
  const { maxShards, capacity, maxSamplesPerSend, batchSendDeadline } = queue;
  const key = credentialKey("remote-write", name);
  const from = (key: string) => ({ name: credentialsName, key });
  return withoutEmpty({
    url,
    name,
    headers,
    basicAuth:
      login?.kind === "basic" ? { username: from(usernameKey(key)), password: from(key) } : undefined,
    authorization: login?.kind === "bearer" ? { type: "Bearer", credentials: from(key) } : undefined,
    queueConfig: withoutEmpty({ maxShards, capacity, maxSamplesPerSend, batchSendDeadline }),
  });
}

function withoutEmpty(of: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isThere = (value: unknown) =>
    value !== undefined && !(typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(of).filter(([, value]) => isThere(value)));
}
