import type { Datasource } from "../../dashboards/dashboard.ts";
import { removeEnvelope } from "../../dashboards/import.ts";
import { findUnanswered } from "../../dashboards/unanswered.ts";
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

export interface Provisioning {
  /** With these Grafana doesn't start, or never shows a configured dashboard or data source. */
  readonly mistakes: readonly ValueMistake[];
  /** Worth a warning. */
  readonly warnings: readonly ValueMistake[];
}

/**
 * Returns what Grafana would refuse of the files that its values give it, or never read. Pure.
 * @param brought objects that other apps deploy, as far as they are known
 * @param config whether monstack downloads dashboards in the place of the chart; undefined: the chart does
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

/** https://github.com/grafana/grafana, pkg/services/provisioning/datasources: ErrInvalidConfigToManyDefault. */
function findClashes(all: readonly ProvisionedDatasource[]): ValueMistake[] {
  return all.flatMap((one, index) => {
    const before = all.slice(0, index).filter(({ orgId }) => orgId === one.orgId);
    const other = (is: (other: ProvisionedDatasource) => boolean) => before.find(is);
    const byDefault = one.isDefault ? other(({ isDefault }) => isDefault) : undefined;
    const byName = other(({ name }) => name === one.name);
    const byUid = other(({ uid }) => uid === one.uid);
    const mistake = (keys: readonly string[], problem: string): ValueMistake[] => {
      // What the chart brings is not the user's to change there: the other one is.
      const at = one.path.length > 0 || one.where !== undefined ? one : (before[0] ?? one);
      return [
        { app: at.app, path: at.path.length > 0 ? [...at.path, ...keys] : [], where: at.where, problem },
      ];
    };
    if (byDefault)
      return mistake(
        ["isDefault"],
        `${describeDatasource(one)} is the default data source, and so is ${describeDatasource(byDefault)}: Grafana does not start with two; expected isDefault: true once${suggestSwitchingOff(byDefault)}`,
      ).map((found) => ({ ...found, isSecondDefault: true }));
    if (byName)
      return mistake(
        ["name"],
        `there are two data sources named ${one.name}: Grafana keeps the later one only`,
      );
    if (byUid)
      return mistake(
        ["uid"],
        `the data sources ${one.name} and ${byUid.name} both have the uid ${one.uid}: Grafana refuses the second one`,
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

/** Finds dashboards in folders that no provider reads. The chart mounts them below `dashboardsFolder`. */
function findUnreadDashboards(grafana: PlannedApp): ValueMistake[] {
  const { at, values } = findGrafanaValues(grafana);
  if (hasProvisioningMount(values, "dashboards")) return [];
  const readers = listDashboardProviders(values).filter(({ path }) => path !== "");
  const folder = getValueAt(values, ["sidecar", "dashboards", "folder"]) ?? "/tmp/dashboards";
  const ofSidecar = readSidecar(grafana, "dashboards").isOn ? [withoutEndSlash(String(folder))] : [];
  const folders = [...readers.map(({ path }) => path), ...ofSidecar];
  return (["dashboards", "dashboardsConfigMaps"] as const).flatMap((key) =>
    Object.entries(getMappingAt(values, [key])).flatMap(([provider, held]): ValueMistake[] => {
      const entries = isMapping(held) ? held : {};
      const names = key === "dashboards" ? Object.keys(entries) : [String(held)];
      const isRead = folders.some((path) =>
        `${dashboardsFolder}/${provider}/`.startsWith(path === "/" ? path : `${path}/`),
      );
      // A download goes into the folder of the provider, wherever that is.
      const isDownload =
        Object.values(entries).some(isDownloaded) && readers.some(({ name }) => name === provider);
      if (names.length === 0 || isRead || isDownload) return [];
      const problem = describeUnread(key, provider, names, readers);
      return [{ app: grafana.name, path: [...at, key, provider], problem }];
    }),
  );
}

/** Its script looks in this file of the providers alone: https://github.com/grafana-community/helm-charts, _config.tpl. */
const providersFile = "dashboardproviders.yaml";

/** Finds downloads with which the chart can't be rendered: it has providers, but none in the file of that name. */
function findLostDownloads(grafana: PlannedApp, taken: readonly ChartDashboard[]): ValueMistake[] {
  const { at, values } = findGrafanaValues(grafana);
  // Without any provider it is reported that nobody reads the dashboard.
  if (listDashboardProviders(values).length === 0) return [];
  if (isMapping(getValueAt(values, ["dashboardProviders", providersFile]))) return [];
  return listDashboardEntries(values).flatMap(({ provider, name, entry }): ValueMistake[] => {
    const path = [...at, "dashboards", provider, name];
    const isTaken = taken.some((one) => one.path.join("/") === path.join("/"));
    if (!isDownloaded(entry) || isTaken) return [];
    const problem = `the chart looks for the provider of a download in dashboardProviders.${providersFile} alone, and can't be rendered without; expected the providers in a file of this name`;
    return [{ app: grafana.name, path, problem }];
  });
}

/** Returns the entries of `dashboards` in the values of Grafana's chart. */
function listDashboardEntries(values: Values): { provider: string; name: string; entry: unknown }[] {
  return Object.entries(getMappingAt(values, ["dashboards"])).flatMap(([provider, held]) =>
    Object.entries(isMapping(held) ? held : {}).map(([name, entry]) => ({ provider, name, entry })),
  );
}

function describeUnread(
  key: string,
  provider: string,
  names: readonly string[],
  readers: readonly { readonly name: string; readonly path: string }[],
): string {
  const has = readers.map(({ name, path }) => `${name} reads ${path}`).join(", ") || "there is none";
  const right = `dashboardProviders: {dashboardproviders.yaml: {apiVersion: 1, providers: [{name: ${provider}, type: file, options: {path: ${dashboardsFolder}/${provider}}}]}}`;
  return `no provider in dashboardProviders reads ${dashboardsFolder}/${provider} (${has}), so Grafana never shows ${names.join(", ")} of ${key}; expected ${right}`;
}

function isDownloaded(entry: unknown): boolean {
  return isMapping(entry) && (Object.hasOwn(entry, "gnetId") || Object.hasOwn(entry, "url"));
}

/** Finds objects that carry the label of a sidecar that does not collect them. */
function findUncollected(
  grafana: PlannedApp,
  what: "dashboards" | "datasources",
  objects: readonly BroughtObject[],
): ValueMistake[] {
  const sidecar = readSidecar(grafana, what);
  return objects.flatMap((one) => {
    const why = explainNotCollected(sidecar, one);
    if (why === undefined) return [];
    const { app, path, where, object } = one;
    const name = isMapping(object["metadata"]) ? String(object["metadata"]["name"]) : "";
    const holds = what === "dashboards" ? "dashboards" : "data sources";
    const problem = `Grafana never gets the ${holds} of ${object["kind"]} ${one.namespace}/${name}: ${why}`;
    return [{ app, path, where, problem }];
  });
}

/** A dashboard that Grafana reads as it is written, inputs and all. */
interface WrittenDashboard extends Omit<ValueMistake, "problem"> {
  readonly name: string;
  readonly text: string;
}

/** Returns what Grafana can't show of the dashboards that are in its values, or in ConfigMaps that its sidecar collects. */
export function findUnansweredDashboards(
  grafana: PlannedApp,
  sidecar: Sidecar,
  objects: readonly BroughtObject[],
  datasources: readonly Datasource[],
): ValueMistake[] {
  const collected = objects.filter((one) => isCollected(sidecar, one)).flatMap(listDashboardsOfObject);
  return [...listDashboardsInValues(grafana), ...collected].flatMap(({ name, text, ...at }) =>
    findProblems(text, datasources).map((problem) => ({ ...at, problem: `dashboard ${name}: ${problem}` })),
  );
}

function findProblems(text: string, datasources: readonly Datasource[]): string[] {
  // Only helm, or the sidecar, knows what comes of these.
  if (text.trim() === "" || text.includes("{{ .") || text.includes("{{- ")) return [];
  try {
    const model: unknown = JSON.parse(text);
    if (!isMapping(model)) return ["it is JSON, but not an object: Grafana never shows it"];
    return findUnanswered(removeEnvelope(model), { datasources, given: [] });
  } catch (error) {
    return [`it is not JSON (${describeError(error)}): Grafana never shows it`];
  }
}

function listDashboardsInValues(grafana: PlannedApp): WrittenDashboard[] {
  const { at, values } = findGrafanaValues(grafana);
  return listDashboardEntries(values).flatMap(({ provider, name, entry }): WrittenDashboard[] => {
    const text = isMapping(entry) ? entry["json"] : undefined;
    const path = [...at, "dashboards", provider, name, "json"];
    return typeof text === "string" ? [{ app: grafana.name, path, name, text }] : [];
  });
}

function listDashboardsOfObject({ app, object, path, where }: BroughtObject): WrittenDashboard[] {
  return Object.entries(isMapping(object["data"]) ? object["data"] : {}).flatMap(([name, text]) =>
    name.endsWith(".json") && typeof text === "string" ? [{ app, path, where, name, text }] : [],
  );
}
