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
  withoutEndSlash,
} from "./grafana-values.ts";
import {
  type BroughtObject,
  explainNotCollected,
  findExtraObjects,
  isCollected,
  readSidecar,
  type Sidecar,
} from "./sidecar.ts";

interface Provisioning {
  /** With these Grafana doesn't start, or never shows a configured dashboard or data source. */
  readonly mistakes: readonly ValueMistake[];
  /** Worth a warning. */
  readonly warnings: readonly ValueMistake[];
}

/**
 * Returns the files in Grafana's values that Grafana would refuse or never read. Pure.
 * @param brought objects that other apps deploy, as far as they are known
 * @param config shows whether monstack downloads dashboards instead of the chart; undefined: the chart does
 */
export function judgeProvisioning(
  apps: readonly PlannedApp[],
  brought: readonly BroughtObject[] = [],
  config: Parameters<typeof findDashboardsToTakeOver>[0] = { takeOverDashboards: false },
): Provisioning {
  const grafana = apps.find(hasGrafana);
  if (grafana === undefined) return { mistakes: [], warnings: [] };
  const objects = [...apps.flatMap(findExtraObjects), ...brought];
  const datasources = findProvisionedDatasources(grafana, objects);
  const warnings = (["dashboards", "datasources"] as const).flatMap((what) =>
    findUncollected(grafana, what, objects),
  );
  const unanswered = findUnansweredDashboards(
    grafana,
    readSidecar(grafana, "dashboards"),
    objects,
    datasources,
  );
  return {
    mistakes: [
      ...findClashes(datasources),
      ...findUnreadDashboards(grafana),
      ...findLostDownloads(grafana, findDashboardsToTakeOver(config, apps)),
    ],
    warnings: [...warnings, ...unanswered],
  };
}

/**
 * Returns a mistake for each data source that clashes with an earlier one, or that is a second default. Grafana refuses
 * those: https://github.com/grafana/grafana, pkg/services/provisioning/datasources: ErrInvalidConfigToManyDefault.
 */
function findClashes(datasources: readonly ProvisionedDatasource[]): ValueMistake[] {
  return datasources.flatMap((datasource, index) => {
    const before = datasources.slice(0, index).filter(({ orgId }) => orgId === datasource.orgId);
    const other = (is: (other: ProvisionedDatasource) => boolean) => before.find(is);
    const byDefault = datasource.isDefault ? other(({ isDefault }) => isDefault) : undefined;
    const byName = other(({ name }) => name === datasource.name);
    const byUid = other(({ uid }) => uid === datasource.uid);
    const mistake = (keys: readonly string[], problem: string): ValueMistake[] => {
      // What the chart brings is not the user's to change there: the other one is.
      const place =
        datasource.path.length > 0 || datasource.where !== undefined ? datasource : (before[0] ?? datasource);
      return [
        {
          app: place.app,
          path: place.path.length > 0 ? [...place.path, ...keys] : [],
          where: place.where,
          problem,
        },
      ];
    };
    if (byDefault)
      return mistake(
        ["isDefault"],
        `${describeDatasource(datasource)} is the default data source, and so is ${describeDatasource(byDefault)}: Grafana does not start with two; expected isDefault: true once${suggestSwitchingOff(byDefault)}`,
      ).map((clash) => ({ ...clash, isSecondDefault: true }));
    if (byName)
      return mistake(
        ["name"],
        `there are two data sources named ${datasource.name}: Grafana keeps the later one only`,
      );
    if (byUid)
      return mistake(
        ["uid"],
        `the data sources ${datasource.name} and ${byUid.name} both have the uid ${datasource.uid}: Grafana refuses the second one`,
      );
    return [];
  });
}

function suggestSwitchingOff({ of }: ProvisionedDatasource): string {
  return of === "the chart's own"
    ? " (the chart's own: grafana.sidecar.datasources.isDefaultDatasource: false)"
    : "";
}

function describeDatasource({ name, of }: ProvisionedDatasource): string {
  return of === "the values" ? name : `${name} (${of})`;
}

const dashboardsFolder = "/var/lib/grafana/dashboards";

/** Returns a mistake for dashboards in folders that no provider reads. The chart mounts them below `dashboardsFolder`. */
function findUnreadDashboards(grafana: PlannedApp): ValueMistake[] {
  const { at: grafanaPath, values } = findGrafanaValues(grafana);
  if (hasProvisioningMount(values, "dashboards")) return [];
  const readers = listDashboardProviders(values).filter(({ path }) => path !== "");
  const folder = getValueAt(values, ["sidecar", "dashboards", "folder"]) ?? "/tmp/dashboards";
  const ofSidecar = readSidecar(grafana, "dashboards").isOn ? [withoutEndSlash(String(folder))] : [];
  const folders = [...readers.map(({ path }) => path), ...ofSidecar];
  return (["dashboards", "dashboardsConfigMaps"] as const).flatMap((key) =>
    Object.entries(getMappingAt(values, [key])).flatMap(([provider, value]): ValueMistake[] => {
      const entries = isMapping(value) ? value : {};
      const names = key === "dashboards" ? Object.keys(entries) : [String(value)];
      const isRead = folders.some((path) =>
        `${dashboardsFolder}/${provider}/`.startsWith(path === "/" ? path : `${path}/`),
      );
      // A download goes into the folder of the provider, wherever that is.
      const isDownload =
        Object.values(entries).some(isDownloaded) && readers.some(({ name }) => name === provider);
      if (names.length === 0 || isRead || isDownload) return [];
      const problem = describeUnread(key, provider, names, readers);
      return [{ app: grafana.name, path: [...grafanaPath, key, provider], problem }];
    }),
  );
}

/** Its script looks in this file of the providers alone: https://github.com/grafana-community/helm-charts, _config.tpl. */
const providersFile = "dashboardproviders.yaml";

/**
 * Returns a mistake for each download with which the chart can't be rendered: the chart has providers, but none in the
 * file of that name.
 */
function findLostDownloads(grafana: PlannedApp, takenDashboards: readonly ChartDashboard[]): ValueMistake[] {
  const { at: grafanaPath, values } = findGrafanaValues(grafana);
  // Without any provider it is reported that nobody reads the dashboard.
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
function findUncollected(
  grafana: PlannedApp,
  kind: "dashboards" | "datasources",
  objects: readonly BroughtObject[],
): ValueMistake[] {
  const sidecar = readSidecar(grafana, kind);
  return objects.flatMap((brought) => {
    const why = explainNotCollected(sidecar, brought);
    if (why === undefined) return [];
    const { app, path, where, object } = brought;
    const name = isMapping(object["metadata"]) ? String(object["metadata"]["name"]) : "";
    const holds = kind === "dashboards" ? "dashboards" : "data sources";
    const problem = `Grafana never gets the ${holds} of ${object["kind"]} ${brought.namespace}/${name}: ${why}`;
    return [{ app, path, where, problem }];
  });
}

/** A dashboard that Grafana reads as it is written, inputs and all. */
interface WrittenDashboard extends Omit<ValueMistake, "problem"> {
  readonly name: string;
  readonly text: string;
}

/**
 * Returns a mistake for each panel that Grafana can't show, in dashboards from the values and from ConfigMaps that the
 * sidecar collects.
 */
function findUnansweredDashboards(
  grafana: PlannedApp,
  sidecar: Sidecar,
  objects: readonly BroughtObject[],
  datasources: readonly Datasource[],
): ValueMistake[] {
  const collected = objects
    .filter((brought) => isCollected(sidecar, brought))
    .flatMap(listDashboardsOfObject);
  return [...listDashboardsInValues(grafana), ...collected].flatMap(({ name, text, ...place }) =>
    findProblems(text, datasources).map((problem) => ({
      ...place,
      problem: `dashboard ${name}: ${problem}`,
    })),
  );
}

/** Returns the reasons why Grafana can't show a dashboard file, or parts of it. A template is not judged. */
function findProblems(text: string, datasources: readonly Datasource[]): string[] {
  // Only helm, or the sidecar, knows what comes of these.
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
function listDashboardsOfObject({ app, object, path, where }: BroughtObject): WrittenDashboard[] {
  return Object.entries(isMapping(object["data"]) ? object["data"] : {}).flatMap(([name, text]) =>
    name.endsWith(".json") && typeof text === "string" ? [{ app, path, where, name, text }] : [],
  );
}
