import { defaultAppsOf } from "../config/defaults.ts";
import type { Config } from "../config/schema.ts";
import type { Dependency, Notice, PlannedApp, ProfileSetting } from "../model/plan.ts";

/** What one of the default apps waits for by default, and no more since its `depends_on` is the user's. */
export function droppedBy({ name, dependsOn }: PlannedApp, config: Config): readonly Dependency[] {
  if (config.appDir !== undefined) return [];
  const apps = defaultAppsOf(config.stack);
  const usual = Object.hasOwn(apps, name) ? (apps[name]?.dependsOn ?? []) : [];
  return usual.filter(({ app }) => dependsOn.every((one) => one.app !== app));
}

/** A list takes the place of the default one, which is easily forgotten. Who brings a data source of their own means it. */
export function droppedDependencies(
  config: Config,
  apps: readonly PlannedApp[],
  set: readonly ProfileSetting[],
): Notice[] {
  return apps.flatMap((app) => {
    if (!set.some((one) => one.app === app.name && one.path.startsWith("datasources"))) return [];
    const waitsFor = allBefore(app, apps);
    const dropped = droppedBy(app, config).filter(
      (to) => !waitsFor.has(to.app) && apps.some(({ name }) => name === to.app),
    );
    if (dropped.length === 0) return [];
    const names = dropped.map((to) => to.app).join(", ");
    const list = [...app.dependsOn, ...dropped].map((to) => to.app).join(", ");
    const text = `apps.${app.name}.depends_on takes the place of the default one, so ${app.name} no longer waits for ${names}; its data source still points to ${names}. To wait as well: depends_on: [${list}]`;
    return [{ id: "dependency-dropped", text, inApp: { app: app.name, path: ["depends_on"] } }];
  });
}

/** What an app waits for, also through other apps. */
function allBefore(app: PlannedApp, apps: readonly PlannedApp[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [app];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const further = one.dependsOn.map((to) => to.app).filter((name) => !found.has(name));
    for (const name of further) found.add(name);
    open.push(...apps.filter(({ name }) => further.includes(name)));
  }
  return found;
}
