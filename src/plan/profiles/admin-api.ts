import { isMapping, type Values, valueAt } from "../../lib/values.ts";
import type { OverlaySetting } from "./overlay.ts";

const why = "a backup begins with a snapshot, which only the admin API makes";

const flag = "web.enable-admin-api";

/** What lets a backup be made of the Prometheus of a chart, by the chart's name. */
export function adminApiSettings(chart: string, values: Values): readonly OverlaySetting[] {
  if (chart === "prometheus") {
    return [
      {
        path: ["server", "extraFlags"],
        // The first is the chart's own: a list replaces a list.
        value: ["web.enable-lifecycle", flag],
        why,
        // Prometheus refuses a flag that is there twice.
        unlessAny: [["server", "extraArgs", flag]],
      },
    ];
  }
  if (chart !== "kube-prometheus-stack") return [];
  // The operator refuses an argument of the user's that it would pass itself.
  const own = valueAt(values, ["prometheus", "prometheusSpec", "additionalArgs"]);
  if (Array.isArray(own) && own.some((one: unknown) => isMapping(one) && one["name"] === flag)) return [];
  return [{ path: ["prometheus", "prometheusSpec", "enableAdminAPI"], value: true, why }];
}
