import type { Datasource } from "../../dashboards/dashboard.ts";
import { withoutEnvelope } from "../../dashboards/import.ts";
import { findUnanswered } from "../../dashboards/unanswered.ts";
import { messageOf } from "../../lib/errors.ts";
import { isMapping, type Values, valueAt } from "../../lib/object.ts";
import { chartName, grafanaValuesIn } from "../../model/chart.ts";
import type { PlannedApp, ValueMistake } from "../../model/plan.ts";
import { type ChartDashboard, dashboardsTakenOver } from "./chart-dashboards.ts";
import { type ProvisionedDatasource, provisionedDatasources } from "./datasources.ts";
import { hasGrafana } from "./login.ts";
import {
  type BroughtObject,
  collects,
  extraObjects,
  type Sidecar,
  sidecarOf,
  whyNotCollected,
} from "./sidecar.ts";

export interface Provisioning {
  /** Grafana doesn't start, or never shows what is asked of it. */
  readonly mistakes: readonly ValueMistake[];
  /** Worth a warning. */
  readonly warnings: readonly ValueMistake[];
}

/**
 * What Grafana would refuse of the files that its values give it, or never read. Pure.
 * @param brought objects that other apps deploy, as far as they are known
 * @param config whether monstack downloads dashboards in the place of the chart; undefined: the chart does
 */
export function judgeProvisioning(
  apps: readonly PlannedApp[],
  brought: readonly BroughtObject[] = [],
  config: Parameters<typeof dashboardsTakenOver>[0] = { takeOverDashboards: false },
): Provisioning {
  const grafana = apps.find(hasGrafana);
  if (grafana === undefined) return { mistakes: [], warnings: [] };
  const objects = [...apps.flatMap(extraObjects), ...brought];
  const datasources = provisionedDatasources(grafana, objects);
  const warnings = (["dashboards", "datasources"] as const).flatMap((what) =>
    uncollected(grafana, what, objects),
  );
  const unanswered = unansweredDashboards(grafana, sidecarOf(grafana, "dashboards"), objects, datasources);
  return {
    mistakes: [
      ...clashes(datasources),
      ...unreadDashboards(grafana),
      ...lostDownloads(grafana, dashboardsTakenOver(config, apps)),
    ],
    warnings: [...warnings, ...unanswered],
  };
}

/** https://github.com/grafana/grafana, pkg/services/provisioning/datasources: ErrInvalidConfigToManyDefault. */
function clashes(all: readonly ProvisionedDatasource[]): ValueMistake[] {
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
        `${shown(one)} is the default data source, and so is ${shown(byDefault)}: Grafana does not start with two; expected isDefault: true once${switchOff(byDefault)}`,
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

function switchOff({ of }: ProvisionedDatasource): string {
  return of === "the chart's own"
    ? " (the chart's own: grafana.sidecar.datasources.isDefaultDatasource: false)"
    : "";
}

function shown({ name, of }: ProvisionedDatasource): string {
  return of === "the values" ? name : `${name} (${of})`;
}

const home = "/var/lib/grafana/dashboards";

/** The chart mounts them below `home`, and Grafana reads only the folders of its providers. */
function unreadDashboards(grafana: PlannedApp): ValueMistake[] {
  const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
  const values = valueAt(grafana.values, at);
  if (!isMapping(values) || mountsProviders(values)) return [];
  const readers = providersIn(values).filter(({ path }) => path !== "");
  const sidecar = sidecarOf(grafana, "dashboards");
  const folder = valueAt(values, ["sidecar", "dashboards", "folder"]) ?? "/tmp/dashboards";
  const folders = [...readers.map(({ path }) => path), ...(sidecar.isOn ? [String(folder)] : [])];
  return (["dashboards", "dashboardsConfigMaps"] as const).flatMap((key) => {
    const byProvider = values[key];
    return Object.entries(isMapping(byProvider) ? byProvider : {}).flatMap(
      ([provider, held]): ValueMistake[] => {
        const names = key === "dashboards" ? Object.keys(isMapping(held) ? held : {}) : [String(held)];
        const isDownload = isMapping(held) && Object.values(held).some(isDownloaded);
        const isRead = folders.some((path) =>
          `${home}/${provider}/`.startsWith(`${path.replace(/(?<!\/)\/+$/, "")}/`),
        );
        // A download goes into the folder of the provider, wherever that is.
        if (names.length === 0 || isRead || (isDownload && readers.some(({ name }) => name === provider)))
          return [];
        return [
          { app: grafana.name, path: [...at, key, provider], problem: unread(key, provider, names, readers) },
        ];
      },
    );
  });
}

/** Its script looks in this file of the providers alone: https://github.com/grafana-community/helm-charts, _config.tpl. */
const providersFile = "dashboardproviders.yaml";

/** The chart can't be rendered with a download and providers in files of other names, or with none. */
function lostDownloads(grafana: PlannedApp, taken: readonly ChartDashboard[]): ValueMistake[] {
  const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
  const values = valueAt(grafana.values, at);
  const providers = isMapping(values) ? values["dashboards"] : undefined;
  if (!isMapping(values) || !isMapping(providers)) return [];
  const readers = providersIn(values);
  if (isMapping(valueAt(values, ["dashboardProviders", providersFile]))) return [];
  return Object.entries(providers).flatMap(([provider, held]) =>
    Object.entries(isMapping(held) ? held : {}).flatMap(([name, entry]): ValueMistake[] => {
      const path = [...at, "dashboards", provider, name];
      const isTaken = taken.some((one) => one.path.join("/") === path.join("/"));
      // Without any provider it is said that nobody reads it.
      if (!isDownloaded(entry) || isTaken || readers.length === 0) return [];
      const problem = `the chart looks for the provider of a download in dashboardProviders.${providersFile} alone, and can't be rendered without; expected the providers in a file of this name`;
      return [{ app: grafana.name, path, problem }];
    }),
  );
}

function unread(
  key: string,
  provider: string,
  names: readonly string[],
  readers: readonly { readonly name: string; readonly path: string }[],
): string {
  const has = readers.map(({ name, path }) => `${name} reads ${path}`).join(", ") || "there is none";
  const right = `dashboardProviders: {dashboardproviders.yaml: {apiVersion: 1, providers: [{name: ${provider}, type: file, options: {path: ${home}/${provider}}}]}}`;
  return `no provider in dashboardProviders reads ${home}/${provider} (${has}), so Grafana never shows ${names.join(", ")} of ${key}; expected ${right}`;
}

function isDownloaded(entry: unknown): boolean {
  return isMapping(entry) && (Object.hasOwn(entry, "gnetId") || Object.hasOwn(entry, "url"));
}

function providersIn(values: Values): { readonly name: string; readonly path: string }[] {
  const files = isMapping(values["dashboardProviders"]) ? Object.values(values["dashboardProviders"]) : [];
  return files
    .flatMap((file) => (isMapping(file) && Array.isArray(file["providers"]) ? file["providers"] : []))
    .filter(isMapping)
    .map((one) => ({
      name: String(one["name"] ?? ""),
      path: String(valueAt(one, ["options", "path"]) ?? ""),
    }));
}

/** Nobody knows here what is in files that are mounted where Grafana looks for providers. */
function mountsProviders(values: Values): boolean {
  return ["extraConfigmapMounts", "extraSecretMounts", "extraVolumeMounts"].some((key) => {
    const list = values[key];
    return (
      Array.isArray(list) &&
      list.some(
        (one: unknown) =>
          isMapping(one) && /^\/etc\/grafana\/provisioning(\/?$|\/dashboards)/.test(String(one["mountPath"])),
      )
    );
  });
}

/** What carries the label of a sidecar that does not collect it. */
function uncollected(
  grafana: PlannedApp,
  what: "dashboards" | "datasources",
  objects: readonly BroughtObject[],
): ValueMistake[] {
  const sidecar = sidecarOf(grafana, what);
  return objects.flatMap((one) => {
    const why = whyNotCollected(sidecar, one);
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

/** What Grafana can't show of the dashboards that are in its values, or in ConfigMaps that its sidecar collects. */
export function unansweredDashboards(
  grafana: PlannedApp,
  sidecar: Sidecar,
  objects: readonly BroughtObject[],
  datasources: readonly Datasource[],
): ValueMistake[] {
  const collected = objects.filter((one) => collects(sidecar, one)).flatMap(inObject);
  return [...inValues(grafana), ...collected].flatMap(({ name, text, ...at }) =>
    problemsOf(text, datasources).map((problem) => ({ ...at, problem: `dashboard ${name}: ${problem}` })),
  );
}

function problemsOf(text: string, datasources: readonly Datasource[]): string[] {
  // Only helm, or the sidecar, knows what comes of these.
  if (text.trim() === "" || text.includes("{{ .") || text.includes("{{- ")) return [];
  try {
    const model: unknown = JSON.parse(text);
    if (!isMapping(model)) return ["it is JSON, but not an object: Grafana never shows it"];
    return findUnanswered(withoutEnvelope(model), { datasources, given: [] });
  } catch (error) {
    return [`it is not JSON (${messageOf(error)}): Grafana never shows it`];
  }
}

function inValues({ name: app, chart, values }: PlannedApp): WrittenDashboard[] {
  const at = [...(grafanaValuesIn(chartName(chart)) ?? []), "dashboards"];
  const providers = valueAt(values, at);
  return Object.entries(isMapping(providers) ? providers : {}).flatMap(([provider, held]) =>
    Object.entries(isMapping(held) ? held : {}).flatMap(([name, entry]): WrittenDashboard[] => {
      const text = isMapping(entry) ? entry["json"] : undefined;
      return typeof text === "string" ? [{ app, path: [...at, provider, name, "json"], name, text }] : [];
    }),
  );
}

function inObject({ app, object, path, where }: BroughtObject): WrittenDashboard[] {
  return Object.entries(isMapping(object["data"]) ? object["data"] : {}).flatMap(([name, text]) =>
    name.endsWith(".json") && typeof text === "string" ? [{ app, path, where, name, text }] : [],
  );
}
