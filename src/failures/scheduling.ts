import type { Failure } from "./failure.ts";
import { claimMissing, noProvisioner } from "./volumes.ts";

/**
 * Milliseconds until the scheduler has retried a pod, up to 10 s after its obstacle has gone (podMaxBackoffSeconds).
 */
const schedulerMs = 12_000;
const requestKeys = ["resources.requests", "resources"];
const lowerRequests =
  "The pod requests more than a node has free: lower resources.requests in the values, or use a larger machine.";

/** Failures to find a node for a pod. */
export const schedulingFailures: readonly Failure[] = [
  // First in the list: it has no pattern, and must come before no-provisioner, which has a variant without a pattern.
  {
    id: "unschedulable-selector",
    aliases: ["unschedulable"],
    layer: "configuration",
    title: "No node fits a pod's node selector or affinity",
    gracePeriod: schedulerMs,
    explanation: "no node fits its node selector or affinity",
    fix: "No node fits: correct nodeSelector, affinity or tolerations in the values, or label the nodes.",
    keys: ["nodeSelector", "affinity"],
  },
  {
    id: "node-not-ready",
    aliases: ["node-starting"],
    layer: "cluster",
    title: "No node gets ready",
    matches:
      /untolerated taint[^{]{0,200}\{(node\.cloudprovider\.kubernetes\.io\/uninitialized|node\.kubernetes\.io\/(not-ready|unreachable|network-unavailable))|no nodes available/i,
    gracePeriod: 90_000,
    explanation: "no node is ready to take its pod",
    fix: "No node gets ready: check `kubectl get nodes` and the node's log.",
    isShared: true,
  },
  noProvisioner,
  claimMissing,
  {
    id: "unschedulable-cpu",
    layer: "workload",
    title: "No node has the CPU that a pod requests",
    matches: /Insufficient cpu/i,
    gracePeriod: schedulerMs,
    explanation: "no node has as much CPU as it requests",
    fix: lowerRequests,
    keys: ["resources.requests.cpu", ...requestKeys],
  },
  {
    id: "unschedulable-memory",
    layer: "workload",
    title: "No node has the memory that a pod requests",
    matches: /Insufficient memory/i,
    gracePeriod: schedulerMs,
    explanation: "no node has as much memory as it requests",
    fix: lowerRequests,
    keys: ["resources.requests.memory", ...requestKeys],
  },
  {
    id: "unschedulable-room",
    aliases: ["no-room"],
    layer: "workload",
    title: "No node has room for a pod",
    matches: /Insufficient|Too many pods/i,
    gracePeriod: schedulerMs,
    explanation: "no node has room for its pod",
    fix: lowerRequests,
    keys: requestKeys,
  },
  {
    id: "unschedulable-port",
    aliases: ["host-port"],
    layer: "workload",
    title: "Another pod has the host port",
    matches: /free ports/i,
    gracePeriod: schedulerMs,
    explanation: "another pod has its host port on every node",
    fix: "Another pod has this host port on every node: change the port in the values, or remove the other pod.",
    keys: ["service.port", "hostPort", "hostNetwork"],
  },
  {
    id: "unschedulable-taint",
    aliases: ["taint"],
    layer: "cluster",
    title: "The nodes carry a taint that a pod doesn't tolerate",
    matches: /untolerated taint/i,
    gracePeriod: schedulerMs,
    explanation: "every node carries a taint that its pod doesn't tolerate",
    fix: "The nodes carry a taint that the pod doesn't tolerate: add tolerations in the values, or remove the taint.",
    keys: ["tolerations", "k3s.args"],
    isShared: true,
  },
];

/** Refusals of a quota, a policy or a webhook of the cluster, to a controller or to helm. */
export const policyFailures: readonly Failure[] = [
  {
    id: "webhook-down",
    layer: "cluster",
    title: "An admission webhook does not answer",
    matches: /failed calling webhook/i,
    gracePeriod: 60_000,
    explanation: "an admission webhook of the cluster does not answer, so its pod can't be made",
    fix: "An admission webhook of this cluster doesn't answer: fix it, or exclude the namespace from it.",
    isShared: true,
  },
  {
    id: "quota",
    layer: "cluster",
    title: "A ResourceQuota does not allow a pod",
    matches: /exceeded quota: [^,]+|exceeded quota|failed quota/i,
    // The controller's attempt after 5.1 or 10.2 s; the API server itself checks the quota in each.
    gracePeriod: 5_000,
    explanation: ([quota]) => (quota.includes(":") ? quota : "a ResourceQuota does not allow its pod"),
    fix: "The namespace's ResourceQuota does not allow this pod: raise it, or lower the requests in the values.",
    keys: ["resources"],
    isShared: true,
  },
  {
    id: "pod-security",
    layer: "cluster",
    title: "The namespace's Pod Security level forbids a pod",
    matches: /violates PodSecurity|PodSecurityPolicy|security context constraint/i,
    explanation: "the namespace's Pod Security level forbids its pod",
    fix: "The namespace's Pod Security level forbids this pod: relax it (pod-security.kubernetes.io/enforce), or the pod's settings.",
    keys: ["securityContext", "hostNetwork", "hostPID"],
  },
  {
    id: "admission-denied",
    aliases: ["webhook-denied"],
    layer: "cluster",
    title: "An admission policy forbids a pod",
    matches: /admission webhook .{0,300} denied the request|ValidatingAdmissionPolicy/i,
    explanation: "an admission policy of the cluster forbids its pod",
    fix: "An admission policy of this cluster forbids this pod: adapt the values to it.",
  },
  {
    id: "limit-range",
    layer: "cluster",
    title: "A LimitRange does not allow a pod",
    matches: /(minimum|maximum) (cpu|memory|storage)|LimitRange/i,
    explanation: "the namespace's LimitRange does not allow its pod",
    fix: "The namespace's LimitRange does not allow this pod: adapt resources in the values.",
    keys: ["resources"],
  },
];

export const namespaceTerminating: Failure = {
  id: "namespace-terminating",
  aliases: ["namespace-ending"],
  layer: "cluster",
  title: "A namespace is stuck while it is being deleted",
  matches: /is being terminated/i,
  fix: "The namespace is being deleted: wait until it is gone, or use another one.",
  keys: ["namespace"],
};

/** Failures of a controller to create its pods (the event FailedCreate). */
export const admissionFailures: readonly Failure[] = [
  {
    id: "service-account-missing",
    aliases: ["service-account"],
    layer: "configuration",
    title: "A pod's ServiceAccount does not exist",
    matches: /service ?account/i,
    gracePeriod: 15_000,
    explanation: "its ServiceAccount does not exist",
    fix: "The pod's ServiceAccount doesn't exist: create it, or correct serviceAccount.name in the values.",
    keys: ["serviceAccount.name", "serviceAccounts.server.name"],
  },
  namespaceTerminating,
  ...policyFailures,
  {
    id: "pod-invalid",
    aliases: ["invalid-pod", "create-failed"],
    layer: "configuration",
    title: "The API server refuses a pod",
    explanation: "the API server refuses its pod",
    variants: [
      {
        matches: /is invalid:/i,
        fix: "The API server refuses this pod: correct the values that the message names.",
      },
      { gracePeriod: 30_000, fix: "The controller can't create its pods: read the message." },
    ],
  },
];

/**
 * The grace periods exist because the pod that replaces an evicted one meets the same limit, but may get a node that
 * has recovered.
 */
export const evicted: Failure = {
  id: "evicted",
  layer: "workload",
  title: "The kubelet evicted a pod",
  keys: ["sizeLimit", "emptyDir", "ephemeral-storage"],
  variants: [
    {
      matches: /exceeds (the|its|total)|exceeded its local ephemeral storage limit/i,
      gracePeriod: 5_000,
      fix: "The pod writes more than its limit: raise the volume's sizeLimit or the limit of ephemeral-storage in the values, or let it keep less.",
    },
    {
      gracePeriod: 60_000,
      fix: "The node is short of what the message names: free some of it, or use a larger machine.",
    },
  ],
};

/** A Prometheus or Alertmanager object from which the Prometheus operator can't make a workload. */
export const operatorRefused: Failure = {
  id: "operator-refused",
  layer: "configuration",
  title: "The Prometheus operator refuses a Prometheus or an Alertmanager",
  // The operator retries after 5.1 and 10.2 s. A refusal that a retry resolves is gone by then.
  gracePeriod: 11_000,
  explanation: "the Prometheus operator can't make its workload of it",
  fix: "Correct the part of its spec (or what that names) that the operator complains about; its log has the details.",
  keys: ["prometheusSpec", "alertmanagerSpec"],
};
