import type { DiagnosisRule } from "../rule.ts";
import { noEndpoints } from "./endpoints.ts";
import { helmRules, releasePending } from "./helm.ts";
import { k3sRules } from "./k3s.ts";
import { namespaceTerminating } from "./namespace.ts";
import { nodeDown, nodePressure, podNetworkMissing } from "./node.ts";
import { provisionerDown } from "./provisioner.ts";
import { rbacDenied } from "./rbac.ts";
import { rightsMissing } from "./rights.ts";
import { notReadyInTime, workloadRules } from "./workload.ts";
import { evicted, livenessFailing, volumeDeadlock, workloadShort } from "./workload-state.ts";

/** The rules about the host, the cluster and the workloads in it, from the deepest up. */
export const clusterRules: readonly DiagnosisRule[] = [
  ...k3sRules,
  nodePressure,
  podNetworkMissing,
  nodeDown,
  rightsMissing,
  namespaceTerminating,
  ...helmRules,
  releasePending,
  rbacDenied,
  provisionerDown,
  ...workloadRules,
  volumeDeadlock,
  evicted,
  workloadShort,
  livenessFailing,
  notReadyInTime,
  noEndpoints,
];
