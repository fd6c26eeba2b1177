import {
  formatKeyPath,
  getValueAt,
  isMapping,
  isUnset,
  ownValue,
  type Values,
  withValue,
} from "../../lib/object.ts";
import type { ProfileSetting } from "../../model/plan.ts";

/** A value that goes under the user's own. */
export interface OverlaySetting {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly why: string;
  /** Not set where the user has anything at one of these paths: it would take that away, or change what it means. */
  readonly unlessAny?: readonly (readonly string[])[];
}

/** Sets each value that the user left unset. Returns which. */
export function applyOverlay(
  app: string,
  values: Values,
  settings: readonly OverlaySetting[],
): { values: Values; set: ProfileSetting[] } {
  const free = settings.filter(
    ({ path, unlessAny = [] }) => isUnset(values, path) && !unlessAny.some((one) => hasValueAt(values, one)),
  );
  return {
    values: free.reduce((merged, { path, value }) => withValue(merged, path, value), values),
    set: free.map(({ path, value, why }) => ({ app, path: formatKeyPath(path), value, why })),
  };
}

function hasValueAt(values: Values, path: readonly string[]): boolean {
  const there = getValueAt(values, path);
  return isMapping(there) ? Object.keys(there).length > 0 : there !== undefined;
}

const adminApiReason = "a backup begins with a snapshot, which only the admin API makes";

const adminApiFlag = "web.enable-admin-api";

/** Creates the settings that a backup of a chart's Prometheus needs, by the chart's name. */
export function createAdminApiSettings(chart: string, values: Values): readonly OverlaySetting[] {
  if (chart === "prometheus") {
    return [
      {
        path: ["server", "extraFlags"],
        // The first is the chart's own: a list replaces a list.
        value: ["web.enable-lifecycle", adminApiFlag],
        why: adminApiReason,
        // Prometheus refuses a flag that is there twice.
        unlessAny: [["server", "extraArgs", adminApiFlag]],
      },
    ];
  }
  if (chart !== "kube-prometheus-stack") return [];
  // The operator refuses an argument of the user's that it would pass itself.
  const own = getValueAt(values, ["prometheus", "prometheusSpec", "additionalArgs"]);
  if (Array.isArray(own) && own.some((one: unknown) => isMapping(one) && one["name"] === adminApiFlag))
    return [];
  return [{ path: ["prometheus", "prometheusSpec", "enableAdminAPI"], value: true, why: adminApiReason }];
}

/** Where each chart keeps node-exporter's values. */
const nodeExporterIn: Readonly<Record<string, readonly string[]>> = {
  prometheus: ["prometheus-node-exporter"],
  "kube-prometheus-stack": ["prometheus-node-exporter"],
  "prometheus-node-exporter": [],
};

/**
 * Lets node-exporter start on a host whose `/` is mounted private: its HostToContainer mount is refused there ("not a
 * shared or slave mount"). Without propagation it still sees every file system that is mounted before it starts.
 */
export function createPrivateMountSettings(chart: string): readonly OverlaySetting[] {
  const prefix = ownValue(nodeExporterIn, chart);
  if (!prefix) return [];
  return [
    {
      path: [...prefix, "hostRootFsMount", "mountPropagation"],
      value: "",
      why: "this host's / is mounted private, and node-exporter can't start with the chart's HostToContainer there",
    },
  ];
}
