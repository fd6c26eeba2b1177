import type { Host } from "../../host/host.ts";
import { changedByK3s } from "../../journal/permitted.ts";
import type { Finding, HostFacts } from "../../model/cluster.ts";
import type { HostPaths } from "../k3s-settings.ts";

const sysResourceBit = 24n;

/** True if CapEff in a /proc/PID/status has CAP_SYS_RESOURCE. */
export function hasSysResource(status: string): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1];
  // A kernel that doesn't say is taken at its best.
  return mask === undefined || ((BigInt(`0x${mask}`) >> sysResourceBit) & 1n) === 1n;
}

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
 * A drop-in for containerd's configuration, version 3, which k3s imports from
 * <data-dir>/agent/etc/containerd/config-v3.toml.d/.
 */
export const restrictOomScoreAdj = `version = 3
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
`;

/** Returns how `/` is propagated, from the optional fields of its line in /proc/PID/mountinfo. */
export function parseRootPropagation(mountinfo: string): HostFacts["rootPropagation"] {
  // Of several mounts on top of each other the last is the one that is seen.
  const line = mountinfo.split("\n").findLast((candidate) => candidate.split(" ")[4] === "/");
  const fields = line?.split(" ") ?? [];
  const optional = fields.slice(6, fields.indexOf("-"));
  if (optional.some((field) => field.startsWith("shared:"))) return "shared";
  return optional.some((field) => field.startsWith("master:")) ? "slave" : "private";
}

/**
 * node-exporter and CSI drivers mount host paths with propagation, which containerd refuses below a private `/`. Of the
 * two cures, k3s in a mount namespace of its own changes the least: the host's mount table is never touched, pods'
 * mounts can't outlive their processes, and a kill at any instant leaves nothing to undo. `mount --make-rshared /`
 * would change each of the host's mounts, and undoing it needs the state of every single one.
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

/** Runs a command in a mount namespace of its own with shared propagation; the pid stays the command's. */
export const ownMountNamespace: readonly string[] = ["unshare", "--mount", "--propagation", "shared", "--"];

/** True if the kernel has overlayfs, after an attempt to load the module. */
export async function readOverlay(host: Host, paths: HostPaths): Promise<boolean> {
  if (await isListed(host, paths)) return true;
  // k3s loads the modules it needs itself; this one decides about a flag, so it is loaded here.
  await host.exec(["modprobe", "--", "overlay"], { root: true, allowFailure: true }).catch(() => undefined);
  return isListed(host, paths);
}

async function isListed(host: Host, paths: HostPaths): Promise<boolean> {
  return /\boverlay$/m.test((await host.files.read(`${paths.proc}/filesystems`)) ?? "");
}

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

/** Returns the present values of the kernel settings that k3s changes. */
export async function readSysctls(host: Host, paths: HostPaths): Promise<HostFacts["sysctls"]> {
  const found = await Promise.all(
    changedByK3s.map(async ([key, to]) => {
      const path = `${paths.proc}/sys/${key.replaceAll(".", "/")}`;
      const previous = (await host.files.read(path).catch(() => undefined))?.trim();
      return previous === undefined || previous === to ? [] : [{ key, previous }];
    }),
  );
  return found.flat();
}

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

/** Checks the conditions without which nothing else can be checked. */
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

/** Programs that the kubelet and monstack call by name; k3s brings its own iptables, containerd and CNI plugins. */
export async function probePrograms(host: Host): Promise<Finding[]> {
  const folders = [...(host.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin", "/usr/bin", "/bin"].filter(
    Boolean,
  );
  const findings: Finding[] = [];
  for (const [program, debian] of Object.entries(needed)) {
    const found = await Promise.all(folders.map((folder) => host.files.exists(`${folder}/${program}`)));
    if (found.includes(true)) continue;
    findings.push({
      kind: "problem",
      id: "missing-program",
      message: `the program ${program} is not there`,
      fix: `install it (Debian, Ubuntu: apt-get install ${debian})`,
    });
  }
  return findings;
}

const needed: Readonly<Record<string, string>> = {
  mount: "mount",
  umount: "mount",
  unshare: "util-linux",
  ip: "iproute2",
};

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

/** Returns the names in /proc/cgroups (`name hierarchy num_cgroups enabled`) that are enabled. */
export function parseEnabledControllers(table: string): string[] {
  return table
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.split(/\s+/))
    .filter((fields) => fields[3] === "1")
    .flatMap((fields) => (fields[0] === undefined ? [] : [fields[0]]));
}

export function judgeCgroups(kind: HostFacts["cgroups"], controllers: readonly string[]): Finding[] {
  const missing = ["cpu", "memory"].filter((name) => !controllers.includes(name));
  if (missing.length > 0) {
    // k3s ends with "failed to find memory cgroup"; common on Raspberry Pi OS and in containers.
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
