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
