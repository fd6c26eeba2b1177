import type { ValuesFiles } from "../config/apps/values-files.ts";
import { getDefaultApps } from "../config/defaults.ts";
import type { AppConfig, AppValues, Config } from "../config/schema.ts";
import { UserError } from "../lib/errors.ts";
import { mergeValues, type Values, withValueAtListPath } from "../lib/object.ts";
import { getChartName, getGrafanaValuesPath, resolveChartRef, stackChart } from "../model/chart.ts";
import type { Dependency, Notice, Plan, PlannedApp, ProfileSetting } from "../model/plan.ts";
import { type PodGateway, planAlerting } from "./capture.ts";
import { addAdmin, type GrafanaAdmin } from "./grafana/login.ts";
import { findProbeLogin, listDatasourceSettings, refuseUrlPrefixes } from "./grafana/prometheus-url.ts";
import { orderApps, sortByDependencies } from "./order-apps.ts";
import { listCiSettings } from "./profiles/ci.ts";
import {
  applyOverlay,
  createAdminApiSettings,
  createPrivateMountSettings,
  type OverlaySetting,
} from "./profiles/overlay.ts";
import { createStackSettings } from "./profiles/stack-chart.ts";
import type { JudgedConfig } from "./settings/alertmanager-config.ts";
import { applySettings, planSettings } from "./settings/apply.ts";
import { hasOnlyPlaceholders } from "./settings/receivers.ts";

export interface PlanInput {
  /** The contents of the values files that the configuration names. */
  readonly valuesFiles: ValuesFiles;
  /** Grafana's administrator with the password that this run uses; default: what the configuration has. */
  readonly grafana?: GrafanaAdmin;
  /** False where the host's `/` is mounted private and can't be changed; default true. */
  readonly hostRootMountShared?: boolean;
  /** Where pods will reach this host; default: nobody knows. */
  readonly podGateway?: PodGateway;
  /** The random part of the addresses of monstack's own receiver; default: it has none, and takes nothing. */
  readonly receiverToken?: string;
  /** The contents of the user's files, by absolute path. */
  readonly texts?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Absolute; a path below it is shown relative to it. */
  readonly cwd?: string;
  /** The result of upstream's own code for `alerting.config`; default: it did not run. */
  readonly judged?: JudgedConfig | undefined;
}

const unknownGateway: PodGateway = { unknown: "where pods reach this machine is not known" };

/**
 * Returns the apps that will be deployed, in their order and with their values. Pure.
 * @throws UserError for unknown or disabled apps, cycles, unknown repositories, releases of the same name, and receivers
 *   that can't be captured although the user requested it
 */
export function makePlan(config: Config, input: PlanInput): Plan {
  const plannedApps = listPlannedApps(config, input.valuesFiles);
  const { texts = {}, env = {}, cwd = "/" } = input;
  const gateway = input.podGateway ?? unknownGateway;
  const settingInput = {
    config,
    apps: plannedApps,
    texts,
    env,
    cwd,
    canCapture: "address" in gateway,
    judged: input.judged,
  };
  const appliedSettings = applySettings(planSettings, settingInput);
  const orderedApps = sortByDependencies(appliedSettings.apps);
  const finishedApps: PlannedApp[] = [];
  const profileSettings: ProfileSetting[] = [];
  // Grafana's data source follows Prometheus' values, whichever of the two is deployed first.
  for (const orderedApp of [
    ...orderedApps.filter(isPrometheus),
    ...orderedApps.filter((app) => !isPrometheus(app)),
  ]) {
    const { name } = orderedApp;
    const { values, set: overlaySettings } = applyOverlay(
      name,
      orderedApp.values,
      listOverlaySettings(orderedApp, finishedApps, config, input),
    );
    profileSettings.push(...overlaySettings);
    const grafanaPath = getGrafanaValuesPath(getChartName(orderedApp.chart));
    finishedApps.push({
      ...orderedApp,
      values: grafanaPath ? addAdmin(values, input.grafana ?? config.grafana, grafanaPath) : values,
    });
  }
  const apps = orderedApps.flatMap(({ name }) => finishedApps.find((app) => app.name === name) ?? []);
  checkReleases(apps);
  refuseUrlPrefixes(apps);
  const token = input.receiverToken;
  const alertingPlan = planAlerting(config, apps, gateway, hasOnlyPlaceholders(settingInput), token);
  const isTokenUsed = token !== undefined && alertingPlan.alerting.kind === "captured";
  return {
    config,
    apps: alertingPlan.apps,
    dashboards: [],
    askedValues: appliedSettings.values,
    notices: [...appliedSettings.notices, ...noticeDroppedDependencies(config, apps, profileSettings)],
    profileSettings: [...profileSettings, ...alertingPlan.settings],
    alerting: alertingPlan.alerting,
    secrets: [
      ...appliedSettings.secrets,
      ...(isTokenUsed ? [token] : []),
      ...apps.flatMap((app) => findProbeLogin(app)?.password || []),
    ],
  };
}

/** Returns the apps in their order with the user's own values, before any setting and any profile changes them. */
export function listPlannedApps(config: Config, files: ValuesFiles): PlannedApp[] {
  return orderApps(config.apps, config.select).flatMap((name) => {
    const app = config.apps[name];
    return app ? [planApp(name, app, config, files)] : [];
  });
}

/** Returns the planned app with the user's own values. */
function planApp(name: string, app: AppConfig, config: Config, files: ValuesFiles): PlannedApp {
  return {
    name,
    release: app.release,
    namespace: app.namespace ?? config.namespace,
    chart: resolveChartRef(name, app, config.repos),
    values: mergeUserValues(name, app, files),
    dependsOn: app.dependsOn,
    labels: app.labels,
    timeoutMs: app.timeoutMs ?? config.timeouts.deployMs,
    slowStartMs: app.timeoutMs,
  };
}

/**
 * Returns an app's values from all sources in the configuration, before any profile. A later source overrides an earlier
 * one.
 */
export function mergeUserValues(name: string, app: Pick<AppConfig, "values">, files: ValuesFiles): Values {
  return app.values.reduce<Values>(
    (merged, source) =>
      "set" in source
        ? source.set.reduce((values, { path, value }) => withValueAtListPath(values, path, value), merged)
        : mergeValues(merged, readValuesSource(name, source, files)),
    {},
  );
}

/**
 * Returns the values of one source: inline, or the content of a values file.
 * @throws UserError if the file was not read
 */
function readValuesSource(
  app: string,
  source: Exclude<AppValues, { set: unknown }>,
  files: ValuesFiles,
): Readonly<Values> {
  if ("inline" in source) return source.inline;
  const values = files[source.file];
  if (values) return values;
  throw new UserError(`apps.${app}.values: the values file ${source.file} was not read`);
}

/**
 * Returns the settings that apply where an app's own values set nothing.
 * @param before the apps that are planned already, among them those that the app depends on
 */
function listOverlaySettings(
  app: PlannedApp,
  plannedBefore: readonly PlannedApp[],
  config: Config,
  input: PlanInput,
): OverlaySetting[] {
  const chart = getChartName(app.chart);
  const settings: OverlaySetting[] = [];
  if (chart === stackChart) settings.push(...createStackSettings(config));
  if (config.profile === "ci") {
    const texts = readMonitorTexts(config, input);
    const files = Object.values(input.texts ?? {});
    settings.push(...listCiSettings(app.chart, app.values, { texts, files, keepsData: config.keep.data }));
  }
  if (config.profile === "ci" || config.keep.metrics)
    settings.push(...createAdminApiSettings(chart, app.values));
  if (input.hostRootMountShared === false) settings.push(...createPrivateMountSettings(chart));
  if (chart === "grafana") {
    const dependencyNames = [...app.dependsOn, ...findDroppedDependencies(app, config)].map(
      (dependency) => dependency.app,
    );
    const prometheus = plannedBefore.find(
      (planned) => isPrometheus(planned) && dependencyNames.includes(planned.name),
    );
    if (prometheus) settings.push(...listDatasourceSettings(prometheus, app.values));
  }
  return settings;
}

function isPrometheus({ chart }: PlannedApp): boolean {
  return getChartName(chart) === "prometheus";
}

function readMonitorTexts({ monitors }: Config, { texts = {} }: PlanInput): string[] {
  return monitors.flatMap((path) => texts[path] ?? []);
}

/**
 * Refuses two apps with the same release in the same namespace.
 * @throws UserError
 */
function checkReleases(apps: readonly PlannedApp[]): void {
  const owners = new Map<string, string>();
  for (const { name, release, namespace } of apps) {
    const owner = owners.get(`${namespace}/${release}`);
    if (owner !== undefined) {
      throw new UserError(
        `apps.${name}.release: ${release} in namespace ${namespace} is ${owner}'s release already`,
        {
          fix: `give ${name} another release or namespace`,
        },
      );
    }
    owners.set(`${namespace}/${release}`, name);
  }
}

/** Returns the default dependencies of a default app that the user's `depends_on` leaves out. */
function findDroppedDependencies({ name, dependsOn }: PlannedApp, config: Config): readonly Dependency[] {
  if (config.appDir !== undefined) return [];
  const apps = getDefaultApps(config.stack);
  const defaultDependencies = Object.hasOwn(apps, name) ? (apps[name]?.dependsOn ?? []) : [];
  return defaultDependencies.filter(({ app }) => dependsOn.every((dependency) => dependency.app !== app));
}

/** Returns a warning if the user's `depends_on` drops a default dependency that the data source still needs. */
function noticeDroppedDependencies(
  config: Config,
  apps: readonly PlannedApp[],
  profileSettings: readonly ProfileSetting[],
): Notice[] {
  return apps.flatMap((app) => {
    if (
      !profileSettings.some((setting) => setting.app === app.name && setting.path.startsWith("datasources"))
    )
      return [];
    const dependencyNames = collectDependencies(app, apps);
    const droppedDependencies = findDroppedDependencies(app, config).filter(
      (dependency) =>
        !dependencyNames.has(dependency.app) && apps.some(({ name }) => name === dependency.app),
    );
    if (droppedDependencies.length === 0) return [];
    const names = droppedDependencies.map((dependency) => dependency.app).join(", ");
    const list = [...app.dependsOn, ...droppedDependencies].map((dependency) => dependency.app).join(", ");
    const text = `apps.${app.name}.depends_on takes the place of the default one, so ${app.name} no longer waits for ${names}; its data source still points to ${names}. To wait as well: depends_on: [${list}]`;
    return [{ id: "dependency-dropped", text, inApp: { app: app.name, path: ["depends_on"] } }];
  });
}

/** Returns the names of the apps that an app waits for, directly or through other apps. */
function collectDependencies(app: PlannedApp, apps: readonly PlannedApp[]): ReadonlySet<string> {
  const names = new Set<string>();
  const appsToVisit = [app];
  for (let visitedApp = appsToVisit.pop(); visitedApp !== undefined; visitedApp = appsToVisit.pop()) {
    const newNames = visitedApp.dependsOn
      .map((dependency) => dependency.app)
      .filter((name) => !names.has(name));
    for (const name of newNames) names.add(name);
    appsToVisit.push(...apps.filter(({ name }) => newNames.includes(name)));
  }
  return names;
}
