import { z } from "zod";
import type { Component } from "../../config/resources.ts";
import { isOperated } from "../../kube/operator-made.ts";
import { parseYaml } from "../../lib/yaml-text.ts";
import { sortByComponentApp } from "../../model/chart-keys.ts";
import { listFiles, listRenderedObjects, type RenderedApp } from "../../model/rendered.ts";
import { findFlag, getUrlPath, resolveServedPath, trimPath } from "../../plan/web-paths.ts";
import type { ServerLogin } from "../../stack/stack.ts";
import { listRequestedContainers, type RequestedContainer } from "../requested/containers.ts";
import {
  findGrafanaContainer,
  formatSettingVariable,
  readRequestedIni,
} from "../requested/grafana-settings.ts";
import { isComponent } from "./components.ts";
import { findLogin } from "./login.ts";

export type Server = Extract<Component, "prometheus" | "alertmanager" | "grafana">;

/** Scheme, path and login with which a server of the stack accepts requests. */
export interface ServerAccess {
  readonly scheme: "http" | "https";
  /** The path prefix of all requests, e.g. `/prometheus`; empty for the root. */
  readonly path: string;
  /** Undefined if no login is configured. Grafana's login is not part of it. */
  readonly login: ServerLogin | undefined;
}

/**
 * Returns how a server accepts requests, from the rendered charts: flags, web configuration, grafana.ini and the
 * operator's objects.
 */
export function resolveServerAccess(server: Server, rendered: readonly RenderedApp[]): ServerAccess {
  if (server === "grafana") return resolveGrafanaAccess(rendered);
  const apps = sortByComponentApp(server, rendered);
  const containers = listRequestedContainers(apps).filter(({ workload }) =>
    isComponent(server, workload.podLabels),
  );
  const mainContainer =
    containers.find(({ args }) => args.some((arg) => serverFlagPattern.test(arg))) ?? containers[0];
  // An operator creates the workload from its object. The placeholder container has no arguments.
  if (mainContainer === undefined || mainContainer.workload.args.length === 0)
    return resolveOperatedAccess(server, apps) ?? defaultAccess;
  const readFlag = (name: string) =>
    findFlag(
      mainContainer.args.map((arg) => expandVariables(arg, mainContainer.env)),
      name,
    );
  const path = resolveServedPath(readFlag("web.route-prefix"), readFlag("web.external-url"));
  const configFile = readFlag("web.config.file");
  const config = configFile === undefined ? undefined : readWebConfig(apps, configFile, mainContainer);
  const isHttps = config?.tls !== undefined || mainContainer.probe?.scheme?.toUpperCase() === "HTTPS";
  return {
    scheme: isHttps ? "https" : "http",
    path,
    login:
      configFile === undefined
        ? undefined
        : resolveLogin(server, rendered, mainContainer, { file: configFile, config }),
  };
}

/** The access of a server without web configuration. */
const defaultAccess: ServerAccess = { scheme: "http", path: "", login: undefined };

/** Matches flags that Prometheus and Alertmanager have, but not the sidecars in their pods. */
const serverFlagPattern = /^--(?:web\.|storage\.|config\.file)/;

/** Returns an argument with `$(NAME)` replaced by the container's variables, as Kubernetes does it. */
function expandVariables(arg: string, env: RequestedContainer["env"]): string {
  return arg.replace(/\$\(([\w.-]+)\)/g, (whole, name: string) => env.get(name) ?? whole);
}

const webConfigSchema = z.looseObject({
  tls_server_config: z.looseObject({ client_auth_type: z.string().nullish() }).nullish(),
  basic_auth_users: z.record(z.string(), z.unknown()).nullish(),
});

/** The parts of a `--web.config.file` that decide about the access. */
interface WebConfig {
  readonly tls: { readonly client_auth_type?: string | null | undefined } | undefined;
  readonly users: readonly string[];
}

/**
 * Returns the content of `--web.config.file`; undefined if the charts do not render it. Prefers a file that the pod
 * mounts.
 */
function readWebConfig(
  apps: readonly RenderedApp[],
  file: string,
  { workload }: RequestedContainer,
): WebConfig | undefined {
  const name = file.split("/").at(-1);
  const namedFiles = listFiles(apps).filter(({ key }) => key === name);
  const isMounted = ({ object }: (typeof namedFiles)[number]) =>
    workload.mounted.includes(object.metadata.name);
  const content = (namedFiles.find(isMounted) ?? namedFiles[0])?.content;
  const parsed = content === undefined ? undefined : webConfigSchema.safeParse(tryParseYaml(content)).data;
  if (parsed === undefined) return undefined;
  const { tls_server_config: tls, basic_auth_users: users } = parsed;
  return { tls: tls ?? undefined, users: Object.keys(users ?? {}) };
}

/** Returns the data of a YAML text; undefined if it is invalid. */
function tryParseYaml(text: string): unknown {
  try {
    return parseYaml(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns the login that a server's web configuration requires: a user and password, a client certificate, or
 * `missing` if the charts contain no password. Undefined if it requires none.
 */
function resolveLogin(
  server: "prometheus" | "alertmanager",
  rendered: readonly RenderedApp[],
  { probe }: RequestedContainer,
  { file, config }: { readonly file: string; readonly config: WebConfig | undefined },
): ServerLogin | undefined {
  const clientAuth = config?.tls?.client_auth_type ?? "";
  if (/^Require/.test(clientAuth)) return { kind: "certificate", where: `client_auth_type in ${file}` };
  if (config !== undefined && config.users.length === 0) return undefined;
  const users = config?.users;
  const headers = probe?.httpHeaders ?? [];
  return (
    findLogin(server, { users, headers, rendered }) ?? { kind: "missing", users: users ?? [], where: file }
  );
}

const operatedSchema = z.looseObject({
  routePrefix: z.string().nullish(),
  web: z
    .looseObject({ tlsConfig: z.looseObject({ clientAuthType: z.string().nullish() }).nullish() })
    .nullish(),
});

/**
 * Returns the access of a server that an operator creates; undefined without such an object. Its path is routePrefix,
 * independent of externalUrl.
 */
function resolveOperatedAccess(server: Server, apps: readonly RenderedApp[]): ServerAccess | undefined {
  const object = listRenderedObjects(apps).find(
    (candidate) => isOperated(candidate) && candidate.kind.toLowerCase() === server,
  );
  const spec = operatedSchema.safeParse(object?.["spec"]).data;
  if (spec === undefined) return undefined;
  const tls = spec.web?.tlsConfig;
  const wantsCertificate = /^Require/.test(tls?.clientAuthType ?? "");
  return {
    scheme: tls ? "https" : "http",
    path: trimPath(spec.routePrefix ?? ""),
    login: wantsCertificate
      ? {
          kind: "certificate",
          where: `web.tlsConfig.clientAuthType of ${object?.kind} ${object?.metadata.name}`,
        }
      : undefined,
  };
}

/** Returns Grafana's access. Grafana serves below the path of root_url only if serve_from_sub_path is set. */
function resolveGrafanaAccess(rendered: readonly RenderedApp[]): ServerAccess {
  const ini = readRequestedIni(rendered);
  const env = findGrafanaContainer(rendered)?.env ?? new Map<string, string | undefined>();
  const readSetting = (key: string) => {
    const text =
      env.get(formatSettingVariable({ section: "server", key })) ??
      ini.find((setting) => setting.section === "server" && setting.key === key)?.value;
    // Grafana replaces `$__env{NAME}` and `${NAME}`.
    return text?.replace(
      /\$__env\{(\w+)\}|\$\{(\w+)\}/g,
      (whole, envName, plainName) => env.get(envName ?? plainName) ?? whole,
    );
  };
  // The spellings of true in Go (strconv.ParseBool) and in ini files.
  const isBelowPath = /^(?:1|t|true|y|yes|on)$/i.test(readSetting("serve_from_sub_path") ?? "");
  return {
    scheme: /^(?:https|h2)$/.test(readSetting("protocol") ?? "") ? "https" : "http",
    path: isBelowPath ? trimPath(getUrlPath(readSetting("root_url") ?? "")) : "",
    login: undefined,
  };
}
