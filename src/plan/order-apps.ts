import type { Config } from "../config/schema.ts";
import { UserError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { PlannedApp } from "../model/plan.ts";

type Apps = Config["apps"];

/**
 * Returns the names of the apps to deploy: the selected apps (or all enabled apps if none is selected) and their
 * dependencies. Each app comes after its dependencies; ties are in alphabetical order.
 * @throws UserError for an unknown name, a disabled dependency or a cycle
 */
export function orderApps(apps: Apps, select: readonly string[]): string[] {
  const chosen = selectWithDependencies(apps, select);
  const ordered: string[] = [];
  while (ordered.length < chosen.size) {
    const isReady = (name: string) =>
      listDependencies(apps, name).every((dependency) => ordered.includes(dependency));
    const next = [...chosen].filter((name) => !ordered.includes(name) && isReady(name)).sort()[0];
    if (next === undefined)
      throw createCycleError(
        apps,
        [...chosen].filter((name) => !ordered.includes(name)),
      );
    ordered.push(next);
  }
  return ordered;
}

/** Returns planned apps, each after those it depends on; ties keep their order. @throws UserError for a cycle. */
export function sortByDependencies(apps: readonly PlannedApp[]): PlannedApp[] {
  const ordered: PlannedApp[] = [];
  const remainingApps = [...apps];
  while (remainingApps.length > 0) {
    const nextIndex = remainingApps.findIndex(({ dependsOn }) =>
      dependsOn.every(({ app }) => !remainingApps.some(({ name }) => name === app)),
    );
    if (nextIndex < 0)
      throw new UserError(
        `apps depend on each other in a circle: ${remainingApps.map(({ name }) => name).join(", ")}`,
        {
          fix: "take one of these out of another's depends_on",
        },
      );
    ordered.push(...remainingApps.splice(nextIndex, 1));
  }
  return ordered;
}

/**
 * Returns the names of the selected apps (or all enabled apps) and of all apps that they depend on.
 * @throws UserError if no app is enabled, or one of the apps is unknown or disabled
 */
function selectWithDependencies(apps: Apps, select: readonly string[]): Set<string> {
  const enabled = Object.keys(apps).filter((name) => apps[name]?.enabled);
  if (enabled.length === 0)
    throw new UserError("no app is enabled", { fix: "take `enabled: false` away from one of them" });
  const chosen = new Set<string>();
  const addWithDependencies = (name: string, wantedBy: string | undefined): void => {
    checkUsable(apps, name, wantedBy);
    if (chosen.has(name)) return;
    chosen.add(name);
    for (const dependency of listDependencies(apps, name)) addWithDependencies(dependency, name);
  };
  for (const name of select.length > 0 ? select : enabled) addWithDependencies(name, undefined);
  return chosen;
}

/**
 * Refuses an unknown or disabled app.
 * @param wantedBy the app that depends on it; undefined: the user selected it
 * @throws UserError
 */
function checkUsable(apps: Apps, name: string, wantedBy: string | undefined): void {
  const app = Object.hasOwn(apps, name) ? apps[name] : undefined;
  const settingPath = wantedBy === undefined ? "apps" : `apps.${wantedBy}.depends_on`;
  if (!app)
    throw new UserError(`${settingPath}: there is no app ${name}; ${didYouMean(name, Object.keys(apps))}`);
  if (app.enabled) return;
  if (wantedBy === undefined)
    throw new UserError(`${settingPath}: ${name} is selected but disabled (apps.${name}.enabled: false)`);
  throw new UserError(
    `${settingPath}: ${wantedBy} depends on ${name}, which is disabled (apps.${name}.enabled: false)`,
    {
      fix: `enable ${name}, or write depends_on for ${wantedBy} without it`,
    },
  );
}

function listDependencies(apps: Apps, name: string): string[] {
  return (apps[name]?.dependsOn ?? []).map(({ app }) => app);
}

/**
 * Returns the error that shows a cycle. Each of these apps depends on another one of them, so that following the
 * dependencies leads to a cycle.
 */
function createCycleError(apps: Apps, blockedNames: readonly string[]): UserError {
  const visitedNames: string[] = [];
  let name = [...blockedNames].sort()[0];
  while (name !== undefined && !visitedNames.includes(name)) {
    visitedNames.push(name);
    name = listDependencies(apps, name)
      .filter((dependency) => blockedNames.includes(dependency))
      .sort()[0];
  }
  const cycle = name === undefined ? visitedNames : [...visitedNames.slice(visitedNames.indexOf(name)), name];
  return new UserError(`apps depend on each other in a circle: ${cycle.join(" -> ")}`, {
    fix: "take one of these out of the other's depends_on",
  });
}
