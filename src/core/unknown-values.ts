import { messageOf } from "../host/errors.ts";
import { userValues } from "../plan/plan.ts";
import type { PlannedApp, UnknownValue } from "../plan/types.ts";
import { unknownValues } from "../plan/unknown-values.ts";
import { readChartSource } from "../sources/chart-values.ts";
import type { ChartFile } from "../sources/types.ts";
import type { Session } from "./session.ts";

/**
 * The keys of the configuration's values for an app that have no effect. Undefined when the chart can't be read for it:
 * helm, which can, decides about the deployment.
 */
export async function findUnknownValues(
  { context, loaded }: Pick<Session, "context" | "loaded">,
  { name }: PlannedApp,
  chart: ChartFile,
): Promise<readonly UnknownValue[] | undefined> {
  const app = loaded.config.apps[name];
  if (app === undefined) return undefined;
  try {
    return unknownValues(
      name,
      userValues(name, app, loaded.valuesFiles),
      await readChartSource(context, chart),
    );
  } catch (error) {
    context.log.debug(
      `${name}: which values chart ${chart.name} knows could not be told: ${messageOf(error)}`,
    );
    return undefined;
  }
}
