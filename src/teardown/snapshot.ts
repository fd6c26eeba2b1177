import type { Host } from "../host/host.ts";
import { isWithin, parseMountPoints } from "../host/paths.ts";
import { readProcesses } from "../journal/processes.ts";
import type { HostSnapshot, K3sTraces, Leak } from "../journal/types.ts";
import { splitNul } from "../lib/text.ts";
import { findAddedLines, isTableOnly, mentionsClusterChain } from "./iptables.ts";
import { readNetfilter } from "./netfilter.ts";
import { readExecutables } from "./programs.ts";
import { belongsToCluster, listUnits } from "./units.ts";

/** Folders in which a cluster has mounts. */
const clusterFolders = ["/run/k3s", "/var/lib/kubelet", "/var/lib/rancher", "/var/lib/cni", "/run/netns"];

/** Paths that only k3s creates. An empty folder counts as missing. */
export const k3sPaths = [
  "/etc/rancher/k3s",
  "/etc/rancher/node",
  "/var/lib/rancher/k3s",
  "/var/lib/kubelet",
  "/var/lib/cni/networks",
  "/var/lib/cni/networks/cbr0",
  "/var/lib/cni/results",
  "/var/lib/cni/cache",
  "/var/lib/cni/flannel",
  "/run/k3s",
  "/run/flannel",
  "/run/containerd/s",
  "/run/containerd/runc",
  "/run/nri/nri.sock",
  "/var/log/pods",
  "/var/log/containers",
] as const;

/**
 * Folders that k3s creates and other programs use too. They are removed if they are empty and did not exist before.
 * The kubelet looks for FlexVolume plugins in the last ones.
 */
export const k3sParents = [
  "/etc/rancher",
  "/var/lib/rancher",
  "/var/lib/cni",
  "/run/netns",
  "/run/containerd",
  "/run/nri",
  "/usr/libexec/kubernetes/kubelet-plugins/volume/exec",
  "/usr/libexec/kubernetes/kubelet-plugins/volume",
  "/usr/libexec/kubernetes/kubelet-plugins",
  "/usr/libexec/kubernetes",
] as const;

/** Returns the host's items of the kinds that a cluster creates. Takes about 0.1 s. */
export async function takeSnapshot(host: Host, traces: readonly K3sTraces[] = []): Promise<HostSnapshot> {
  const [{ lacksIpset: _, ...netfilter }, paths, cgroups, units, mounts, links, netns, processes] =
    await Promise.all([
      readNetfilter(host, traces),
      readPaths(host, traces),
      listCgroups(host),
      listUnits(host),
      host.files.read("/proc/self/mountinfo"),
      host.files.list("/sys/class/net"),
      host.files.list("/run/netns"),
      listProcesses(host, traces),
    ]);
  const mountFolders = [...clusterFolders, ...traces.map(({ dataDir }) => dataDir)];
  return {
    mounts: parseMountPoints(mounts ?? "").filter((point) =>
      mountFolders.some((folder) => isWithin(point, folder)),
    ),
    links: links.filter((name) => name !== "bonding_masters"),
    netns,
    ...netfilter,
    paths,
    processes,
    cgroups,
    units,
  };
}

/** Returns the cluster's processes as `PID NAME`. */
async function listProcesses(host: Host, traces: readonly K3sTraces[]): Promise<string[]> {
  const processes = await readProcesses(host);
  const executableOf = await readExecutables(host, processes);
  return processes
    .filter((info) => belongsToCluster(info, executableOf(info), traces))
    .map(({ pid, name }) => `${pid} ${name}`);
}

/** Prints existing paths, each ending in NUL. $@ are the paths to print if they are not empty. */
const listPathsScript = `
{ find "$@" -maxdepth 0 ! -empty -print0; find ${k3sParents.join(" ")} -maxdepth 0 -empty -print0
find /var/log/pods /var/log/containers -mindepth 1 -maxdepth 1 -print0; } 2>/dev/null; true`;

/** Returns which of k3s' paths exist. Runs as root, since k3s' folders are closed to other users. */
async function readPaths(host: Host, traces: readonly K3sTraces[]): Promise<string[]> {
  const candidates = [...k3sPaths, ...k3sParents, ...traces.map(({ dataDir }) => dataDir)];
  const paths = new Set(candidates.filter((path) => path.startsWith("/")));
  const { stdout } = await host.exec(["sh", "-c", listPathsScript, "look", ...paths], {
    root: host.rights !== "none",
  });
  return splitNul(stdout);
}

const cgroupTop = "/sys/fs/cgroup";

/**
 * Returns the top cgroups of Kubernetes and k3s. cgroup version 2 has one hierarchy, version 1 a folder for each
 * controller.
 */
async function listCgroups(host: Host): Promise<string[]> {
  const topEntries = (await host.files.list(cgroupTop)).map((name) => `${cgroupTop}/${name}`);
  const keepIfFolder = async (path: string) =>
    (await host.files.stat(path).catch(() => undefined))?.kind === "folder" ? [path] : [];
  const hierarchies = (await Promise.all(topEntries.map(keepIfFolder))).flat();
  const candidates = [cgroupTop, ...hierarchies].flatMap((folder) =>
    ["kubepods", "kubepods.slice", "k3s"].map((name) => `${folder}/${name}`),
  );
  return (await Promise.all(candidates.map(keepIfFolder))).flat();
}

type SnapshotPart = keyof HostSnapshot;

/** The kind of leak for each part of a snapshot. */
const leakKinds: Record<SnapshotPart, Leak["kind"]> = {
  processes: "process",
  mounts: "mount",
  links: "link",
  netns: "netns",
  iptables: "iptables",
  ipsets: "ipset",
  nftTables: "nft",
  paths: "path",
  cgroups: "cgroup",
  units: "unit",
};

/**
 * Returns what is left on the host, and what the host has lost.
 * An item is left if it exists after but not before and is of a kind that a cluster creates. So a container engine
 * that was started in the meantime does not count.
 * An item is lost if it existed before and not after, and still existed when the teardown began (`atStart`): what its
 * owner removed earlier is not a loss.
 * The order and counters of rules, and empty tables that listing them creates, are ignored.
 */
export function findLeaks(before: HostSnapshot, after: HostSnapshot, atStart: HostSnapshot = before): Leak[] {
  return (Object.keys(leakKinds) as SnapshotPart[]).flatMap((part) => {
    const leftItems = findAddedLines(before[part], after[part]).filter((what) => isMadeByCluster(part, what));
    const lostItems = findAddedLines(after[part], before[part]).filter(
      (what) =>
        !mayDisappear(part, what) && (atStart[part].includes(what) || cannotBeRemovedByOthers(part, what)),
    );
    return [
      ...leftItems.map((what): Leak => ({ kind: leakKinds[part], what })),
      ...lostItems.map((what): Leak => ({ kind: "lost", what: `${leakKinds[part]} ${what}` })),
    ];
  });
}

/**
 * True if an item is of a kind that a cluster creates. For mounts, processes, ipsets, tables and cgroups a snapshot
 * contains only such items.
 */
function isMadeByCluster(part: SnapshotPart, item: string): boolean {
  if (part === "links") return isClusterLink(item);
  if (part === "netns") return item.startsWith("cni-");
  if (part === "iptables") return mentionsClusterChain(item);
  // Other programs create these folders too: `ip netns add`, a container engine.
  return part !== "paths" || !item.startsWith("/run/") || !(k3sParents as readonly string[]).includes(item);
}

/** True if the name is one that k3s' network gives to a link. A pod's veth has 8 hexadecimal digits, Docker's has 7. */
export function isClusterLink(name: string): boolean {
  return /^(cni\d+|flannel[-.]\S+|kube-\S+|veth[0-9a-f]{8})$/.test(name);
}

/** True for an item that may disappear at any time: the kubelet removes the logs of deleted pods. */
function mayDisappear(part: SnapshotPart, item: string): boolean {
  return (part === "paths" && item.startsWith("/var/log/")) || (part === "iptables" && isTableOnly(item));
}

/**
 * True for an item that no other program removes, so that monstack caused its loss even if it happened while k3s
 * started.
 */
function cannotBeRemovedByOthers(part: SnapshotPart, item: string): boolean {
  return part === "paths" || (part === "links" && /^(cni\d+|flannel)/.test(item));
}
