import type { Host } from "../../host/host.ts";
import type { Finding, HostFacts } from "../../model/cluster.ts";
import type { HostPaths } from "../paths.ts";

export async function readCgroups(
  host: Host,
  paths: HostPaths,
): Promise<{ kind: HostFacts["cgroups"]; controllers: string[] }> {
  const folder = `${paths.sys}/fs/cgroup`;
  const controllers = await host.files.read(`${folder}/cgroup.controllers`);
  if (controllers !== undefined) return { kind: "v2", controllers: controllers.trim().split(/\s+/) };
  const table = (await host.files.read(`${paths.proc}/cgroups`)) ?? "";
  const kind = (await host.files.exists(`${folder}/unified`)) ? "hybrid" : "v1";
  return { kind, controllers: enabledControllers(table) };
}

/** Names in /proc/cgroups (`name hierarchy num_cgroups enabled`) that are enabled. */
export function enabledControllers(table: string): string[] {
  return table
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.split(/\s+/))
    .filter((fields) => fields[3] === "1")
    .flatMap((fields) => (fields[0] === undefined ? [] : [fields[0]]));
}

export function judgeCgroups(kind: HostFacts["cgroups"], controllers: readonly string[]): Finding[] {
  const missing = ["cpu", "memory"].filter((name) => !controllers.includes(name));
  if (missing.length > 0) {
    // k3s ends with "failed to find memory cgroup"; common on Raspberry Pi OS and in containers.
    return [
      {
        kind: "problem",
        id: "missing-cgroup-controllers",
        message: `the cgroup controllers ${missing.join(" and ")} are not available, and the kubelet needs them`,
        fix: "add `cgroup_memory=1 cgroup_enable=memory` to the kernel's command line; in a container, delegate the controllers to it",
      },
    ];
  }
  if (kind === "v2") return [];
  return [
    {
      kind: "adaptation",
      id: "cgroup-v1",
      found: `this host uses cgroup ${kind === "hybrid" ? "v1 (hybrid)" : "v1"}, which the kubelet refuses from 1.35 on`,
      done: "from that version on the kubelet is told to accept it (fail-cgroupv1=false)",
    },
  ];
}
