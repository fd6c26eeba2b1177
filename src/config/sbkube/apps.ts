import type { AppInFile } from "../apps/app-schema.ts";
import type { AppType, SbkubeApp } from "./schema.ts";

type Dependency = NonNullable<AppInFile["depends_on"]>[number];

export interface SbkubeApps {
  readonly apps: Readonly<Record<string, SbkubeApp>>;
  /** Undefined for an app whose type is invalid. `typesOf` has already reported that mistake. */
  readonly types: ReadonlyMap<string, AppType | undefined>;
  /** From a registry's name to `oci://...`. */
  readonly registries: ReadonlyMap<string, string>;
  readonly warn: (path: readonly (string | number)[], text: string) => void;
}

/** Returns the apps that are deployed, in the terms of monstack.yaml. */
export function appsOf(all: SbkubeApps): Record<string, AppInFile> {
  const real = Object.entries(all.apps).filter(([name]) => isDeployed(all, name));
  return Object.fromEntries(
    real.map(([name, { app, atomic }]) => {
      if (atomic === false)
        all.warn(
          ["apps", name, "atomic"],
          "a failed run is taken down whole all the same, unless --keep is given",
        );
      if (app.chart !== undefined && Object.keys(app.annotations ?? {}).length > 0)
        all.warn(
          ["apps", name, "annotations"],
          "sbkube sets those of a chart's app nowhere, nor does monstack",
        );
      const depends_on = dependenciesOf(all, name);
      const [repo = "", ...rest] = (app.chart ?? "").split("/");
      const registry = all.registries.get(repo);
      const chart = registry === undefined ? app.chart : `${registry}/${rest.join("/")}`;
      return [name, { ...app, ...(chart === undefined ? {} : { chart }), depends_on }];
    }),
  );
}

function isDeployed({ types }: SbkubeApps, name: string): boolean {
  const type = types.get(name);
  return type !== undefined && type !== "noop";
}

/**
 * Returns what an app waits for. A noop app is replaced by its own dependencies. As with sbkube, a disabled app is not waited
 * for, and one with `wait: false` only until it is applied.
 */
function dependenciesOf(all: SbkubeApps, name: string): Dependency[] {
  const found = new Map<string, Dependency>();
  const seen = new Set<string>();
  const add = (of: string) => {
    if (seen.has(of)) return;
    seen.add(of);
    for (const [index, one] of (all.apps[of]?.app.depends_on ?? []).entries()) {
      const other = Object.hasOwn(all.apps, one.app) ? all.apps[one.app] : undefined;
      // The mistake in its type is reported; another one about this dependency would only confuse.
      if (other !== undefined && all.types.get(one.app) === undefined) continue;
      if (all.types.get(one.app) === "noop") add(one.app);
      else if (other?.app.enabled !== false)
        found.set(one.app, other?.wait === false ? { ...one, until: "applied" } : one);
      else if (of === name && all.apps[name]?.app.enabled !== false)
        all.warn(["apps", of, "depends_on", index], `${one.app} is switched off, and not waited for`);
    }
  };
  add(name);
  return [...found.values()];
}

/**
 * Returns the longest time in milliseconds that a chain of apps which wait for each other may take by their own timeouts;
 * undefined if none has one. A shorter timeout for all of them together would cut them short.
 */
export function longestChainMs(apps: Readonly<Record<string, AppInFile>>): number | undefined {
  if (Object.values(apps).every(({ timeout }) => timeout === undefined)) return undefined;
  const known = new Map<string, number>();
  const chain = (name: string, above: readonly string[]): number => {
    const app = Object.hasOwn(apps, name) ? apps[name] : undefined;
    // `checkCircles` reports a circle.
    if (app === undefined || above.includes(name)) return 0;
    const before = known.get(name);
    if (before !== undefined) return before;
    const waits = (app.depends_on ?? []).map((one) => chain(one.app, [...above, name]));
    const total = (app.timeout ?? 0) + Math.max(0, ...waits);
    known.set(name, total);
    return total;
  };
  return Math.max(...Object.keys(apps).map((name) => chain(name, [])));
}
