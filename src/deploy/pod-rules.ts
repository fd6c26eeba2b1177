import { createRules } from "./container-rules.ts";
import type { Rule } from "./symptoms.ts";

export const mountRules: readonly Rule[] = [
  ...createRules.filter((rule) => rule.id === "config-cache" || rule.id === "config-missing"),
  {
    id: "host-path",
    match: /hostPath type check failed/i,
    graceMs: 5_000,
    mend: "The path that the chart mounts from the host is not there, or not of the kind it should be.",
  },
  {
    id: "claim-missing",
    match: /persistentvolumeclaim "[^"]*" not found/i,
    graceMs: 10_000,
    mend: "Create this PersistentVolumeClaim, or correct existingClaim in the values.",
  },
  {
    id: "mount-other",
    match: /(?:)/,
    graceMs: 60_000,
    mend: "The volume can't be mounted: read the message, and check the storage behind it.",
  },
];

export const sandboxRules: readonly Rule[] = [
  ...createRules.filter((rule) => rule.id === "oom-score"),
  {
    id: "sandbox-network",
    // flannel writes subnet.env seconds after the node says it is ready, and the kubelet tries again.
    match: /subnet\.env|cni plugin not initialized|no networks found|failed to setup network|loopback/i,
    graceMs: 45_000,
    mend: "The node's pod network does not come up: look at the CNI's (flannel's) log and /etc/cni/net.d.",
  },
  {
    id: "sandbox-other",
    match: /(?:)/,
    graceMs: 45_000,
    mend: "The node can't make the pod's sandbox: read the message, and the node's containerd log.",
  },
];

export const scheduleRules: readonly Rule[] = [
  {
    id: "node-starting",
    match:
      /untolerated taint[^{]*\{(node\.cloudprovider\.kubernetes\.io\/uninitialized|node\.kubernetes\.io\/(not-ready|unreachable|network-unavailable))|no nodes available/i,
    graceMs: 90_000,
    mend: "No node gets ready: look at `kubectl get nodes` and the node's log.",
  },
  {
    id: "claim-unbound",
    match: /unbound immediate PersistentVolumeClaims/i,
    graceMs: 60_000,
    mend: "A volume claim is not bound: check its StorageClass and that its provisioner runs.",
  },
  {
    id: "claim-missing",
    match: /persistentvolumeclaim "[^"]*" (not found|is being deleted)/i,
    graceMs: 10_000,
    mend: "Create this PersistentVolumeClaim, or correct existingClaim in the values.",
  },
  {
    id: "no-room",
    match: /Insufficient|Too many pods/i,
    graceMs: 5_000,
    mend: "The pod asks for more than a node has free: lower resources.requests in the values, or use a larger machine.",
  },
  {
    id: "host-port",
    match: /free ports/i,
    graceMs: 5_000,
    mend: "Another pod has this host port on every node: change the port in the values, or remove the other pod.",
  },
  {
    id: "taint",
    match: /untolerated taint/i,
    // Since 1.36 the scheduler doesn't say which, and it looks again up to 10 s after a taint has gone.
    graceMs: 12_000,
    mend: "The nodes carry a taint that the pod doesn't tolerate: add tolerations in the values, or remove the taint.",
  },
  {
    id: "unschedulable",
    match: /(?:)/,
    graceMs: 5_000,
    mend: "No node fits: correct nodeSelector, affinity or tolerations in the values, or label the nodes.",
  },
];

export const claimRules: readonly Rule[] = [
  {
    id: "no-class",
    match: /storageclass(\.storage\.k8s\.io)? "[^"]*" not found/i,
    graceMs: 3_000,
    mend: "There is no such StorageClass: correct storageClass in the values (`kubectl get storageclass` lists them).",
  },
  {
    id: "no-default-class",
    // A fresh k3s gets its default class some seconds after its API answers, and the claim then takes it.
    match: /no storage class is set/i,
    graceMs: 20_000,
    mend: "The cluster has no default StorageClass: name one in the values, or turn persistence off.",
  },
  {
    id: "no-provisioner",
    match: /external provisioner|waiting for a volume to be created/i,
    graceMs: 60_000,
    mend: "Nothing provisions volumes of this class: check that its provisioner runs.",
  },
  {
    id: "provisioning-failed",
    match: /(?:)/,
    graceMs: 20_000,
    mend: "The provisioner can't make the volume: read the message, and check size, access mode and StorageClass.",
  },
];

/** The pod that comes in an evicted one's place runs into the same limit, but may find a node that has recovered. */
export const evictionRules: readonly Rule[] = [
  {
    id: "evicted",
    match: /exceeds (the|its|total)|exceeded its local ephemeral storage limit/i,
    graceMs: 5_000,
    mend: "The pod writes more than its limit: raise the volume's sizeLimit or the limit of ephemeral-storage in the values, or let it keep less.",
  },
  {
    id: "evicted",
    match: /(?:)/,
    graceMs: 60_000,
    mend: "The node is short of what the message names: free some of it, or use a larger machine.",
  },
];

/** FailedCreate: a controller may not create its pods. */
export const admissionRules: readonly Rule[] = [
  {
    id: "service-account",
    match: /service ?account/i,
    graceMs: 15_000,
    mend: "The pod's ServiceAccount doesn't exist: create it, or correct serviceAccount.name in the values.",
  },
  {
    id: "namespace-ending",
    match: /is being terminated/i,
    graceMs: 0,
    mend: "The namespace is being deleted: wait until it is gone, or use another one.",
  },
  {
    id: "webhook-down",
    match: /failed calling webhook/i,
    graceMs: 60_000,
    mend: "An admission webhook of this cluster doesn't answer: mend it, or exclude the namespace from it.",
  },
  {
    id: "quota",
    match: /exceeded quota|failed quota/i,
    graceMs: 5_000,
    mend: "The namespace's ResourceQuota does not allow this pod: raise it, or lower the requests in the values.",
  },
  {
    id: "pod-security",
    match: /violates PodSecurity|PodSecurityPolicy|security context constraint/i,
    graceMs: 0,
    mend: "The namespace's Pod Security level forbids this pod: relax it (pod-security.kubernetes.io/enforce), or the pod's settings.",
  },
  {
    id: "webhook-denied",
    match: /admission webhook .* denied the request|ValidatingAdmissionPolicy/i,
    graceMs: 0,
    mend: "An admission policy of this cluster forbids this pod: adapt the values to it.",
  },
  {
    id: "limit-range",
    match: /(minimum|maximum) (cpu|memory|storage)|LimitRange/i,
    graceMs: 0,
    mend: "The namespace's LimitRange does not allow this pod: adapt resources in the values.",
  },
  {
    id: "invalid-pod",
    match: /is invalid:/i,
    graceMs: 0,
    mend: "The API server refuses this pod: correct the values that the message names.",
  },
  {
    id: "create-failed",
    match: /(?:)/,
    graceMs: 30_000,
    mend: "The controller can't create its pods: read the message.",
  },
];
