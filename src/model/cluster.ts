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

/** A property of the host that preflight found, and the adaptation to it. */
export interface Adaptation {
  /** e.g. `cgroup-v1`, `no-cap-sys-resource`, `private-root-mount`. */
  readonly id: string;
  readonly found: string;
  readonly done: string;
}

/** A property of the host with which k3s can't run, and the fix. */
export interface Problem {
  readonly id: string;
  readonly message: string;
  readonly fix: string;
}

/** One result of preflight. */
export type Finding =
  | ({ readonly kind: "adaptation" } & Adaptation)
  | ({ readonly kind: "problem" } & Problem)
  | { readonly kind: "warning"; readonly message: string };

/** The results of preflight, which examines the host before k3s starts. `startK3s` uses them. */
export interface Preflight {
  readonly adaptations: readonly Adaptation[];
  readonly warnings: readonly string[];
  /** The folder of k3s' data: `--data-dir` in the user's arguments, else /var/lib/rancher/k3s. */
  readonly dataDir: string;
  readonly facts: HostFacts;
}

/** A network link, and the IPv4 address on it that is the node's address. */
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
  /** The link that replaces a missing default route for IPv4; undefined if there is such a route. */
  readonly uplink: Uplink | undefined;
  /** The services' network, for example `10.43.0.0/16`, if the host has no route to it; else undefined. */
  readonly serviceRoute: string | undefined;
  /** Kernel settings that k3s will change, with their present values, in the order of the journal. */
  readonly sysctls: readonly { readonly key: string; readonly previous: string }[];
  /** The kubelet's own thresholds, in percent of the disk, would evict pods or delete images on this disk. */
  readonly diskNearlyFull: boolean;
}

/** A k3s that was started; its API may not answer yet. */
export interface RunningK3s {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. With the pid, it identifies the process even if the pid is reused. */
  readonly startTime: string;
  readonly unit: string | undefined;
  readonly version: string;
  readonly logFile: string;
  readonly dataDir: string;
  /** The path of k3s' own kubeconfig, which only root can read. */
  readonly serverKubeconfig: string;
  /** The path of this user's copy. */
  readonly kubeconfig: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}
