import type { Host } from "../host/host.ts";
import type { HostSnapshot, K3sTraces } from "../journal/types.ts";
import { splitNul } from "../lib/text.ts";
import { iptablesTools, parseSave } from "./iptables.ts";

/** What a cluster's network has in the kernel's packet filter. */
export interface Netfilter extends Pick<HostSnapshot, "iptables" | "ipsets" | "nftTables"> {
  /** The kernel can have ipsets, and no program is there to list them. */
  readonly lacksIpset: boolean;
}

/** Names of the sets of kube-router (TMP- while it replaces one) and of kube-proxy in its IPVS mode. */
const clusterSet = /^(inet6:)?(KUBE-|kube-router-|TMP-[A-Z2-7]{16}$)/;
/** `table ip kube-proxy`: of kube-proxy, flannel and the CNI plugins portmap and bridge. */
const clusterTable = /^table ((?:ip6?|inet) (?:kube-proxy|flannel-ipv[46]|cni_[\w.-]+))$/;

/** Reads the packet filter with the programs that the host has, or else those that k3s brings. */
export async function readNetfilter(host: Host, traces: readonly K3sTraces[]): Promise<Netfilter> {
  const [{ stdout }, canHaveSets] = await Promise.all([
    host.exec(["sh", "-c", script, "look", toolFolders(traces)], { root: host.rights !== "none" }),
    host.files.exists("/sys/module/ip_set"),
  ]);
  const printed = parsePrinted(stdout);
  const sets = printed.get("ipset");
  return {
    iptables: iptablesTools.flatMap((tool) => parseSave(tool, printed.get(tool) ?? "")),
    ipsets: lines(sets).filter((name) => clusterSet.test(name)),
    nftTables: lines(printed.get("nft")).flatMap((line) => clusterTable.exec(line)?.[1] ?? []),
    lacksIpset: sets === undefined && canHaveSets,
  };
}

/** What each program printed, by the name that the script gives it. Programs that print text print no NUL. */
function parsePrinted(output: string): Map<string, string> {
  const fields = splitNul(output);
  const printed = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) printed.set(fields[at] ?? "", fields[at + 1] ?? "");
  return printed;
}

/**
 * Adds folders ($1, which may be empty) to a script's search path, and takes away whatever in it is not absolute: an empty
 * part is the current folder, and a repository has any programs in it.
 */
export const searchPath = `
set -f; IFS=:; folders=$PATH:/usr/sbin:/sbin:$1; PATH=; shift
for folder in $folders; do case $folder in /*) PATH=$PATH\${PATH:+:}$folder ;; esac; done
export PATH; unset IFS; set +f`;

/** Prints the name and the output of each program that is there. Only a host without either kind of iptables has one without a kind. */
const script = `${searchPath}
run() {
  name=$1; shift
  command -v "$1" >/dev/null || return
  found=yes; printf '%s\\0' "$name"; "$@" 2>/dev/null; printf '\\0'
}
for family in iptables ip6tables; do
  found=
  for tool in $family-nft $family-legacy; do run $tool $tool-save; done
  [ -n "$found" ] || run $family $family-save
done
run ipset ipset list -n
run nft nft list tables
true`;

/** Where k3s unpacks the network tools that a bare host lacks; part of a PATH, in which a colon ends a folder's name. */
export function toolFolders(traces: readonly K3sTraces[]): string {
  return traces
    .filter(({ dataDir }) => dataDir.startsWith("/") && !dataDir.includes(":"))
    .map(({ dataDir }) => `${dataDir}/data/current/bin/aux:${dataDir}/data/current/bin`)
    .join(":");
}

function lines(text: string | undefined): string[] {
  return (text ?? "").split("\n").filter((line) => line !== "");
}
