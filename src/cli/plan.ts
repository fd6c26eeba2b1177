import { prepare } from "../core/prepare.ts";
import type { Session } from "../core/session.ts";
import { formatPlan } from "../plan/format.ts";

/** What a run would do, as text. Touches nothing. */
export function plan(session: Session): string {
  for (const warning of session.loaded.warnings) session.context.log.warn(warning);
  return formatPlan(prepare(session).plan);
}
