import type { Check } from "../stack/check.ts";
import { backup } from "./backup.ts";
import { dashboards } from "./dashboards.ts";
import { limits } from "./limits.ts";
import { notifications } from "./notifications.ts";
import { persistence } from "./persistence.ts";
import { rbac } from "./rbac.ts";
import { retention } from "./retention.ts";
import { rules } from "./rules.ts";

/** The eight points of the production checklist, in its order. */
export const checklistChecks: readonly Check[] = [
  persistence,
  retention,
  notifications,
  rules,
  dashboards,
  rbac,
  limits,
  backup,
];
