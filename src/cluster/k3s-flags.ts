import type { Config } from "../config/schema.ts";
import type { HostFacts } from "../model/cluster.ts";
import { hasFlag, minorOf, nodeIpFlags } from "./k3s-settings.ts";

/** `k3s server`'s arguments. What the user gave comes last, and there the last word wins. */
export function k3sFlags(
  config: Pick<Config, "profile" | "k3s">,
  version: string,
  facts: HostFacts,
): string[] {
  const user = config.k3s.args;
  return [
    // Only root may read the admin's credentials; monstack makes a copy of its own for the user who runs it.
    "--write-kubeconfig-mode=600",
    ...packaged(user),
    ...quickStart(),
    ...(config.profile === "ci" ? onlyInCi() : []),
    ...forThisHost(version, facts),
    ...inPlaceOfDefaultRoute(user, facts),
    ...user,
  ];
}

/** The packaged parts that k3s doesn't start, given these arguments of the user's: `traefik`, `coredns`. */
export function disabledParts(user: readonly string[]): string[] {
  const args = [...packaged(user), ...user];
  return args.flatMap((arg, index) => {
    const value = arg === "--disable" ? args[index + 1] : /^--disable=(.*)$/.exec(arg)?.[1];
    return value?.split(",").map((part) => part.trim()) ?? [];
  });
}

/** `--disable` adds up, so a user who names components of his own gets exactly those. */
function packaged(user: readonly string[]): string[] {
  if (hasFlag(user, "--disable")) return [];
  // Three deployments, three images to pull, a dozen CRDs and Helm jobs that a monitoring stack has no use for.
  return ["--disable=traefik,servicelb,metrics-server"];
}

/**
 * Measured on the lab's stand-in, 2 cores, from k3s' start to a pod Ready that was created as soon as the API answered
 * (3.4-4.1 s in each case): with all of this and flannel's file written beforehand 6.1-6.6 s; without that file 21.2 s,
 * with the cloud controller 10.9 s, with the default rates 11.0 s, with none of them 26.8 s.
 */
function quickStart(): string[] {
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

function onlyInCi(): string[] {
  return [
    // cAdvisor samples every 10 s by default, and rate(container_cpu_...) needs two samples: 26.6 -> 18.2 s to data.
    "--kubelet-arg=housekeeping-interval=1s",
    // One controller and its iptables chains less. Elsewhere a user's NetworkPolicies must count.
    "--disable-network-policy",
  ];
}

function forThisHost(version: string, facts: HostFacts): string[] {
  const flags: string[] = [];
  if (facts.cgroups !== "v2" && (minorOf(version) ?? 99) >= cgroupV1RefusedSince)
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
function inPlaceOfDefaultRoute(user: readonly string[], { uplink }: HostFacts): string[] {
  if (uplink === undefined) return [];
  const flags: string[] = [];
  if (!nodeIpFlags.some((name) => hasFlag(user, name))) flags.push(`--node-ip=${uplink.address}`);
  if (!hasFlag(user, "--flannel-iface")) flags.push(`--flannel-iface=${uplink.device}`);
  return flags;
}

/** The kubelet refuses cgroup v1 from 1.35 on (KEP-5573); kubelets before 1.31 don't know the flag and would not start. */
const cgroupV1RefusedSince = 35;
