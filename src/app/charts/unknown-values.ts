import type { LoadedConfig } from "../../config/load.ts";
import { describeError } from "../../lib/errors.ts";
import type { ChartFile } from "../../lockfile/tools.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { PlannedApp, UnknownValue } from "../../model/plan.ts";
import { mergeUserValues } from "../../plan/make-plan.ts";
import { listUnknownValues } from "../../plan/values/unknown-values.ts";
import { readChartSource } from "../../sources/charts/contents.ts";
import type { Session } from "../session/session.ts";

/**
 * The keys of the configuration's values for an app that have no effect. Undefined when the chart can't be read for it:
 * helm, which can, decides about the deployment.
 */
export async function findUnknownValues(
  { context, loaded }: Pick<Session, "context" | "loaded">,
  { name }: PlannedApp,
  chart: ChartFile,
): Promise<readonly UnknownValue[] | undefined> {
  // What a setting brought along has no values of the user's.
  if (loaded.config.apps[name] === undefined) return [];
  try {
    return unknownIn(loaded, name, await readChartSource(context, chart));
  } catch (error) {
    context.log.debug(
      `${name}: which values chart ${chart.name} knows could not be told: ${describeError(error)}`,
    );
    return undefined;
  }
}

/** The same for a chart that was read. */
export function unknownIn(loaded: LoadedConfig, name: string, source: ChartSource): readonly UnknownValue[] {
  const app = loaded.config.apps[name];
  return app === undefined
    ? []
    : listUnknownValues(name, mergeUserValues(name, app, loaded.valuesFiles), source);
}
