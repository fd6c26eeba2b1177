import type { OverlaySetting } from "./overlay.ts";

const why = "a backup begins with a snapshot, which only the admin API makes";

/** What lets a backup be made of the Prometheus of a chart, by the chart's name. */
export function adminApiSettings(chart: string): readonly OverlaySetting[] {
  if (chart === "prometheus") {
    return [
      {
        path: ["server", "extraFlags"],
        // The first is the chart's own: a list replaces a list.
        value: ["web.enable-lifecycle", "web.enable-admin-api"],
        why,
        // Prometheus refuses a flag that is there twice.
        unlessAny: ["server", "extraArgs", "web.enable-admin-api"],
      },
    ];
  }
  if (chart !== "kube-prometheus-stack") return [];
  return [{ path: ["prometheus", "prometheusSpec", "enableAdminAPI"], value: true, why }];
}
