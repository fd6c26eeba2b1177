import { isIPv4, isIPv6 } from "node:net";
import { basename, dirname, join } from "node:path";
import type { KeyOwner } from "./journal-key.ts";
import type { JournalEntry, Known } from "./types.ts";

const hostPlaces: Places = {
  etcRancher: "/etc/rancher",
  varLib: "/var/lib",
  varLog: "/var/log",
  run: "/run",
};

/** The place in which a journal was found, and what the reading call knows from its own settings. */
export interface Scope {
  readonly stateDir: string;
  /** The owner of the key that proved the journal. */
  readonly owner: KeyOwner;
  readonly known: Known;
}

type EntryOfKind<Kind extends JournalEntry["kind"]> = Extract<JournalEntry, { kind: Kind }>;

/** The changes that monstack makes only as root. */
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

/**
 * Returns why monstack would not write this file entry; undefined if it would. The state folder and its files belong
 * to the user, the files for k3s to root.
 */
function explainForbiddenFile({ path, root, previous }: EntryOfKind<"file">, { stateDir, known }: Scope) {
  const stateFilePaths = [
    stateDir,
    ...[stateFiles.kubeconfig, ...stateFiles.forward].map((name) => join(stateDir, name)),
  ];
  if (!root && previous === undefined && stateFilePaths.includes(path)) return undefined;
  if (root && isK3sFile(path, { existedBefore: previous !== undefined, known })) return undefined;
  const verb = previous === undefined ? "makes" : "replaces";
  return `${path} is not a file that monstack ${verb} ${root ? "as root" : "as this user"}`;
}

/** True if monstack writes this file for k3s. `existedBefore`: the file is restored later, not removed. */
function isK3sFile(
  path: string,
  { existedBefore, known }: { existedBefore: boolean; known: Known },
): boolean {
  if (Object.values(listSettingFiles(hostPlaces)).includes(path)) return true;
  const dropInDataDir = path.endsWith(`/${oomDropIn}`) ? path.slice(0, -oomDropIn.length - 1) : undefined;
  if (dropInDataDir !== undefined) return explainForbiddenDataDir(dropInDataDir, known.dataDir) === undefined;
  const folder = dirname(path);
  if (existedBefore || !folder.endsWith(`/${imageFolder}`) || !/^\d{1,5}-/.test(basename(path))) return false;
  return explainForbiddenDataDir(folder.slice(0, -imageFolder.length - 1), known.dataDir) === undefined;
}

/** Returns why monstack would not write this k3s entry; undefined if it would. */
function explainForbiddenK3s(
  { binary, dataDir, paths }: EntryOfKind<"k3s">,
  known: Known,
): string | undefined {
  if (binary !== known.k3s && !/^k3s/.test(basename(binary)))
    return `${binary} is not a k3s, and the settings of this call (k3s-path) don't name it`;
  const reason = explainForbiddenDataDir(dataDir, known.dataDir);
  if (reason !== undefined) return `${dataDir} can't be k3s' data folder: ${reason}`;
  const places = { dataDir, kubeconfig: known.serverKubeconfig ?? defaultServerKubeconfig };
  const k3sPaths = listK3sPaths(places, hostPlaces);
  const allowedPaths = new Set(
    k3sPaths.flatMap((path) => [path, findOwnFolder(path, places, hostPlaces) ?? path]),
  );
  const forbiddenPath = paths.find((path) => !allowedPaths.has(path));
  return forbiddenPath === undefined ? undefined : `${forbiddenPath} is not a path that this k3s makes`;
}

const defaultServerKubeconfig = join(hostPlaces.etcRancher, "k3s/k3s.yaml");
const defaultDataDir = join(hostPlaces.varLib, "rancher/k3s");

/** Matches folders of a distribution, its users or the kernel, except the subfolders that any program may use. */
const systemFolderPattern =
  /^\/(?:bin|boot|etc|lib\w*|proc|sbin|sys|dev(?!\/shm\/)|usr(?!\/local\/)|run(?!\/[^/]*(?:k3s|rancher))|var\/(?:log|run|mail|spool)|var\/lib\/(?:dpkg|rpm|apt|systemd|docker|containerd|kubelet|cni|monstack))(?:\/|$)/;
/** Matches folders that contain many users' folders, and home folders. */
const sharedFolderPattern = /^\/[^/]+$|^\/home\/[^/]+$|^\/var\/(?:[^/]+|lib\/rancher)$/;

/**
 * Returns why a folder can't be k3s' data folder; undefined if it can. Teardown removes that folder completely and
 * ends each program that runs from it.
 * @param known the data folder in this call's settings
 */
export function explainForbiddenDataDir(path: string, known: string | undefined): string | undefined {
  if (path === defaultDataDir) return undefined;
  if (systemFolderPattern.test(path) || sharedFolderPattern.test(path)) return "it is a folder of the system";
  if (path === known || /k3s|rancher/.test(basename(path))) return undefined;
  return "its name is not one of k3s', and the settings of this call (k3s-args, --data-dir) don't name it";
}

/**
 * Everything that a run of monstack can change on a host. The code that makes the changes takes the names from here, and
 * the check of a journal allows no others.
 */

/** Name of k3s' transient unit of systemd. */
export const k3sUnit = "monstack-k3s";

/**
 * The kernel settings that k3s (pkg/agent/syssetup), its kubelet and kube-proxy change, with the new value; undefined
 * if it depends on the machine. `ip_forward` is last, so that it is restored first: writing it resets the others.
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

/** Other files in the state folder, which have no journal entry. */
export const otherStateFiles = ["k3s.log", "k3s.env", "stack.json", "baseline.json"];

/** The first file is the forwarder's settings: the argument of its command line that no other process has. */
export const [forwardSettings, forwardStatus, forwardLog] = stateFiles.forward;

/** A file in k3s' data folder that prevents containerd from setting a value that it is not allowed to set. */
export const oomDropIn = "agent/etc/containerd/config-v3.toml.d/50-monstack-oom.toml";

/** The folder in k3s' data folder in which k3s looks for image archives. */
export const imageFolder = "agent/images";

/** The system folders of a host, or of the folder that a test uses as a host. */
export interface Places {
  readonly etcRancher: string;
  readonly varLib: string;
  readonly varLog: string;
  readonly run: string;
}

/** Returns the files outside k3s' data folder that are written before k3s starts. Existing ones are restored later. */
export function listSettingFiles({ etcRancher, run }: Places): {
  registries: string;
  /** The certificate of monstack's image registry. */
  authority: string;
  subnet: string;
} {
  return {
    registries: join(etcRancher, "k3s/registries.yaml"),
    authority: join(etcRancher, "k3s/monstack-registry.crt"),
    subnet: join(run, "flannel/subnet.env"),
  };
}

interface K3sPlaces {
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

/**
 * Returns the parent folder of a k3s path if only k3s uses that folder, so that teardown can remove it; undefined if
 * other programs use it.
 */
export function findOwnFolder(path: string, { dataDir }: K3sPlaces, places: Places): string | undefined {
  const folder = dirname(path);
  const shared = [places.varLib, places.varLog, places.run, dirname(places.etcRancher)];
  if (path === dataDir || shared.includes(folder)) return undefined;
  // A kubeconfig elsewhere can be in a home folder, so a folder of at most two levels is not removed.
  const isElsewhere = folder !== places.etcRancher && folder.split("/").length <= 3;
  return isElsewhere ? undefined : folder;
}

/**
 * True if a text is a network in CIDR notation with a prefix of at least 8 bits. A larger network contains more than a
 * cluster.
 */
export function isNetwork(text: string): boolean {
  const [, address = "", prefix = ""] = /^([0-9a-fA-F.:]{2,45})\/(\d{1,3})$/.exec(text) ?? [];
  const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
  return prefix !== "" && Number(prefix) >= 8 && Number(prefix) <= bits;
}
