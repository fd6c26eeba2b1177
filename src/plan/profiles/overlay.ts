import {
  formatKeyPath,
  getOwnValue,
  getValueAt,
  isMapping,
  isUnset,
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

/** Why a chart's readiness probe runs every second. */
export const readinessReason = "a ready pod is noticed within a second instead of up to ten";
/** Why a pod requests little. */
export const resourcesReason =
  "small enough for any runner, but not the first to starve or to be evicted on a busy one";

/** Sets each value that the user left unset. Returns the new values and the settings that were applied. */
export function applyOverlay(
  app: string,
  values: Values,
  settings: readonly OverlaySetting[],
): { values: Values; set: ProfileSetting[] } {
  const unsetSettings = settings.filter(
    ({ path, unlessAny = [] }) =>
      isUnset(values, path) && !unlessAny.some((alternative) => hasValueAt(values, alternative)),
  );
  return {
    values: unsetSettings.reduce((merged, { path, value }) => withValue(merged, path, value), values),
    set: unsetSettings.map(({ path, value, why }) => ({ app, path: formatKeyPath(path), value, why })),
  };
}

function hasValueAt(values: Values, path: readonly string[]): boolean {
  const current = getValueAt(values, path);
  return isMapping(current) ? Object.keys(current).length > 0 : current !== undefined;
}

const adminApiReason = "a backup begins with a snapshot, which only the admin API makes";

const adminApiFlag = "web.enable-admin-api";

/** Returns the settings that a backup of a chart's Prometheus needs, by the chart's name. */
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
  const ownArguments = getValueAt(values, ["prometheus", "prometheusSpec", "additionalArgs"]);
  if (
    Array.isArray(ownArguments) &&
    ownArguments.some((argument: unknown) => isMapping(argument) && argument["name"] === adminApiFlag)
  )
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
 * Returns the settings with which node-exporter starts on a host whose `/` is mounted private. Its HostToContainer mount
 * would be refused there ("not a shared or slave mount"). Without propagation it still sees every file system that is
 * mounted before it starts.
 */
export function createPrivateMountSettings(chart: string): readonly OverlaySetting[] {
  const prefix = getOwnValue(nodeExporterIn, chart);
  if (!prefix) return [];
  return [
    {
      path: [...prefix, "hostRootFsMount", "mountPropagation"],
      value: "",
      why: "this host's / is mounted private, and node-exporter can't start with the chart's HostToContainer there",
    },
  ];
}
