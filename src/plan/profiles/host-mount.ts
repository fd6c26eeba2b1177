import { ownValue } from "../../lib/own.ts";
import type { OverlaySetting } from "./overlay.ts";

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
export function privateRootSettings(chart: string): readonly OverlaySetting[] {
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
