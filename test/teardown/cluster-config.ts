import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FakeCluster } from "./fake-cluster.ts";
import type { Machine } from "./machine.ts";

/** A kubeconfig with the context `x` for a fake cluster; its path. */
export async function writeKubeconfig(machine: Machine, cluster: FakeCluster): Promise<string> {
  const path = join(machine.root, "kubeconfig");
  await writeFile(
    path,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: cluster.url, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  return path;
}
