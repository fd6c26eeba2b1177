import type { Finding } from "../../model/cluster.ts";

const sysResourceBit = 24n;

/** Whether CapEff in a /proc/PID/status has CAP_SYS_RESOURCE. */
export function hasSysResource(status: string): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1];
  // A kernel that doesn't say is taken at its best.
  return mask === undefined || ((BigInt(`0x${mask}`) >> sysResourceBit) & 1n) === 1n;
}

export function judgeSysResource(sysResource: boolean): Finding[] {
  if (sysResource) return [];
  return [
    {
      kind: "adaptation",
      id: "no-cap-sys-resource",
      found:
        "root has no CAP_SYS_RESOURCE here, so a container with a negative oom_score_adj (every pause container) can't start",
      done: "containerd is told to keep to the oom_score_adj it has (restrict_oom_score_adj)",
    },
  ];
}

/**
 * A drop-in for containerd's configuration, version 3, which k3s imports from
 * <data-dir>/agent/etc/containerd/config-v3.toml.d/.
 */
export const restrictOomScoreAdj = `version = 3
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
`;
