import { createRules } from "./container-rules.ts";
import type { Rule } from "./symptoms.ts";

// Where each number comes from stands in symptoms.ts: upstream's own retry rounds.

export const mountRules: readonly Rule[] = [
  ...createRules.filter((rule) => rule.id === "config-cache" || rule.id === "config-missing"),
  {
    id: "host-path",
    match: /hostPath type check failed/i,
    // The kubelet's attempt after 7.5 s.
    graceMs: 5_000,
    fix: "The path that the chart mounts from the host is not there, or not of the kind it should be.",
  },
  {
    id: "claim-missing",
    match: /persistentvolumeclaim "[^"]*" not found/i,
    // The kubelet's attempt after 15.5 s.
    graceMs: 10_000,
    fix: "Create this PersistentVolumeClaim, or correct existingClaim in the values.",
  },
  {
    id: "mount-other",
    match: /(?:)/,
    graceMs: 60_000,
    fix: "The volume can't be mounted: read the message, and check the storage behind it.",
  },
];

export const sandboxRules: readonly Rule[] = [
  ...createRules.filter((rule) => rule.id === "oom-score"),
  {
    id: "sandbox-network",
    // flannel writes subnet.env seconds after the node says it is ready, and the kubelet tries again.
    match: /subnet\.env|cni plugin not initialized|no networks found|failed to setup network|loopback/i,
    graceMs: 45_000,
    fix: "The node's pod network does not come up: look at the CNI's (flannel's) log and /etc/cni/net.d.",
  },
  {
    id: "sandbox-other",
    match: /(?:)/,
    graceMs: 45_000,
    fix: "The node can't make the pod's sandbox: read the message, and the node's containerd log.",
  },
];

/** The scheduler looks at a pod again up to 10 s after what kept it away has gone (podMaxBackoffSeconds). */
const schedulerMs = 12_000;

export const scheduleRules: readonly Rule[] = [
  {
    id: "node-starting",
    match:
      /untolerated taint[^{]{0,200}\{(node\.cloudprovider\.kubernetes\.io\/uninitialized|node\.kubernetes\.io\/(not-ready|unreachable|network-unavailable))|no nodes available/i,
    graceMs: 90_000,
    fix: "No node gets ready: look at `kubectl get nodes` and the node's log.",
  },
  {
    id: "claim-unbound",
    match: /unbound immediate PersistentVolumeClaims/i,
    graceMs: 60_000,
    fix: "A volume claim is not bound: check its StorageClass and that its provisioner runs.",
  },
  {
    id: "claim-missing",
    match: /persistentvolumeclaim "[^"]*" (not found|is being deleted)/i,
    graceMs: schedulerMs,
    fix: "Create this PersistentVolumeClaim, or correct existingClaim in the values.",
  },
  {
    id: "no-room",
    match: /Insufficient|Too many pods/i,
    graceMs: schedulerMs,
    fix: "The pod asks for more than a node has free: lower resources.requests in the values, or use a larger machine.",
  },
  {
    id: "host-port",
    match: /free ports/i,
    graceMs: schedulerMs,
    fix: "Another pod has this host port on every node: change the port in the values, or remove the other pod.",
  },
  {
    id: "taint",
    match: /untolerated taint/i,
    graceMs: schedulerMs,
    fix: "The nodes carry a taint that the pod doesn't tolerate: add tolerations in the values, or remove the taint.",
  },
  {
    id: "unschedulable",
    match: /(?:)/,
    graceMs: schedulerMs,
    fix: "No node fits: correct nodeSelector, affinity or tolerations in the values, or label the nodes.",
  },
];

/**
 * How long the StorageClass itself must be missing, in milliseconds. k3s applies its packaged manifests 4 to 5 s after
 * its API answers, and what failed again 15 s later (pkg/deploy of k3s); somebody else's k3s may be as young.
 */
export const classMissing = 16_000;
/** Where classes can't be read: longer than the volume controller's round, so that it has to say it twice. */
export const classMissingUnread = 16_000;

export const claimRules: readonly Rule[] = [
  {
    id: "no-class",
    match: /storageclass(\.storage\.k8s\.io)? "[^"]*" not found/i,
    graceMs: classMissing,
    fix: "There is no such StorageClass: correct storageClass in the values (`kubectl get storageclass` lists them).",
  },
  {
    id: "no-default-class",
    match: /no storage class is set/i,
    graceMs: classMissing,
    fix: "The cluster has no default StorageClass: name one in the values, or turn persistence off.",
  },
  {
    id: "no-provisioner",
    match: /external provisioner|waiting for a volume to be created/i,
    graceMs: 60_000,
    fix: "Nothing provisions volumes of this class: check that its provisioner runs.",
  },
  {
    id: "provisioning-failed",
    match: /(?:)/,
    // The provisioner's second attempt, after 15 s.
    graceMs: 10_000,
    fix: "The provisioner can't make the volume: read the message, and check size, access mode and StorageClass.",
  },
];

/** The pod that comes in an evicted one's place runs into the same limit, but may find a node that has recovered. */
export const evictionRules: readonly Rule[] = [
  {
    id: "evicted",
    match: /exceeds (the|its|total)|exceeded its local ephemeral storage limit/i,
    graceMs: 5_000,
    fix: "The pod writes more than its limit: raise the volume's sizeLimit or the limit of ephemeral-storage in the values, or let it keep less.",
  },
  {
    id: "evicted",
    match: /(?:)/,
    graceMs: 60_000,
    fix: "The node is short of what the message names: free some of it, or use a larger machine.",
  },
];

/** FailedCreate: a controller may not create its pods. */
export const admissionRules: readonly Rule[] = [
  {
    id: "service-account",
    match: /service ?account/i,
    graceMs: 15_000,
    fix: "The pod's ServiceAccount doesn't exist: create it, or correct serviceAccount.name in the values.",
  },
  {
    id: "namespace-ending",
    match: /is being terminated/i,
    graceMs: 0,
    fix: "The namespace is being deleted: wait until it is gone, or use another one.",
  },
  {
    id: "webhook-down",
    match: /failed calling webhook/i,
    graceMs: 60_000,
    fix: "An admission webhook of this cluster doesn't answer: fix it, or exclude the namespace from it.",
  },
  {
    id: "quota",
    match: /exceeded quota|failed quota/i,
    // The controller's attempt after 5.1 or 10.2 s; the API server itself checks the quota in each.
    graceMs: 5_000,
    fix: "The namespace's ResourceQuota does not allow this pod: raise it, or lower the requests in the values.",
  },
  {
    id: "pod-security",
    match: /violates PodSecurity|PodSecurityPolicy|security context constraint/i,
    graceMs: 0,
    fix: "The namespace's Pod Security level forbids this pod: relax it (pod-security.kubernetes.io/enforce), or the pod's settings.",
  },
  {
    id: "webhook-denied",
    match: /admission webhook .{0,300} denied the request|ValidatingAdmissionPolicy/i,
    graceMs: 0,
    fix: "An admission policy of this cluster forbids this pod: adapt the values to it.",
  },
  {
    id: "limit-range",
    match: /(minimum|maximum) (cpu|memory|storage)|LimitRange/i,
    graceMs: 0,
    fix: "The namespace's LimitRange does not allow this pod: adapt resources in the values.",
  },
  {
    id: "invalid-pod",
    match: /is invalid:/i,
    graceMs: 0,
    fix: "The API server refuses this pod: correct the values that the message names.",
  },
  {
    id: "create-failed",
    match: /(?:)/,
    graceMs: 30_000,
    fix: "The controller can't create its pods: read the message.",
  },
];
