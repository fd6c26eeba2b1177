import { isWithin } from "../host/paths.ts";
import { isOfRootOrUs, type ProcessInfo } from "../journal/processes.ts";
import type { K3sTraces } from "../journal/types.ts";

/** Whether a process is k3s (in its usual place, or one of ours), its containerd, a shim of theirs or in a pod. */
export function belongsToCluster(
  info: ProcessInfo,
  executable: string | undefined,
  traces: readonly K3sTraces[],
): boolean {
  if (isInPod(info)) return true;
  const usual = { binary: "", dataDir: "/var/lib/rancher/k3s" };
  return [usual, ...traces].some((k3s) => isOfK3s(info, executable, k3s));
}

/**
 * Whether a process was started from this k3s: its executable, or a wrapper (sudo, unshare) that is about to become
 * it, or a program that it unpacked. k3s overwrites its own command line, hence the look at the executable.
 *
 * A k3s of ours runs as root. Another user's process is none of it whatever it says: everybody chooses their own command
 * line, and in a mount namespace of their own also the path of their executable.
 */
export function isOfK3s(info: ProcessInfo, executable: string | undefined, k3s: K3sTraces): boolean {
  if (!isOfRootOrUs(info)) return false;
  const [command = ""] = info.argv;
  const paths = [executable ?? "", command];
  if (paths.some((path) => isWithin(path, k3s.dataDir))) return true;
  if (k3s.binary === "") return false;
  return paths.includes(k3s.binary) || (info.argv.includes(k3s.binary) && info.argv.includes("server"));
}

/**
 * In a pod of this host's kubelet: one in a container (kind, k3d) has its pods below that container's own cgroup. Only
 * root can make a cgroup at the top; a user to whom systemd has delegated one can give those below it any name.
 */
export function isInPod({ cgroup }: ProcessInfo): boolean {
  return cgroup.split("\n").some((line) => /^\d+:[^:]*:\/kubepods(\.slice)?(\/|$)/.test(line));
}
