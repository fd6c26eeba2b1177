import { components as resourceComponents } from "../../config/resources.ts";
import type { StorageSizes } from "../../config/settings/storage.ts";
import { parseDuration } from "../../lib/duration.ts";
import { getValueAt } from "../../lib/object.ts";
import {
  findChartKeys,
  findComponentApp,
  type PrometheusKeys,
  type StorageKeys,
} from "../../model/chart-keys.ts";
import type { Notice, PlannedApp, RequestedValue } from "../../model/plan.ts";
import type { PlanChanges, SettingInput } from "./apply.ts";
import {
  createSettingError,
  locateSetting,
  noticeComponentOff,
  noticeUnsupportedSetting,
} from "./user-files.ts";

/** The window of the usual queries and dashboards, e.g. `rate(x[5m])`, in milliseconds. */
const usualWindowMs = 5 * 60_000;

/** The names of the settings in monstack.yaml, by their names in the configuration. */
const settings = {
  retention: "retention",
  retentionSize: "retention-size",
  scrapeInterval: "scrape-interval",
  scrapeTimeout: "scrape-timeout",
  evaluationInterval: "evaluation-interval",
} as const;

type Name = keyof typeof settings;

/**
 * Returns the values that `retention`, `scrape-interval` and similar settings request from the chart that deploys
 * Prometheus; a notice for each setting if there is no such chart.
 */
export function requestPrometheusSettings(input: SettingInput): PlanChanges {
  const requestedSettings = (Object.keys(settings) as Name[]).flatMap((name) => {
    const value = input.config.prometheus[name];
    return value === undefined ? [] : [{ name, value }];
  });
  const app = findComponentApp("prometheus", input.apps);
  const keys = app && findChartKeys(app.chart)?.prometheus;
  if (app === undefined || keys === undefined)
    return {
      notices: requestedSettings.map(({ name }) =>
        noticeUnsupportedSetting(input, [settings[name]], "Prometheus"),
      ),
    };
  const values = requestedSettings.map(({ name, value }) => ({
    app: app.name,
    path: keys[name],
    value,
    setting: settings[name],
  }));
  return {
    values: [...values, ...requestFittingTimeout(input, app, keys)],
    notices: noticeRareScrapes(input),
  };
}

/**
 * Returns the value for a scrape timeout that is not longer than the interval, which Prometheus would refuse. Empty
 * if the timeout fits already.
 * @throws UserError if the user's own timeout is longer than the interval
 */
function requestFittingTimeout(input: SettingInput, app: PlannedApp, keys: PrometheusKeys): RequestedValue[] {
  const { scrapeInterval, scrapeTimeout } = input.config.prometheus;
  const findOwnValue = (name: "scrapeInterval" | "scrapeTimeout") => {
    const value = getValueAt(app.values, keys[name]);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  if (scrapeTimeout !== undefined) {
    // Without an interval of the user's, profile ci makes one that fits.
    const defaultInterval = input.config.profile === "ci" ? undefined : keys.defaults.scrapeInterval;
    const interval = scrapeInterval ?? findOwnValue("scrapeInterval") ?? defaultInterval;
    if (interval !== undefined && parseMs(scrapeTimeout) > parseMs(interval)) {
      const problem = `${scrapeTimeout} is longer than the scrape interval ${interval}, which Prometheus refuses; expected at most ${interval}, or a longer scrape-interval`;
      throw createSettingError(input, ["scrape-timeout"], problem);
    }
    return [];
  }
  const timeout = findOwnValue("scrapeTimeout") ?? keys.defaults.scrapeTimeout;
  if (scrapeInterval === undefined || parseMs(timeout) <= parseMs(scrapeInterval)) return [];
  const setting = "scrape-interval (a timeout may not be longer)";
  return [{ app: app.name, path: keys.scrapeTimeout, value: scrapeInterval, setting }];
}

/**
 * Returns a notice if the scrape interval is so long that the usual window does not hold two scrapes. `rate()` needs
 * two.
 */
function noticeRareScrapes(input: SettingInput): Notice[] {
  const { scrapeInterval } = input.config.prometheus;
  if (scrapeInterval === undefined || 2 * parseMs(scrapeInterval) <= usualWindowMs) return [];
  const text = `scrape-interval: with ${scrapeInterval} every rate(x[5m]), as most rules and dashboards have it, is empty: a window needs two scrapes; expected at most 2m30s`;
  return [{ id: "window-too-short", text, at: locateSetting(input, ["scrape-interval"]) }];
}

function parseMs(duration: string): number {
  return parseDuration(duration) ?? 0;
}

const components = ["prometheus", "grafana", "alertmanager"] as const satisfies (keyof StorageSizes)[];

/**
 * Returns the values for volumes in the sizes that `storage` sets, and for `storage-class`, which applies to every
 * planned volume. A setting without effect gives a notice.
 */
export function requestStorage(input: SettingInput): PlanChanges {
  const { sizes, storageClass } = input.config.storage;
  const values: RequestedValue[] = [];
  const notices: Notice[] = [];
  for (const component of components) {
    const size = sizes[component];
    const app = findComponentApp(component, input.apps);
    const keys = app && findChartKeys(app.chart)?.storage[component];
    if (app === undefined || keys === undefined) {
      if (size !== undefined)
        notices.push(noticeUnsupportedSetting(input, ["storage", component], component));
      continue;
    }
    const notice = noticeComponentOff(input, ["storage", component], app, component);
    if (notice !== undefined) {
      if (size !== undefined) notices.push(notice);
      continue;
    }
    if (size !== undefined) values.push(...requestVolume(app, keys, size, `storage (${component})`));
    const hasVolume = size !== undefined || hasPlannedVolume(input, app, keys);
    if (storageClass === undefined || !hasVolume) continue;
    values.push({ app: app.name, path: keys.storageClass, value: storageClass, setting: "storage-class" });
  }
  if (storageClass !== undefined && !values.some(({ setting }) => setting === "storage-class")) {
    const text =
      "storage-class has no effect: nothing in this stack has a volume; expected for example storage: 50Gi beside it";
    notices.push({ id: "setting-without-app", text, at: locateSetting(input, ["storage-class"]) });
  }
  return { values, notices };
}

/** Returns the values that switch on a volume of this size. The chart's or the user's own access modes stay. */
function requestVolume(app: PlannedApp, keys: StorageKeys, size: string, setting: string): RequestedValue[] {
  const requestValue = (path: readonly string[] | undefined, value: unknown): RequestedValue[] =>
    path === undefined ? [] : [{ app: app.name, path, value, setting }];
  const hasModes = keys.accessModes !== undefined && getValueAt(app.values, keys.accessModes) !== undefined;
  return [
    ...requestValue(keys.enabled, true),
    ...requestValue(keys.size, size),
    ...(hasModes ? [] : requestValue(keys.accessModes, ["ReadWriteOnce"])),
  ];
}

/**
 * True if a component will have a volume. That is so if the user's values switch it on, or if the chart has one by
 * default. Profile ci removes the default volume, unless keep.data is set or the user's values configure it.
 */
function hasPlannedVolume({ config }: SettingInput, { values }: PlannedApp, keys: StorageKeys): boolean {
  if (keys.enabled === undefined) return getValueAt(values, keys.size) !== undefined;
  const enabled = getValueAt(values, keys.enabled);
  if (typeof enabled === "boolean") return enabled;
  const hasOwnValues = getValueAt(values, keys.enabled.slice(0, -1)) !== undefined;
  return keys.byDefault && (config.profile !== "ci" || config.keep.data || hasOwnValues);
}

/** Returns the values that `resources` requests. A request or limit that the setting leaves out keeps its value. */
export function requestResources(input: SettingInput): PlanChanges {
  const values: RequestedValue[] = [];
  const notices: Notice[] = [];
  for (const component of resourceComponents) {
    const requested = input.config.resources[component];
    if (requested === undefined) continue;
    const app = findComponentApp(component, input.apps);
    const path = app && findChartKeys(app.chart)?.resources[component];
    if (app === undefined || path === undefined) {
      notices.push(noticeUnsupportedSetting(input, ["resources", component], component));
      continue;
    }
    const notice = noticeComponentOff(input, ["resources", component], app, component);
    if (notice !== undefined) {
      notices.push(notice);
      continue;
    }
    for (const kind of ["requests", "limits"] as const)
      for (const [name, value] of Object.entries(requested[kind] ?? {}))
        values.push({ app: app.name, path: [...path, kind, name], value, setting: `resources.${component}` });
  }
  return { values, notices };
}
