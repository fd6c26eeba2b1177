import type { Config } from "../config/schema.ts";
import type { PodGateway } from "../plan/capture.ts";
import { listHostPaths, resolveK3sSettings } from "./k3s-settings.ts";

/**
 * Returns the address of the pods' bridge on this host, which is the gateway that they all have: the first one of the first node's
 * subnet, and the first node always gets the first subnet. It exists from the first pod on.
 */
export function computePodGateway(config: Pick<Config, "cluster" | "k3s">): PodGateway {
  if (config.cluster.kind === "existing")
    return { unknown: "pods of an existing cluster can't be expected to reach this machine" };
  const { clusterCidr, flannelBackend } = resolveK3sSettings(config.k3s.args, listHostPaths());
  const subnet = /^(\d+\.\d+\.\d+)\.0\/(\d+)$/.exec(clusterCidr);
  if (flannelBackend === "none")
    return { unknown: "k3s runs without flannel, so pods' gateway is not known" };
  if (!subnet || Number(subnet[2]) > 24)
    return { unknown: `k3s' cluster-cidr is ${clusterCidr}, so pods' gateway is not known` };
  return { address: `${subnet[1]}.1` };
}
