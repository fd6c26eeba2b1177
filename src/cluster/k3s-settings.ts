import { join, resolve } from "node:path";
import type { Config } from "../config/schema.ts";
import type { HostFacts } from "../model/cluster.ts";

/** What this program has to know of k3s' settings; the user's arguments can move each of them. */
export interface K3sSettings {
  readonly dataDir: string;
  readonly kubeconfig: string;
  readonly apiPort: number;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly flannelBackend: string;
}

/** Both names of the flag. */
export const nodeIpFlags: readonly string[] = ["--node-ip", "-i"];

/** Returns k3s' defaults, changed by the user's arguments. */
export function resolveK3sSettings(args: readonly string[], paths: HostPaths): K3sSettings {
  return {
    dataDir: resolve(findLastValue(args, ["--data-dir", "-d"]) ?? join(paths.varLib, "rancher/k3s")),
    kubeconfig: resolve(
      findLastValue(args, ["--write-kubeconfig", "-o"]) ?? join(paths.etcRancher, "k3s/k3s.yaml"),
    ),
    apiPort: Number(findLastValue(args, ["--https-listen-port"]) ?? 6443),
    clusterCidr: findLastValue(args, ["--cluster-cidr"]) ?? "10.42.0.0/16",
    serviceCidr: findLastValue(args, ["--service-cidr"]) ?? "10.43.0.0/16",
    flannelBackend: findLastValue(args, ["--flannel-backend"]) ?? "vxlan",
  };
}

/** Returns the value of a flag given as `--flag value` or `--flag=value`; of several the last, as k3s takes it. */
export function findLastValue(args: readonly string[], names: readonly string[]): string | undefined {
  return args.reduce<string | undefined>((found, arg, index) => {
    const name = names.find((candidate) => arg === candidate || arg.startsWith(`${candidate}=`));
    if (name === undefined) return found;
    return arg === name ? (args[index + 1] ?? found) : arg.slice(name.length + 1);
  }, undefined);
}

/** Returns the arguments without a flag that has a value. */
export function removeFlag(args: readonly string[], name: string): string[] {
  return args.filter((arg, index) => arg !== name && args[index - 1] !== name && !arg.startsWith(`${name}=`));
}

/** True if a flag is set, with or without a value. */
export function hasFlag(args: readonly string[], name: string): boolean {
  return args.some((arg) => arg === name || arg.startsWith(`${name}=`));
}

/** Returns the minor of a Kubernetes version (`v1.36.3+k3s1` -> 36); undefined for any other text. */
export function parseMinor(version: string): number | undefined {
  const minor = /^v?1\.(\d+)/.exec(version)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/** Returns the arguments of `k3s server`. The user's arguments come last, and the last value of a flag wins. */
export function buildK3sFlags(
  config: Pick<Config, "profile" | "k3s">,
  version: string,
  facts: HostFacts,
): string[] {
  const user = config.k3s.args;
  return [
    // Only root may read the admin's credentials; monstack makes a copy of its own for the user who runs it.
    "--write-kubeconfig-mode=600",
    ...buildDisableFlags(user),
    ...buildQuickStartFlags(),
    ...(config.profile === "ci" ? buildCiFlags() : []),
    ...buildHostFlags(version, facts),
    ...buildNodeAddressFlags(user, facts),
    ...user,
  ];
}

/** Returns the packaged components that the user's arguments disable: `traefik`, `coredns`. */
export function listDisabledParts(user: readonly string[]): string[] {
  const args = [...buildDisableFlags(user), ...user];
  return args.flatMap((arg, index) => {
    const value = arg === "--disable" ? args[index + 1] : /^--disable=(.*)$/.exec(arg)?.[1];
    return value?.split(",").map((part) => part.trim()) ?? [];
  });
}

/** Returns the default `--disable`. The flag is cumulative, so a user who sets it gets exactly the user's components. */
function buildDisableFlags(user: readonly string[]): string[] {
  if (hasFlag(user, "--disable")) return [];
  // Three deployments, three images to pull, a dozen CRDs and Helm jobs that a monitoring stack has no use for.
  return ["--disable=traefik,servicelb,metrics-server"];
}

/**
 * Measured on the lab's stand-in, 2 cores, from k3s' start to a pod Ready that was created as soon as the API answered
 * (3.4-4.1 s in each case): with all of this and flannel's file written beforehand 6.1-6.6 s; without that file 21.2 s,
 * with the cloud controller 10.9 s, with the default rates 11.0 s, with none of them 26.8 s.
 */
function buildQuickStartFlags(): string[] {
  return [
    // Without it the node carries the taint node.cloudprovider.kubernetes.io/uninitialized for ~6 s, and nothing is
    // scheduled. What it would do (addresses of nodes and of load balancers) needs servicelb, which is off.
    "--disable-cloud-controller",
    // Its CRDs and watches serve only the packaged charts, and there are none.
    "--disable-helm-controller",
    // By default 20 requests a second: 40 controllers ask for a token each as they start, and the first service
    // accounts, without which no pod can be made, come ~5 s later.
    "--kube-controller-manager-arg=kube-api-qps=400",
    "--kube-controller-manager-arg=kube-api-burst=800",
  ];
}

function buildCiFlags(): string[] {
  return [
    // cAdvisor samples every 10 s by default, and rate(container_cpu_...) needs two samples: 26.6 -> 18.2 s to data.
    "--kubelet-arg=housekeeping-interval=1s",
    // One controller and its iptables chains less. Elsewhere a user's NetworkPolicies must count.
    "--disable-network-policy",
  ];
}

function buildHostFlags(version: string, facts: HostFacts): string[] {
  const flags: string[] = [];
  if (facts.cgroups !== "v2" && (parseMinor(version) ?? 99) >= cgroupV1RefusedSince)
    flags.push("--kubelet-arg=fail-cgroupv1=false");
  if (!facts.overlayfs) flags.push("--snapshotter=native");
  if (facts.diskNearlyFull) {
    // The defaults are shares of the whole disk: 5 % of a big one is more than a whole run needs.
    flags.push("--kubelet-arg=eviction-hard=nodefs.available<1Gi,imagefs.available<1Gi");
    // At 85 % the kubelet deletes images that no pod uses yet, imported ones too, which nobody can pull again.
    flags.push("--kubelet-arg=image-gc-high-threshold=100");
  }
  return flags;
}

/**
 * Without a default route k3s needs `--node-ip`, which it hands on to the API server and the kubelet, and flannel its
 * link. `--node-ip` adds up, so the user's own is not joined by another.
 */
function buildNodeAddressFlags(user: readonly string[], { uplink }: HostFacts): string[] {
  if (uplink === undefined) return [];
  const flags: string[] = [];
  if (!nodeIpFlags.some((name) => hasFlag(user, name))) flags.push(`--node-ip=${uplink.address}`);
  if (!hasFlag(user, "--flannel-iface")) flags.push(`--flannel-iface=${uplink.device}`);
  return flags;
}

/** The kubelet refuses cgroup v1 from 1.35 on (KEP-5573); kubelets before 1.31 don't know the flag and would not start. */
const cgroupV1RefusedSince = 35;

/** The places on a Linux host that k3s and the look at the host have to do with. */
export interface HostPaths {
  readonly proc: string;
  readonly sys: string;
  readonly run: string;
  readonly etcRancher: string;
  readonly varLib: string;
  readonly varLog: string;
  readonly systemdUnits: readonly string[];
}

/** The host's own paths; with `root`, the same layout below another folder, which is how the tests see a host. */
export function listHostPaths(root = ""): HostPaths {
  return {
    proc: `${root}/proc`,
    sys: `${root}/sys`,
    run: `${root}/run`,
    etcRancher: `${root}/etc/rancher`,
    varLib: `${root}/var/lib`,
    varLog: `${root}/var/log`,
    systemdUnits: [
      `${root}/etc/systemd/system`,
      `${root}/usr/lib/systemd/system`,
      `${root}/lib/systemd/system`,
    ],
  };
}
