/**
 * A change to the host or a cluster, written to the journal before it is made. Teardown walks the journal backwards
 * and undoes each; undoing what never happened is fine.
 */
export type JournalEntry =
  /** The start of the run: the host's state before, so that teardown removes nothing of it. */
  | { readonly kind: "begin"; readonly at: string; readonly before: HostSnapshot; readonly version: string }
  /** The folder of the run's temporary files (see `Temporary`). It exists only while something uses it. */
  | { readonly kind: "temporary"; readonly at: string; readonly path: string }
  | {
      readonly kind: "k3s";
      readonly at: string;
      readonly binary: string;
      readonly dataDir: string;
      readonly unit: string | undefined;
      /** Paths that did not exist before and belong to it. */
      readonly paths: readonly string[];
      /** Networks of its pods and services, e.g. `10.42.0.0/16`. */
      readonly networks?: readonly string[];
    }
  /** A process that is about to start. If the run is killed before the pid is known, teardown finds the process by `argument`, a word of its command line that no other process has. */
  | { readonly kind: "starting"; readonly at: string; readonly name: string; readonly argument: string }
  /** A started process. `startTime` is field 22 of /proc/PID/stat, so that a reused pid is never killed. */
  | {
      readonly kind: "process";
      readonly at: string;
      readonly name: string;
      readonly pid: number;
      readonly startTime: string;
    }
  /** A created file or folder. `previous` is the content of a file that existed before. */
  | {
      readonly kind: "file";
      readonly at: string;
      readonly path: string;
      readonly root: boolean;
      readonly previous?: string;
    }
  /** A route by loopback to the services' network, e.g. `10.43.0.0/16`. */
  | { readonly kind: "route"; readonly at: string; readonly to: string }
  | { readonly kind: "sysctl"; readonly at: string; readonly key: string; readonly previous: string }
  | {
      readonly kind: "cluster";
      readonly at: string;
      readonly clusterKind: "k3s" | "existing";
      readonly kubeconfig: string;
      readonly context: string | undefined;
    }
  /** Teardown keeps the volumes. */
  | { readonly kind: "keep-data"; readonly at: string }
  | { readonly kind: "namespace"; readonly at: string; readonly name: string }
  | {
      readonly kind: "release";
      readonly at: string;
      readonly name: string;
      readonly namespace: string;
      readonly helm: string;
      /** Its cluster-scoped objects, which have to be gone after its removal. */
      readonly clusterObjects?: readonly ClusterObject[];
    }
  /** Custom resource definitions that did not exist before. Helm never deletes those in a chart's folder crds. */
  | { readonly kind: "crds"; readonly at: string; readonly names: readonly string[] }
  /** A Service that an operator will create and that did not exist before. No release owns it. */
  | { readonly kind: "service"; readonly at: string; readonly namespace: string; readonly name: string };

export interface ClusterObject {
  readonly kind: string;
  /** Path at the API server, e.g. `/apis/rbac.authorization.k8s.io/v1/clusterroles/prometheus-server`. */
  readonly path: string;
}

/**
 * Paths from the settings of the call that tears down. Because of a journal alone, teardown runs no program and removes no
 * folder with an unexpected name.
 */
export interface Known {
  /** Absolute paths. Each is undefined if no setting names it. */
  readonly helm?: string | undefined;
  readonly k3s?: string | undefined;
  readonly kubeconfig?: string | undefined;
  /** k3s' data folder and the kubeconfig that it writes. */
  readonly dataDir?: string | undefined;
  readonly serverKubeconfig?: string | undefined;
}

/** The host's items that are compared before and after a run. A leak is an item that exists only after. */
export interface HostSnapshot {
  /** Mount points that belong to Kubernetes or container runtimes. */
  readonly mounts: readonly string[];
  /** Network links, e.g. `cni0`, `flannel.1`, `veth...`. */
  readonly links: readonly string[];
  /** Named network namespaces. */
  readonly netns: readonly string[];
  /** iptables and ip6tables rules and chains, as iptables-save prints them without counters. */
  readonly iptables: readonly string[];
  /** Names of ipsets that a cluster's network makes. */
  readonly ipsets: readonly string[];
  /** Tables of nftables that a cluster's network makes, e.g. `ip kube-proxy`. */
  readonly nftTables: readonly string[];
  /** The existing ones among the paths that k3s and this program create. */
  readonly paths: readonly string[];
  /** `pid name` of processes that belong to k3s, containerd or pods. Zombies don't count. */
  readonly processes: readonly string[];
  /** Folders below /sys/fs/cgroup named kubepods. */
  readonly cgroups: readonly string[];
  /** systemd's units of the kinds that a cluster makes, active or failed. */
  readonly units: readonly string[];
}

/**
 * Something that is left after teardown. `lost`: the host had it before and has it no more. `setting`: it could not be
 * restored.
 */
export interface Leak {
  readonly kind:
    | "lost"
    | "setting"
    | "process"
    | "mount"
    | "link"
    | "netns"
    | "iptables"
    | "ipset"
    | "nft"
    | "path"
    | "cgroup"
    | "unit"
    | "release"
    | "namespace"
    | "pvc"
    | "pv"
    | "cluster-object"
    | "crd";
  readonly what: string;
}

/** The paths that identify a k3s of this run, besides its default places. */
export interface K3sTraces {
  readonly binary: string;
  readonly dataDir: string;
}

/** A k3s that a run started, as the teardown knows it. */
export interface K3sRun {
  readonly entry: Extract<JournalEntry, { kind: "k3s" }>;
  /** The processes that the journal records for this k3s. */
  readonly processes: readonly Extract<JournalEntry, { kind: "process" }>[];
  readonly before: HostSnapshot;
  /** True to keep its volumes. */
  readonly keepData: boolean;
}

/**
 * Runs one step of a teardown. The returned text is logged as done, a thrown error is reported, and the next step
 * runs.
 */
export type Step = (what: string, work: () => Promise<string | undefined>) => Promise<void>;
