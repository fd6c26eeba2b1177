import { mergeValues } from "../../lib/object.ts";
import { formatPath, type Mistake, parseData } from "../../yaml/mistakes.ts";
import type { AppInFile } from "../apps/app-schema.ts";
import type { PlacedApps } from "../apps/build-apps.ts";
import { type Resources, resources as resourcesSchema } from "../resources.ts";
import { findPlace } from "../set/lines.ts";
import type { SetFile } from "../set/settings-file.ts";
import { type ConfigFile, type ConfigSections, withoutSections } from "./monstack-file.ts";

/**
 * Returns the sections of monstack.yaml with those of the lines in `set`. A list in `set` replaces the file's list;
 * repositories, registries and resources are merged by their names. Apps are merged by `buildApps` instead.
 */
export function combineSections(
  file: ConfigFile | undefined,
  sets: readonly SetFile[],
  mistakes: Mistake[],
): Omit<ConfigSections, "apps"> {
  const { apps: _, ...sections } = sets.reduce(overrideSections, pickConfigSections(file));
  const resourceSets = sets.filter(({ sections: { resources } }) => resources !== undefined);
  if (resourceSets.length > 0) {
    // A request in `set` can exceed a limit in the file, although each of them is valid alone.
    const parsed = parseData(resourcesSchema, sections.resources);
    for (const { path, message } of "problems" in parsed ? parsed.problems : []) {
      const fullPath = ["resources", ...path];
      const lines = resourceSets.flatMap((set) => set.lines);
      mistakes.push({ where: findPlace(lines, fullPath), path: formatPath(fullPath), problem: message });
    }
  }
  return sections;
}

/** Returns sections with those of `set` over them. */
function overrideSections(lower: ConfigSections, { sections: upper }: SetFile): ConfigSections {
  return {
    ...lower,
    ...upper,
    repos: { ...lower.repos, ...upper.repos },
    registries: { ...lower.registries, ...upper.registries },
    resources: mergeValues({ ...lower.resources }, { ...upper.resources }) as Resources,
  };
}

/** Returns the sections of a file without its settings and positions. */
function pickConfigSections(file: ConfigFile | undefined): ConfigSections {
  const { repos, registries, apps, checks, resources, federate, remoteWrite } = file ?? withoutSections;
  return { repos, registries, apps, checks, resources, federate, remoteWrite };
}

/** Returns the apps that lines in `set` change, with their places; empty without any. */
export function placeSetApps({ lines, sections }: SetFile): PlacedApps[] {
  if (sections.apps === undefined) return [];
  const apps = Object.entries(sections.apps).map(([name, app]): [string, AppInFile] => {
    const values = app.values?.map((source) =>
      "inline" in source ? { ...source, isFromSet: true as const } : source,
    );
    return [name, values === undefined ? app : { ...app, values }];
  });
  return [{ apps: Object.fromEntries(apps), placeOf: (path) => findPlace(lines, path) }];
}
