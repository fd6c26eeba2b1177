import { BlockList } from "node:net";
import type { Context, Host } from "../host/host.ts";
import { isNetwork } from "../journal/permitted.ts";
import type { HostSnapshot, K3sRun, K3sTraces, Leak, Step } from "../journal/types.ts";
import { formatCount, splitNul } from "../lib/text.ts";
import {
  buildRemovalScripts,
  findAddedLines,
  findEmptyTables,
  iptablesTools,
  parseSave,
} from "./iptables.ts";
import { findLeaks, isClusterLink } from "./snapshot.ts";

/**
 * Shell text that adds the folders $1 (which may be empty) to the search path and drops every part that is not
 * absolute. An empty part means the current folder, and a repository can have any program in it.
 */
const searchPathScript = `
set -f; IFS=:; folders=$PATH:/usr/sbin:/sbin:$1; PATH=; shift
for folder in $folders; do case $folder in /*) PATH=$PATH\${PATH:+:}$folder ;; esac; done
export PATH; unset IFS; set +f`;

type K3sInstallation = Pick<K3sRun, "entry" | "before">;

/**
 * Removes what k3s, its network policy controller, kube-proxy and the CNI plugins added to the kernel's packet filter.
 * Runs before k3s' files are removed, since a bare host has only the programs that k3s brings.
 * @param now the host's current state
 * @returns what is left in the packet filter, read with the same programs
 */
export async function removeNetfilter(
  context: Context,
  run: K3sRun,
  now: HostSnapshot,
  step: Step,
): Promise<Leak[]> {
  const { host, log } = context;
  await step("remove iptables rules", () => removeRules(host, run, now));
  await step("remove tables of nftables", () => removeTables(host, run, now));
  // A set that a rule refers to can't be destroyed, so the rules are removed first.
  await step("remove ipsets", () => removeIpsets(host, run, now));
  await step("remove tracked connections", () => removeConnections(host, run));
  const { lacksIpset, ...netfilter } = await readNetfilter(host, [run.entry]);
  if (lacksIpset)
    log.warn(
      "could not read the ipsets: the program ipset is neither on this host nor in k3s' data folder; install it and run `ipset list -n`",
    );
  const currentSnapshot: HostSnapshot = { ...run.before, ...netfilter };
  return findLeaks(run.before, currentSnapshot).filter(({ kind }) => kind !== "lost");
}

/** Runs `TOOL-restore` with the rules from standard input. $1 are k3s' tool folders, $2 is the tool. */
const restoreScript = `${searchPathScript}
exec "$1-restore" -w 5 --noflush`;

/**
 * Removes the rules and chains in `now` that k3s, its network and its pods added. Returns a sentence about it for the
 * log; undefined if there are none.
 */
export async function removeRules(
  host: Host,
  { entry, before }: K3sInstallation,
  now: HostSnapshot,
): Promise<string | undefined> {
  const scripts = buildRemovalScripts(before.iptables, now.iptables);
  for (const [tool, input] of scripts) {
    await host.exec(["sh", "-c", restoreScript, "restore", joinToolFolders([entry]), tool], {
      root: true,
      input,
    });
  }
  return scripts.size === 0
    ? undefined
    : `removed the cluster's rules from ${[...scripts.keys()].join(", ")}`;
}

/**
 * Deletes nftables tables. $1 are k3s' tool folders, then pairs of a family and a table. Without nft(8) an empty table
 * stays, which is harmless.
 */
const deleteTablesScript = `
${searchPathScript}
command -v nft >/dev/null || exit 0
while [ $# -gt 0 ]; do nft delete table "$1" "$2"; shift 2; done 2>/dev/null; true`;

/**
 * Removes the nftables tables of kube-proxy and the CNI plugins, and tables of iptables that are empty now; undefined
 * if there were no tables of the first kind. Otherwise returns a sentence about it for the log.
 */
export async function removeTables(
  host: Host,
  { entry, before }: K3sInstallation,
  now: HostSnapshot,
): Promise<string | undefined> {
  const { iptables } = await readNetfilter(host, [entry]);
  const clusterTables = findAddedLines(before.nftTables, now.nftTables);
  const tableArguments = [...clusterTables, ...findEmptyTables(before.iptables, iptables)].flatMap((table) =>
    table.split(" "),
  );
  if (tableArguments.length === 0) return undefined;
  await host.exec(["sh", "-c", deleteTablesScript, "nft", joinToolFolders([entry]), ...tableArguments], {
    root: true,
  });
  return clusterTables.length === 0
    ? undefined
    : `removed ${formatCount(clusterTables.length, "table")} of nftables`;
}

/** Destroys ipsets and lists those that remain. $1 are k3s' tool folders, then the sets' names. */
const destroyIpsetsScript = `
${searchPathScript}
for set; do ipset destroy "$set" 2>/dev/null; done; ipset list -n`;

/**
 * Milliseconds in which the kernel should release the deleted rules that referred to a set. nftables does that in the
 * background.
 */
const forgetTimeoutMs = 2_000;

/**
 * Removes the ipsets that the cluster's network added; undefined if there were none. @throws Error naming the sets
 * that are still in use after `forgetTimeoutMs`
 */
async function removeIpsets(
  host: Host,
  { entry, before }: K3sInstallation,
  now: HostSnapshot,
): Promise<string | undefined> {
  const clusterSets = findAddedLines(before.ipsets, now.ipsets);
  const deadline = host.now() + forgetTimeoutMs;
  for (let remaining = clusterSets; remaining.length > 0; await host.sleep(50)) {
    const { stdout } = await host.exec(
      ["sh", "-c", destroyIpsetsScript, "ipset", joinToolFolders([entry]), ...remaining],
      {
        root: true,
      },
    );
    const existingSets = stdout.split("\n");
    remaining = remaining.filter((name) => existingSets.includes(name));
    if (remaining.length === 0) break;
    if (host.now() >= deadline) throw new Error(`still in use: ${remaining.join(", ")}`);
  }
  return clusterSets.length === 0 ? undefined : `removed ${formatCount(clusterSets.length, "ipset")}`;
}

/**
 * Lists tracked connections. $1 are k3s' tool folders, $2 is `ipv4` or `ipv6`. Exits with 127 if the program conntrack
 * is missing.
 */
const listConnectionsScript = `
${searchPathScript}
command -v conntrack >/dev/null || exit 127
conntrack -L -f "$1" 2>/dev/null; true`;

/**
 * Deletes tracked connections. $1 are k3s' tool folders, $2 is the family, then networks, `--`, and addresses of pods
 * that replied. conntrack exits with 1 if nothing matches, which is ignored.
 */
const deleteConnectionsScript = `
${searchPathScript}
family=$1; shift
while [ "$1" != -- ]; do conntrack -D -f $family -s "$1"; conntrack -D -f $family -d "$1"; shift; done >/dev/null; shift
for address; do conntrack -D -f $family -r "$address"; done >/dev/null; true`;

/**
 * Removes the kernel's tracked connections of the cluster's networks; undefined if there were none. The kernel keeps
 * them for up to days. Then a later cluster with the same addresses would send replies to pods of this one.
 */
async function removeConnections(
  host: Host,
  { entry, before }: K3sInstallation,
): Promise<string | undefined> {
  const networks = (entry.networks ?? []).filter(isNetwork);
  // Another cluster on this host can use the same networks.
  if (networks.length === 0 || before.links.some(isClusterLink)) return undefined;
  let removedConnections = 0;
  for (const family of ["ipv4", "ipv6"] as const) {
    const networksOfFamily = networks.filter((network) => network.includes(":") === (family === "ipv6"));
    if (networksOfFamily.length === 0) continue;
    const toolFolders = joinToolFolders([entry]);
    const listArgv = ["sh", "-c", listConnectionsScript, "conntrack", toolFolders, family] as const;
    const { stdout, exitCode } = await host.exec(listArgv, { root: true, allowFailure: true });
    if (exitCode === 127)
      return `left the kernel's tracked connections of ${networks.join(", ")} to expire: the program conntrack is missing`;
    const replyAddresses = findReplyAddresses(stdout, networksOfFamily, family);
    const deleteArgv = ["sh", "-c", deleteConnectionsScript, "conntrack", toolFolders, family] as const;
    const { stderr } = await host.exec([...deleteArgv, ...networksOfFamily, "--", ...replyAddresses], {
      root: true,
    });
    for (const [, entries] of stderr.matchAll(/(\d{1,15}) flow entries have been deleted/g))
      removedConnections += Number(entries);
  }
  return removedConnections === 0
    ? undefined
    : `removed ${formatCount(removedConnections, "tracked connection")}`;
}

/**
 * Returns the addresses in these networks that reply. For a node port or a service, only the reply direction of a
 * connection names the pod.
 */
function findReplyAddresses(
  conntrackOutput: string,
  networks: readonly string[],
  family: "ipv4" | "ipv6",
): string[] {
  const blockList = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    blockList.addSubnet(address, Number(prefix), family);
  }
  const addresses = [...conntrackOutput.matchAll(/ src=(\S+)/g)].map(([, address = ""]) => address);
  return [...new Set(addresses)].filter((address) => blockList.check(address, family));
}

/** The rules of iptables, and the sets and tables of the kernel's packet filter that belong to a cluster's network. */
interface Netfilter extends Pick<HostSnapshot, "iptables" | "ipsets" | "nftTables"> {
  /** True if the kernel supports ipsets (its module is loaded) but no program can list them. */
  readonly lacksIpset: boolean;
}

/** Matches the ipset names of kube-router (TMP- while it replaces a set) and of kube-proxy in IPVS mode. */
const clusterSetPattern = /^(inet6:)?(KUBE-|kube-router-|TMP-[A-Z2-7]{16}$)/;
/** Matches a line like `table ip kube-proxy`: a table of kube-proxy, flannel or the CNI plugins portmap and bridge. */
const clusterTablePattern = /^table ((?:ip6?|inet) (?:kube-proxy|flannel-ipv[46]|cni_[\w.-]+))$/;

/**
 * Returns all rules of iptables, and the ipsets and nftables tables whose names belong to a cluster's network. Uses the
 * host's programs, or those that k3s brings. A host with neither has no entries.
 * @param traces the installations of k3s in whose folders the programs may be
 */
export async function readNetfilter(host: Host, traces: readonly K3sTraces[]): Promise<Netfilter> {
  const [{ stdout }, canHaveSets] = await Promise.all([
    // sh takes the argument after the script as the name in its error messages, and the next one as $1.
    host.exec(["sh", "-c", readNetfilterScript, "read-netfilter", joinToolFolders(traces)], {
      root: host.rights !== "none",
    }),
    host.files.exists("/sys/module/ip_set"),
  ]);
  const outputByProgram = parseProgramOutputs(stdout);
  const ipsetOutput = outputByProgram.get("ipset");
  return {
    iptables: iptablesTools.flatMap((tool) => parseSave(tool, outputByProgram.get(tool) ?? "")),
    ipsets: splitLines(ipsetOutput).filter((name) => clusterSetPattern.test(name)),
    nftTables: splitLines(outputByProgram.get("nft")).flatMap(
      (line) => clusterTablePattern.exec(line)?.[1] ?? [],
    ),
    lacksIpset: ipsetOutput === undefined && canHaveSets,
  };
}

/**
 * Returns the output of each program, by the name that `readNetfilterScript` gives it. Text output has no NUL, so NUL
 * separates the fields.
 */
function parseProgramOutputs(output: string): Map<string, string> {
  const fields = splitNul(output);
  const outputs = new Map<string, string>();
  for (let index = 0; index + 1 < fields.length; index += 2)
    outputs.set(fields[index] ?? "", fields[index + 1] ?? "");
  return outputs;
}

/**
 * Prints the name and the output of each existing program, each ending in NUL. $1 are k3s' tool folders. Only a host
 * that has neither the nft nor the legacy variant of iptables runs plain iptables.
 */
const readNetfilterScript = `${searchPathScript}
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

/**
 * Returns the folders in which k3s unpacks its network tools, joined for PATH. Leaves out a folder with a colon, which
 * PATH can't hold.
 */
function joinToolFolders(traces: readonly K3sTraces[]): string {
  return traces
    .filter(({ dataDir }) => dataDir.startsWith("/") && !dataDir.includes(":"))
    .map(({ dataDir }) => `${dataDir}/data/current/bin/aux:${dataDir}/data/current/bin`)
    .join(":");
}

function splitLines(text: string | undefined): string[] {
  return (text ?? "").split("\n").filter((line) => line !== "");
}
