import type { WorkloadWords } from "./words.ts";

const missingClass = /"([^"]*)" not found/;

/** What a pod needs before its containers: its network and its volumes. */
export const storageWords: readonly WorkloadWords[] = [
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
    what: ({ message }) => {
      const name = missingClass.exec(message)?.[1];
      return name === undefined
        ? "the cluster has no default StorageClass"
        : `the StorageClass "${name}" does not exist`;
    },
    values: ({ message }) => missingClass.exec(message)?.slice(1) ?? [],
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
];
