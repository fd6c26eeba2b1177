import { isIPv4 } from "node:net";
import { z } from "zod";
import type { Host } from "../../host/host.ts";
import { tryParseJson } from "../../lib/text.ts";
import type { Finding, HostFacts, Uplink } from "../../model/cluster.ts";
import { findLastValue, type HostPaths, type K3sSettings, nodeIpFlags } from "../k3s-settings.ts";

/** One IPv4 address of a link that is up. */
interface LinkAddress extends Uplink {
  /** True if the link has a connection to another device. */
  readonly hasCarrier: boolean;
}

const Links = z.array(
  z.object({
    ifname: z.string().default(""),
    flags: z.array(z.string()).default([]),
    addr_info: z
      .array(z.object({ local: z.string().default(""), scope: z.string().default("") }))
      .default([]),
  }),
);

/** Names of links for containers. Their addresses can't be a node's address. */
const containerLinks = /^(cni|flannel|docker|br-|veth|virbr|podman|lxcbr|lxdbr|cali|cilium|kube-|tunl)/;

/**
 * Returns the addresses in the output of `ip -json -4 address show up` that a node can have, in the same order. Leaves
 * out loopback, and link-local addresses, which the kubelet refuses.
 */
export function parseLinkAddresses(json: string): LinkAddress[] {
  const links = Links.safeParse(tryParseJson(json));
  if (!links.success) return [];
  return links.data
    .filter(({ flags }) => !flags.includes("LOOPBACK"))
    .flatMap(({ ifname, flags, addr_info }) =>
      addr_info
        .filter(({ local, scope }) => scope === "global" && isIPv4(local) && !local.startsWith("169.254."))
        .map(({ local }) => ({
          device: ifname,
          address: local,
          hasCarrier: !flags.includes("NO-CARRIER"),
        })),
    );
}

/**
 * Returns the addresses that a node of this host can have: first those with a connection, of these first those of
 * hardware, then in the order of `ip`.
 */
async function readLinkAddresses(host: Host, paths: HostPaths): Promise<LinkAddress[]> {
  const argv = ["ip", "-json", "-4", "address", "show", "up"] as const;
  // A missing `ip` is reported by probePrograms.
  const result = await host.exec([...argv], { allowFailure: true }).catch(() => undefined);
  const ranked = await Promise.all(
    parseLinkAddresses(result?.stdout ?? "").map(async (link) => {
      const isHardware = await host.files.exists(`${paths.sys}/class/net/${link.device}/device`);
      // A missing connection weighs more than a virtual link.
      return { link, rank: (link.hasCarrier ? 0 : 2) + (isHardware ? 0 : 1) };
    }),
  );
  return ranked.sort((a, b) => a.rank - b.rank).map(({ link }) => link);
}

/** Returns the address and device that the user's arguments set. */
function parseRequestedUplink(args: readonly string[]): Partial<Uplink> {
  const address = findLastValue(args, nodeIpFlags);
  const device = findLastValue(args, ["--flannel-iface"]);
  return { ...(address === undefined ? {} : { address }), ...(device === undefined ? {} : { device }) };
}

/** Returns the addresses that can be the node's. Those that the user's arguments set take precedence. */
function filterUplinks(links: readonly LinkAddress[], requested: Partial<Uplink>): readonly Uplink[] {
  const { address, device } = requested;
  if (address !== undefined && device !== undefined) return [{ address, device }];
  return links.filter((link) => {
    if (address !== undefined) return link.address === address;
    if (device !== undefined) return link.device === device;
    return !containerLinks.test(link.device);
  });
}

/**
 * True if the kernel has a route to the first address of a network. Without a route, a connection from this host to a
 * service fails before it reaches kube-proxy's rules (kubernetes/kubernetes#123120).
 */
export async function isRouted(host: Host, network: string): Promise<boolean> {
  const [address = network] = network.split("/");
  const route = await host
    .exec(["ip", "-4", "route", "get", address], { allowFailure: true })
    .catch(() => undefined);
  return route?.exitCode === 0;
}

/**
 * Returns the adaptations on a host without a default route for IPv4, or the problem if no address can be the node's.
 * @param uplinks the addresses that can be the node's; the first one is used
 * @param requested the address and device that the user's arguments set
 * @param serviceRoute the network that gets a route of its own; undefined if none is needed
 */
function judgeUplink(
  uplinks: readonly Uplink[],
  requested: Partial<Uplink>,
  serviceRoute: string | undefined,
): Finding[] {
  const [uplink, ...otherUplinks] = uplinks;
  if (uplink === undefined)
    return [{ kind: "problem", id: "no-default-route", ...describeMissingUplink(requested) }];
  const adaptations: string[] = [];
  if (requested.address === undefined || requested.device === undefined)
    adaptations.push(
      `using ${uplink.address} (${uplink.device}) as the node address${describeOtherUplinks(otherUplinks)}`,
    );
  if (serviceRoute !== undefined)
    adaptations.push(`the services' addresses (${serviceRoute}) get a route within this host until teardown`);
  if (adaptations.length === 0) return [];
  return [
    {
      kind: "adaptation",
      id: "no-default-route",
      found: "this host has no default route, by which k3s finds its node's address and services are reached",
      done: adaptations.join("; "),
    },
  ];
}

/** Returns a note about the addresses that are not used; empty if there are none. */
function describeOtherUplinks(otherUplinks: readonly Uplink[]): string {
  if (otherUplinks.length === 0) return "";
  const list = otherUplinks.map(({ address, device }) => `${address} of ${device}`).join(", ");
  return ` rather than ${list} (k3s.args: ["--node-ip=ADDRESS"] for another one)`;
}

/** Returns the problem of a host without an address for its node. */
function describeMissingUplink({ address, device }: Partial<Uplink>): { message: string; fix: string } {
  if (address !== undefined || device !== undefined) {
    const [flag, problem] =
      address === undefined
        ? [`--flannel-iface=${device}`, "no link with this name is up and has an IPv4 address"]
        : [`--node-ip=${address}`, "no link that is up has this address"];
    return {
      message: `this host has no default route, k3s.args has ${flag}, and ${problem}`,
      fix: "correct k3s.args (`ip -4 address` lists links and addresses), or give the host a default route",
    };
  }
  return {
    message:
      "this host has no default route and no IPv4 address on a link that is up, so its node has no address",
    fix: "connect it, or give it an address of its own that leads nowhere: ip link add node0 type dummy; ip address add 192.0.2.1/32 dev node0; ip link set node0 up",
  };
}

/** The size of VXLAN's header over IPv4, in bytes. */
const vxlanHeader = 50;
/** The MTU of Ethernet, for a device whose MTU can't be read. */
const ethernetMtu = 1500;

/**
 * Returns the device of the default route in /proc/net/route; of several routes that with the lowest metric. Undefined
 * if there is none.
 */
export function parseDefaultDevice(table: string): string | undefined {
  const routes = table.split("\n").map((line) => {
    const [device, destination, , , , , metric, mask] = line.trim().split(/\s+/);
    return { device, destination, metric: Number(metric), mask };
  });
  const defaultRoutes = routes.filter(
    // The device of an `unreachable default` route is `*`.
    ({ device, destination, mask }) => destination === "00000000" && mask === "00000000" && device !== "*",
  );
  return defaultRoutes.sort((a, b) => a.metric - b.metric)[0]?.device;
}

/**
 * True if /proc/net/ipv6_route has a default route: a line whose destination and prefix length are 0. The kernel always
 * has such a line for the device lo, which rejects packets.
 */
export function hasIpv6Default(table: string): boolean {
  return /^0{32} 00 .* (?!lo$)\S+$/m.test(table);
}

type PodNetwork = Pick<HostFacts, "podMtu" | "uplink" | "serviceRoute">;

/**
 * Returns the MTU that flannel will give the pods. Without a default route, also returns the address and the service
 * route that replace it: k3s takes its node's address from the default route, and exits without one.
 */
export async function readPodNetwork(
  host: Host,
  paths: HostPaths,
  args: readonly string[],
  settings: K3sSettings,
): Promise<{ facts: PodNetwork; findings: Finding[] }> {
  const requested = parseRequestedUplink(args);
  const device = parseDefaultDevice((await host.files.read(`${paths.proc}/net/route`)) ?? "");
  if (device !== undefined) {
    const podMtu = await readPodMtu(host, paths, requested.device ?? device);
    return { facts: { podMtu, uplink: undefined, serviceRoute: undefined }, findings: [] };
  }
  // A user who requests IPv6 must set the addresses in the arguments of k3s, so none is chosen here.
  const uplinks = isIpv6Requested(args, settings)
    ? []
    : filterUplinks(await readLinkAddresses(host, paths), requested);
  const [uplink] = uplinks;
  const podMtu = await readPodMtu(host, paths, requested.device ?? uplink?.device);
  if (uplink === undefined) {
    const ipv6Routes = (await host.files.read(`${paths.proc}/net/ipv6_route`)) ?? "";
    const isLeftToK3s = isIpv6Requested(args, settings) || hasIpv6Default(ipv6Routes);
    const findings = isLeftToK3s ? [] : judgeUplink([], requested, undefined);
    return { facts: { podMtu, uplink, serviceRoute: undefined }, findings };
  }
  const serviceRoute = (await isRouted(host, settings.serviceCidr)) ? undefined : settings.serviceCidr;
  return { facts: { podMtu, uplink, serviceRoute }, findings: judgeUplink(uplinks, requested, serviceRoute) };
}

/** True if the user's arguments set an IPv6 address or network. */
function isIpv6Requested(args: readonly string[], { clusterCidr, serviceCidr }: K3sSettings): boolean {
  const nodeIp = findLastValue(args, nodeIpFlags) ?? "";
  return [clusterCidr, serviceCidr, nodeIp].some((value) => value.includes(":"));
}

/** Returns the MTU for pods: that of the device minus VXLAN's header. */
async function readPodMtu(host: Host, paths: HostPaths, device: string | undefined): Promise<number> {
  const text =
    device && (await host.files.read(`${paths.sys}/class/net/${device}/mtu`).catch(() => undefined));
  return (Number(text) || ethernetMtu) - vxlanHeader;
}
