import type { Host } from "../host/host.ts";
import { parseSave } from "./iptables.ts";
import { mountPoints } from "./mounts.ts";
import { type ProcessInfo, readProcesses } from "./processes.ts";
import type { HostSnapshot } from "./types.ts";
import { listUnits } from "./units.ts";

/** What a k3s run of ours is known by, besides its default places. */
export interface K3sTraces {
  readonly binary: string;
  readonly dataDir: string;
}

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

/**
 * Everything that only root may see, in one process: `## NAME` starts the part called NAME. $1 is added to the search
 * path (k3s brings its own iptables), the others are the paths to look for.
 */
const look = `
PATH="$PATH:/usr/sbin:/sbin:$1"; shift
for family in iptables ip6tables; do
  found=
  for tool in $family-nft $family-legacy; do
    if command -v $tool-save >/dev/null; then found=yes; echo "## $tool"; $tool-save 2>/dev/null; fi
  done
  if [ -z "$found" ] && command -v $family-save >/dev/null; then echo "## $family"; $family-save 2>/dev/null; fi
done
if command -v ipset >/dev/null; then echo "## ipset"; ipset list -n 2>/dev/null
elif [ -e /sys/module/ip_set ]; then echo "## no ipset"; fi
if command -v nft >/dev/null; then echo "## nft"; nft list tables 2>/dev/null; fi
echo "## exe"; ls -l /proc/[0-9]*/exe 2>/dev/null
echo "## paths"; find "$@" -maxdepth 0 ! -empty 2>/dev/null; find ${k3sParents.join(" ")} -maxdepth 0 -empty 2>/dev/null
find /var/log/pods /var/log/containers -mindepth 1 -maxdepth 1 2>/dev/null
echo "## cgroups"; find /sys/fs/cgroup -maxdepth 2 -type d '(' -name kubepods -o -name kubepods.slice -o -name k3s ')' 2>/dev/null
echo "## units"; ${listUnits}
true
`;

/** Counts what there is on the host of the kinds that a cluster makes. Takes about a tenth of a second. */
export async function takeSnapshot(host: Host, traces: readonly K3sTraces[] = []): Promise<HostSnapshot> {
  const [seen, mounts, links, netns, processes] = await Promise.all([
    lookAsRoot(host, traces),
    host.files.read("/proc/self/mountinfo"),
    host.files.list("/sys/class/net"),
    host.files.list("/run/netns"),
    readProcesses(host),
  ]);
  const folders = [...clusterFolders, ...traces.map(({ dataDir }) => dataDir)];
  const executables = parseExecutables(seen.get("exe") ?? "");
  return {
    mounts: mountPoints(mounts ?? "").filter((point) => folders.some((folder) => isWithin(point, folder))),
    links: links.filter((name) => name !== "bonding_masters"),
    netns,
    ...netfilterOf(seen),
    paths: lines(seen.get("paths")),
    processes: processes
      .filter((info) => belongsToCluster(info, executables.get(info.pid), traces))
      .map(({ pid, name }) => `${pid} ${name}`),
    cgroups: lines(seen.get("cgroups")),
    units: lines(seen.get("units")),
  };
}

/** Whether a process is k3s (in its usual place, or one of ours), its containerd, a shim of theirs or in a pod. */
export function belongsToCluster(
  info: ProcessInfo,
  executable: string | undefined,
  traces: readonly K3sTraces[],
): boolean {
  const [command = ""] = info.argv;
  return (
    isInPod(info) ||
    [executable ?? "", command].some((path) => isWithin(path, "/var/lib/rancher/k3s")) ||
    traces.some((k3s) => isOfK3s(info, executable, k3s))
  );
}

/**
 * Whether a process was started from this k3s: its executable, or a wrapper (sudo, unshare) that is about to become
 * it, or a program that it unpacked. k3s overwrites its own command line, hence the look at the executable.
 */
export function isOfK3s(info: ProcessInfo, executable: string | undefined, k3s: K3sTraces): boolean {
  const [command = ""] = info.argv;
  if (executable === k3s.binary || command === k3s.binary) return true;
  if ([executable ?? "", command].some((path) => isWithin(path, k3s.dataDir))) return true;
  return info.argv.includes(k3s.binary) && info.argv.includes("server");
}

/** In a pod of this host's kubelet: one in a container (kind, k3d) has its pods below that container's own cgroup. */
export function isInPod({ cgroup }: ProcessInfo): boolean {
  return /:\/kubepods(\.slice)?(\/|$)/m.test(cgroup);
}

/** The executable of each process, by pid. */
export async function readExecutables(host: Host): Promise<Map<number, string>> {
  const { stdout } = await host.exec(["sh", "-c", "ls -l /proc/[0-9]*/exe 2>/dev/null; true"], {
    root: host.rights !== "none",
  });
  return parseExecutables(stdout);
}

function parseExecutables(text: string): Map<number, string> {
  const found = text.matchAll(/ \/proc\/(\d+)\/exe -> (.+?)(?: \(deleted\))?$/gm);
  return new Map([...found].map(([, pid, path]) => [Number(pid), path ?? ""]));
}

/** Names of the sets of kube-router (TMP- while it replaces one) and of kube-proxy in its IPVS mode. */
const clusterSet = /^(inet6:)?(KUBE-|kube-router-|TMP-[A-Z2-7]{16}$)/;
/** `table ip kube-proxy`: of kube-proxy, flannel and the CNI plugins portmap and bridge. */
const clusterTable = /^table ((?:ip6?|inet) (?:kube-proxy|flannel-ipv[46]|cni_\S+))$/;

/** What a cluster's network has in the kernel's packet filter. */
export function netfilterOf(
  seen: ReadonlyMap<string, string>,
): Pick<HostSnapshot, "iptables" | "ipsets" | "nftTables"> {
  return {
    iptables: [...seen].flatMap(([name, text]) => (name.includes("tables") ? parseSave(name, text) : [])),
    ipsets: lines(seen.get("ipset")).filter((name) => clusterSet.test(name)),
    nftTables: lines(seen.get("nft")).flatMap((line) => clusterTable.exec(line)?.[1] ?? []),
  };
}

/** The parts of what only root may see, by name. */
export async function lookAsRoot(host: Host, traces: readonly K3sTraces[]): Promise<Map<string, string>> {
  const paths = new Set([...k3sPaths, ...k3sParents, ...traces.map(({ dataDir }) => dataDir)]);
  const { stdout } = await host.exec(["sh", "-c", look, "look", toolFolders(traces), ...paths], {
    root: host.rights !== "none",
  });
  const parts = stdout.split(/^## (.+)$/m).slice(1);
  const seen = new Map<string, string>();
  for (let i = 0; i + 1 < parts.length; i += 2) seen.set(parts[i] ?? "", parts[i + 1] ?? "");
  return seen;
}

/** Where k3s unpacks the network tools that a bare host lacks; part of a PATH. */
export function toolFolders(traces: readonly K3sTraces[]): string {
  return traces.map(({ dataDir }) => `${dataDir}/data/current/bin/aux:${dataDir}/data/current/bin`).join(":");
}

export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function lines(text: string | undefined): string[] {
  return (text ?? "").split("\n").filter((line) => line !== "");
}
