import type { LoadedConfig } from "../../config/load.ts";
import { locate, placeInApp } from "../../config/locate.ts";
import { describeError, type MonstackError, UserError } from "../../lib/errors.ts";
import { formatKeyPath } from "../../lib/object.ts";
import type { ChartFile } from "../../lockfile/tools.ts";
import { type ChartSource, formatChart } from "../../model/chart.ts";
import type { Notice, Plan, PlannedApp, UnknownValue } from "../../model/plan.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { mergeUserValues } from "../../plan/make-plan.ts";
import { findNewChart } from "../../plan/moved-charts.ts";
import { listUnknownValues } from "../../plan/values/unknown-values.ts";
import { readChartSource } from "../../sources/charts/contents.ts";
import { NotInIndex } from "../../sources/charts/repo.ts";
import { type Mistake, throwIfAny } from "../../yaml/mistakes.ts";
import { locateUnknownValues } from "../locate-causes.ts";
import type { Session } from "../session/session.ts";

/**
 * Returns the keys of the user's values for an app that have no effect; undefined if the chart can't be read. Then
 * helm decides about the deployment.
 */
export async function findUnknownValues(
  { context, loaded }: Pick<Session, "context" | "loaded">,
  { name }: PlannedApp,
  chart: ChartFile,
): Promise<readonly UnknownValue[] | undefined> {
  // An app that a setting added has no values of the user's.
  if (loaded.config.apps[name] === undefined) return [];
  try {
    return findUnreadValues(loaded, name, await readChartSource(context, chart));
  } catch (error) {
    context.log.debug(
      `${name}: could not find out which values chart ${chart.name} knows: ${describeError(error)}`,
    );
    return undefined;
  }
}

/** Returns the keys of the user's values that a chart does not read. */
export function findUnreadValues(
  loaded: LoadedConfig,
  name: string,
  source: ChartSource,
): readonly UnknownValue[] {
  const app = loaded.config.apps[name];
  return app === undefined
    ? []
    : listUnknownValues(name, mergeUserValues(name, app, loaded.valuesFiles), source);
}

/**
 * Logs warnings about deprecated charts and unknown values before anything is deployed, each at its line, if it has
 * one.
 */
export function warnAboutCharts(session: Session, rendered: readonly RenderedApp[]): void {
  const { context, draft } = session;
  const deprecated = rendered.flatMap(({ app, chart }) => describeDeprecation(app.name, chart));
  for (const text of deprecated) context.log.warn(text, { title: "monstack: deprecated chart" });
  draft.warnings = [...draft.warnings, ...deprecated];
  warnAboutUnknownValues(
    session,
    rendered.flatMap(({ unknownValues = [] }) => unknownValues),
  );
}

/** Logs a warning for each unknown value, at its line. */
export function warnAboutUnknownValues({ context, loaded }: Session, unknown: readonly UnknownValue[]): void {
  for (const { value, at: place } of locateUnknownValues(loaded, unknown))
    context.log.warn(describeUnknownValue(value), { title: "monstack: value without effect", ...place });
}

/** Returns a line about a key without effect, with a suggestion, if there is one. */
export function describeUnknownValue({ app, path, meant, hint }: UnknownValue): string {
  const suggestion = hint ?? (meant === undefined ? undefined : `did you mean ${meant}?`);
  const fact = `${app}: nothing in the chart reads ${formatKeyPath(path)}, so it changes nothing`;
  return suggestion === undefined ? fact : `${fact}; ${suggestion}`;
}

/** Returns the warning about a deprecated chart, as a list; empty if it is not deprecated. */
export function describeDeprecation(app: string, { name, version, deprecated }: ChartFile): string[] {
  return deprecated ? [`${app}: chart ${name} ${version} is deprecated by its authors`] : [];
}

/** Returns a notice for each of the plan's charts that is now maintained elsewhere, at the line that names it. */
export function noticeMovedCharts(loaded: LoadedConfig, plan: Plan): Notice[] {
  return plan.apps.flatMap(({ name, chart }) => {
    const newChart = findNewChart(chart);
    if (newChart === undefined) return [];
    const place = locate(loaded, { app: name, keys: ["chart"], values: [] });
    const text = `apps.${name}: chart ${formatChart(chart)} still works, but ${newChart.why}; it goes on as ${newChart.to}`;
    return [{ id: "chart-moved", text, ...(place ? { at: place } : {}) }];
  });
}

/** A chart, or a version of it, that does not exist: no run can install it. */
export interface RefusedChart {
  readonly mistake: Mistake;
  readonly fix: string | undefined;
}

/** Returns the mistake in the configuration behind a failed download of a chart; undefined if it has another cause. */
export function findRefusal(loaded: LoadedConfig, app: string, error: unknown): RefusedChart | undefined {
  if (error instanceof NotInIndex) return createRefusedChart(loaded, app, error.missing, error);
  if (error instanceof UserError) return createRefusedChart(loaded, app, "chart", error);
  return undefined;
}

/**
 * Refuses charts and versions that do not exist.
 * @throws UserError that names each, unless there are none
 */
export function refuseCharts(refused: readonly RefusedChart[]): void {
  const fixes = new Set(refused.flatMap(({ fix }) => fix ?? []));
  try {
    throwIfAny(refused.map(({ mistake }) => mistake));
  } catch (cause) {
    throw new UserError(describeError(cause), fixes.size > 0 ? { fix: [...fixes].join("; ") } : {});
  }
}

/**
 * Returns the place where the user's files name an app's chart or its version; undefined if they name neither.
 * @param firstKey the key that is looked up first
 */
export function locateChart(loaded: LoadedConfig, app: string, firstKey: "chart" | "version" = "chart") {
  const secondKey = firstKey === "chart" ? "version" : "chart";
  return placeInApp(loaded, app, [firstKey]) ?? placeInApp(loaded, app, [secondKey]);
}

/** Returns the mistake for a missing chart or version, at the place that names it. */
function createRefusedChart(
  loaded: LoadedConfig,
  app: string,
  key: "chart" | "version",
  { message, fix }: MonstackError,
): RefusedChart {
  const place = locateChart(loaded, app, key);
  const where = place ? `${place.file}:${place.line}:${place.column}` : `app ${app}`;
  return { mistake: { where, path: `apps.${app}.${key}`, problem: message }, fix };
}
