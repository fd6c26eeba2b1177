import { alertmanagerConfig } from "./alertmanager.ts";
import type { AskedPart } from "./asked.ts";
import { askedDashboards } from "./dashboards.ts";
import { askedMonitors } from "./monitors.ts";
import { askedRemotes } from "./remotes.ts";
import { askedResources } from "./resources.ts";
import { customRules } from "./rules.ts";
import { askedPrometheus } from "./scraping.ts";
import { askedStorage } from "./storage.ts";

/** Every setting that changes values or brings apps along, in the order in which they are laid over the user's values. */
export const askedParts: readonly AskedPart[] = [
  askedPrometheus,
  askedStorage,
  askedResources,
  askedRemotes,
  alertmanagerConfig,
  // After the scrape interval, against which it measures ranges.
  customRules,
  askedMonitors,
  askedDashboards,
];
