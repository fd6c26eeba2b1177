import type { Host } from "../../host/host.ts";
import { changedByK3s } from "../../journal/permitted.ts";
import type { Finding, HostFacts } from "../../model/cluster.ts";
import type { HostPaths } from "../k3s-settings.ts";

const sysResourceBit = 24n;

/** True if CapEff in a /proc/PID/status has CAP_SYS_RESOURCE. */
export function hasSysResource(status: string): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1];
  // If the kernel doesn't report it, assume that the capability is there.
  return mask === undefined || ((BigInt(`0x${mask}`) >> sysResourceBit) & 1n) === 1n;
}

/** Returns an adaptation if root lacks CAP_SYS_RESOURCE. */
export function judgeSysResource(sysResource: boolean): Finding[] {
  if (sysResource) return [];
  return [
    {
      kind: "adaptation",
      id: "no-cap-sys-resource",
      found:
        "root has no CAP_SYS_RESOURCE here, so a container with a negative oom_score_adj (every pause container) can't start",
      done: "containerd is set to keep the oom_score_adj it has (restrict_oom_score_adj)",
    },
  ];
}

/**
 * An addition to containerd's configuration, version 3. k3s imports it from
 * <data-dir>/agent/etc/containerd/config-v3.toml.d/.
 */
export const restrictOomScoreAdj = `version = 3
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
`;

/** Returns the mount propagation of `/`, from the optional fields of its line in /proc/PID/mountinfo. */
export function parseRootPropagation(mountinfo: string): HostFacts["rootPropagation"] {
  // If several mounts cover each other, the last one is effective.
  const line = mountinfo.split("\n").findLast((candidate) => candidate.split(" ")[4] === "/");
  const fields = line?.split(" ") ?? [];
  const optional = fields.slice(6, fields.indexOf("-"));
  if (optional.some((field) => field.startsWith("shared:"))) return "shared";
  return optional.some((field) => field.startsWith("master:")) ? "slave" : "private";
}

/**
 * Returns an adaptation if `/` does not share its mounts: node-exporter and CSI drivers mount host paths with
 * propagation, which containerd then refuses. Of the two solutions, a separate mount namespace for k3s changes less:
 * the host's mount table is not touched, pods' mounts end with their processes, and a kill leaves nothing to undo.
 * `mount --make-rshared /` would change each of the host's mounts, and an undo would need the former state of each.
 */
export function judgeRootPropagation(propagation: HostFacts["rootPropagation"]): Finding[] {
  if (propagation === "shared") return [];
  return [
    {
      kind: "adaptation",
      id: "private-root-mount",
      found: `/ is mounted ${propagation}, and pods that follow the host's mounts (node-exporter) can't start below that`,
      done: "k3s runs in a mount namespace of its own, where / is shared; the host's mounts stay as they are",
    },
  ];
}

/** The start of a command line that runs in a separate mount namespace with shared propagation. The process ID stays the same. */
export const ownMountNamespace: readonly string[] = ["unshare", "--mount", "--propagation", "shared", "--"];

/** True if the kernel has overlayfs, after an attempt to load its module. */
export async function readOverlay(host: Host, paths: HostPaths): Promise<boolean> {
  if (await isOverlayListed(host, paths)) return true;
  // k3s loads its other modules itself. This one decides about an argument of k3s, so it is loaded before.
  await host.exec(["modprobe", "--", "overlay"], { root: true, allowFailure: true }).catch(() => undefined);
  return isOverlayListed(host, paths);
}

/** True if /proc/filesystems lists overlayfs. */
async function isOverlayListed(host: Host, paths: HostPaths): Promise<boolean> {
  return /\boverlay$/m.test((await host.files.read(`${paths.proc}/filesystems`)) ?? "");
}

/** Returns an adaptation if the kernel has no overlayfs. */
export function judgeOverlay(overlayfs: boolean): Finding[] {
  if (overlayfs) return [];
  return [
    {
      kind: "adaptation",
      id: "no-overlayfs",
      found: "the kernel has no overlayfs",
      done: "k3s copies images instead of layering them (--snapshotter=native): slower, and it takes more disk",
    },
  ];
}

/** Returns the kernel settings that k3s will change, with their present values. */
export async function readSysctls(host: Host, paths: HostPaths): Promise<HostFacts["sysctls"]> {
  const sysctls = await Promise.all(
    changedByK3s.map(async ([key, k3sValue]) => {
      const path = `${paths.proc}/sys/${key.replaceAll(".", "/")}`;
      const previous = (await host.files.read(path).catch(() => undefined))?.trim();
      return previous === undefined || previous === k3sValue ? [] : [{ key, previous }];
    }),
  );
  return sysctls.flat();
}

/** Returns an adaptation if k3s will turn on IP forwarding. */
export function judgeSysctls(sysctls: HostFacts["sysctls"]): Finding[] {
  if (!sysctls.some(({ key }) => key === "net.ipv4.ip_forward")) return [];
  return [
    {
      kind: "adaptation",
      id: "ip-forward",
      found: "IP forwarding is off, and pods need it",
      done: "k3s turns it on; teardown puts it and the other kernel settings that k3s changes back",
    },
  ];
}

/** Returns a problem if the machine doesn't run Linux, or the user can't become root. */
export async function probePlatform(host: Host, paths: HostPaths): Promise<Finding[]> {
  const kernel = (await host.files.read(`${paths.proc}/sys/kernel/ostype`))?.trim();
  if (kernel !== "Linux") {
    return [
      {
        kind: "problem",
        id: "not-linux",
        message: "k3s runs on Linux only, and this machine doesn't",
        fix: "deploy into an existing cluster: set cluster.kubeconfig, or use --kubeconfig",
      },
    ];
  }
  if (host.rights !== "none") return [];
  return [
    {
      kind: "problem",
      id: "no-root",
      message: "k3s needs root, and this user is neither root nor allowed to sudo without a password",
      fix: "run as root, allow this user to sudo without a password, or deploy into an existing cluster",
    },
  ];
}

/** True if systemd runs this machine, by systemd's own test (sd_booted). */
export function hasSystemd(host: Host, paths: HostPaths): Promise<boolean> {
  return host.files.exists(`${paths.run}/systemd/system`);
}

/**
 * Returns a problem for each missing program that the kubelet or monstack runs. k3s has its own iptables, containerd
 * and CNI plugins.
 */
export async function probePrograms(host: Host): Promise<Finding[]> {
  const folders = [...(host.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin", "/usr/bin", "/bin"].filter(
    Boolean,
  );
  const findings: Finding[] = [];
  for (const [program, debianPackage] of Object.entries(packagesByProgram)) {
    const areInFolders = await Promise.all(
      folders.map((folder) => host.files.exists(`${folder}/${program}`)),
    );
    if (areInFolders.includes(true)) continue;
    findings.push({
      kind: "problem",
      id: "missing-program",
      message: `the program ${program} is not there`,
      fix: `install it (Debian, Ubuntu: apt-get install ${debianPackage})`,
    });
  }
  return findings;
}

/** Needed programs, each with its package in Debian. */
const packagesByProgram: Readonly<Record<string, string>> = {
  mount: "mount",
  umount: "mount",
  unshare: "util-linux",
  ip: "iproute2",
};

/** Returns the kind of the host's cgroups and the available controllers. */
export async function readCgroups(
  host: Host,
  paths: HostPaths,
): Promise<{ kind: HostFacts["cgroups"]; controllers: string[] }> {
  const folder = `${paths.sys}/fs/cgroup`;
  const controllers = await host.files.read(`${folder}/cgroup.controllers`);
  if (controllers !== undefined) return { kind: "v2", controllers: controllers.trim().split(/\s+/) };
  const table = (await host.files.read(`${paths.proc}/cgroups`)) ?? "";
  const kind = (await host.files.exists(`${folder}/unified`)) ? "hybrid" : "v1";
  return { kind, controllers: parseEnabledControllers(table) };
}

/** Returns the names of the enabled controllers in /proc/cgroups (`name hierarchy num_cgroups enabled`). */
export function parseEnabledControllers(table: string): string[] {
  return table
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.split(/\s+/))
    .filter((fields) => fields[3] === "1")
    .flatMap((fields) => (fields[0] === undefined ? [] : [fields[0]]));
}

/** Returns a problem if a controller is missing, and an adaptation for cgroup v1. */
export function judgeCgroups(kind: HostFacts["cgroups"], controllers: readonly string[]): Finding[] {
  const missing = ["cpu", "memory"].filter((name) => !controllers.includes(name));
  if (missing.length > 0) {
    // k3s would exit with "failed to find memory cgroup". Common on Raspberry Pi OS and in containers.
    return [
      {
        kind: "problem",
        id: "missing-cgroup-controllers",
        message: `the cgroup controllers ${missing.join(" and ")} are not available, and the kubelet needs them`,
        fix: "add `cgroup_memory=1 cgroup_enable=memory` to the kernel's command line; in a container, delegate the controllers to it",
      },
    ];
  }
  if (kind === "v2") return [];
  return [
    {
      kind: "adaptation",
      id: "cgroup-v1",
      found: `this host uses cgroup ${kind === "hybrid" ? "v1 (hybrid)" : "v1"}, which the kubelet refuses from 1.35 on`,
      done: "from that version on the kubelet is set to accept it (fail-cgroupv1=false)",
    },
  ];
}
