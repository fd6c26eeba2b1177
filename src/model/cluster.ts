import type { KubeConfig } from "@kubernetes/client-node";

/** A Kubernetes cluster that can be deployed into. */
export interface Cluster {
  readonly kind: "k3s" | "existing";
  /** Absolute path of a kubeconfig, mode 0600, owned by this user. */
  readonly kubeconfig: string;
  readonly context: string | undefined;
  readonly kube: KubeConfig;
  /** The API server's version, e.g. `v1.36.3+k3s1`. */
  readonly version: string;
  /** `direct`: this host reaches ClusterIPs. `api-server`: services are reached by a port-forward through the API server. */
  readonly reach: "direct" | "api-server";
}

/** Something preflight found on the host, and what was done about it. */
export interface Adaptation {
  /** e.g. `cgroup-v1`, `no-cap-sys-resource`, `private-root-mount`. */
  readonly id: string;
  readonly found: string;
  readonly done: string;
}

/** Something on the host that k3s can't run with, and how to fix it. */
export interface Problem {
  readonly id: string;
  readonly message: string;
  readonly fix: string;
}

/** What one look at the host came to. */
export type Finding =
  | ({ readonly kind: "adaptation" } & Adaptation)
  | ({ readonly kind: "problem" } & Problem)
  | { readonly kind: "warning"; readonly message: string };

/** What was found on the host before k3s is started; `startK3s` acts on it. */
export interface Preflight {
  readonly adaptations: readonly Adaptation[];
  readonly warnings: readonly string[];
  /** Where k3s keeps its data: the `--data-dir` in the user's arguments, else /var/lib/rancher/k3s. */
  readonly dataDir: string;
  readonly facts: HostFacts;
}

/** A link and the IPv4 address on it that the node is known by. */
export interface Uplink {
  readonly device: string;
  readonly address: string;
}

export interface HostFacts {
  /** systemd is PID 1: k3s becomes a transient unit. */
  readonly systemd: boolean;
  readonly cgroups: "v1" | "hybrid" | "v2";
  /** Root has CAP_SYS_RESOURCE here, so containers with a negative oom_score_adj can start. */
  readonly sysResource: boolean;
  /** How `/` is mounted where k3s is going to run. */
  readonly rootPropagation: "private" | "slave" | "shared";
  readonly overlayfs: boolean;
  /** MTU that a pod's link gets: the uplink's without the VXLAN header. */
  readonly podMtu: number;
  /** Where there is no default route for IPv4: what k3s would have found by it. */
  readonly uplink: Uplink | undefined;
  /** The services' network, e.g. `10.43.0.0/16`, where no route of the host's leads to it. */
  readonly serviceRoute: string | undefined;
  /** Kernel settings that k3s is going to change, as they are now, in the order in which they are to be journaled. */
  readonly sysctls: readonly { readonly key: string; readonly previous: string }[];
  /** The kubelet's own thresholds, in percent of the disk, would evict pods or delete images on this disk. */
  readonly diskNearlyFull: boolean;
}

/** A k3s that was started; its API may not answer yet. */
export interface RunningK3s {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: with the pid it names the process for good. */
  readonly startTime: string;
  readonly unit: string | undefined;
  readonly version: string;
  readonly logFile: string;
  readonly dataDir: string;
  /** Where k3s writes its kubeconfig, readable by root only. */
  readonly serverKubeconfig: string;
  /** Where this user's copy of it goes. */
  readonly kubeconfig: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}
