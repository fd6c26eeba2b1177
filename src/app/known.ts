import { listHostPaths, resolveK3sSettings } from "../cluster/k3s-settings.ts";
import type { Config } from "../config/schema.ts";
import type { Known } from "../journal/types.ts";

/**
 * Returns the programs and paths that the configuration names. A teardown uses no others, even if the journal names
 * them.
 */
export function getKnownPlaces({ cluster, helm, k3s }: Pick<Config, "cluster" | "helm" | "k3s">): Known {
  const { dataDir, kubeconfig: serverKubeconfig } = resolveK3sSettings(k3s.args, listHostPaths());
  return {
    helm: helm.path,
    k3s: k3s.path,
    kubeconfig: cluster.kind === "existing" ? cluster.kubeconfig : undefined,
    dataDir,
    serverKubeconfig,
  };
}
