import type { LoadedConfig } from "../../config/load.ts";
import { locate, placeInApp, placeInValues } from "../../config/locate.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { Plan, PlannedApp, ValueMistake } from "../../model/plan.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { judgeProvisioning } from "../../plan/grafana/provisioning.ts";
import type { ExtraObject } from "../../plan/grafana/sidecar.ts";
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
 * Refuses values with which Grafana would not start or never show something, web paths that would not work, and names
 * that are too long. Other problems of Grafana's provisioning are warnings.
 * @param extraObjects the known objects of other apps
 * @throws UserError that names each mistake with its place
 */
export function judgeValues(
  { context, loaded, draft }: Session,
  plan: Plan,
  extraObjects: readonly ExtraObject[],
): void {
  const { mistakes, warnings } = judgeProvisioning(plan.apps, extraObjects, plan.config);
  for (const mistake of warnings) {
    const { where, problem } = locateMistake(loaded, mistake);
    const text = `${where}: ${problem}`;
    context.log.warn(text, { title: "monstack: grafana" });
    draft.warnings = [...draft.warnings, text];
  }
  const allMistakes = [...mistakes, ...findWrongPaths(plan.apps), ...extraObjects.flatMap(findLongNames)];
  const placedMistakes = allMistakes.map((mistake) => locateMistake(loaded, mistake));
  if (allMistakes.every(({ isSecondDefault }) => isSecondDefault))
    refuseAs("datasource-two-defaults", placedMistakes);
  throwIfAny(placedMistakes);
}

/** Returns a mistake if an object's name is too long. */
function findLongNames({ app, object, path, where }: ExtraObject): ValueMistake[] {
  const { name } = (object["metadata"] ?? {}) as { readonly name?: unknown };
  const longName = checkNameLength(String(object["kind"]), String(name ?? ""));
  return longName === undefined
    ? []
    : [{ app, path, where, problem: `the name is too long: ${describeLongName(longName)}` }];
}

function describeLongName({ kind, name, most, why }: LongName): string {
  return `${kind} ${name} has ${name.length} characters, at most ${most} are allowed${why ? ` (${why})` : ""}`;
}

/** Returns the mistakes in an app's values and release that can be found from its chart without helm. */
export function findChartMistakes(loaded: LoadedConfig, app: PlannedApp, source: ChartSource): Mistake[] {
  const appConfig = loaded.config.apps[app.name];
  const values = appConfig === undefined ? {} : mergeUserValues(app.name, appConfig, loaded.valuesFiles);
  return [
    ...findWrongItems(app.name, values, source).map((mistake) => locateMistake(loaded, mistake)),
    ...createNameMistakes(loaded, app, findLongChartNames(app, source), () =>
      findLongestRelease(app, source),
    ),
  ];
}

/**
 * Refuses names of rendered objects that are too long for the API server, or for the pods made from them.
 * @throws UserError at the setting that makes the names
 */
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

/**
 * Returns one mistake for all names that are too long, at the setting from which they are made.
 * @param findMaximum returns the longest release name with which all of them would fit
 */
function createNameMistakes(
  loaded: LoadedConfig,
  { name: app, release }: PlannedApp,
  names: readonly LongName[],
  findMaximum: (names: readonly LongName[]) => number,
): Mistake[] {
  if (names.length === 0) return [];
  const isRelease = names.every(({ name }) => name.includes(release));
  const place = isRelease
    ? (placeInApp(loaded, app, ["release"]) ?? placeInApp(loaded, app, ["release_name"]))
    : locate(loaded, { app, keys: ["fullnameOverride", "nameOverride"], values: [] });
  const placeOrApp = place ?? placeInApp(loaded, app, []);
  const expectation = isRelease
    ? `the release's name ${release} has ${release.length} characters; expected at most ${findMaximum(names)}`
    : "expected a shorter fullnameOverride or nameOverride";
  return [
    {
      where: placeOrApp ? formatPlace(placeOrApp) : `app ${app}`,
      path: `apps.${app}${isRelease ? ".release" : ".values"}`,
      problem: `the names of objects are too long: ${names.map(describeLongName).join("; ")}; ${expectation}`,
    },
  ];
}

/** Returns a mistake with its place: the key itself in the user's files, else a key above it, else the app. */
function locateMistake(loaded: LoadedConfig, { app, path, where, problem }: ValueMistake): Mistake {
  const shownPath = path.length === 0 ? "" : formatPath(path);
  if (where !== undefined) return { where, path: shownPath, problem };
  for (let length = path.length; length > 0; length--) {
    const what = typeof path[length - 1] === "number" ? "value" : "key";
    const place = placeInValues(loaded, app, path.slice(0, length), { what });
    if (place) return { where: formatPlace(place), path: shownPath, problem };
  }
  const place = placeInApp(loaded, app, []);
  return { where: place ? formatPlace(place) : `app ${app}`, path: shownPath, problem };
}
