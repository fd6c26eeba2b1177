import type { Check } from "../../stack/check.ts";
import type { Stack } from "../../stack/stack.ts";
import { allChecks, endChecks } from "../../verify/catalogue.ts";
import { ownChecks } from "../../verify/user-checks/user-checks.ts";
import type { Session } from "../session/session.ts";

/** All checks of this call: the catalogue's, at the end of a job those that look back, and the user's own. */
export function checksOf({ context, loaded }: Session, stack: Stack): readonly Check[] {
  const { checks, namespace, verify } = loaded.config;
  const own = ownChecks(checks, { env: loaded.variables, namespace });
  for (const secret of own.secrets) context.log.mask(secret);
  const looksBack = verify.atEnd && stack.baseline !== undefined;
  return [...allChecks, ...(looksBack ? endChecks : []), ...own.checks];
}
