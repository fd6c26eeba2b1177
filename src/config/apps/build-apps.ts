import { didYouMean } from "../../lib/suggest.ts";
import { formatPath, type Mistake } from "../../yaml/mistakes.ts";
import type { YamlFile } from "../../yaml/read.ts";
import { defaultApps } from "../defaults.ts";
import { describeUnknownRepo } from "../registries.ts";
import type { AppConfig, AppSource } from "../schema.ts";
import type { AppInFile } from "./app-schema.ts";

type Path = readonly (string | number)[];
type Report = (path: Path, problem: string, what?: "key" | "value") => void;
type Apps = Readonly<Record<string, AppConfig>>;

/** The apps in a file, and the file's parsed YAML, which gives their places. */
export interface AppsFile {
  readonly apps: Readonly<Record<string, AppInFile>>;
  readonly yaml: YamlFile;
  /** The file's name in messages. */
  readonly shownAs: string;
  /** Keys that have other names in this file than in monstack.yaml. */
  readonly words?: { readonly kustomize: string; readonly repos: string };
}

/** Apps with a function that returns the place of a key or value for messages: `monstack.yaml:3:5`. */
export interface PlacedApps extends Pick<AppsFile, "apps" | "words"> {
  readonly placeOf: (path: Path, what?: "key" | "value") => string;
}

/** Returns the apps of a file with their places. */
export function placeApps(file: AppsFile): PlacedApps {
  const placeOf: PlacedApps["placeOf"] = (path, what = "value") =>
    `${file.shownAs}:${what === "key" ? file.yaml.keyAt(path) : file.yaml.valueAt(path)}`;
  return { apps: file.apps, placeOf, ...(file.words === undefined ? {} : { words: file.words }) };
}

/**
 * Reports apps that depend on each other in a circle. The mistake is at the first `depends_on` of the circle that a
 * file contains. makePlan reports circles among default apps.
 */
export function reportCycles(apps: Apps, files: readonly PlacedApps[], mistakes: Mistake[]): void {
  const reported = new Set<string>();
  for (const start of Object.keys(apps).sort()) {
    const cycle = findDependencyCycle(start, apps);
    const id = [...cycle].sort().join();
    if (cycle.length === 0 || reported.has(id)) continue;
    reported.add(id);
    for (const name of cycle) {
      const file = files.findLast((candidate) => candidate.apps[name]?.depends_on !== undefined);
      if (file === undefined) continue;
      const path = ["apps", name, "depends_on"];
      const problem = `apps depend on each other in a circle: ${[...cycle, cycle[0]].join(" -> ")}; take one of these out of the other's depends_on`;
      mistakes.push({ where: file.placeOf(path), path: formatPath(path), problem });
      break;
    }
  }
}

/**
 * Returns the apps on the way from an app back to itself, the app first; empty if there is no such way. Disabled apps
 * are left out.
 */
function findDependencyCycle(start: string, apps: Apps): string[] {
  const seen = new Set<string>();
  const findWayBack = (name: string, visitedNames: readonly string[]): string[] => {
    for (const { app } of apps[name]?.dependsOn ?? []) {
      // `checkReferences` reports an app that depends on itself.
      if (app === start && visitedNames.length > 1) return [...visitedNames];
      if (seen.has(app) || apps[app]?.enabled !== true) continue;
      seen.add(app);
      const wayBack = findWayBack(app, [...visitedNames, app]);
      if (wayBack.length > 0) return wayBack;
    }
    return [];
  };
  return apps[start]?.enabled === true ? findWayBack(start, [start]) : [];
}

/** Returns the base apps with the apps of a file merged over them. Mistakes go to `mistakes`. */
export function buildApps(
  baseApps: Apps,
  file: PlacedApps | undefined,
  repos: readonly string[],
  mistakes: Mistake[],
): Record<string, AppConfig> {
  const apps: Record<string, AppConfig> = { ...baseApps };
  if (!file) return apps;
  const report: Report = (path, problem, what = "value") => {
    mistakes.push({ where: file.placeOf(path, what), path: formatPath(path), problem });
  };
  for (const [name, app] of Object.entries(file.apps)) {
    const mergedApp = mergeApp(name, app, baseApps, report);
    if (mergedApp) apps[name] = mergedApp;
  }
  const names = [...new Set([...Object.keys(apps), ...Object.keys(file.apps)])];
  for (const [name, app] of Object.entries(file.apps))
    checkReferences(name, app, names, { known: repos, section: file.words?.repos ?? "repos" }, report);
  return apps;
}

/**
 * Returns an app of the file merged over the base app of the same name; undefined after a mistake. Base values are
 * kept only if the chart is the same.
 */
function mergeApp(name: string, app: AppInFile, baseApps: Apps, report: Report): AppConfig | undefined {
  const path = ["apps", name];
  if (!/^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/.test(name)) {
    report(path, "invalid name of an app: expected lower-case letters, digits and -, at most 53", "key");
    return undefined;
  }
  const base = Object.hasOwn(baseApps, name) ? baseApps[name] : undefined;
  const source = resolveAppSource(name, app, baseApps, report);
  if (source === undefined) return undefined;
  const keepsValues = hasSameName(source, base?.source);
  return {
    source,
    enabled: app.enabled ?? base?.enabled ?? true,
    namespace: app.namespace ?? base?.namespace,
    release: app.release ?? base?.release ?? name,
    values: [
      ...(keepsValues ? (base?.values ?? []) : []),
      ...(app.values ?? []),
      ...(app.set && app.set.length > 0 ? [{ set: app.set }] : []),
    ],
    labels: { ...base?.labels, ...app.labels },
    annotations: { ...base?.annotations, ...app.annotations },
    dependsOn: app.depends_on ?? base?.dependsOn ?? [],
    timeoutMs: app.timeout ?? base?.timeoutMs,
  };
}

/**
 * Returns the source of an app: a chart, manifests or a kustomization in the file, else the source of the base app.
 * Undefined after a mistake.
 */
function resolveAppSource(
  name: string,
  app: AppInFile,
  baseApps: Apps,
  report: Report,
): AppSource | undefined {
  const base = Object.hasOwn(baseApps, name) ? baseApps[name]?.source : undefined;
  const path = ["apps", name];
  const [firstKey, secondKey] = (["chart", "manifests", "kustomize"] as const).filter(
    (key) => app[key] !== undefined,
  );
  if (firstKey !== undefined && secondKey !== undefined) {
    report([...path, secondKey], `an app has either ${firstKey} or ${secondKey}, and not both`, "key");
    return undefined;
  }
  if (app.manifests || app.kustomize !== undefined) {
    for (const key of ["version", "values", "set"] as const)
      if (app[key] !== undefined)
        report([...path, key], `only a chart has ${key}, and this app is ${firstKey ?? ""}`, "key");
    if (app.manifests) return { kind: "manifests", paths: app.manifests };
    return { kind: "kustomize", path: app.kustomize ?? "" };
  }
  const baseChart = base?.kind === "chart" ? base : undefined;
  const chart = app.chart ?? baseChart?.chart;
  if (chart === undefined) {
    if (base !== undefined) return base;
    report(path, `missing chart; expected ${suggestChart(name, baseApps)}`, "key");
    return undefined;
  }
  // The base app's version is only valid for the base app's chart.
  return {
    kind: "chart",
    chart,
    version: app.version ?? (chart === baseChart?.chart ? baseChart.version : undefined),
  };
}

/** Returns the suggestion for an app without a chart. */
function suggestChart(name: string, baseApps: Apps): string {
  if (Object.hasOwn(defaultApps, name))
    return `apps.${Object.keys(baseApps).join(", ")} with this flavour of the stack, or stack: plain; ${name} is an app of that one`;
  return "for example chart: prometheus-community/prometheus";
}

/** True if two sources are the same chart, perhaps from different repositories. Another chart has other values. */
function hasSameName(source: AppSource, base: AppSource | undefined): boolean {
  if (source.kind !== "chart" || base?.kind !== "chart") return false;
  return source.chart.split("/").at(-1) === base.chart.split("/").at(-1);
}

/** Reports dependencies and chart repositories of an app that do not exist. */
function checkReferences(
  name: string,
  app: AppInFile,
  names: readonly string[],
  repos: { readonly known: readonly string[]; readonly section: string },
  report: Report,
): void {
  for (const [index, { app: dependencyName }] of (app.depends_on ?? []).entries()) {
    const path = ["apps", name, "depends_on", index];
    if (dependencyName === name) report(path, `${name} depends on itself`);
    else if (!names.includes(dependencyName)) {
      const otherNames = names.filter((candidate) => candidate !== name);
      report(path, `there is no app ${dependencyName}; ${didYouMean(dependencyName, otherNames)}`);
    }
  }
  const repo = /^([^/:.~][^/:]*)\/[^/]+$/.exec(app.chart ?? "")?.[1];
  if (repo !== undefined && !repos.known.includes(repo))
    report(["apps", name, "chart"], describeUnknownRepo(repo, repos.known, repos.section));
}
