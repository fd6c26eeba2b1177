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
import { type Check, pass, type Verdict } from "../../../stack/check.ts";
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

/** A sidecar writes the provisioning files when Grafana runs already, and Grafana 12 answers before it has read them. */
const provisioningMs = 12_000;
/** What Grafana has read from a file replaces what its volume held, all at once. */
const replacedMs = 8_000;

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

/** Of a file for the sidecar with a data source that Grafana lacks: why no sidecar collects it. */
function explainIgnored(rendered: readonly RenderedApp[], live: readonly Datasource[]) {
  if (findWorkloadsByName(rendered, "grafana").length === 0) return undefined;
  const sidecars = listSidecars(rendered, "datasources");
  const labels = ["grafana_datasource", ...sidecars.map(({ label }) => label)];
  const isForSidecar = (object: RenderedFile["object"]) =>
    labels.some((label) => object.metadata.labels?.[label] !== undefined);
  const missing = listFiles(rendered).filter(
    ({ object, content }) =>
      isForSidecar(object) &&
      parseDatasources(content).some(({ name }) => !live.some((one) => one.name === name)),
  );
  return missing.flatMap(({ object }) => explainNotCollected(object, sidecars, "datasources") ?? [])[0];
}

function judgeDatasources(
  live: readonly Datasource[],
  provisioned: readonly ProvisionedDatasource[],
  prometheus: HttpEndpoint | undefined,
  namespace: string,
): Verdict {
  const wanted = provisioned.find(({ isDefault, type }) => isDefault && type === "prometheus");
  const expected = wanted
    ? `one default datasource: ${wanted.name}, type prometheus, url ${wanted.url}, uid ${wanted.uid ?? "any"}`
    : `one default datasource of type prometheus${prometheus ? `, at the service ${prometheus.service.namespace}/${prometheus.service.name}` : ""}`;
  const defaults = live.filter(({ isDefault }) => isDefault);
  const only = defaults[0];
  const fail = (id: string, seen: string, cause: string, graceMs = replacedMs): Verdict => {
    return { status: "fail", expected, seen, cause, fault: { id, graceMs } };
  };
  if (only === undefined || defaults.length > 1) {
    const seen =
      live.length === 0
        ? "no datasource"
        : `${defaults.length} default ones of ${formatList(live.map(describe))}`;
    const cause = wanted
      ? "Grafana has not read its provisioning files yet, or refused them (see its log)"
      : "the charts provision no default Prometheus datasource";
    return only === undefined
      ? fail("datasource-missing", seen, cause, wanted ? provisioningMs : replacedMs)
      : fail("datasource-two-defaults", seen, cause);
  }
  if (only.type !== "prometheus") {
    return fail("datasource-missing", describe(only), "another datasource is the default one");
  }
  if (wanted?.url && !wanted.url.includes("$") && !isSameUrl(wanted.url, only.url)) {
    const cause = "the datasource was changed, or kept from an earlier deployment";
    return fail("datasource-wrong-url", describe(only), cause);
  }
  if (wanted?.uid && wanted.uid !== only.uid) {
    return fail(
      "datasource-wrong-uid",
      describe(only),
      "a datasource of that name was there before, with another uid; dashboards that name the uid break",
    );
  }
  if (prometheus && !leadsToEndpoint(only.url, prometheus, namespace)) {
    const { service } = prometheus;
    const cause = `its URL is not the service ${service.namespace}/${service.name}`;
    // It is what the charts provision: waiting can't change it.
    return fail("datasource-wrong-url", describe(only), cause, wanted?.url ? 0 : replacedMs);
  }
  return judgeOthers(live, provisioned, only);
}

/** Each of the others that the charts provision, as they provision it. Secrets can't be read back. */
function judgeOthers(
  live: readonly Datasource[],
  provisioned: readonly ProvisionedDatasource[],
  only: Datasource,
): Verdict {
  const wanted = provisioned.filter(({ orgId }) => (orgId ?? 1) === 1);
  const lost = wanted.filter(({ name }) => !live.some((one) => one.name === name));
  const wrong = wanted.flatMap((one) =>
    live.filter(({ name }) => name === one.name).flatMap((there) => listDifferences(one, there)),
  );
  if (lost.length + wrong.length === 0) {
    const others = live.filter((one) => one !== only).map(({ name }) => name);
    return pass(others.length === 0 ? describe(only) : `${describe(only)}; also ${formatList(others)}`);
  }
  return {
    status: "fail",
    expected: `the data sources ${formatList(wanted.map(({ name, type }) => `${name} (${type})`))}`,
    seen: formatList([...lost.map(({ name }) => `${name} is not in Grafana`), ...wrong]),
    cause:
      lost.length > 0
        ? "Grafana has not read its provisioning files yet, or refused them (see its log)"
        : "the data source was changed, is provisioned twice under one name, or was kept from an earlier deployment",
    fault: {
      id: lost.length > 0 ? "datasource-not-provisioned" : "datasource-differs",
      graceMs: provisioningMs,
    },
  };
}

function listDifferences(wanted: ProvisionedDatasource, live: Datasource): string[] {
  const differs = (what: string, requested: unknown, there: unknown) =>
    requested === undefined || requested === null || /\$/.test(String(requested)) || isSame(requested, there)
      ? []
      : [`${wanted.name} has ${what} ${String(there ?? "unset")}, not ${String(requested)}`];
  const options = Object.entries(wanted.jsonData ?? {}).filter(([, value]) => typeof value !== "object");
  return [
    ...differs("type", wanted.type, live.type),
    ...differs("url", wanted.url, live.url),
    ...differs("uid", wanted.uid, live.uid),
    ...differs("access", wanted.access, live.access ?? wanted.access),
    ...differs("isDefault", wanted.isDefault, live.isDefault),
    ...options.flatMap(([key, value]) => differs(`jsonData.${key}`, value, live.jsonData?.[key])),
  ];
}

function isSame(requested: unknown, there: unknown): boolean {
  return isSameUrl(String(requested), String(there ?? ""));
}

function describe({ name, type, url, uid }: Datasource): string {
  return `${name} (type ${type}, url ${url || "none"}, uid ${uid})`;
}

function isSameUrl(one: string, other: string): boolean {
  return one.replace(/(?<!\/)\/+$/, "") === other.replace(/(?<!\/)\/+$/, "");
}

/**
 * Only a cluster name can be judged: an address or an ingress may lead there as well. A bare name is looked up in
 * Grafana's own namespace.
 */
function leadsToEndpoint(url: string, { service }: HttpEndpoint, from: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  const [name, namespace = from, kind] = hostname.split(".");
  if (/^[\d.]+$|:/.test(hostname)) return true;
  if (hostname.includes(".") && kind !== "svc" && hostname.split(".").length > 2) return true;
  return name === service.name && namespace === service.namespace;
}
