import type { Host } from "../../host/host.ts";
import type { Finding, HostFacts } from "../../model/cluster.ts";
import { type K3sSettings, lastValue, nodeIpFlags } from "../k3s-settings.ts";
import type { HostPaths } from "../paths.ts";
import { isRouted, judgeUplink, readLinkAddresses, uplinkAsked, uplinksFor } from "./uplink.ts";

/** VXLAN's header, in bytes, over IPv4. */
const vxlanHeader = 50;
const ethernetMtu = 1500;

/** The device of the default route in /proc/net/route; of several the one with the lowest metric. */
export function defaultDevice(table: string): string | undefined {
  return (
    table
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      // One that refuses (`unreachable default`) has no device.
      .filter((fields) => fields[1] === "00000000" && fields[7] === "00000000" && fields[0] !== "*")
      .sort((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0]
  );
}

/** Whether /proc/net/ipv6_route has a default route. */
export function hasIpv6Default(table: string): boolean {
  return /^0{32} 00 .* (?!lo$)\S+$/m.test(table);
}

type PodNetwork = Pick<HostFacts, "podMtu" | "uplink" | "serviceRoute">;

/**
 * The MTU that flannel is going to give the pods, and what stands in for a default route where there is none: k3s takes
 * its node's address from it and ends without one.
 */
export async function readPodNetwork(
  host: Host,
  paths: HostPaths,
  args: readonly string[],
  settings: K3sSettings,
): Promise<{ facts: PodNetwork; findings: Finding[] }> {
  const asked = uplinkAsked(args);
  const device = defaultDevice((await host.files.read(`${paths.proc}/net/route`)) ?? "");
  if (device !== undefined) {
    const podMtu = await readPodMtu(host, paths, asked.device ?? device);
    return { facts: { podMtu, uplink: undefined, serviceRoute: undefined }, findings: [] };
  }
  // Who asks for IPv6, alone or as well, gives k3s the addresses too.
  const uplinks = asksForIpv6(args, settings) ? [] : uplinksFor(await readLinkAddresses(host, paths), asked);
  const [uplink] = uplinks;
  const podMtu = await readPodMtu(host, paths, asked.device ?? uplink?.device);
  if (uplink === undefined) {
    const ipv6Routes = (await host.files.read(`${paths.proc}/net/ipv6_route`)) ?? "";
    const isLeftToK3s = asksForIpv6(args, settings) || hasIpv6Default(ipv6Routes);
    const findings = isLeftToK3s ? [] : judgeUplink([], asked, undefined);
    return { facts: { podMtu, uplink, serviceRoute: undefined }, findings };
  }
  const serviceRoute = (await isRouted(host, settings.serviceCidr)) ? undefined : settings.serviceCidr;
  return { facts: { podMtu, uplink, serviceRoute }, findings: judgeUplink(uplinks, asked, serviceRoute) };
}

function asksForIpv6(args: readonly string[], { clusterCidr, serviceCidr }: K3sSettings): boolean {
  const nodeIp = lastValue(args, nodeIpFlags) ?? "";
  return [clusterCidr, serviceCidr, nodeIp].some((value) => value.includes(":"));
}

async function readPodMtu(host: Host, paths: HostPaths, device: string | undefined): Promise<number> {
  const text =
    device && (await host.files.read(`${paths.sys}/class/net/${device}/mtu`).catch(() => undefined));
  return (Number(text) || ethernetMtu) - vxlanHeader;
}
