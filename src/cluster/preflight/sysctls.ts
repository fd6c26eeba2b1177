import type { Host } from "../../host/host.ts";
import { changedByK3s } from "../../journal/footprint.ts";
import type { Finding, HostFacts } from "../../model/cluster.ts";
import type { HostPaths } from "../paths.ts";

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
