import type { Host } from "../../host/host.ts";
import type { HostPaths } from "../paths.ts";
import type { Finding, HostFacts } from "../types.ts";

/**
 * What k3s (pkg/agent/syssetup) and its kubelet and kube-proxy set, with the value they set it to; undefined: it
 * depends on the machine. `ip_forward` is last, so that it is put back first: writing it resets the others.
 */
const changedByK3s: readonly (readonly [key: string, to: string | undefined])[] = [
  ["vm.overcommit_memory", "1"],
  ["vm.panic_on_oom", "0"],
  ["kernel.panic", "10"],
  ["kernel.panic_on_oops", "1"],
  ["kernel.keys.root_maxkeys", "1000000"],
  ["kernel.keys.root_maxbytes", "25000000"],
  ["net.netfilter.nf_conntrack_max", undefined],
  ["net.netfilter.nf_conntrack_tcp_timeout_established", "86400"],
  ["net.netfilter.nf_conntrack_tcp_timeout_close_wait", "3600"],
  ["net.bridge.bridge-nf-call-iptables", "1"],
  ["net.ipv4.conf.all.route_localnet", "1"],
  ["net.ipv4.conf.default.forwarding", "1"],
  ["net.ipv4.ip_forward", "1"],
];

/** The kernel settings that k3s is going to change, as they are now. */
export async function readSysctls(host: Host, paths: HostPaths): Promise<HostFacts["sysctls"]> {
  const found = await Promise.all(
    changedByK3s.map(async ([key, to]) => {
      const path = `${paths.proc}/sys/${key.replaceAll(".", "/")}`;
      const previous = (await host.files.read(path).catch(() => undefined))?.trim();
      return previous === undefined || previous === to ? [] : [{ key, previous }];
    }),
  );
  return found.flat();
}

export function judgeSysctls(sysctls: HostFacts["sysctls"]): Finding[] {
  if (!sysctls.some(({ key }) => key === "net.ipv4.ip_forward")) return [];
  return [
    {
      kind: "adaptation",
      id: "ip-forward",
      found: "IP forwarding is off, and pods need it",
      done: "k3s turns it on; teardown puts it and the other kernel settings that k3s changes back",
    },
  ];
}
