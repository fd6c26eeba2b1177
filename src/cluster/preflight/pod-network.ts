import type { Host } from "../../host/host.ts";
import type { HostPaths } from "../paths.ts";
import type { Finding } from "../types.ts";

/** VXLAN's header, in bytes, over IPv4. */
const vxlanHeader = 50;
const ethernetMtu = 1500;

/** The device of the default route in /proc/net/route; of several the one with the lowest metric. */
export function defaultDevice(table: string): string | undefined {
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1] === "00000000" && fields[7] === "00000000")
    .sort((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0];
}

/** The MTU that flannel is going to give the pods, and whether there is a route to choose the node's address from. */
export async function readPodNetwork(
  host: Host,
  paths: HostPaths,
): Promise<{ mtu: number; device: string | undefined }> {
  const device = defaultDevice((await host.files.read(`${paths.proc}/net/route`)) ?? "");
  const text =
    device && (await host.files.read(`${paths.sys}/class/net/${device}/mtu`).catch(() => undefined));
  const uplink = Number(text) || ethernetMtu;
  return { mtu: uplink - vxlanHeader, device };
}

/** k3s takes its node's address from the default route and ends when there is none. */
export function judgeRoute(
  device: string | undefined,
  hasIpv6Default: boolean,
  args: readonly string[],
): Finding[] {
  if (
    device !== undefined ||
    hasIpv6Default ||
    args.some((arg) => /^(--node-ip|-i|--flannel-iface)(=|$)/.test(arg))
  )
    return [];
  return [
    {
      kind: "problem",
      id: "no-default-route",
      message: "this host has no default route, and k3s takes its node's address from it",
      mend: 'give the host a default route (a dummy link will do), or k3s its address: k3s.args: ["--node-ip=ADDRESS"]',
    },
  ];
}
