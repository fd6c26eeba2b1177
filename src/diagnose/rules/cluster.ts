import { parseNetworkError } from "../../deploy/pod-network.ts";
import { namespaceTerminating as ending } from "../../failures/scheduling.ts";
import { getOwnValue } from "../../lib/object.ts";
import { listUnpassedCheckIds } from "../checks.ts";
import type { Evidence, NamespaceObject } from "../evidence.ts";
import { shortenToLine } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

/** The conditions of a node that mean a problem if they are true. */
const pressures: Readonly<Record<string, { readonly what: string; readonly fix: string }>> = {
  DiskPressure: {
    what: "its disk is nearly full",
    fix: "Free some space on the node's disk (images, logs), or use a larger one.",
  },
  MemoryPressure: {
    what: "its memory is nearly full",
    fix: "Lower what the stack and others use of the node's memory, or use a larger machine.",
  },
  PIDPressure: {
    what: "it has nearly no process ids left",
    fix: "End the processes that are too many, or raise the node's limit (kernel.pid_max).",
  },
  NetworkUnavailable: {
    what: "its pod network is not set up",
    fix: "Read the log of the CNI (flannel, in k3s' own log), and check /etc/cni/net.d on the node.",
  },
};

export const nodePressure: DiagnosisRule = {
  id: "node-pressure",
  layer: "host",
  title: "A node is under pressure (disk, memory, process ids, network)",
  evidence: "the nodes' conditions",
  find: (evidence) =>
    (evidence.cluster?.nodes ?? []).flatMap(({ metadata, status }) =>
      (status?.conditions ?? []).flatMap(({ type, status: conditionStatus, message }) => {
        const pressure = getOwnValue(pressures, type);
        if (pressure === undefined || conditionStatus !== "True") return [];
        return [
          {
            what: `Node ${metadata.name}: ${pressure.what} (${type}), so it takes no new pods and evicts old ones`,
            how: [`kubelet, on node ${metadata.name}: ${shortenToLine(message ?? type)}`],
            fix: pressure.fix,
            // If all pods are ready, the pressure is not the reason of a failure.
            sureness: hasUnreadyPod(evidence) ? ("certain" as const) : ("possible" as const),
            explains: hasUnreadyPod(evidence) ? listUnpassedCheckIds(evidence) : [],
          },
        ];
      }),
    ),
};

/** True if a pod of the stack is not ready. A pod that has ended without an error (`Succeeded`) does not count. */
function hasUnreadyPod({ cluster }: Evidence): boolean {
  return (cluster?.pods ?? [])
    .filter(({ metadata }) => cluster?.namespaces.includes(metadata.namespace ?? ""))
    .filter(({ status }) => status?.phase !== "Succeeded")
    .some(
      ({ status: podStatus }) =>
        !podStatus?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
    );
}

export const podNetworkMissing: DiagnosisRule = {
  id: "pod-network-missing",
  layer: "cluster",
  title: "k3s runs without flannel, and nothing brings another pod network",
  evidence: "the nodes' conditions, k3s' arguments and the pods of the cluster, as the deployment saw them",
  find: ({ failure }) => {
    const message = failure?.message ?? "";
    const networkError = parseNetworkError(message);
    if (networkError === undefined) return [];
    return [
      {
        what: `Node ${networkError.node} never gets ready: ${networkError.why}`,
        how: message.split("\n").slice(1),
        fix: failure?.fix ?? "Take --flannel-backend=none out of k3s.args, or deploy a CNI.",
        keys: ["k3s.args"],
        values: ["--flannel-backend=none"],
      },
    ];
  },
};

export const nodeDown: DiagnosisRule = {
  id: "node-down",
  layer: "cluster",
  title: "A node is not ready",
  evidence: "the nodes' conditions",
  find: (evidence) => {
    if (podNetworkMissing.find(evidence).length > 0) return [];
    const nodes = evidence.cluster?.nodes ?? [];
    const downNodes = nodes.flatMap(({ metadata: { name }, status: nodeStatus }) =>
      (nodeStatus?.conditions ?? [])
        .filter(({ type, status }) => type === "Ready" && status !== "True")
        .map(({ message, reason }) => ({ name, report: `${reason ?? "NotReady"}: ${message ?? ""}` })),
    );
    return downNodes.map(({ name, report }) => ({
      what: `Node ${name} is not ready`,
      how: [`kubelet, on node ${name}: ${shortenToLine(report)}`],
      fix: /cni|network/i.test(report)
        ? "Read the log of the CNI (flannel, in k3s' own log, diagnostics/k3s.log), and check /etc/cni/net.d on the node."
        : "Read the node's log (diagnostics/k3s.log) for what its kubelet waits for.",
      // The stack may run on the other nodes.
      sureness: downNodes.length === nodes.length ? ("certain" as const) : ("likely" as const),
      explains: listUnpassedCheckIds(evidence),
    }));
  },
};

/** Conditions of a namespace whose messages name what keeps it from being deleted. */
const reportingConditions = [
  "NamespaceContentRemaining",
  "NamespaceFinalizersRemaining",
  "NamespaceDeletionContentFailure",
  "NamespaceDeletionDiscoveryFailure",
];

export const namespaceTerminating: DiagnosisRule = {
  ...ending,
  evidence: "the namespace's deletionTimestamp, finalizers and conditions",
  find: ({ cluster, failure }) => {
    const terminating = (cluster?.namespaceObjects ?? []).filter(
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    );
    const message = failure?.workloads.find(({ rule }) => rule === ending.id)?.message ?? failure?.message;
    // The namespace may be gone by now. The error message shows that objects were refused because of its deletion.
    const deletionMatch =
      terminating.length === 0
        ? /namespace "?([\w-]+)"? (?:is still being deleted|because it is being terminated)/.exec(
            message ?? "",
          )
        : null;
    return [
      ...terminating.map(describeTermination),
      ...(deletionMatch === null
        ? []
        : [describeNamespace(deletionMatch[1] ?? "", "", "", [shortenToLine(message ?? "")])]),
    ];
  },
};

/** Returns the finding for a namespace that is being deleted, with the reason why the deletion does not finish. */
function describeTermination({ metadata, spec, status: namespaceStatus }: NamespaceObject): Finding {
  const reasons = (namespaceStatus?.conditions ?? []).filter(
    ({ type, status }) => reportingConditions.includes(type) && status === "True",
  );
  const how = reasons.map(
    ({ type, message }) => `namespace controller, ${type}: ${shortenToLine(message ?? "")}`,
  );
  const finalizers = [...(metadata.finalizers ?? []), ...(spec?.finalizers ?? [])];
  // Every namespace has the finalizer `kubernetes`. It goes when the namespace is empty, so it holds nothing.
  const finalizerNames = finalizers.filter((finalizer) => finalizer !== "kubernetes");
  const holders = [...finalizerNames, ...reasons.flatMap(({ message }) => findHolders(message ?? ""))].join(
    ", ",
  );
  const stateLine = `the API server: namespace ${metadata.name} is ${namespaceStatus?.phase ?? "Terminating"}`;
  return describeNamespace(
    metadata.name,
    ` since ${metadata.deletionTimestamp}`,
    holders === "" ? "" : `: held by ${holders}`,
    how.length > 0 ? how : [stateLine],
  );
}

/**
 * Returns what keeps a namespace from being deleted, according to a condition's message: `... has finalizers
 * remaining: kubernetes.io/pvc-protection in 1 resource instances`, `Some resources are remaining:
 * persistentvolumeclaims. has 1 resource instances`, or a group of APIs without a server.
 */
function findHolders(message: string): string[] {
  const remainingFinalizers = /finalizers remaining: (.+)/.exec(message)?.[1];
  const remainingResources = /resources are remaining: (.+)/.exec(message)?.[1];
  const unservedApi = /unable to retrieve the complete list of server APIs: ([\w./-]+):/.exec(message)?.[1];
  return [
    ...(remainingFinalizers === undefined ? [] : [`the finalizer ${remainingFinalizers}`]),
    ...(remainingResources === undefined ? [] : [remainingResources.replaceAll(". has ", " has ")]),
    ...(unservedApi === undefined ? [] : [`the API ${unservedApi}, which does not answer`]),
  ];
}

/**
 * Returns the finding for a namespace that is being deleted.
 * @param since ` since <time>`, or empty
 * @param holders `: held by <names>`, or empty
 */
function describeNamespace(name: string, since: string, holders: string, how: readonly string[]): Finding {
  const isHeldByApi = holders.includes("does not answer");
  return {
    what: `Namespace ${name} is being deleted${since}, and nothing can be made in it${holders}`,
    how,
    fix: isHeldByApi
      ? "Bring the API's service back, or delete its APIService (kubectl get apiservices shows which are not available); the namespace then goes by itself."
      : `Let what owns the finalizer finish, or take the finalizer off the objects that have it (kubectl -n ${name} get all,pvc,configmap,secret; kubectl patch ... -p '{"metadata":{"finalizers":null}}' --type=merge); or choose another namespace.`,
    keys: ["namespace"],
    values: [name],
  };
}

export const rightsMissing: DiagnosisRule = {
  id: "rights-missing",
  layer: "cluster",
  title: "The user of an existing cluster lacks rights that the run needs",
  evidence: "SelfSubjectAccessReviews for every right, before anything is changed",
  find: ({ failure }) => {
    const [what = "", ...rights] = (failure?.message ?? "").split("\n");
    if (failure === undefined || !what.startsWith("this user of the cluster lacks ")) return [];
    return [
      {
        what: `${what.charAt(0).toUpperCase()}${what.slice(1)}`,
        how: rights.map((line) => line.trim()),
        fix: failure.fix ?? "",
      },
    ];
  },
};
