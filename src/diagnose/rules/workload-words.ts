import type { Trouble } from "../troubles.ts";
import type { Layer, Sureness } from "../types.ts";

/** A way for a workload to fail, as `deploy` knows it, in the words of a cause. */
export interface WorkloadWords {
  /** The cause's id. */
  readonly id: string;
  /** Ids of deploy's rules; `match` tells apart what one of them takes together. */
  readonly rules: readonly string[];
  readonly match?: RegExp;
  readonly layer: Layer;
  readonly title: string;
  /** What is wrong with the workload: goes on after its name and a colon. */
  what(trouble: Trouble): string;
  /** Key paths of values where it may come from. */
  readonly keys?: readonly string[];
  readonly sureness?: Sureness;
  /** It is the same one cause for all workloads that have it. */
  readonly shared?: true;
}

/** The image in a message: with a registry or a tag, in quotes or not. */
export function imageIn(message: string): string | undefined {
  return /image "([^"]+)"/.exec(message)?.[1] ?? /([\w.-]+(?::\d+)?\/[\w./-]+:[\w.-]+)/.exec(message)?.[1];
}

const image = ({ message }: Trouble) => imageIn(message) ?? "its image";
const imageKeys = ["image.tag", "image.repository", "image.registry", "image"];
const requestKeys = ["resources.requests", "resources"];

export const workloadWords: readonly WorkloadWords[] = [
  {
    id: "image-not-found",
    rules: ["image-not-found"],
    layer: "image",
    title: "An image or its tag does not exist",
    what: (trouble) => `the image ${image(trouble)} does not exist`,
    keys: imageKeys,
  },
  {
    id: "image-denied",
    rules: ["image-denied"],
    layer: "image",
    title: "A registry refuses to hand out an image",
    what: (trouble) => `the registry refuses to hand out the image ${image(trouble)}`,
    keys: ["imagePullSecrets", ...imageKeys],
  },
  {
    id: "image-rate-limit",
    shared: true,
    rules: ["image-rate-limit"],
    layer: "image",
    title: "A registry limits how often may be pulled",
    what: (trouble) => `the registry's rate limit is reached, so the image ${image(trouble)} can't be pulled`,
    keys: ["image.registry"],
  },
  {
    id: "image-network",
    shared: true,
    rules: ["image-network", "image-other"],
    layer: "image",
    title: "A registry can't be reached from the node",
    what: (trouble) => `the image ${image(trouble)} can't be pulled: its registry does not answer`,
    keys: ["mirrors", "image.registry"],
  },
  {
    id: "image-tls",
    rules: ["image-tls"],
    layer: "image",
    title: "A registry's certificate is not trusted",
    what: (trouble) => `the registry of the image ${image(trouble)} is not trusted`,
    keys: ["mirrors", "image.registry"],
  },
  {
    id: "image-platform",
    rules: ["image-platform"],
    layer: "image",
    title: "An image does not exist for this machine's architecture",
    what: (trouble) => `the image ${image(trouble)} does not exist for this machine's architecture`,
    keys: imageKeys,
  },
  {
    id: "image-invalid",
    rules: ["image-invalid"],
    layer: "image",
    title: "What is given as an image is no image's name",
    what: (trouble) => `${image(trouble)} is not the name of an image`,
    keys: imageKeys,
  },
  {
    id: "image-unusable",
    rules: ["image-never", "image-signature"],
    layer: "image",
    title: "An image may not be pulled, or may not be run",
    what: (trouble) => `the image ${image(trouble)} may not be used here`,
    keys: ["image.pullPolicy", ...imageKeys],
  },
  {
    id: "image-disk-full",
    shared: true,
    rules: ["image-disk-full"],
    layer: "host",
    title: "The node's disk is too full for an image",
    what: (trouble) => `the node's disk is full, so the image ${image(trouble)} can't be unpacked`,
  },
  {
    id: "oom-killed",
    rules: ["oom-killed"],
    layer: "workload",
    title: "A container needs more memory than its limit",
    what: () => "the kernel ends it (OOMKilled), because it needs more memory than its limit",
    keys: ["resources.limits.memory", "resources.limits", "resources"],
  },
  {
    id: "crash",
    rules: ["crash"],
    layer: "workload",
    title: "A program ends again and again",
    what: () => "its program ends again and again",
    sureness: "likely",
  },
  {
    id: "probe-rejected",
    rules: ["probe-rejected"],
    layer: "workload",
    title: "A probe asks for what the program does not have",
    what: () => "its probe asks for a page that the program refuses, so it never gets ready",
    keys: ["readinessProbe", "startupProbe", "livenessProbe"],
  },
  {
    id: "probe-scheme",
    rules: ["probe-scheme"],
    layer: "workload",
    title: "A probe and the program speak differently, one of them TLS",
    what: () => "its probe speaks TLS and the program doesn't, or the other way round",
    keys: ["probeScheme", "readinessProbe", "startupProbe"],
  },
  {
    id: "probe-failing",
    rules: ["probe-refused", "probe-failing"],
    layer: "workload",
    title: "A probe goes on failing",
    what: () => "its probe goes on failing",
    keys: ["readinessProbe", "startupProbe"],
    sureness: "likely",
  },
  {
    id: "config-missing",
    rules: ["config-missing"],
    layer: "configuration",
    title: "A Secret or ConfigMap, or a key in it, is missing",
    what: ({ message }) =>
      /(?:secret|configmap)s? "[^"]*" not found|couldn't find key .*|non-existent .*/i.exec(message)?.[0] ??
      "a Secret or ConfigMap that it needs is missing",
    keys: ["envFromSecret", "envValueFrom", "extraVolumes", "existingSecret"],
  },
  {
    id: "node-cant-read",
    shared: true,
    rules: ["config-cache"],
    layer: "cluster",
    title: "The kubelet can't read Secrets and ConfigMaps",
    what: () => "the kubelet can't read its Secrets or ConfigMaps",
  },
  {
    id: "no-executable",
    rules: ["no-executable"],
    layer: "configuration",
    title: "A container's command can't be started",
    what: () => "its command does not exist in the image, or can't be run",
    keys: ["command", "args", "image"],
  },
  {
    id: "run-as-root",
    rules: ["run-as-root"],
    layer: "configuration",
    title: "An image runs as root and may not",
    what: () => "its image runs as root, and its security context forbids that",
    keys: ["securityContext", "containerSecurityContext", "podSecurityContext"],
  },
  {
    id: "container-start",
    rules: ["mount-subpath", "create-other"],
    layer: "workload",
    title: "The container runtime can't start a container",
    what: () => "the container runtime can't start it",
    keys: ["extraVolumeMounts", "extraVolumes"],
  },
  {
    id: "shared-mount",
    rules: ["shared-mount"],
    layer: "host",
    title: "The node's / is mounted private, and a pod wants to follow its mounts",
    what: () => "it follows the host's mounts, and the node's / is mounted private",
    keys: ["hostRootFsMount"],
  },
  {
    id: "oom-score",
    shared: true,
    rules: ["oom-score"],
    layer: "host",
    title: "The node lacks CAP_SYS_RESOURCE",
    what: () => "the node lacks CAP_SYS_RESOURCE, so its containers can't get their oom_score_adj",
  },
  {
    id: "sandbox-network",
    shared: true,
    rules: ["sandbox-network", "sandbox-other"],
    layer: "network",
    title: "The node's pod network does not come up",
    what: () => "the node can't make its pod's sandbox: the pod network (CNI) is not up",
  },
  {
    id: "host-path",
    rules: ["host-path"],
    layer: "storage",
    title: "A path of the host that a pod mounts is not there",
    what: () => "a path of the host that it mounts is not there, or of another kind",
    keys: ["extraVolumes", "extraHostVolumeMounts", "extraHostPathMounts"],
  },
  {
    id: "mount-failed",
    rules: ["mount-other"],
    layer: "storage",
    title: "A volume can't be mounted",
    what: () => "a volume can't be mounted",
    keys: ["extraVolumes", "persistentVolume", "persistence"],
  },
  {
    id: "claim-missing",
    rules: ["claim-missing"],
    layer: "storage",
    title: "A PersistentVolumeClaim that a pod names does not exist",
    what: () => "the PersistentVolumeClaim that it names does not exist",
    keys: ["existingClaim"],
  },
  {
    id: "claim-lost",
    rules: ["claim-lost"],
    layer: "storage",
    title: "A claim has lost its volume",
    what: () => "its claim has lost its volume",
  },
  {
    id: "no-class",
    rules: ["no-class", "no-default-class"],
    layer: "storage",
    title: "The StorageClass does not exist, or there is no default one",
    what: ({ message }) =>
      /"[^"]*" not found/.test(message)
        ? `the StorageClass ${/"[^"]*"/.exec(message)?.[0] ?? ""} does not exist`
        : "the cluster has no default StorageClass",
    keys: ["storageClass", "storageClassName", "persistentVolume", "persistence"],
  },
  {
    id: "no-provisioner",
    rules: ["no-provisioner", "provisioning-failed", "claim-unbound"],
    layer: "storage",
    title: "Nothing provisions the volume",
    what: () => "nothing provisions its volume",
    keys: ["storageClass", "storageClassName", "persistentVolume", "persistence"],
  },
  {
    id: "unschedulable-cpu",
    rules: ["no-room"],
    match: /Insufficient cpu/,
    layer: "workload",
    title: "No node has the CPU that a pod requests",
    what: () => "no node has as much CPU as it requests",
    keys: ["resources.requests.cpu", ...requestKeys],
  },
  {
    id: "unschedulable-memory",
    rules: ["no-room"],
    match: /Insufficient memory/,
    layer: "workload",
    title: "No node has the memory that a pod requests",
    what: () => "no node has as much memory as it requests",
    keys: ["resources.requests.memory", ...requestKeys],
  },
  {
    id: "unschedulable-room",
    rules: ["no-room"],
    layer: "workload",
    title: "No node has room for a pod",
    what: () => "no node has room for its pod",
    keys: requestKeys,
  },
  {
    id: "unschedulable-port",
    rules: ["host-port"],
    layer: "workload",
    title: "Another pod has the host port",
    what: () => "another pod has its host port on every node",
    keys: ["service.port", "hostPort", "hostNetwork"],
  },
  {
    id: "unschedulable-taint",
    shared: true,
    rules: ["taint"],
    layer: "cluster",
    title: "The nodes carry a taint that a pod doesn't tolerate",
    what: () => "every node carries a taint that its pod doesn't tolerate",
    keys: ["tolerations", "k3s.args"],
  },
  {
    id: "unschedulable-selector",
    rules: ["unschedulable"],
    layer: "configuration",
    title: "No node fits a pod's node selector or affinity",
    what: () => "no node fits its node selector or affinity",
    keys: ["nodeSelector", "affinity"],
  },
  {
    id: "node-not-ready",
    shared: true,
    rules: ["node-starting"],
    layer: "cluster",
    title: "No node gets ready",
    what: () => "no node is ready to take its pod",
  },
  {
    id: "quota",
    shared: true,
    rules: ["quota"],
    layer: "cluster",
    title: "A ResourceQuota does not allow a pod",
    what: ({ message }) =>
      `${/exceeded quota: [^,]+/.exec(message)?.[0] ?? "a ResourceQuota does not allow its pod"}`,
    keys: ["resources"],
  },
  {
    id: "limit-range",
    rules: ["limit-range"],
    layer: "cluster",
    title: "A LimitRange does not allow a pod",
    what: () => "the namespace's LimitRange does not allow its pod",
    keys: ["resources"],
  },
  {
    id: "pod-security",
    rules: ["pod-security"],
    layer: "cluster",
    title: "The namespace's Pod Security level forbids a pod",
    what: () => "the namespace's Pod Security level forbids its pod",
    keys: ["securityContext", "hostNetwork", "hostPID"],
  },
  {
    id: "admission-denied",
    rules: ["webhook-denied"],
    layer: "cluster",
    title: "An admission policy forbids a pod",
    what: () => "an admission policy of the cluster forbids its pod",
  },
  {
    id: "webhook-down",
    shared: true,
    rules: ["webhook-down"],
    layer: "cluster",
    title: "An admission webhook does not answer",
    what: () => "an admission webhook of the cluster does not answer, so its pod can't be made",
  },
  {
    id: "service-account-missing",
    rules: ["service-account"],
    layer: "configuration",
    title: "A pod's ServiceAccount does not exist",
    what: () => "its ServiceAccount does not exist",
    keys: ["serviceAccount.name", "serviceAccounts.server.name"],
  },
  {
    id: "pod-invalid",
    rules: ["invalid-pod", "create-failed"],
    layer: "configuration",
    title: "The API server refuses a pod",
    what: () => "the API server refuses its pod",
  },
];
