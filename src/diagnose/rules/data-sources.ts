import { datasourceMissing as missing } from "../../failures/servers.ts";
import {
  type FailedCheck,
  findFailedChecks,
  listNotPassed,
  needGrafana,
  quoteCheck,
  withFault,
} from "../checks.ts";
import type { Evidence, GrafanaEvidence, RequestedSettings } from "../evidence.ts";
import { shorten } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

type Datasource = GrafanaEvidence["datasources"][number];
type Service = NonNullable<RequestedSettings["prometheusService"]>;

export const datasourceWrongUrl: DiagnosisRule = {
  id: "datasource-wrong-url",
  layer: "grafana",
  title: "Grafana's datasource leads elsewhere than to Prometheus",
  evidence:
    "the datasource's URL in Grafana and in the charts; Prometheus' service; the response of Grafana's proxy",
  find: (evidence) => {
    const checks = withFault(evidence, "datasource-wrong-url", "datasource-unreachable", "datasource-error");
    const live = findDefault(evidence);
    if (live === undefined || checks.length === 0) return [];
    const wrong = findUrlProblem(evidence, live);
    if (wrong !== undefined) return [describeWrongUrl(evidence, live, checks, wrong)];
    if (checks.some(({ fault }) => fault === "datasource-wrong-url")) {
      return [describeWrongUrl(evidence, live, checks, "the server at this URL is not Prometheus")];
    }
    return [];
  },
};

function describeWrongUrl(
  evidence: Evidence,
  live: Datasource,
  checks: readonly FailedCheck[],
  wrong: string,
): Finding {
  const service = evidence.requested.prometheusService;
  const right = service && toUrl(service);
  const requested = evidence.requested.datasources.find(({ name }) => name === live.name);
  const kept = requested?.url !== undefined && toPlainUrl(requested.url) !== toPlainUrl(live.url);
  const { proxy } = evidence.grafana ?? {};
  return {
    what: `Grafana's datasource ${live.name} leads to ${live.url || "nowhere"}: ${wrong}`,
    how: [
      `Grafana reports that ${live.name} has the url ${live.url}${kept ? `; the charts provision ${requested.url}` : ""}`,
      ...(proxy && proxy.status !== 200
        ? [`Grafana's proxy to it answers HTTP ${proxy.status}: ${shorten(proxy.body, 200)}`]
        : checks.slice(0, 1).map(quoteCheck)),
    ],
    fix: kept
      ? `Somebody changed it, or Grafana's volume kept it from before: let Grafana's pod start again, which provisions it anew${right ? ` with ${requested.url}` : ""}, or delete the volume.`
      : `Set its url to ${right ?? "the Prometheus service"} (datasources in the Grafana chart's values).`,
    explains: [
      ...new Set([...checks.map(({ id }) => id), ...listNotPassed(evidence, /^(grafana-query|dashboard)/)]),
    ],
    values: kept ? [] : [live.url],
  };
}

export const datasourceUnreachable: DiagnosisRule = {
  id: "datasource-unreachable",
  layer: "grafana",
  title: "Grafana can't reach Prometheus, though its URL is right",
  evidence: "the response of Grafana's proxy to its datasource",
  find: (evidence) => {
    const live = findDefault(evidence);
    const checks = withFault(
      evidence,
      "datasource-unreachable",
      "datasource-unauthorized",
      "datasource-error",
    );
    if (live === undefined || checks.length === 0 || findUrlProblem(evidence, live) !== undefined) return [];
    const { proxy } = evidence.grafana ?? {};
    const refused = checks.some(({ fault }) => fault === "datasource-unauthorized");
    return [
      {
        what: refused
          ? `Grafana's datasource ${live.name} is refused by what is at ${live.url}: it wants credentials`
          : `Grafana can't reach Prometheus at ${live.url}, though that is its service`,
        how: [
          ...(proxy && proxy.status !== 200
            ? [`Grafana's proxy answers HTTP ${proxy.status}: ${shorten(proxy.body, 300)}`]
            : []),
          ...checks.map(quoteCheck),
        ],
        fix: refused
          ? "Give the datasource the credentials (basicAuthUser and secureJsonData), or take the proxy in between away."
          : "Check whether Prometheus' pod is ready and behind its service, and whether a network policy blocks the traffic between the two.",
        sureness: "likely",
        explains: [...new Set([...checks.map(({ id }) => id), ...listNotPassed(evidence, /^dashboard/)])],
      },
    ];
  },
};

export const datasourceWrongUid: DiagnosisRule = {
  id: "datasource-wrong-uid",
  layer: "grafana",
  title: "Dashboards name a datasource's uid that isn't there",
  evidence: "the datasources' uids in Grafana, in the charts, and in dashboards",
  find: (evidence) => {
    const uids = (evidence.grafana?.datasources ?? []).map(({ uid }) => uid);
    const checks = [
      ...withFault(evidence, "datasource-wrong-uid"),
      ...findFailedChecks(evidence).filter(
        ({ id, seen, cause }) =>
          id === "dashboards-whole" && /datasource|uid/i.test(`${seen} ${cause ?? ""}`),
      ),
    ];
    if (checks.length === 0) return [];
    const live = findDefault(evidence);
    const requested = evidence.requested.datasources.find(({ name }) => name === live?.name)?.uid;
    const differs = requested !== undefined && live !== undefined && requested !== live.uid;
    return [
      {
        what: differs
          ? `Grafana's datasource ${live.name} has the uid ${live.uid}, not ${requested}: dashboards that name ${requested} show nothing`
          : `A dashboard names a datasource that Grafana does not have: ${shorten(checks[0]?.seen ?? "", 200)}`,
        how: [
          ...checks.map(quoteCheck),
          `the datasources in Grafana have the uids ${uids.join(", ") || "(none)"}`,
        ],
        fix: differs
          ? `A volume from before holds it under the other uid: delete the volume, or list ${live.name} under deleteDatasources in the provisioning.`
          : "Give the datasource the uid that the dashboard names (datasources[].uid), or let the dashboard take it from a variable.",
        explains: [...new Set([...checks.map(({ id }) => id), ...listNotPassed(evidence, /^dashboard/)])],
        keys: ["uid"],
        values: requested === undefined ? [] : [requested],
      },
    ];
  },
};

export const datasourceMissing: DiagnosisRule = {
  ...missing,
  evidence: "the datasources in Grafana and in what the charts provision",
  find: (evidence) => {
    const checks = withFault(evidence, missing.id);
    if (checks.length === 0) return [];
    const requested = evidence.requested.datasources;
    const live = evidence.grafana?.datasources ?? [];
    const noDefault = requested.length > 0 && !requested.some(({ isDefault }) => isDefault);
    return [
      {
        what:
          requested.length === 0
            ? "Grafana has no default Prometheus datasource: the charts provision none"
            : `Grafana has no default Prometheus datasource: ${noDefault ? "none of those that are provisioned is marked as default" : "it did not read the provisioning files"}`,
        how: [
          ...checks.map(quoteCheck),
          `Grafana has ${live.map(({ name, type }) => `${name} (${type})`).join(", ") || "no datasource"}`,
        ],
        sureness: requested.length === 0 || noDefault ? "certain" : "likely",
        explains: [
          ...new Set([...checks.map(({ id }) => id), ...listNotPassed(evidence, needGrafana)]),
        ].filter((id) => id !== "grafana-healthy" && !id.startsWith("workloads-")),
      },
    ];
  },
};

function findDefault({ grafana }: Evidence): Datasource | undefined {
  return grafana?.datasources.find(({ isDefault }) => isDefault);
}

/** Why a URL can't be Prometheus' service; undefined when it may well be. */
function findUrlProblem(evidence: Evidence, { url }: Datasource): string | undefined {
  const service = evidence.requested.prometheusService;
  if (!URL.canParse(url)) return "it is not a URL";
  const { hostname, port, protocol, pathname } = new URL(url);
  if (service === undefined || /^[\d.]+$|:/.test(hostname)) return undefined;
  const [name = "", namespace, kind] = hostname.split(".");
  if (kind !== undefined && kind !== "svc") return undefined;
  const right = `Prometheus is ${toUrl(service)}`;
  if (name !== service.name || (namespace !== undefined && namespace !== service.namespace)) {
    return `${isService(evidence, name, namespace ?? service.namespace) ? "that is another service" : "there is no such service"}; ${right}`;
  }
  const requested = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
  if (requested !== service.port) return `its service has no port ${requested}; ${right}`;
  const { scheme, path } = service;
  if (scheme !== undefined && protocol !== `${scheme}:`) return `it serves ${scheme}; ${right}`;
  if (path !== undefined && toPlainUrl(pathname) !== path)
    return `it serves ${path === "" ? "at the root" : `below ${path}`}; ${right}`;
  return undefined;
}

function isService({ cluster }: Evidence, name: string, namespace: string): boolean {
  return (cluster?.services ?? []).some(
    ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
  );
}

function toUrl({ name, namespace, port, scheme = "http", path = "" }: Service): string {
  const isUsual = port === (scheme === "https" ? 443 : 80);
  return `${scheme}://${name}.${namespace}.svc.cluster.local${isUsual ? "" : `:${port}`}${path}`;
}

function toPlainUrl(url: string): string {
  return url.replace(/(?<!\/)\/+$/, "");
}
