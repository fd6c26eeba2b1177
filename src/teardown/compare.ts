import type { HostSnapshot, Leak } from "../journal/types.ts";
import { added, isClusterLine, isTable } from "./iptables.ts";
import { k3sParents } from "./snapshot.ts";

type Part = keyof HostSnapshot;

const kinds: Record<Part, Leak["kind"]> = {
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
 * was started on the host in the meantime is none of our business. Lost is what was there before and is gone,
 * reported when it was still there as teardown began (`atStart`): what its owner took away earlier is no loss.
 * The order of rules, their counters, and the empty tables that looking at them makes don't count.
 */
export function findLeaks(before: HostSnapshot, after: HostSnapshot, atStart: HostSnapshot = before): Leak[] {
  return (Object.keys(kinds) as Part[]).flatMap((part) => {
    const left = added(before[part], after[part]).filter((what) => madeByCluster(part, what));
    const lost = added(after[part], before[part]).filter(
      (what) => !isPassing(part, what) && (atStart[part].includes(what) || isSteady(part, what)),
    );
    return [
      ...left.map((what): Leak => ({ kind: kinds[part], what })),
      ...lost.map((what): Leak => ({ kind: "lost", what: `${kinds[part]} ${what}` })),
    ];
  });
}

/** Mounts, processes, ipsets, tables, paths, cgroups are taken into a snapshot only when they are a cluster's. */
function madeByCluster(part: Part, what: string): boolean {
  if (part === "links") return isClusterLink(what);
  if (part === "netns") return what.startsWith("cni-");
  if (part === "iptables") return isClusterLine(what);
  // Others make these folders too: `ip netns add`, a container engine.
  return part !== "paths" || !what.startsWith("/run/") || !(k3sParents as readonly string[]).includes(what);
}

/** A link that k3s' network makes. A pod's veth has 8 hex digits, Docker's 7. */
export function isClusterLink(name: string): boolean {
  return /^(cni\d+|flannel[-.]\S+|kube-\S+|veth[0-9a-f]{8})$/.test(name);
}

/** What may go at any time: a kubelet tidies up all logs of pods that are no more. */
function isPassing(part: Part, what: string): boolean {
  return (part === "paths" && what.startsWith("/var/log/")) || (part === "iptables" && isTable(what));
}

/** What nobody takes away in passing, so that its loss is ours even if it happened while k3s started. */
function isSteady(part: Part, what: string): boolean {
  return part === "paths" || (part === "links" && /^(cni\d+|flannel)/.test(what));
}
