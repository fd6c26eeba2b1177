import type { LoadedConfig } from "../../config/load.ts";
import { locate, placeInApp, placeInValues } from "../../config/locate.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { Plan, PlannedApp, ValueMistake } from "../../model/plan.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { judgeProvisioning } from "../../plan/grafana/provisioning.ts";
import type { BroughtObject } from "../../plan/grafana/sidecar.ts";
import { mergeUserValues } from "../../plan/make-plan.ts";
import { findWrongItems } from "../../plan/values/item-shapes.ts";
import {
  checkNameLength,
  findLongChartNames,
  findLongestRelease,
  type LongName,
} from "../../plan/values/name-lengths.ts";
import { findWrongPaths } from "../../plan/web-paths.ts";
import { formatPlace } from "../../report/verdict.ts";
import { refuseAs } from "../../rules/check-rendered.ts";
import { formatPath, type Mistake, throwIfAny } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";

/**
 * Refuses what Grafana would refuse of the files that it is provisioned with, and paths that nothing answers; what Grafana
 * would never read is a warning.
 * @param brought the objects of other apps, as far as they are known
 * @throws UserError that names each mistake with its place
 */
export function judgeValues(
  { context, loaded, draft }: Session,
  plan: Plan,
  brought: readonly BroughtObject[],
): void {
  const { mistakes, warnings } = judgeProvisioning(plan.apps, brought, plan.config);
  for (const one of warnings) {
    const { where, problem } = locateMistake(loaded, one);
    const text = `${where}: ${problem}`;
    context.log.warn(text, { title: "monstack: grafana" });
    draft.warnings = [...draft.warnings, text];
  }
  const all = [...mistakes, ...findWrongPaths(plan.apps), ...brought.flatMap(findLongNames)];
  const places = all.map((one) => locateMistake(loaded, one));
  if (all.every(({ isSecondDefault }) => isSecondDefault)) refuseAs("datasource-two-defaults", places);
  throwIfAny(places);
}

function findLongNames({ app, object, path, where }: BroughtObject): ValueMistake[] {
  const { name } = (object["metadata"] ?? {}) as { readonly name?: unknown };
  const long = checkNameLength(String(object["kind"]), String(name ?? ""));
  return long === undefined
    ? []
    : [{ app, path, where, problem: `the name is too long: ${describeLong(long)}` }];
}

function describeLong({ kind, name, most, why }: LongName): string {
  return `${kind} ${name} has ${name.length} characters, at most ${most} are allowed${why ? ` (${why})` : ""}`;
}

/** Returns the mistakes in an app's values and release that its chart shows without helm. */
export function findChartMistakes(loaded: LoadedConfig, app: PlannedApp, source: ChartSource): Mistake[] {
  const own = loaded.config.apps[app.name];
  const values = own === undefined ? {} : mergeUserValues(app.name, own, loaded.valuesFiles);
  return [
    ...findWrongItems(app.name, values, source).map((one) => locateMistake(loaded, one)),
    ...createNameMistakes(loaded, app, findLongChartNames(app, source), () =>
      findLongestRelease(app, source),
    ),
  ];
}

/** @throws UserError for names that the API server, or what makes pods of the objects, would refuse */
export function refuseLongNames(loaded: LoadedConfig, rendered: readonly RenderedApp[]): void {
  throwIfAny(
    rendered.flatMap(({ app, objects }) =>
      createNameMistakes(
        loaded,
        app,
        objects.flatMap(({ kind, metadata }) => checkNameLength(kind, metadata.name) ?? []),
        (names) => app.release.length - Math.max(...names.map(({ name, most }) => name.length - most)),
      ),
    ),
  );
}

/** Creates one mistake for all names, at the setting from which they are made. */
function createNameMistakes(
  loaded: LoadedConfig,
  { name: app, release }: PlannedApp,
  names: readonly LongName[],
  mostOf: (names: readonly LongName[]) => number,
): Mistake[] {
  if (names.length === 0) return [];
  const isRelease = names.every(({ name }) => name.includes(release));
  const place = isRelease
    ? (placeInApp(loaded, app, ["release"]) ?? placeInApp(loaded, app, ["release_name"]))
    : locate(loaded, { app, keys: ["fullnameOverride", "nameOverride"], values: [] });
  const at = place ?? placeInApp(loaded, app, []);
  const right = isRelease
    ? `the release's name ${release} has ${release.length} characters; expected at most ${mostOf(names)}`
    : "expected a shorter fullnameOverride or nameOverride";
  return [
    {
      where: at ? formatPlace(at) : `app ${app}`,
      path: `apps.${app}${isRelease ? ".release" : ".values"}`,
      problem: `the names of objects are too long: ${names.map(describeLong).join("; ")}; ${right}`,
    },
  ];
}

/** Locates a mistake in an app's values: the key itself, else a key above it, else the app. */
export function locateMistake(loaded: LoadedConfig, { app, path, where, problem }: ValueMistake): Mistake {
  const shown = path.length === 0 ? "" : formatPath(path);
  if (where !== undefined) return { where, path: shown, problem };
  for (let length = path.length; length > 0; length--) {
    const what = typeof path[length - 1] === "number" ? "value" : "key";
    const place = placeInValues(loaded, app, path.slice(0, length), { what });
    if (place) return { where: formatPlace(place), path: shown, problem };
  }
  const place = placeInApp(loaded, app, []);
  return { where: place ? formatPlace(place) : `app ${app}`, path: shown, problem };
}
