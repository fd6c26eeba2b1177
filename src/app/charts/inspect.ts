import type { LoadedConfig } from "../../config/load.ts";
import { listValuesFiles, placeInApp } from "../../config/locate.ts";
import { describeError, MonstackError, UserError } from "../../lib/errors.ts";
import type { ChartFile } from "../../lockfile/tools.ts";
import { type ChartSource, formatChart } from "../../model/chart.ts";
import type { Plan, PlannedApp, UnknownValue } from "../../model/plan.ts";
import { readChartSource } from "../../sources/charts/contents.ts";
import { fetchChart } from "../../sources/charts/fetch.ts";
import { installTool } from "../../sources/tools/install.ts";
import type { Mistake } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";
import { findChartMistakes } from "../validate/value-mistakes.ts";
import { findSchemaMistakes } from "../validate/values.ts";
import { findRefusal, findUnreadValues, locateChart, type RefusedChart } from "./unknown-values.ts";

/** A chart and the keys of the user's values that it doesn't know. */
export interface InspectedChart {
  readonly app: string;
  readonly chart: ChartFile;
  readonly source: ChartSource;
  readonly unknown: readonly UnknownValue[];
  /** Values that helm would refuse by the chart's schema, and others that no run could work with. */
  readonly mistakes: readonly Mistake[];
}

/** A chart that could not be fetched, so its values could not be checked. */
interface MissingChart {
  readonly app: string;
  readonly why: string;
  /** True if the user wrote values for it, which could not be compared with the chart. */
  readonly hasValues: boolean;
}

/**
 * The results for all charts: those that were compared, those that could not be fetched, and those that do not exist.
 */
export interface ChartInspection {
  readonly inspected: readonly InspectedChart[];
  readonly missing: readonly MissingChart[];
  readonly refused: readonly RefusedChart[];
}

/** The retry policy of `plan`: short, because a person waits for the result. */
export const retryPolicy = { tries: 2, firstWaitMs: 500, stallMs: 10_000 };

/**
 * Fetches the charts that the user named or wrote values for, and compares the values with them. Needs no cluster,
 * and helm only for charts in a registry. Offline, only charts on this machine are inspected.
 */
export async function inspectCharts(
  session: Session,
  plan: Plan,
  { offline }: { readonly offline: boolean },
): Promise<ChartInspection> {
  const { loaded } = session;
  const inspectedApps = plan.apps.filter(
    ({ name, chart }) =>
      (chart.kind === "path" || chart.kind === "repo" || chart.kind === "oci") &&
      (hasValues(loaded, name) || (isNamed(loaded, name) && (!offline || chart.kind === "path"))),
  );
  const results = await Promise.all(inspectedApps.map((app) => inspectChart(session, app, offline)));
  return {
    inspected: results.filter((result) => "chart" in result),
    missing: results.filter((result) => "why" in result),
    refused: results.filter((result) => "mistake" in result),
  };
}

/**
 * Fetches one chart and compares the user's values with it. Returns the result of the comparison; the reason if the
 * chart could not be fetched; or the mistake in the configuration if the chart does not exist.
 */
async function inspectChart(
  session: Session,
  app: PlannedApp,
  offline: boolean,
): Promise<InspectedChart | MissingChart | RefusedChart> {
  const { context, loaded } = session;
  const createMissing = (why: string) => ({ app: app.name, why, hasValues: hasValues(loaded, app.name) });
  if (offline && app.chart.kind !== "path") return createMissing("its chart is not fetched offline");
  try {
    const chart = await fetchAppChart(session, app);
    const source = await readChartSource(context, chart);
    refuseMissingSubcharts(source, app.chart);
    const unknown = findUnreadValues(loaded, app.name, source);
    const schemaMistakes = await findSchemaMistakes(loaded, app, source);
    // A mistake that the schema reports is not reported twice.
    const otherMistakes = findChartMistakes(loaded, app, source).filter(
      ({ where }) => !schemaMistakes.some((schemaMistake) => schemaMistake.where === where),
    );
    return { app: app.name, chart, source, unknown, mistakes: [...schemaMistakes, ...otherMistakes] };
  } catch (error) {
    if (!(error instanceof MonstackError)) throw error;
    context.signal.throwIfAborted();
    const refused = findRefusal(loaded, app.name, error);
    return refused ?? createMissing(`chart ${formatChart(app.chart)}: ${describeError(error)}`);
  }
}

/**
 * Refuses a chart whose folder lacks a subchart. helm refuses it too, even if the subchart is disabled.
 * @throws UserError
 */
function refuseMissingSubcharts(
  { name, dependencies, charts }: ChartSource,
  chart: PlannedApp["chart"],
): void {
  const presentNames = new Set(charts.map((subchart) => subchart.name));
  const missing = [
    ...new Set(
      dependencies.map((dependency) => dependency.name).filter((dependency) => !presentNames.has(dependency)),
    ),
  ];
  if (missing.length === 0) return;
  const verb = missing.length === 1 ? "is not" : "are not";
  throw new UserError(`chart ${name} depends on ${missing.join(", ")}, which ${verb} in its folder charts/`, {
    fix: `run \`helm dependency build ${chart.kind === "path" ? chart.path : name}\` first, which downloads what a chart depends on`,
  });
}

/** True if the user's files name the app's chart or its release, which is part of all its objects' names. */
function isNamed(loaded: LoadedConfig, app: string): boolean {
  return locateChart(loaded, app) !== undefined || placeInApp(loaded, app, ["release"]) !== undefined;
}

function hasValues(loaded: LoadedConfig, app: string): boolean {
  return listValuesFiles(loaded, app).length > 0;
}

/** Fetches an app's chart with the short retry policy of `plan`. */
async function fetchAppChart(
  { context, loaded, supply }: Session,
  { chart }: PlannedApp,
): Promise<ChartFile> {
  const helmOption =
    chart.kind === "oci" ? { helm: installTool(context, loaded.config, "helm", { supply }) } : {};
  return fetchChart(context, loaded.config, chart, { ...helmOption, retryPolicy, supply });
}
