import type { Datasource } from "../../dashboards/dashboard.ts";
import { removeEnvelope } from "../../dashboards/import.ts";
import { listUnansweredQueries } from "../../dashboards/unanswered.ts";
import { describeError } from "../../lib/errors.ts";
import { getMappingAt, getValueAt, isMapping, type Values } from "../../lib/object.ts";
import type { PlannedApp, ValueMistake } from "../../model/plan.ts";
import { type ChartDashboard, findDashboardsToTakeOver } from "./chart-dashboards.ts";
import { findProvisionedDatasources, type ProvisionedDatasource } from "./datasources.ts";
import {
  findGrafanaValues,
  hasGrafana,
  hasProvisioningMount,
  listDashboardProviders,
  removeEndSlashes,
} from "./grafana-values.ts";
import {
  type ExtraObject,
  explainNotCollected,
  findExtraObjects,
  isCollected,
  readSidecar,
  type Sidecar,
} from "./sidecar.ts";

interface Provisioning {
  /** Grafana doesn't start with these, or never shows a configured dashboard or data source. */
  readonly mistakes: readonly ValueMistake[];
  /** The stack works, but parts of what the user configured are missing in Grafana. */
  readonly warnings: readonly ValueMistake[];
}

/**
 * Returns the mistakes and warnings about what Grafana's values provision: data sources that clash, dashboards that
 * no provider reads, downloads without a provider, objects that the sidecar does not collect, and panels without a
 * data source. Pure.
 * @param extraObjects objects that other apps deploy, as far as they are known
 * @param config shows whether monstack downloads dashboards instead of the chart; undefined: the chart does
 */
export function judgeProvisioning(
  apps: readonly PlannedApp[],
  extraObjects: readonly ExtraObject[] = [],
  config: Parameters<typeof findDashboardsToTakeOver>[0] = { takeOverDashboards: false },
): Provisioning {
  const grafana = apps.find(hasGrafana);
  if (grafana === undefined) return { mistakes: [], warnings: [] };
  const objects = [...apps.flatMap(findExtraObjects), ...extraObjects];
  const datasources = findProvisionedDatasources(grafana, objects);
  const warnings = (["dashboards", "datasources"] as const).flatMap((kind) =>
    findUncollectedObjects(grafana, kind, objects),
  );
  const unanswerableDashboards = findUnanswerablePanels(
    grafana,
    readSidecar(grafana, "dashboards"),
    objects,
    datasources,
  );
  return {
    mistakes: [
      ...findClashes(datasources),
      ...findUnreadDashboards(grafana),
      ...findDownloadsWithoutProvider(grafana, findDashboardsToTakeOver(config, apps)),
    ],
    warnings: [...warnings, ...unanswerableDashboards],
  };
}

/**
 * Returns a mistake for each data source that clashes with an earlier one, or that is a second default. Grafana refuses
 * those: https://github.com/grafana/grafana, pkg/services/provisioning/datasources: ErrInvalidConfigToManyDefault.
 */
function findClashes(datasources: readonly ProvisionedDatasource[]): ValueMistake[] {
  return datasources.flatMap((datasource, index) => {
    const earlierDatasources = datasources.slice(0, index).filter(({ orgId }) => orgId === datasource.orgId);
    const findEarlier = (isClash: (earlier: ProvisionedDatasource) => boolean) =>
      earlierDatasources.find(isClash);
    const otherDefault = datasource.isDefault ? findEarlier(({ isDefault }) => isDefault) : undefined;
    const sameName = findEarlier(({ name }) => name === datasource.name);
    const sameUid = findEarlier(({ uid }) => uid === datasource.uid);
    const createMistake = (keys: readonly string[], problem: string): ValueMistake[] => {
      // The user can't change a data source of the chart's own, so the mistake is reported at the other one.
      const placeOfMistake =
        datasource.path.length > 0 || datasource.where !== undefined
          ? datasource
          : (earlierDatasources[0] ?? datasource);
      return [
        {
          app: placeOfMistake.app,
          path: placeOfMistake.path.length > 0 ? [...placeOfMistake.path, ...keys] : [],
          where: placeOfMistake.where,
          problem,
        },
      ];
    };
    if (otherDefault)
      return createMistake(
        ["isDefault"],
        `${describeDatasource(datasource)} is the default data source, and so is ${describeDatasource(otherDefault)}: Grafana does not start with two; expected isDefault: true once${suggestSwitchingOff(otherDefault)}`,
      ).map((clash) => ({ ...clash, isSecondDefault: true }));
    if (sameName)
      return createMistake(
        ["name"],
        `there are two data sources named ${datasource.name}: Grafana keeps the later one only`,
      );
    if (sameUid)
      return createMistake(
        ["uid"],
        `the data sources ${datasource.name} and ${sameUid.name} both have the uid ${datasource.uid}: Grafana refuses the second one`,
      );
    return [];
  });
}

function suggestSwitchingOff({ originName }: ProvisionedDatasource): string {
  return originName === "the chart's own"
    ? " (the chart's own: grafana.sidecar.datasources.isDefaultDatasource: false)"
    : "";
}

function describeDatasource({ name, originName }: ProvisionedDatasource): string {
  return originName === "the values" ? name : `${name} (${originName})`;
}

const dashboardsFolder = "/var/lib/grafana/dashboards";

/**
 * Returns a mistake for each entry of `dashboards` or `dashboardsConfigMaps` that Grafana never shows, because no
 * provider and no sidecar reads its folder. The chart mounts each entry below `dashboardsFolder`.
 */
function findUnreadDashboards(grafana: PlannedApp): ValueMistake[] {
  const { at: grafanaPath, values } = findGrafanaValues(grafana);
  if (hasProvisioningMount(values, "dashboards")) return [];
  const providers = listDashboardProviders(values).filter(({ path }) => path !== "");
  const folder = getValueAt(values, ["sidecar", "dashboards", "folder"]) ?? "/tmp/dashboards";
  const sidecarFolders = readSidecar(grafana, "dashboards").isOn ? [removeEndSlashes(String(folder))] : [];
  const folders = [...providers.map(({ path }) => path), ...sidecarFolders];
  return (["dashboards", "dashboardsConfigMaps"] as const).flatMap((key) =>
    Object.entries(getMappingAt(values, [key])).flatMap(([provider, value]): ValueMistake[] => {
      const entries = isMapping(value) ? value : {};
      const entryNames = key === "dashboards" ? Object.keys(entries) : [String(value)];
      const isRead = folders.some((path) =>
        `${dashboardsFolder}/${provider}/`.startsWith(path === "/" ? path : `${path}/`),
      );
      // A download goes into the folder of the provider, wherever that is.
      const isReadDownload =
        Object.values(entries).some(isDownloaded) && providers.some(({ name }) => name === provider);
      if (entryNames.length === 0 || isRead || isReadDownload) return [];
      const problem = describeUnread(key, provider, entryNames, providers);
      return [{ app: grafana.name, path: [...grafanaPath, key, provider], problem }];
    }),
  );
}

/** The chart's download script reads this file of providers alone: https://github.com/grafana-community/helm-charts, _config.tpl. */
const providersFile = "dashboardproviders.yaml";

/**
 * Returns a mistake for each download that makes the rendering of the chart fail: the values have providers, but none
 * in `providersFile`.
 */
function findDownloadsWithoutProvider(
  grafana: PlannedApp,
  takenDashboards: readonly ChartDashboard[],
): ValueMistake[] {
  const { at: grafanaPath, values } = findGrafanaValues(grafana);
  // Without any provider, findUnreadDashboards reports the dashboard.
  if (listDashboardProviders(values).length === 0) return [];
  if (isMapping(getValueAt(values, ["dashboardProviders", providersFile]))) return [];
  return listDashboardEntries(values).flatMap(({ provider, name, entry }): ValueMistake[] => {
    const path = [...grafanaPath, "dashboards", provider, name];
    const isTaken = takenDashboards.some((dashboard) => dashboard.path.join("/") === path.join("/"));
    if (!isDownloaded(entry) || isTaken) return [];
    const problem = `the chart looks for the provider of a download in dashboardProviders.${providersFile} alone, and can't be rendered without; expected the providers in a file of this name`;
    return [{ app: grafana.name, path, problem }];
  });
}

/** Returns the entries of `dashboards` in the values of Grafana's chart. */
function listDashboardEntries(values: Values): { provider: string; name: string; entry: unknown }[] {
  return Object.entries(getMappingAt(values, ["dashboards"])).flatMap(([provider, entries]) =>
    Object.entries(isMapping(entries) ? entries : {}).map(([name, entry]) => ({ provider, name, entry })),
  );
}

/** Returns the message about dashboards that no provider reads, with the provider that would read them. */
function describeUnread(
  key: string,
  provider: string,
  names: readonly string[],
  readers: readonly { readonly name: string; readonly path: string }[],
): string {
  const readersText = readers.map(({ name, path }) => `${name} reads ${path}`).join(", ") || "there is none";
  const expectedProvider = `dashboardProviders: {dashboardproviders.yaml: {apiVersion: 1, providers: [{name: ${provider}, type: file, options: {path: ${dashboardsFolder}/${provider}}}]}}`;
  return `no provider in dashboardProviders reads ${dashboardsFolder}/${provider} (${readersText}), so Grafana never shows ${names.join(", ")} of ${key}; expected ${expectedProvider}`;
}

function isDownloaded(entry: unknown): boolean {
  return isMapping(entry) && (Object.hasOwn(entry, "gnetId") || Object.hasOwn(entry, "url"));
}

/** Returns a mistake for each object with a sidecar's label that the sidecar does not collect. */
function findUncollectedObjects(
  grafana: PlannedApp,
  kind: "dashboards" | "datasources",
  objects: readonly ExtraObject[],
): ValueMistake[] {
  const sidecar = readSidecar(grafana, kind);
  return objects.flatMap((extraObject) => {
    const why = explainNotCollected(sidecar, extraObject);
    if (why === undefined) return [];
    const { app, path, where, object } = extraObject;
    const name = isMapping(object["metadata"]) ? String(object["metadata"]["name"]) : "";
    const contents = kind === "dashboards" ? "dashboards" : "data sources";
    const problem = `Grafana never gets the ${contents} of ${object["kind"]} ${extraObject.namespace}/${name}: ${why}`;
    return [{ app, path, where, problem }];
  });
}

/** A dashboard whose JSON Grafana reads unchanged. Inputs such as `${DS_PROMETHEUS}` are not replaced. */
interface WrittenDashboard extends Omit<ValueMistake, "problem"> {
  readonly name: string;
  readonly text: string;
}

/**
 * Returns a mistake for each panel that Grafana can't show, in dashboards from the values and from ConfigMaps that the
 * sidecar collects.
 */
function findUnanswerablePanels(
  grafana: PlannedApp,
  sidecar: Sidecar,
  objects: readonly ExtraObject[],
  datasources: readonly Datasource[],
): ValueMistake[] {
  const collected = objects
    .filter((extraObject) => isCollected(sidecar, extraObject))
    .flatMap(listDashboardsOfObject);
  return [...listDashboardsInValues(grafana), ...collected].flatMap(({ name, text, ...place }) =>
    findProblems(text, datasources).map((problem) => ({
      ...place,
      problem: `dashboard ${name}: ${problem}`,
    })),
  );
}

/**
 * Returns the reasons why Grafana can't show a dashboard file, or parts of it. A file with a template is not judged,
 * because only helm or the sidecar knows its content.
 */
function findProblems(text: string, datasources: readonly Datasource[]): string[] {
  if (text.trim() === "" || text.includes("{{ .") || text.includes("{{- ")) return [];
  try {
    const model: unknown = JSON.parse(text);
    if (!isMapping(model)) return ["it is JSON, but not an object: Grafana never shows it"];
    return listUnansweredQueries(removeEnvelope(model), { datasources, given: [] });
  } catch (error) {
    return [`it is not JSON (${describeError(error)}): Grafana never shows it`];
  }
}

/** Returns the dashboards whose JSON is written in the values. */
function listDashboardsInValues(grafana: PlannedApp): WrittenDashboard[] {
  const { at: grafanaPath, values } = findGrafanaValues(grafana);
  return listDashboardEntries(values).flatMap(({ provider, name, entry }): WrittenDashboard[] => {
    const text = isMapping(entry) ? entry["json"] : undefined;
    const path = [...grafanaPath, "dashboards", provider, name, "json"];
    return typeof text === "string" ? [{ app: grafana.name, path, name, text }] : [];
  });
}

/** Returns the dashboards in the files of a ConfigMap or Secret. */
function listDashboardsOfObject({ app, object, path, where }: ExtraObject): WrittenDashboard[] {
  return Object.entries(isMapping(object["data"]) ? object["data"] : {}).flatMap(([name, text]) =>
    name.endsWith(".json") && typeof text === "string" ? [{ app, path, where, name, text }] : [],
  );
}
