import { UserError } from "../../lib/errors.ts";
import { formatKeyPath, isMapping, type Values, valueAt } from "../../lib/object.ts";
import { chartName, stackChart } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import type { OverlaySetting } from "../profiles/overlay.ts";
import { scrapeInterval } from "../profiles/scrape-intervals.ts";
import { flagIn, pathOf, servedPath } from "../web-paths.ts";
import { mountsProvisioning } from "./grafana-values.ts";

/** Returns the default stack's data source: the Prometheus that Grafana depends on. */
export function datasourceSettings(prometheus: PlannedApp, grafanaValues: Values): readonly OverlaySetting[] {
  if (valueAt(grafanaValues, ["sidecar", "datasources", "enabled"]) === true) return [];
  // Grafana does not start with two default data sources.
  if (mountsProvisioning(grafanaValues, "datasources")) return [];
  const datasource = {
    name: "Prometheus",
    uid: "prometheus",
    type: "prometheus",
    access: "proxy",
    url: prometheusUrl(prometheus),
    isDefault: true,
    ...datasourceAccess(prometheus, { timeInterval: scrapeInterval(prometheus.values) }),
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

/** The address of the Prometheus chart's service inside the cluster, named the way the chart names it. */
export function prometheusUrl(app: PlannedApp): string {
  const { release, namespace, values } = app;
  const server = serverOf(app);
  const name = String(values.nameOverride || "prometheus");
  const base = release.includes(name) ? release : `${release}-${name}`;
  const service = String(server.fullnameOverride || `${base}-${server.name || "server"}`)
    .slice(0, 63)
    .replace(/-$/, "");
  const port = Number(valueAt(server, ["service", "servicePort"]) ?? 80);
  const host = `${service}.${values.forceNamespace || namespace}.svc.cluster.local`;
  const [scheme, usual] = isHttps(server) ? ["https", 443] : ["http", 80];
  return `${scheme}://${host}${port === usual ? "" : `:${port}`}${pathIn(server)}`;
}

/** The chart makes flags of prefixURL and baseURL; others are written out. */
function pathIn(server: Values): string {
  const texts = Array.isArray(server.extraFlags) ? server.extraFlags.map((flag) => `--${flag}`) : [];
  const args = isMapping(server.extraArgs) ? server.extraArgs : {};
  const flag = (name: string, key: string) =>
    [flagIn(texts, name), args[name], server[key]].find(
      (value): value is string => typeof value === "string" && value !== "",
    );
  return servedPath(flag("web.route-prefix", "prefixURL"), flag("web.external-url", "baseURL"));
}

function serverOf({ values }: PlannedApp): Values {
  return isMapping(values.server) ? values.server : {};
}

/** The chart's probes say whether the server speaks TLS; its web configuration is a file of the user's. */
function isHttps({ probeScheme }: Values): boolean {
  return probeScheme === "HTTPS";
}

/**
 * What Grafana's data source needs beside the address: the login that the chart's probes have too. The server's certificate is
 * the user's own, and mostly signed by nobody that Grafana knows.
 */
export function datasourceAccess(prometheus: PlannedApp, jsonData: Values): Values {
  const login = probeLogin(prometheus);
  return {
    jsonData: isHttps(serverOf(prometheus)) ? { ...jsonData, tlsSkipVerify: true } : jsonData,
    ...(login && {
      basicAuth: true,
      basicAuthUser: login.user,
      // Grafana fills in `$NAME`.
      secureJsonData: { basicAuthPassword: login.password.replaceAll("$", "$$$$") },
    }),
  };
}

/** The user and password of `server.probeHeaders`. */
export function probeLogin(app: PlannedApp): { user: string; password: string } | undefined {
  const headers = serverOf(app).probeHeaders;
  const header: unknown = Array.isArray(headers)
    ? headers.find((one) => isMapping(one) && /^authorization$/i.test(String(one.name)))
    : undefined;
  return isMapping(header) ? readBasic(String(header.value)) : undefined;
}

/** Reads the value of an Authorization header; undefined where it is not HTTP basic authentication. */
export function readBasic(value: string): { user: string; password: string } | undefined {
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
 * A URL as route prefix ends Prometheus and Alertmanager at their start: their router takes the colon for a parameter.
 * @throws UserError
 */
export function refuseUrlPrefixes(apps: readonly PlannedApp[]): void {
  for (const { name, chart, values } of apps)
    for (const path of prefixKeys[chartName(chart)] ?? []) {
      const prefix = valueAt(values, path);
      if (typeof prefix !== "string" || !/^[a-z][a-z\d+.-]{0,20}:\/\//i.test(prefix)) continue;
      throw new UserError(
        `apps.${name}.values: ${formatKeyPath(path)} is the URL ${prefix}: expected a path alone, for example ${pathOf(prefix) || "/prometheus"}`,
        { fix: "put the path there, and the whole URL into baseURL (kube-prometheus-stack: externalUrl)" },
      );
    }
}
