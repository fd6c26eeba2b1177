import { defaultApps } from "./defaults.ts";
import type { AppInFile, ConfigFile } from "./file.ts";
import { formatPath, type Mistake } from "./mistakes.ts";
import type { AppConfig } from "./schema.ts";
import { didYouMean } from "./suggest.ts";

type Path = readonly (string | number)[];
type Report = (path: Path, problem: string, what?: "key" | "value") => void;

/** The default apps with the file's laid over them, then the file's own. What is wrong goes to `mistakes`. */
export function buildApps(
  file: ConfigFile | undefined,
  repos: Readonly<Record<string, string>>,
  shownAs: string,
  mistakes: Mistake[],
  defaults: Readonly<Record<string, AppConfig>> = defaultApps,
): Record<string, AppConfig> {
  const apps: Record<string, AppConfig> = { ...defaults };
  if (!file) return apps;
  const report: Report = (path, problem, what = "value") => {
    const position = what === "key" ? file.yaml.keyAt(path) : file.yaml.valueAt(path);
    mistakes.push({ where: `${shownAs}:${position}`, path: formatPath(path), problem });
  };
  for (const [name, app] of Object.entries(file.apps)) {
    const built = overlay(name, app, defaults, report);
    if (built) apps[name] = built;
  }
  const names = [...new Set([...Object.keys(apps), ...Object.keys(file.apps)])];
  for (const [name, app] of Object.entries(file.apps))
    checkReferences(name, app, names, Object.keys(repos), report);
  return apps;
}

function overlay(
  name: string,
  app: AppInFile,
  defaults: Readonly<Record<string, AppConfig>>,
  report: Report,
): AppConfig | undefined {
  const path = ["apps", name];
  if (!/^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/.test(name)) {
    report(
      path,
      "this is not an app's name; right would be lower-case letters, digits and -, at most 53",
      "key",
    );
    return undefined;
  }
  const base = Object.hasOwn(defaults, name) ? defaults[name] : undefined;
  const chart = app.chart ?? base?.chart;
  if (chart === undefined) {
    report(path, `its chart is missing; right would be ${chartHint(name, defaults)}`, "key");
    return undefined;
  }
  // Another chart has other versions, and other values too unless it is the same one from elsewhere.
  const isSameChart = chart === base?.chart;
  const hasSameName = chart.split("/").at(-1) === base?.chart.split("/").at(-1);
  return {
    chart,
    version: app.version ?? (isSameChart ? base?.version : undefined),
    enabled: app.enabled ?? base?.enabled ?? true,
    namespace: app.namespace ?? base?.namespace,
    release: app.release ?? base?.release ?? name,
    values: [...(hasSameName ? (base?.values ?? []) : []), ...(app.values ?? [])],
    dependsOn: app.depends_on ?? base?.dependsOn ?? [],
    timeoutMs: app.timeout ?? base?.timeoutMs,
  };
}

function chartHint(name: string, defaults: Readonly<Record<string, AppConfig>>): string {
  const only = Object.keys(defaults).join(", ");
  if (Object.hasOwn(defaultApps, name))
    return `apps.${only} with this flavour of the stack, or stack: plain; ${name} is an app of that one`;
  return "e.g. chart: prometheus-community/prometheus";
}

function checkReferences(
  name: string,
  app: AppInFile,
  names: string[],
  repos: string[],
  report: Report,
): void {
  for (const [index, { app: wanted }] of (app.depends_on ?? []).entries()) {
    const path = ["apps", name, "depends_on", index];
    if (wanted === name) report(path, `${name} depends on itself`);
    else if (!names.includes(wanted))
      report(
        path,
        `there is no app ${wanted}; ${didYouMean(
          wanted,
          names.filter((one) => one !== name),
        )}`,
      );
  }
  const repo = /^([^/:.~][^/:]*)\/[^/]+$/.exec(app.chart ?? "")?.[1];
  if (repo !== undefined && !repos.includes(repo)) {
    report(
      ["apps", name, "chart"],
      `there is no chart repository ${repo} under repos; ${didYouMean(repo, repos)}`,
    );
  }
}
