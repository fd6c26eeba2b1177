import { datasourceMissing as missing } from "../../failures/servers.ts";
import {
  type FailedCheck,
  findChecksWithFault,
  findFailedChecks,
  grafanaChecks,
  listUnpassedCheckIds,
  quoteCheck,
} from "../checks.ts";
import type { Evidence, GrafanaEvidence, RequestedSettings } from "../evidence.ts";
import { shortenToLine } from "../log-lines.ts";
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
    const checks = findChecksWithFault(
      evidence,
      "datasource-wrong-url",
      "datasource-unreachable",
      "datasource-error",
    );
    const datasource = findDefaultDatasource(evidence);
    if (datasource === undefined || checks.length === 0) return [];
    const problem = findUrlProblem(evidence, datasource);
    if (problem !== undefined) return [describeWrongUrl(evidence, datasource, checks, problem)];
    if (checks.some(({ fault }) => fault === "datasource-wrong-url")) {
      return [describeWrongUrl(evidence, datasource, checks, "the server at this URL is not Prometheus")];
    }
    return [];
  },
};

/** Returns the finding for a datasource whose URL is wrong. */
function describeWrongUrl(
  evidence: Evidence,
  datasource: Datasource,
  checks: readonly FailedCheck[],
  problem: string,
): Finding {
  const service = evidence.requested.prometheusService;
  const expectedUrl = service && formatServiceUrl(service);
  const requested = evidence.requested.datasources.find(({ name }) => name === datasource.name);
  const isChanged =
    requested?.url !== undefined && removeEndSlashes(requested.url) !== removeEndSlashes(datasource.url);
  const { proxy } = evidence.grafana ?? {};
  return {
    what: `Grafana's datasource ${datasource.name} leads to ${datasource.url || "nowhere"}: ${problem}`,
    how: [
      `Grafana reports that ${datasource.name} has the url ${datasource.url}${isChanged ? `; the charts provision ${requested.url}` : ""}`,
      ...(proxy && proxy.status !== 200
        ? [`Grafana's proxy to it answers HTTP ${proxy.status}: ${shortenToLine(proxy.body, 200)}`]
        : checks.slice(0, 1).map(quoteCheck)),
    ],
    fix: isChanged
      ? `Somebody changed it, or Grafana's volume kept it from before: let Grafana's pod start again, which provisions it anew${expectedUrl ? ` with ${requested.url}` : ""}, or delete the volume.`
      : `Set its url to ${expectedUrl ?? "the Prometheus service"} (datasources in the Grafana chart's values).`,
    explains: [
      ...new Set([
        ...checks.map(({ id }) => id),
        ...listUnpassedCheckIds(evidence, /^(grafana-query|dashboard)/),
      ]),
    ],
    values: isChanged ? [] : [datasource.url],
  };
}

export const datasourceUnreachable: DiagnosisRule = {
  id: "datasource-unreachable",
  layer: "grafana",
  title: "Grafana can't reach Prometheus, though its URL is right",
  evidence: "the response of Grafana's proxy to its datasource",
  find: (evidence) => {
    const datasource = findDefaultDatasource(evidence);
    const checks = findChecksWithFault(
      evidence,
      "datasource-unreachable",
      "datasource-unauthorized",
      "datasource-error",
    );
    if (datasource === undefined || checks.length === 0 || findUrlProblem(evidence, datasource) !== undefined)
      return [];
    const { proxy } = evidence.grafana ?? {};
    const isRefused = checks.some(({ fault }) => fault === "datasource-unauthorized");
    return [
      {
        what: isRefused
          ? `Grafana's datasource ${datasource.name} is refused by what is at ${datasource.url}: it wants credentials`
          : `Grafana can't reach Prometheus at ${datasource.url}, though that is its service`,
        how: [
          ...(proxy && proxy.status !== 200
            ? [`Grafana's proxy answers HTTP ${proxy.status}: ${shortenToLine(proxy.body, 300)}`]
            : []),
          ...checks.map(quoteCheck),
        ],
        fix: isRefused
          ? "Give the datasource the credentials (basicAuthUser and secureJsonData), or take the proxy in between away."
          : "Check whether Prometheus' pod is ready and behind its service, and whether a network policy blocks the traffic between the two.",
        sureness: "likely",
        explains: [
          ...new Set([...checks.map(({ id }) => id), ...listUnpassedCheckIds(evidence, /^dashboard/)]),
        ],
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
      ...findChecksWithFault(evidence, "datasource-wrong-uid"),
      ...findFailedChecks(evidence).filter(
        ({ id, seen, cause }) =>
          id === "dashboards-whole" && /datasource|uid/i.test(`${seen} ${cause ?? ""}`),
      ),
    ];
    if (checks.length === 0) return [];
    const datasource = findDefaultDatasource(evidence);
    const requestedUid = evidence.requested.datasources.find(({ name }) => name === datasource?.name)?.uid;
    const isChanged =
      requestedUid !== undefined && datasource !== undefined && requestedUid !== datasource.uid;
    return [
      {
        what: isChanged
          ? `Grafana's datasource ${datasource.name} has the uid ${datasource.uid}, not ${requestedUid}: dashboards that name ${requestedUid} show nothing`
          : `A dashboard names a datasource that Grafana does not have: ${shortenToLine(checks[0]?.seen ?? "", 200)}`,
        how: [
          ...checks.map(quoteCheck),
          `the datasources in Grafana have the uids ${uids.join(", ") || "(none)"}`,
        ],
        fix: isChanged
          ? `A volume from before holds it under the other uid: delete the volume, or list ${datasource.name} under deleteDatasources in the provisioning.`
          : "Give the datasource the uid that the dashboard names (datasources[].uid), or let the dashboard take it from a variable.",
        explains: [
          ...new Set([...checks.map(({ id }) => id), ...listUnpassedCheckIds(evidence, /^dashboard/)]),
        ],
        keys: ["uid"],
        values: requestedUid === undefined ? [] : [requestedUid],
      },
    ];
  },
};

export const datasourceMissing: DiagnosisRule = {
  ...missing,
  evidence: "the datasources in Grafana and in what the charts provision",
  find: (evidence) => {
    const checks = findChecksWithFault(evidence, missing.id);
    if (checks.length === 0) return [];
    const requested = evidence.requested.datasources;
    const datasources = evidence.grafana?.datasources ?? [];
    const hasNoDefault = requested.length > 0 && !requested.some(({ isDefault }) => isDefault);
    return [
      {
        what:
          requested.length === 0
            ? "Grafana has no default Prometheus datasource: the charts provision none"
            : `Grafana has no default Prometheus datasource: ${hasNoDefault ? "none of those that are provisioned is marked as default" : "it did not read the provisioning files"}`,
        how: [
          ...checks.map(quoteCheck),
          `Grafana has ${datasources.map(({ name, type }) => `${name} (${type})`).join(", ") || "no datasource"}`,
        ],
        sureness: requested.length === 0 || hasNoDefault ? "certain" : "likely",
        explains: [
          ...new Set([...checks.map(({ id }) => id), ...listUnpassedCheckIds(evidence, grafanaChecks)]),
        ].filter((id) => id !== "grafana-healthy" && !id.startsWith("workloads-")),
      },
    ];
  },
};

/** Returns Grafana's default datasource; undefined if there is none. */
function findDefaultDatasource({ grafana }: Evidence): Datasource | undefined {
  return grafana?.datasources.find(({ isDefault }) => isDefault);
}

/**
 * Returns why a datasource's URL is not that of Prometheus' service; undefined if it can be. An IP address or a name
 * outside of the cluster can lead to Prometheus, so it is not a problem.
 */
function findUrlProblem(evidence: Evidence, { url }: Datasource): string | undefined {
  const service = evidence.requested.prometheusService;
  if (!URL.canParse(url)) return "it is not a URL";
  const { hostname, port, protocol, pathname } = new URL(url);
  if (service === undefined || /^[\d.]+$|:/.test(hostname)) return undefined;
  const [name = "", namespace, kind] = hostname.split(".");
  if (kind !== undefined && kind !== "svc") return undefined;
  const expectation = `Prometheus is ${formatServiceUrl(service)}`;
  if (name !== service.name || (namespace !== undefined && namespace !== service.namespace)) {
    const exists = serviceExists(evidence, name, namespace ?? service.namespace);
    return `${exists ? "that is another service" : "there is no such service"}; ${expectation}`;
  }
  const defaultPort = protocol === "https:" ? 443 : 80;
  const urlPort = port === "" ? defaultPort : Number(port);
  if (urlPort !== service.port) return `its service has no port ${urlPort}; ${expectation}`;
  const { scheme, path } = service;
  if (scheme !== undefined && protocol !== `${scheme}:`) return `it serves ${scheme}; ${expectation}`;
  if (path !== undefined && removeEndSlashes(pathname) !== path)
    return `it serves ${path === "" ? "at the root" : `below ${path}`}; ${expectation}`;
  return undefined;
}

/** True if the cluster has a service of this name. */
function serviceExists({ cluster }: Evidence, name: string, namespace: string): boolean {
  return (cluster?.services ?? []).some(
    ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
  );
}

/** Returns the URL of a service in the cluster. */
function formatServiceUrl({ name, namespace, port, scheme = "http", path = "" }: Service): string {
  const isDefaultPort = port === (scheme === "https" ? 443 : 80);
  return `${scheme}://${name}.${namespace}.svc.cluster.local${isDefaultPort ? "" : `:${port}`}${path}`;
}

/** Returns a URL without slashes at its end. */
function removeEndSlashes(url: string): string {
  return url.replace(/(?<!\/)\/+$/, "");
}
