import { formatList } from "../../../lib/text.ts";
import {
  findWorkloadsByName,
  listFiles,
  listProvisionedDatasources,
  type ProvisionedDatasource,
  parseDatasources,
  type RenderedApp,
  type RenderedFile,
} from "../../../model/rendered.ts";
import { type Check, type Fault, pass, type Verdict } from "../../../stack/check.ts";
import type { Datasource, GrafanaClient } from "../../../stack/grafana.ts";
import type { HttpEndpoint } from "../../../stack/stack.ts";
import { type StackWith, withGrafana } from "../required-services.ts";
import { explainNotCollected, listSidecars } from "./sidecars.ts";

export const grafanaDatasource: Check = {
  id: "grafana-datasource",
  title: "Grafana's data sources are those that were requested, the default one is this Prometheus",
  severity: "error",
  meaning: "Dashboards show nothing, or the data of another Prometheus.",
  fix: "provision each data source under one name and uid, and one with type prometheus, isDefault: true, the URL of the Prometheus service and a fixed uid (`datasources:` in the Grafana chart's values)",
  run: withGrafana(checkGrafanaDatasource),
};

/** Milliseconds: a sidecar writes provisioning files while Grafana runs, and Grafana 12 responds before it has read them. */
const provisioningMs = 12_000;
/** Milliseconds: Grafana replaces the data sources on its volume as soon as it has read a file. */
const replacedMs = 8_000;

/**
 * Compares Grafana's data sources with the provisioned ones. A missing one may be due to a sidecar that does not
 * collect its file.
 */
async function checkGrafanaDatasource(
  client: GrafanaClient,
  { grafana, prometheus, rendered }: StackWith<"grafana">,
): Promise<Verdict> {
  const live = await client.datasources();
  const verdict = judgeDatasources(
    live,
    listProvisionedDatasources(rendered),
    prometheus,
    grafana.service.namespace,
  );
  const isMissing = verdict.status === "fail" && /^datasource-(none|not-)/.test(verdict.fault?.id ?? "");
  const ignored = isMissing ? explainIgnored(rendered, live) : undefined;
  if (ignored === undefined) return verdict;
  return { ...verdict, ...ignored, fault: { id: "datasource-not-collected", graceMs: 0 } } as Verdict;
}

/** Returns why no sidecar collects a file with a data source that Grafana lacks; undefined if there is no such file. */
function explainIgnored(
  rendered: readonly RenderedApp[],
  live: readonly Datasource[],
): { cause: string; fix: string } | undefined {
  if (findWorkloadsByName(rendered, "grafana").length === 0) return undefined;
  const sidecars = listSidecars(rendered, "datasources");
  const labels = ["grafana_datasource", ...sidecars.map(({ label }) => label)];
  const isForSidecar = (object: RenderedFile["object"]) =>
    labels.some((label) => object.metadata.labels?.[label] !== undefined);
  const uncollectedFiles = listFiles(rendered).filter(
    ({ object, content }) =>
      isForSidecar(object) &&
      parseDatasources(content).some(({ name }) => !live.some((liveSource) => liveSource.name === name)),
  );
  return uncollectedFiles.flatMap(
    ({ object }) => explainNotCollected(object, sidecars, "datasources") ?? [],
  )[0];
}

/** Judges the default data source, then the others. `namespace` is Grafana's own. */
function judgeDatasources(
  live: readonly Datasource[],
  provisioned: readonly ProvisionedDatasource[],
  prometheus: HttpEndpoint | undefined,
  namespace: string,
): Verdict {
  const requestedDefault = provisioned.find(({ isDefault, type }) => isDefault && type === "prometheus");
  const result = judgeDefault(live, requestedDefault, prometheus, namespace);
  if ("datasource" in result) return judgeOthers(live, provisioned, result.datasource);
  const expected = requestedDefault
    ? `one default datasource: ${requestedDefault.name}, type prometheus, url ${requestedDefault.url}, uid ${requestedDefault.uid ?? "any"}`
    : `one default datasource of type prometheus${prometheus ? `, at the service ${prometheus.service.namespace}/${prometheus.service.name}` : ""}`;
  return { status: "fail", expected, ...result };
}

/** The default data source if it is as requested, else the parts of a failure. */
type JudgedDefault =
  | { readonly datasource: Datasource }
  | { readonly seen: string; readonly cause: string; readonly fault: Fault };

/**
 * Returns Grafana's default data source, or why it is not the requested one: there is none, there are several, or it has
 * another type, URL or uid, or leads to another server.
 */
function judgeDefault(
  live: readonly Datasource[],
  requestedDefault: ProvisionedDatasource | undefined,
  prometheus: HttpEndpoint | undefined,
  namespace: string,
): JudgedDefault {
  const defaultSources = live.filter(({ isDefault }) => isDefault);
  const onlyDefault = defaultSources[0];
  const createProblem = (id: string, seen: string, cause: string, graceMs = replacedMs) => ({
    seen,
    cause,
    fault: { id, graceMs },
  });
  if (onlyDefault === undefined || defaultSources.length > 1) {
    const seen =
      live.length === 0
        ? "no datasource"
        : `${defaultSources.length} default ones of ${formatList(live.map(describeDatasource))}`;
    const cause = requestedDefault
      ? "Grafana has not read its provisioning files yet, or refused them (see its log)"
      : "the charts provision no default Prometheus datasource";
    return onlyDefault === undefined
      ? createProblem("datasource-missing", seen, cause, requestedDefault ? provisioningMs : replacedMs)
      : createProblem("datasource-two-defaults", seen, cause);
  }
  if (onlyDefault.type !== "prometheus") {
    return createProblem(
      "datasource-missing",
      describeDatasource(onlyDefault),
      "another datasource is the default one",
    );
  }
  if (
    requestedDefault?.url &&
    !requestedDefault.url.includes("$") &&
    !isSameUrl(requestedDefault.url, onlyDefault.url)
  ) {
    const cause = "the datasource was changed, or kept from an earlier deployment";
    return createProblem("datasource-wrong-url", describeDatasource(onlyDefault), cause);
  }
  if (requestedDefault?.uid && requestedDefault.uid !== onlyDefault.uid) {
    return createProblem(
      "datasource-wrong-uid",
      describeDatasource(onlyDefault),
      "a datasource of that name was there before, with another uid; dashboards that name the uid break",
    );
  }
  if (prometheus && !leadsToEndpoint(onlyDefault.url, prometheus, namespace)) {
    const { service } = prometheus;
    const cause = `its URL is not the service ${service.namespace}/${service.name}`;
    // Waiting can't change a URL that the charts provision.
    return createProblem(
      "datasource-wrong-url",
      describeDatasource(onlyDefault),
      cause,
      requestedDefault?.url ? 0 : replacedMs,
    );
  }
  return { datasource: onlyDefault };
}

/**
 * Fails if a provisioned data source is missing or differs. Secrets are not compared: Grafana does not return them.
 * `defaultDatasource` is not listed again in a pass.
 */
function judgeOthers(
  live: readonly Datasource[],
  provisioned: readonly ProvisionedDatasource[],
  defaultDatasource: Datasource,
): Verdict {
  // monstack logs in to the first organization only.
  const requested = provisioned.filter(({ orgId }) => (orgId ?? 1) === 1);
  const missingSources = requested.filter(({ name }) => !live.some((liveSource) => liveSource.name === name));
  const differences = requested.flatMap((datasource) =>
    live
      .filter(({ name }) => name === datasource.name)
      .flatMap((liveDatasource) => listDifferences(datasource, liveDatasource)),
  );
  if (missingSources.length + differences.length === 0) {
    const otherNames = live.filter((liveSource) => liveSource !== defaultDatasource).map(({ name }) => name);
    return pass(
      otherNames.length === 0
        ? describeDatasource(defaultDatasource)
        : `${describeDatasource(defaultDatasource)}; also ${formatList(otherNames)}`,
    );
  }
  return {
    status: "fail",
    expected: `the data sources ${formatList(requested.map(({ name, type }) => `${name} (${type})`))}`,
    seen: formatList([...missingSources.map(({ name }) => `${name} is not in Grafana`), ...differences]),
    cause:
      missingSources.length > 0
        ? "Grafana has not read its provisioning files yet, or refused them (see its log)"
        : "the data source was changed, is provisioned twice under one name, or was kept from an earlier deployment",
    fault: {
      id: missingSources.length > 0 ? "datasource-not-provisioned" : "datasource-differs",
      graceMs: provisioningMs,
    },
  };
}

/** Describes the settings of a data source that differ from the provisioned ones. Values with variables are not compared. */
function listDifferences(wanted: ProvisionedDatasource, live: Datasource): string[] {
  const describeDifference = (setting: string, requested: unknown, liveValue: unknown): string[] =>
    requested === undefined ||
    requested === null ||
    /\$/.test(String(requested)) ||
    isSameUrl(String(requested), String(liveValue ?? ""))
      ? []
      : [`${wanted.name} has ${setting} ${String(liveValue ?? "unset")}, not ${String(requested)}`];
  const options = Object.entries(wanted.jsonData ?? {}).filter(([, value]) => typeof value !== "object");
  return [
    ...describeDifference("type", wanted.type, live.type),
    ...describeDifference("url", wanted.url, live.url),
    ...describeDifference("uid", wanted.uid, live.uid),
    ...describeDifference("access", wanted.access, live.access ?? wanted.access),
    ...describeDifference("isDefault", wanted.isDefault, live.isDefault),
    ...options.flatMap(([key, value]) => describeDifference(`jsonData.${key}`, value, live.jsonData?.[key])),
  ];
}

/** Returns a data source for messages, with its type, URL and uid. */
function describeDatasource({ name, type, url, uid }: Datasource): string {
  return `${name} (type ${type}, url ${url || "none"}, uid ${uid})`;
}

/** True if two texts are equal but for slashes at the end. */
function isSameUrl(requested: string, live: string): boolean {
  return requested.replace(/(?<!\/)\/+$/, "") === live.replace(/(?<!\/)\/+$/, "");
}

/**
 * True if a URL may lead to a service of the cluster. Only a name of the cluster's DNS can be compared; an address or
 * an ingress counts as leading there. A name without a namespace belongs to `defaultNamespace`.
 */
function leadsToEndpoint(url: string, { service }: HttpEndpoint, defaultNamespace: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  const [name, namespace = defaultNamespace, kind] = hostname.split(".");
  if (/^[\d.]+$|:/.test(hostname)) return true;
  if (hostname.includes(".") && kind !== "svc" && hostname.split(".").length > 2) return true;
  return name === service.name && namespace === service.namespace;
}
