import { configurationFailures, oomScore } from "./containers.ts";
import type { Failure } from "./failure.ts";

export const claimMissing: Failure = {
  id: "claim-missing",
  layer: "storage",
  title: "A PersistentVolumeClaim that a pod names does not exist",
  matches: /persistentvolumeclaim "[^"]*" (not found|is being deleted)/i,
  // Covers the kubelet's attempt after 15.5 s, or the scheduler's next one.
  gracePeriod: 12_000,
  explanation: "the PersistentVolumeClaim that it names does not exist",
  fix: "Create this PersistentVolumeClaim, or correct existingClaim in the values.",
  keys: ["existingClaim"],
};

/** Failures to mount a pod's volume. */
export const mountFailures: readonly Failure[] = [
  ...configurationFailures,
  {
    id: "host-path",
    layer: "storage",
    title: "A path of the host that a pod mounts is not there",
    matches: /hostPath type check failed/i,
    // The kubelet's attempt after 7.5 s.
    gracePeriod: 5_000,
    explanation: "a path of the host that it mounts is not there, or of another kind",
    fix: "The path that the chart mounts from the host is not there, or not of the kind it should be.",
    keys: ["extraVolumes", "extraHostVolumeMounts", "extraHostPathMounts"],
  },
  claimMissing,
  {
    id: "mount-failed",
    aliases: ["mount-other"],
    layer: "storage",
    title: "A volume can't be mounted",
    gracePeriod: 60_000,
    explanation: "a volume can't be mounted",
    fix: "The volume can't be mounted: read the message, and check the storage behind it.",
    keys: ["extraVolumes", "persistentVolume", "persistence"],
    vagueness: 1,
  },
];

/** Failures to create a pod's sandbox. */
export const sandboxFailures: readonly Failure[] = [
  oomScore,
  {
    id: "sandbox-network",
    aliases: ["sandbox-other"],
    layer: "network",
    title: "The node's pod network does not come up",
    gracePeriod: 45_000,
    isShared: true,
    variants: [
      {
        // flannel writes subnet.env seconds after the node reports that it is ready, and the kubelet tries again.
        matches: /subnet\.env|cni plugin not initialized|no networks found|failed to setup network|loopback/i,
        explanation: "the node can't make its pod's sandbox: the pod network (CNI) is not up",
        fix: "The node's pod network does not come up: read the CNI's (flannel's) log, and check /etc/cni/net.d.",
      },
      {
        explanation: "the node can't make its pod's sandbox",
        fix: "The node can't make the pod's sandbox: read the message, and the node's containerd log.",
      },
    ],
  },
];

/**
 * Milliseconds that the StorageClass itself must be missing. k3s applies its packaged manifests 4 to 5 s after its API
 * responds, and retries failed ones 15 s later (pkg/deploy of k3s); an existing k3s may be as young. If the classes
 * can't be read, the time is longer than the volume controller's round, so the controller has to report it twice.
 */
const classMissingMs = 16_000;
const classKeys = ["storageClass", "storageClassName", "persistentVolume", "persistence"];

export const noClass: Failure = {
  id: "no-class",
  aliases: ["no-default-class"],
  layer: "storage",
  title: "The StorageClass does not exist, or no class is the default",
  gracePeriod: classMissingMs,
  keys: classKeys,
  variants: [
    {
      matches: /storageclass(?:\.storage\.k8s\.io)? "([^"]*)" not found/i,
      explanation: ([, name]) => `the StorageClass "${name}" does not exist`,
      values: ([, name = ""]) => [name],
      fix: "There is no such StorageClass: correct storageClass in the values (`kubectl get storageclass` lists them).",
    },
    {
      matches: /no storage class is set/i,
      explanation: "the cluster has no default StorageClass",
      fix: "The cluster has no default StorageClass: name one in the values, or turn persistence off.",
    },
  ],
};

export const noProvisioner: Failure = {
  id: "no-provisioner",
  aliases: ["provisioning-failed", "claim-unbound"],
  layer: "storage",
  title: "Nothing provisions the volume",
  keys: classKeys,
  variants: [
    {
      matches: /external provisioner|waiting for a volume to be created/i,
      gracePeriod: 60_000,
      explanation: "nothing provisions its volume",
      fix: "Nothing provisions volumes of this class: check that its provisioner runs.",
    },
    {
      // The scheduler's message about a pod.
      matches: /unbound immediate PersistentVolumeClaims/i,
      gracePeriod: 60_000,
      explanation: "nothing provisions its volume",
      fix: "A volume claim is not bound: check its StorageClass and that its provisioner runs.",
    },
    {
      // The provisioner's second attempt, after 15 s.
      gracePeriod: 10_000,
      explanation: "its volume can't be provisioned",
      fix: "The provisioner can't make the volume: read the message, and check size, access mode and StorageClass.",
    },
  ],
};

/** Failures to get a volume for a claim. */
export const claimFailures: readonly Failure[] = [noClass, noProvisioner];

export const claimLost: Failure = {
  id: "claim-lost",
  layer: "storage",
  title: "A claim has lost its volume",
  explanation: "its claim has lost its volume",
  fix: "The volume behind the claim is gone: delete the claim, so that a new one is made.",
};
