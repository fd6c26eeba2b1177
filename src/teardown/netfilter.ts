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
 * Adds folders ($1, which may be empty) to a script's search path, and takes away whatever in it is not absolute: an empty
 * part is the current folder, and a repository has any programs in it.
 */
export const searchPathScript = `
set -f; IFS=:; folders=$PATH:/usr/sbin:/sbin:$1; PATH=; shift
for folder in $folders; do case $folder in /*) PATH=$PATH\${PATH:+:}$folder ;; esac; done
export PATH; unset IFS; set +f`;

type K3sInstallation = Pick<K3sRun, "entry" | "before">;

/**
 * Takes what k3s, its network policy controller, kube-proxy and the CNI plugins put into the kernel's packet filter out
 * of `now`, the host as it is. Runs before k3s' files are removed: a bare host has only the programs that k3s brings.
 * @returns what is left of it, read with the same programs
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
  // A set that a rule refers to can't be destroyed, so the rules go first.
  await step("remove ipsets", () => removeIpsets(host, run, now));
  await step("remove tracked connections", () => removeConnections(host, run));
  const { lacksIpset, ...netfilter } = await readNetfilter(host, [run.entry]);
  if (lacksIpset)
    log.warn(
      "could not read the ipsets: the program ipset is neither on this host nor in k3s' data folder; install it and run `ipset list -n`",
    );
  const left: HostSnapshot = { ...run.before, ...netfilter };
  return findLeaks(run.before, left).filter(({ kind }) => kind !== "lost");
}

const restoreScript = `${searchPathScript}
exec "$1-restore" -w 5 --noflush`;

/** Takes the rules and chains that k3s, its network and its pods made out of `now`. */
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

/** Without nft(8) an empty table of iptables stays, and does nothing. */
const deleteTablesScript = `
${searchPathScript}
command -v nft >/dev/null || exit 0
while [ $# -gt 0 ]; do nft delete table "$1" "$2"; shift 2; done 2>/dev/null; true`;

/** Those of kube-proxy and the CNI plugins, and of iptables' own those that are empty now. */
export async function removeTables(
  host: Host,
  { entry, before }: K3sInstallation,
  now: HostSnapshot,
): Promise<string | undefined> {
  const { iptables } = await readNetfilter(host, [entry]);
  const theirs = findAddedLines(before.nftTables, now.nftTables);
  const tables = [...theirs, ...findEmptyTables(before.iptables, iptables)].flatMap((table) =>
    table.split(" "),
  );
  if (tables.length === 0) return undefined;
  await host.exec(["sh", "-c", deleteTablesScript, "nft", joinToolFolders([entry]), ...tables], {
    root: true,
  });
  return theirs.length === 0 ? undefined : `removed ${formatCount(theirs.length, "table")} of nftables`;
}

const destroyIpsetsScript = `
${searchPathScript}
for set; do ipset destroy "$set" 2>/dev/null; done; ipset list -n`;

/** Milliseconds that the kernel may take to forget the rules that referred to a set: nftables does it in the background. */
const forgetTimeoutMs = 2_000;

async function removeIpsets(
  host: Host,
  { entry, before }: K3sInstallation,
  now: HostSnapshot,
): Promise<string | undefined> {
  const theirs = findAddedLines(before.ipsets, now.ipsets);
  const end = host.now() + forgetTimeoutMs;
  for (let left = theirs; left.length > 0; await host.sleep(50)) {
    const { stdout } = await host.exec(
      ["sh", "-c", destroyIpsetsScript, "ipset", joinToolFolders([entry]), ...left],
      {
        root: true,
      },
    );
    const there = stdout.split("\n");
    left = left.filter((name) => there.includes(name));
    if (left.length === 0) break;
    if (host.now() >= end) throw new Error(`still in use: ${left.join(", ")}`);
  }
  return theirs.length === 0 ? undefined : `removed ${formatCount(theirs.length, "ipset")}`;
}

/** $1 is `ipv4` or `ipv6`; ends with 127 without the program. */
const listConnectionsScript = `
${searchPathScript}
command -v conntrack >/dev/null || exit 127
conntrack -L -f "$1" 2>/dev/null; true`;

/** Then the networks, \`--\`, and single addresses of pods that replied. conntrack ends with 1 where nothing matches. */
const deleteConnectionsScript = `
${searchPathScript}
family=$1; shift
while [ "$1" != -- ]; do conntrack -D -f $family -s "$1"; conntrack -D -f $family -d "$1"; shift; done >/dev/null; shift
for address; do conntrack -D -f $family -r "$address"; done >/dev/null; true`;

/**
 * The kernel keeps connections of pods for up to days. They belong to nobody once the pods are gone, but would make a later
 * cluster with the same addresses send replies to pods of this one.
 */
async function removeConnections(
  host: Host,
  { entry, before }: K3sInstallation,
): Promise<string | undefined> {
  const networks = (entry.networks ?? []).filter(isNetwork);
  // Another cluster can have the same networks.
  if (networks.length === 0 || before.links.some(isClusterLink)) return undefined;
  let removed = 0;
  for (const family of ["ipv4", "ipv6"] as const) {
    const ofFamily = networks.filter((network) => network.includes(":") === (family === "ipv6"));
    if (ofFamily.length === 0) continue;
    const tools = joinToolFolders([entry]);
    const argv = ["sh", "-c", listConnectionsScript, "conntrack", tools, family] as const;
    const { stdout, exitCode } = await host.exec(argv, { root: true, allowFailure: true });
    if (exitCode === 127)
      return `left the kernel's tracked connections of ${networks.join(", ")} to expire: the program conntrack is missing`;
    const replying = findReplyAddresses(stdout, ofFamily, family);
    const script = ["sh", "-c", deleteConnectionsScript, "conntrack", tools, family] as const;
    const { stderr } = await host.exec([...script, ...ofFamily, "--", ...replying], { root: true });
    for (const [, entries] of stderr.matchAll(/(\d{1,15}) flow entries have been deleted/g))
      removed += Number(entries);
  }
  return removed === 0 ? undefined : `removed ${formatCount(removed, "tracked connection")}`;
}

/** Returns the addresses in these networks that reply: behind a node port or a service, a connection names its pod only there. */
function findReplyAddresses(listed: string, networks: readonly string[], family: "ipv4" | "ipv6"): string[] {
  const within = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    within.addSubnet(address, Number(prefix), family);
  }
  const addresses = [...listed.matchAll(/ src=(\S+)/g)].map(([, address = ""]) => address);
  return [...new Set(addresses)].filter((address) => within.check(address, family));
}

/** What a cluster's network has in the kernel's packet filter. */
export interface Netfilter extends Pick<HostSnapshot, "iptables" | "ipsets" | "nftTables"> {
  /** The kernel can have ipsets, and no program is there to list them. */
  readonly lacksIpset: boolean;
}

/** Names of the sets of kube-router (TMP- while it replaces one) and of kube-proxy in its IPVS mode. */
const clusterSetPattern = /^(inet6:)?(KUBE-|kube-router-|TMP-[A-Z2-7]{16}$)/;
/** `table ip kube-proxy`: of kube-proxy, flannel and the CNI plugins portmap and bridge. */
const clusterTablePattern = /^table ((?:ip6?|inet) (?:kube-proxy|flannel-ipv[46]|cni_[\w.-]+))$/;

/** Reads the packet filter with the programs that the host has, or else those that k3s brings. */
export async function readNetfilter(host: Host, traces: readonly K3sTraces[]): Promise<Netfilter> {
  const [{ stdout }, canHaveSets] = await Promise.all([
    host.exec(["sh", "-c", readNetfilterScript, "look", joinToolFolders(traces)], {
      root: host.rights !== "none",
    }),
    host.files.exists("/sys/module/ip_set"),
  ]);
  const printed = parseProgramOutputs(stdout);
  const sets = printed.get("ipset");
  return {
    iptables: iptablesTools.flatMap((tool) => parseSave(tool, printed.get(tool) ?? "")),
    ipsets: splitLines(sets).filter((name) => clusterSetPattern.test(name)),
    nftTables: splitLines(printed.get("nft")).flatMap((line) => clusterTablePattern.exec(line)?.[1] ?? []),
    lacksIpset: sets === undefined && canHaveSets,
  };
}

/** What each program printed, by the name that the script gives it. Programs that print text print no NUL. */
function parseProgramOutputs(output: string): Map<string, string> {
  const fields = splitNul(output);
  const printed = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) printed.set(fields[at] ?? "", fields[at + 1] ?? "");
  return printed;
}

/** Prints the name and the output of each program that is there. Only a host without either kind of iptables has one without a kind. */
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

/** Returns the folders in which k3s unpacks the network tools that a bare host lacks, joined for PATH. A folder with a colon can't be in PATH. */
export function joinToolFolders(traces: readonly K3sTraces[]): string {
  return traces
    .filter(({ dataDir }) => dataDir.startsWith("/") && !dataDir.includes(":"))
    .map(({ dataDir }) => `${dataDir}/data/current/bin/aux:${dataDir}/data/current/bin`)
    .join(":");
}

function splitLines(text: string | undefined): string[] {
  return (text ?? "").split("\n").filter((line) => line !== "");
}
