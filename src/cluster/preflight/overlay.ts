import type { Host } from "../../host/host.ts";
import type { Finding } from "../../model/cluster.ts";
import type { HostPaths } from "../paths.ts";

/** Whether the kernel has overlayfs, after having asked for the module. */
export async function readOverlay(host: Host, paths: HostPaths): Promise<boolean> {
  if (await isListed(host, paths)) return true;
  // k3s loads the modules it needs itself; this one decides about a flag, so it is asked for here.
  await host.exec(["modprobe", "--", "overlay"], { root: true, allowFailure: true }).catch(() => undefined);
  return isListed(host, paths);
}

async function isListed(host: Host, paths: HostPaths): Promise<boolean> {
  return /\boverlay$/m.test((await host.files.read(`${paths.proc}/filesystems`)) ?? "");
}

export function judgeOverlay(overlayfs: boolean): Finding[] {
  if (overlayfs) return [];
  return [
    {
      kind: "adaptation",
      id: "no-overlayfs",
      found: "the kernel has no overlayfs",
      done: "k3s copies images instead of layering them (--snapshotter=native): slower, and it takes more disk",
    },
  ];
}
