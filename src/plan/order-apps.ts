import type { Config } from "../config/schema.ts";
import { UserError } from "../lib/errors.ts";
import { didYouMean } from "../lib/suggest.ts";
import type { PlannedApp } from "../model/plan.ts";

type Apps = Config["apps"];

/**
 * Returns the names of the apps to deploy: the selected ones (or all that are enabled) with all that they depend on, each after
 * its dependencies, ties in alphabetical order.
 * @throws UserError for an unknown name, a disabled dependency or a cycle.
 */
export function orderApps(apps: Apps, select: readonly string[]): string[] {
  const chosen = selectWithDependencies(apps, select);
  const ordered: string[] = [];
  while (ordered.length < chosen.size) {
    const isReady = (name: string) => listDependencies(apps, name).every((one) => ordered.includes(one));
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
  const open = [...apps];
  while (open.length > 0) {
    const next = open.findIndex(({ dependsOn }) =>
      dependsOn.every(({ app }) => !open.some(({ name }) => name === app)),
    );
    if (next < 0)
      throw new UserError(
        `apps depend on each other in a circle: ${open.map(({ name }) => name).join(", ")}`,
        {
          fix: "take one of these out of another's depends_on",
        },
      );
    ordered.push(...open.splice(next, 1));
  }
  return ordered;
}

function selectWithDependencies(apps: Apps, select: readonly string[]): Set<string> {
  const enabled = Object.keys(apps).filter((name) => apps[name]?.enabled);
  if (enabled.length === 0)
    throw new UserError("no app is enabled", { fix: "take `enabled: false` away from one of them" });
  const chosen = new Set<string>();
  const add = (name: string, wantedBy: string | undefined): void => {
    checkUsable(apps, name, wantedBy);
    if (chosen.has(name)) return;
    chosen.add(name);
    for (const dependency of listDependencies(apps, name)) add(dependency, name);
  };
  for (const name of select.length > 0 ? select : enabled) add(name, undefined);
  return chosen;
}

function checkUsable(apps: Apps, name: string, wantedBy: string | undefined): void {
  const app = Object.hasOwn(apps, name) ? apps[name] : undefined;
  const where = wantedBy === undefined ? "apps" : `apps.${wantedBy}.depends_on`;
  if (!app) throw new UserError(`${where}: there is no app ${name}; ${didYouMean(name, Object.keys(apps))}`);
  if (app.enabled) return;
  if (wantedBy === undefined)
    throw new UserError(`${where}: ${name} is selected but disabled (apps.${name}.enabled: false)`);
  throw new UserError(
    `${where}: ${wantedBy} depends on ${name}, which is disabled (apps.${name}.enabled: false)`,
    {
      fix: `enable ${name}, or write depends_on for ${wantedBy} without it`,
    },
  );
}

function listDependencies(apps: Apps, name: string): string[] {
  return (apps[name]?.dependsOn ?? []).map(({ app }) => app);
}

/** Each of the stuck apps has a dependency among them, so that following these ends in a circle. */
function createCycleError(apps: Apps, stuck: readonly string[]): UserError {
  const walked: string[] = [];
  let name = [...stuck].sort()[0];
  while (name !== undefined && !walked.includes(name)) {
    walked.push(name);
    name = listDependencies(apps, name)
      .filter((one) => stuck.includes(one))
      .sort()[0];
  }
  const circle = name === undefined ? walked : [...walked.slice(walked.indexOf(name)), name];
  return new UserError(`apps depend on each other in a circle: ${circle.join(" -> ")}`, {
    fix: "take one of these out of the other's depends_on",
  });
}
