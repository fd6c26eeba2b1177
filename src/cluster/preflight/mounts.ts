import type { Finding, HostFacts } from "../../model/cluster.ts";

/** How `/` is propagated, from the optional fields of its line in /proc/PID/mountinfo. */
export function rootPropagation(mountinfo: string): HostFacts["rootPropagation"] {
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
