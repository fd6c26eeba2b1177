import { hasGrafana } from "../grafana/login.ts";
import type { Asked, AskedInput } from "./asked.ts";
import { nobodyTakes } from "./place.ts";

/** What becomes of them is known once they were fetched (../dashboards.ts); without a Grafana nothing does. */
export function askedDashboards(input: AskedInput): Asked {
  if (input.config.dashboards.length === 0 || input.apps.some(hasGrafana)) return {};
  return { notices: [nobodyTakes(input, ["dashboards"], "Grafana")] };
}
