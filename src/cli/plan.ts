import { grafanaCredentials } from "../core/credentials.ts";
import type { Session } from "../core/session.ts";
import { formatPlan } from "../plan/format.ts";
import { makePlan } from "../plan/plan.ts";

/** What a run would do, as text. Touches nothing. */
export async function plan({ context, loaded }: Session): Promise<string> {
  const grafana = grafanaCredentials(loaded.config, context.log);
  for (const warning of loaded.warnings) context.log.warn(warning);
  return formatPlan(makePlan(loaded.config, { valuesFiles: loaded.valuesFiles, grafana }));
}
