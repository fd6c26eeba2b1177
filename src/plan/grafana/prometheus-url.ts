import { UserError } from "../../lib/errors.ts";
import { formatKeyPath, getValueAt, isMapping, type Values } from "../../lib/object.ts";
import { getChartName, stackChart } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import type { OverlaySetting } from "../profiles/overlay.ts";
import { findScrapeInterval } from "../profiles/scrape-intervals.ts";
import { findFlag, getUrlPath, resolveServedPath } from "../web-paths.ts";
import { hasProvisioningMount } from "./grafana-values.ts";

/**
 * Returns the setting that gives Grafana a data source for the Prometheus that it depends on. Empty if Grafana may
 * get another default data source, because Grafana does not start with two.
 */
export function listDatasourceSettings(
  prometheus: PlannedApp,
  grafanaValues: Values,
): readonly OverlaySetting[] {
  if (getValueAt(grafanaValues, ["sidecar", "datasources", "enabled"]) === true) return [];
  if (hasProvisioningMount(grafanaValues, "datasources")) return [];
  const datasource = {
    name: "Prometheus",
    uid: "prometheus",
    type: "prometheus",
    access: "proxy",
    url: buildPrometheusUrl(prometheus),
    isDefault: true,
    ...createDatasourceAccess(prometheus, { timeInterval: findScrapeInterval(prometheus.values) }),
  };
  return [
    {
      path: ["datasources", "datasources.yaml"],
      value: { apiVersion: 1, datasources: [datasource] },
      why: "Grafana queries the Prometheus of this stack; $__rate_interval follows its scrape interval",
      unlessAny: [["datasources"]],
    },
  ];
}

/**
 * Returns the address of the Prometheus chart's service inside the cluster. It follows the chart's own rules for the
 * service's name: at most 63 characters, as Kubernetes allows, and no `-` at the end.
 */
export function buildPrometheusUrl(app: PlannedApp): string {
  const { release, namespace, values } = app;
  const server = findServerValues(app);
  const name = String(values.nameOverride || "prometheus");
  const fullName = release.includes(name) ? release : `${release}-${name}`;
  const service = String(server.fullnameOverride || `${fullName}-${server.name || "server"}`)
    .slice(0, 63)
    .replace(/-$/, "");
  const port = Number(getValueAt(server, ["service", "servicePort"]) ?? 80);
  const host = `${service}.${values.forceNamespace || namespace}.svc.cluster.local`;
  const [scheme, defaultPort] = isHttps(server) ? ["https", 443] : ["http", 80];
  return `${scheme}://${host}${port === defaultPort ? "" : `:${port}`}${findServedPath(server)}`;
}

/** Returns the path that Prometheus serves below: from prefixURL, from baseURL, or from explicit flags. */
function findServedPath(server: Values): string {
  const extraFlags = Array.isArray(server.extraFlags)
    ? server.extraFlags.map((findSetting) => `--${findSetting}`)
    : [];
  const args = isMapping(server.extraArgs) ? server.extraArgs : {};
  const findSetting = (name: string, key: string) =>
    [findFlag(extraFlags, name), args[name], server[key]].find(
      (value): value is string => typeof value === "string" && value !== "",
    );
  return resolveServedPath(
    findSetting("web.route-prefix", "prefixURL"),
    findSetting("web.external-url", "baseURL"),
  );
}

function findServerValues({ values }: PlannedApp): Values {
  return isMapping(values.server) ? values.server : {};
}

/**
 * True if the server uses TLS, as the schemes of the chart's probes show. The server's web configuration is a file of the
 * user.
 */
function isHttps({ probeScheme }: Values): boolean {
  return probeScheme === "HTTPS";
}

/**
 * Returns the settings that Grafana's data source needs besides the address: the login that the chart's probes use too,
 * and no check of the certificate. The certificate is the user's own, and Grafana rarely knows its issuer.
 */
export function createDatasourceAccess(prometheus: PlannedApp, jsonData: Values): Values {
  const login = findProbeLogin(prometheus);
  return {
    jsonData: isHttps(findServerValues(prometheus)) ? { ...jsonData, tlsSkipVerify: true } : jsonData,
    ...(login && {
      basicAuth: true,
      basicAuthUser: login.user,
      // Grafana fills in `$NAME`.
      secureJsonData: { basicAuthPassword: login.password.replaceAll("$", "$$$$") },
    }),
  };
}

/** Returns the user and password of `server.probeHeaders`. */
export function findProbeLogin(app: PlannedApp): { user: string; password: string } | undefined {
  const headers = findServerValues(app).probeHeaders;
  const header: unknown = Array.isArray(headers)
    ? headers.find((header) => isMapping(header) && /^authorization$/i.test(String(header.name)))
    : undefined;
  return isMapping(header) ? parseBasicAuth(String(header.value)) : undefined;
}

/** Returns the user and password of an Authorization header; undefined if it is not HTTP basic authentication. */
export function parseBasicAuth(value: string): { user: string; password: string } | undefined {
  const encoded = /^Basic ([\w+/=-]+)$/i.exec(value.trim())?.[1];
  const decoded = Buffer.from(encoded ?? "", "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  return colon < 0 ? undefined : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

const prefixKeys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  prometheus: [
    ["server", "prefixURL"],
    ["alertmanager", "prefixURL"],
  ],
  [stackChart]: [
    ["prometheus", "prometheusSpec", "routePrefix"],
    ["alertmanager", "alertmanagerSpec", "routePrefix"],
  ],
};

/**
 * Refuses a URL as route prefix. Prometheus and Alertmanager exit with it, because their router reads the colon as a
 * parameter.
 * @throws UserError
 */
export function refuseUrlPrefixes(apps: readonly PlannedApp[]): void {
  for (const { name, chart, values } of apps)
    for (const path of prefixKeys[getChartName(chart)] ?? []) {
      const prefix = getValueAt(values, path);
      if (typeof prefix !== "string" || !/^[a-z][a-z\d+.-]{0,20}:\/\//i.test(prefix)) continue;
      throw new UserError(
        `apps.${name}.values: ${formatKeyPath(path)} is the URL ${prefix}: expected a path alone, for example ${getUrlPath(prefix) || "/prometheus"}`,
        { fix: "put the path there, and the whole URL into baseURL (kube-prometheus-stack: externalUrl)" },
      );
    }
}
