import type { Host } from "../host/host.ts";
import { type IptablesTool, parseSave } from "./iptables.ts";
import type { HostSnapshot, K3sTraces } from "./types.ts";

/** What a cluster's network has in the kernel's packet filter. */
export interface Netfilter extends Pick<HostSnapshot, "iptables" | "ipsets" | "nftTables"> {
  /** The kernel can have ipsets, and no program is there to list them. */
  readonly lacksIpset: boolean;
}

type Family = readonly [IptablesTool, IptablesTool, IptablesTool];

/** For each family the programs for its two kinds of rules, and the one that a host has that has neither of them. */
const iptablesFamilies: readonly Family[] = [
  ["iptables-nft", "iptables-legacy", "iptables"],
  ["ip6tables-nft", "ip6tables-legacy", "ip6tables"],
];

/** Names of the sets of kube-router (TMP- while it replaces one) and of kube-proxy in its IPVS mode. */
const clusterSet = /^(inet6:)?(KUBE-|kube-router-|TMP-[A-Z2-7]{16}$)/;
/** `table ip kube-proxy`: of kube-proxy, flannel and the CNI plugins portmap and bridge. */
const clusterTable = /^table ((?:ip6?|inet) (?:kube-proxy|flannel-ipv[46]|cni_[\w.-]+))$/;

/** Reads the packet filter with the programs that the host has, or else those that k3s brings. Each is a process of its own. */
export async function readNetfilter(host: Host, traces: readonly K3sTraces[]): Promise<Netfilter> {
  const run = (...argv: [string, ...string[]]) => runTool(host, traces, argv);
  const [iptables, sets, tables, canHaveSets] = await Promise.all([
    Promise.all(iptablesFamilies.map((family) => readFamily(family, run))),
    run("ipset", "list", "-n"),
    run("nft", "list", "tables"),
    host.files.exists("/sys/module/ip_set"),
  ]);
  return {
    iptables: iptables.flat(),
    ipsets: lines(sets).filter((name) => clusterSet.test(name)),
    nftTables: lines(tables).flatMap((line) => clusterTable.exec(line)?.[1] ?? []),
    lacksIpset: sets === undefined && canHaveSets,
  };
}

type Run = (...argv: [string, ...string[]]) => Promise<string | undefined>;

async function readFamily([nft, legacy, only]: Family, run: Run): Promise<string[]> {
  const read = async (tool: IptablesTool) => {
    const saved = await run(`${tool}-save`);
    return saved === undefined ? undefined : parseSave(tool, saved);
  };
  const both = await Promise.all([read(nft), read(legacy)]);
  if (both.every((rules) => rules === undefined)) return (await read(only)) ?? [];
  return both.flatMap((rules) => rules ?? []);
}

/**
 * Adds folders ($1, which may be empty) to a script's search path, and takes away whatever in it is not absolute: an empty
 * part is the current folder, and a repository has any programs in it.
 */
export const searchPath = `
set -f; IFS=:; folders=$PATH:/usr/sbin:/sbin:$1; PATH=; shift
for folder in $folders; do case $folder in /*) PATH=$PATH\${PATH:+:}$folder ;; esac; done
export PATH; unset IFS; set +f`;

/** Ends with 127 where there is no such program. */
const script = `${searchPath}
command -v "$1" >/dev/null || exit 127
exec "$@" 2>/dev/null`;

/** Returns what the program printed, also when it failed; undefined where there is none. */
async function runTool(
  host: Host,
  traces: readonly K3sTraces[],
  argv: readonly [string, ...string[]],
): Promise<string | undefined> {
  const { stdout, exitCode } = await host.exec(["sh", "-c", script, "look", toolFolders(traces), ...argv], {
    root: host.rights !== "none",
    allowFailure: true,
  });
  return exitCode === 127 ? undefined : stdout;
}

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
