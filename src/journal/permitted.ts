import { isIPv4, isIPv6 } from "node:net";
import { basename, dirname, join } from "node:path";
import type { KeyOwner } from "./journal-key.ts";
import type { JournalEntry, Known } from "./types.ts";

export const hostPlaces: Places = {
  etcRancher: "/etc/rancher",
  varLib: "/var/lib",
  varLog: "/var/log",
  run: "/run",
};

/** The place that a journal was found in, and what the call that reads it knows by itself. */
export interface Scope {
  readonly stateDir: string;
  /** What the journal was proven with. */
  readonly owner: KeyOwner;
  readonly known: Known;
}

type EntryOfKind<Kind extends JournalEntry["kind"]> = Extract<JournalEntry, { kind: Kind }>;

/** What monstack changes only with root's rights. */
const rootOnlyKinds: readonly JournalEntry["kind"][] = ["k3s", "sysctl", "route"];

/** Returns why monstack can't have written an entry; undefined if it can have written it. */
export function explainForbiddenEntry(entry: JournalEntry, scope: Scope): string | undefined {
  if (scope.owner === "user" && (rootOnlyKinds.includes(entry.kind) || (entry.kind === "file" && entry.root)))
    return "a run without root's rights makes no such change";
  switch (entry.kind) {
    case "file":
      return explainForbiddenFile(entry, scope);
    case "k3s":
      return explainForbiddenK3s(entry, scope.known);
    case "starting":
      return entry.argument === join(scope.stateDir, forwardSettings)
        ? undefined
        : `${entry.argument} is not the forwarder's settings file`;
    case "cluster":
      return entry.clusterKind === "existing" ||
        entry.kubeconfig === join(scope.stateDir, stateFiles.kubeconfig)
        ? undefined
        : `${entry.kubeconfig} is not the kubeconfig of a k3s of monstack's`;
    default:
      return undefined;
  }
}

/** The state folder and the files that are made in it are the user's; those that k3s is to find are root's. */
function explainForbiddenFile({ path, root, previous }: EntryOfKind<"file">, { stateDir, known }: Scope) {
  const own = [
    stateDir,
    ...[stateFiles.kubeconfig, ...stateFiles.forward].map((name) => join(stateDir, name)),
  ];
  if (!root && previous === undefined && own.includes(path)) return undefined;
  if (root && isK3sFile(path, { canBeBefore: previous !== undefined, known })) return undefined;
  const how = previous === undefined ? "makes" : "replaces";
  return `${path} is not a file that monstack ${how} ${root ? "as root" : "as this user"}`;
}

function isK3sFile(path: string, { canBeBefore, known }: { canBeBefore: boolean; known: Known }): boolean {
  const { registries, subnet } = listSettingFiles(hostPlaces);
  if (path === registries || path === subnet) return true;
  const dropIn = path.endsWith(`/${oomDropIn}`) ? path.slice(0, -oomDropIn.length - 1) : undefined;
  if (dropIn !== undefined) return explainForbiddenDataDir(dropIn, known.dataDir) === undefined;
  const folder = dirname(path);
  if (canBeBefore || !folder.endsWith(`/${imageFolder}`) || !/^\d{1,5}-/.test(basename(path))) return false;
  return explainForbiddenDataDir(folder.slice(0, -imageFolder.length - 1), known.dataDir) === undefined;
}

function explainForbiddenK3s(
  { binary, dataDir, paths }: EntryOfKind<"k3s">,
  known: Known,
): string | undefined {
  if (binary !== known.k3s && !/^k3s/.test(basename(binary)))
    return `${binary} is not a k3s, and the settings of this call (k3s-path) don't name it`;
  const reason = explainForbiddenDataDir(dataDir, known.dataDir);
  if (reason !== undefined) return `${dataDir} can't be k3s' data folder: ${reason}`;
  const places = { dataDir, kubeconfig: known.serverKubeconfig ?? defaultServerKubeconfig };
  const footprint = listK3sPaths(places, hostPlaces);
  const may = new Set(footprint.flatMap((path) => [path, findOwnFolder(path, places, hostPlaces) ?? path]));
  const other = paths.find((path) => !may.has(path));
  return other === undefined ? undefined : `${other} is not a path that this k3s makes`;
}

const defaultServerKubeconfig = join(hostPlaces.etcRancher, "k3s/k3s.yaml");
const defaultDataDir = join(hostPlaces.varLib, "rancher/k3s");

/** What a distribution, its users or the kernel have; the last parts are folders in them that anybody may use. */
const systemFolderPattern =
  /^\/(?:bin|boot|etc|lib\w*|proc|sbin|sys|dev(?!\/shm\/)|usr(?!\/local\/)|run(?!\/[^/]*(?:k3s|rancher))|var\/(?:log|run|mail|spool)|var\/lib\/(?:dpkg|rpm|apt|systemd|docker|containerd|kubelet|cni|monstack))(?:\/|$)/;
/** Folders with everybody's folders in them, and homes. */
const sharedFolderPattern = /^\/[^/]+$|^\/home\/[^/]+$|^\/var\/(?:[^/]+|lib\/rancher)$/;

/**
 * Why a folder can't be the one that k3s keeps its data in: all of it is removed, and each program that runs from it is
 * ended.
 * @param known the one that the settings of this call name
 */
export function explainForbiddenDataDir(path: string, known: string | undefined): string | undefined {
  if (path === defaultDataDir) return undefined;
  if (systemFolderPattern.test(path) || sharedFolderPattern.test(path)) return "it is a folder of the system";
  if (path === known || /k3s|rancher/.test(basename(path))) return undefined;
  return "its name is not one of k3s', and the settings of this call (k3s-args, --data-dir) don't name it";
}

/**
 * What a run of monstack ever changes on a host. The rooms that make the changes take their names from here, and the
 * journal's reader obeys nothing else.
 */

/** Name of k3s' transient unit of systemd. */
export const k3sUnit = "monstack-k3s";

/**
 * What k3s (pkg/agent/syssetup) and its kubelet and kube-proxy set, with the value they set it to; undefined: it
 * depends on the machine. `ip_forward` is last, so that it is put back first: writing it resets the others.
 */
export const changedByK3s: readonly (readonly [key: string, to: string | undefined])[] = [
  ["vm.overcommit_memory", "1"],
  ["vm.panic_on_oom", "0"],
  ["kernel.panic", "10"],
  ["kernel.panic_on_oops", "1"],
  ["kernel.keys.root_maxkeys", "1000000"],
  ["kernel.keys.root_maxbytes", "25000000"],
  ["net.netfilter.nf_conntrack_max", undefined],
  ["net.netfilter.nf_conntrack_tcp_timeout_established", "86400"],
  ["net.netfilter.nf_conntrack_tcp_timeout_close_wait", "3600"],
  ["net.bridge.bridge-nf-call-iptables", "1"],
  ["net.ipv4.conf.all.route_localnet", "1"],
  ["net.ipv4.conf.default.forwarding", "1"],
  ["net.ipv4.ip_forward", "1"],
];

/** Files in the state folder with an entry each. */
export const stateFiles = {
  kubeconfig: "kubeconfig",
  forward: ["forward.json", "forward-status.json", "forward.log"],
} as const;

/** What else is kept in the state folder, without an entry each. */
export const otherStateFiles = ["k3s.log", "k3s.env", "stack.json", "baseline.json"];

/** The first file is the forwarder's settings: the argument of its command line that no other process has. */
export const [forwardSettings, forwardStatus, forwardLog] = stateFiles.forward;

/** A part of k3s' data folder that keeps containerd from a value that it may not set. */
export const oomDropIn = "agent/etc/containerd/config-v3.toml.d/50-monstack-oom.toml";

/** Where k3s looks for image archives, in its data folder. */
export const imageFolder = "agent/images";

/** The folders of a host, or of the tree that a test takes for one. */
export interface Places {
  readonly etcRancher: string;
  readonly varLib: string;
  readonly varLog: string;
  readonly run: string;
}

/** Files outside of k3s' data folder that are written before it starts, and put back if they were there. */
export function listSettingFiles({ etcRancher, run }: Places): { registries: string; subnet: string } {
  return { registries: join(etcRancher, "k3s/registries.yaml"), subnet: join(run, "flannel/subnet.env") };
}

export interface K3sPlaces {
  readonly dataDir: string;
  /** Where k3s writes its kubeconfig. */
  readonly kubeconfig: string;
}

/** Returns every path that k3s creates. */
export function listK3sPaths({ dataDir, kubeconfig }: K3sPlaces, places: Places): string[] {
  const agent = join(dataDir, "agent");
  return [
    kubeconfig,
    join(places.etcRancher, "k3s"),
    join(places.etcRancher, "node"),
    dataDir,
    ...["server", "data", "storage", "agent"].map((name) => join(dataDir, name)),
    // Images for an offline install can have been in the data folder before.
    ...["containerd", "etc", "pod-manifests", "images"].map((name) => join(agent, name)),
    ...["client-ca.crt", "server-ca.crt"].map((name) => join(agent, name)),
    ...["kubelet", "k3scontroller", "kubeproxy"].map((name) => join(agent, `${name}.kubeconfig`)),
    ...["client-kubelet", "serving-kubelet", "client-kube-proxy", "client-k3s-controller"].flatMap((name) => [
      join(agent, `${name}.crt`),
      join(agent, `${name}.key`),
    ]),
    join(places.varLib, "kubelet"),
    ...["networks", "results", "cache", "flannel"].map((name) => join(places.varLib, "cni", name)),
    ...["k3s", "flannel", "netns"].map((name) => join(places.run, name)),
    ...["pods", "containers"].map((name) => join(places.varLog, name)),
  ];
}

/** The folder of a path of k3s' that goes as a whole when it was not there before; undefined: others use it as well. */
export function findOwnFolder(path: string, { dataDir }: K3sPlaces, places: Places): string | undefined {
  const folder = dirname(path);
  const shared = [places.varLib, places.varLog, places.run, dirname(places.etcRancher)];
  if (path === dataDir || shared.includes(folder)) return undefined;
  // Of a kubeconfig that the user has elsewhere: not a home folder, nor one as high as that.
  const isElsewhere = folder !== places.etcRancher && folder.split("/").length <= 3;
  return isElsewhere ? undefined : folder;
}

/** A whole network in CIDR notation, none so large that it has more than a cluster in it. */
export function isNetwork(text: string): boolean {
  const [, address = "", prefix = ""] = /^([0-9a-fA-F.:]{2,45})\/(\d{1,3})$/.exec(text) ?? [];
  const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
  return prefix !== "" && Number(prefix) >= 8 && Number(prefix) <= bits;
}
