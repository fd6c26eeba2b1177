import type { Host } from "../host/host.ts";
import { isWithin, mountPoints } from "../host/paths.ts";
import { readProcesses } from "../journal/processes.ts";
import type { HostSnapshot, K3sTraces, Leak } from "../journal/types.ts";
import { splitNul } from "../lib/text.ts";
import { findAddedLines, isTableOnly, mentionsClusterChain } from "./iptables.ts";
import { readNetfilter } from "./netfilter.ts";
import { readExecutables } from "./programs.ts";
import { belongsToCluster, listUnits } from "./units.ts";

/** Where a cluster keeps things on a host. */
const clusterFolders = ["/run/k3s", "/var/lib/kubelet", "/var/lib/rancher", "/var/lib/cni", "/run/netns"];

/** Paths that k3s makes on its own. An empty folder is as good as none. */
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
 * Folders that k3s makes and that others use as well: removed when empty, unless they were there. The kubelet looks for
 * FlexVolume plugins in the last ones.
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

/** Reads the host's items of the kinds that a cluster makes. Takes about a tenth of a second. */
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
  const folders = [...clusterFolders, ...traces.map(({ dataDir }) => dataDir)];
  return {
    mounts: mountPoints(mounts ?? "").filter((point) => folders.some((folder) => isWithin(point, folder))),
    links: links.filter((name) => name !== "bonding_masters"),
    netns,
    ...netfilter,
    paths,
    processes,
    cgroups,
    units,
  };
}

async function listProcesses(host: Host, traces: readonly K3sTraces[]): Promise<string[]> {
  const processes = await readProcesses(host);
  const executableOf = await readExecutables(host, processes);
  return processes
    .filter((info) => belongsToCluster(info, executableOf(info), traces))
    .map(({ pid, name }) => `${pid} ${name}`);
}

/** Each path ends in NUL. $@ are those that count when they aren't empty. */
const listPathsScript = `
{ find "$@" -maxdepth 0 ! -empty -print0; find ${k3sParents.join(" ")} -maxdepth 0 -empty -print0
find /var/log/pods /var/log/containers -mindepth 1 -maxdepth 1 -print0; } 2>/dev/null; true`;

/** As root: k3s' folders are closed to others. */
async function readPaths(host: Host, traces: readonly K3sTraces[]): Promise<string[]> {
  const all = [...k3sPaths, ...k3sParents, ...traces.map(({ dataDir }) => dataDir)];
  const paths = new Set(all.filter((path) => path.startsWith("/")));
  const { stdout } = await host.exec(["sh", "-c", listPathsScript, "look", ...paths], {
    root: host.rights !== "none",
  });
  return splitNul(stdout);
}

const cgroupTop = "/sys/fs/cgroup";

/** Version 2 has one hierarchy, version 1 a folder for each controller. */
async function listCgroups(host: Host): Promise<string[]> {
  const folders = (await host.files.list(cgroupTop)).map((name) => `${cgroupTop}/${name}`);
  const isFolder = async (path: string) =>
    (await host.files.stat(path).catch(() => undefined))?.kind === "folder" ? [path] : [];
  const hierarchies = (await Promise.all(folders.map(isFolder))).flat();
  const candidates = [cgroupTop, ...hierarchies].flatMap((folder) =>
    ["kubepods", "kubepods.slice", "k3s"].map((name) => `${folder}/${name}`),
  );
  return (await Promise.all(candidates.map(isFolder))).flat();
}

type SnapshotPart = keyof HostSnapshot;

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
 * What is left on the host, and what it has lost.
 *
 * Left is what is there after, was not there before and is of the kind that a cluster makes: a container engine that
 * was started on the host in the meantime does not count. Lost is what was there before and is gone,
 * reported when it was still there as teardown began (`atStart`): what its owner removed earlier is not a loss.
 * The order of rules, their counters, and the empty tables that looking at them makes don't count.
 */
export function findLeaks(before: HostSnapshot, after: HostSnapshot, atStart: HostSnapshot = before): Leak[] {
  return (Object.keys(leakKinds) as SnapshotPart[]).flatMap((part) => {
    const left = findAddedLines(before[part], after[part]).filter((what) => isMadeByCluster(part, what));
    const lost = findAddedLines(after[part], before[part]).filter(
      (what) => !canDisappear(part, what) && (atStart[part].includes(what) || mustRemain(part, what)),
    );
    return [
      ...left.map((what): Leak => ({ kind: leakKinds[part], what })),
      ...lost.map((what): Leak => ({ kind: "lost", what: `${leakKinds[part]} ${what}` })),
    ];
  });
}

/** True if an item is of a kind that a cluster makes. A snapshot holds mounts, processes, ipsets, tables, paths and cgroups of a cluster only. */
function isMadeByCluster(part: SnapshotPart, what: string): boolean {
  if (part === "links") return isClusterLink(what);
  if (part === "netns") return what.startsWith("cni-");
  if (part === "iptables") return mentionsClusterChain(what);
  // Others make these folders too: `ip netns add`, a container engine.
  return part !== "paths" || !what.startsWith("/run/") || !(k3sParents as readonly string[]).includes(what);
}

/** A link that k3s' network makes. A pod's veth has 8 hex digits, Docker's 7. */
export function isClusterLink(name: string): boolean {
  return /^(cni\d+|flannel[-.]\S+|kube-\S+|veth[0-9a-f]{8})$/.test(name);
}

/** Paths that may disappear at any time: a kubelet removes the logs of pods that no longer exist. */
function canDisappear(part: SnapshotPart, what: string): boolean {
  return (part === "paths" && what.startsWith("/var/log/")) || (part === "iptables" && isTableOnly(what));
}

/** What nobody takes away in passing, so that its loss is ours even if it happened while k3s started. */
function mustRemain(part: SnapshotPart, what: string): boolean {
  return part === "paths" || (part === "links" && /^(cni\d+|flannel)/.test(what));
}
