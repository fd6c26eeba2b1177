import { notPassed } from "../failed.ts";
import { shorten } from "../log-lines.ts";
import type { DiagnosisRule } from "../types.ts";

const pressures: Readonly<Record<string, string>> = {
  DiskPressure: "its disk is nearly full",
  MemoryPressure: "its memory is nearly full",
  PIDPressure: "it has nearly no process ids left",
  NetworkUnavailable: "its pod network is not set up",
};

export const nodePressure: DiagnosisRule = {
  id: "node-pressure",
  layer: "host",
  title: "A node is under pressure (disk, memory, process ids, network)",
  evidence: "the nodes' conditions",
  find: (evidence) =>
    (evidence.cluster?.nodes ?? []).flatMap(({ metadata, status }) =>
      (status?.conditions ?? [])
        .filter(({ type, status: is }) => type in pressures && is === "True")
        .map(({ type, message }) => ({
          what: `Node ${metadata.name}: ${pressures[type]} (${type}), so it takes no new pods and evicts old ones`,
          how: [`kubelet, on node ${metadata.name}: ${shorten(message ?? type)}`],
          mend:
            type === "DiskPressure"
              ? "Free some space on the node's disk (images, logs), or use a larger one."
              : "Free what the node lacks, or use a larger machine.",
          sureness: "certain" as const,
          explains: notPassed(evidence),
          blame: undefined,
        })),
    ),
};

export const nodeDown: DiagnosisRule = {
  id: "node-down",
  layer: "cluster",
  title: "A node is not ready",
  evidence: "the nodes' conditions",
  find: (evidence) =>
    (evidence.cluster?.nodes ?? []).flatMap(({ metadata, status }) =>
      (status?.conditions ?? [])
        .filter(({ type, status: is }) => type === "Ready" && is !== "True")
        .map(({ message, reason }) => ({
          what: `Node ${metadata.name} is not ready`,
          how: [`kubelet, on node ${metadata.name}: ${reason ?? "NotReady"}: ${shorten(message ?? "")}`],
          mend: "Read the node's log (diagnostics/k3s.log) for what its kubelet or its network waits for.",
          sureness: "likely" as const,
          explains: notPassed(evidence),
          blame: undefined,
        })),
    ),
};
