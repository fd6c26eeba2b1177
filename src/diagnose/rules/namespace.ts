import { namespaceTerminating as ending } from "../../failures/scheduling.ts";
import type { NamespaceObject } from "../evidence.ts";
import { shorten } from "../log-lines.ts";
import type { DiagnosisRule } from "../rule.ts";

const telling = [
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
    const said = failure?.workloads.find(({ rule }) => rule === ending.id)?.message ?? failure?.message;
    // It may be gone by now; what was refused meanwhile was refused for this.
    const gone =
      terminating.length === 0
        ? /namespace "?([\w-]+)"? (?:is still being deleted|because it is being terminated)/.exec(said ?? "")
        : null;
    return [
      ...terminating.map(toFound),
      ...(gone === null ? [] : [found(gone[1] ?? "", "", "", [shorten(said ?? "")])]),
    ];
  },
};

function toFound({ metadata, spec, status }: NamespaceObject) {
  const said = (status?.conditions ?? []).filter(
    ({ type, status: is }) => telling.includes(type) && is === "True",
  );
  const how = said.map(({ type, message }) => `namespace controller, ${type}: ${shorten(message ?? "")}`);
  const finalizers = [...(metadata.finalizers ?? []), ...(spec?.finalizers ?? [])];
  const own = finalizers.filter((one) => one !== "kubernetes");
  const held = [...own, ...said.flatMap(({ message }) => heldBy(message ?? ""))].join(", ");
  const state = `the API server: namespace ${metadata.name} is ${status?.phase ?? "Terminating"}`;
  return found(
    metadata.name,
    ` since ${metadata.deletionTimestamp}`,
    held === "" ? "" : `: held by ${held}`,
    how.length > 0 ? how : [state],
  );
}

/**
 * `Some content in the namespace has finalizers remaining: kubernetes.io/pvc-protection in 1 resource instances`, `Some
 * resources are remaining: persistentvolumeclaims. has 1 resource instances`, or a group of APIs that nobody serves.
 */
function heldBy(message: string): string[] {
  const finalizers = /finalizers remaining: (.+)/.exec(message)?.[1];
  const resources = /resources are remaining: (.+)/.exec(message)?.[1];
  const api = /unable to retrieve the complete list of server APIs: ([\w./-]+):/.exec(message)?.[1];
  return [
    ...(finalizers === undefined ? [] : [`the finalizer ${finalizers}`]),
    ...(resources === undefined ? [] : [resources.replaceAll(". has ", " has ")]),
    ...(api === undefined ? [] : [`the API ${api}, which does not answer`]),
  ];
}

function found(name: string, since: string, held: string, how: readonly string[]) {
  const isApi = held.includes("does not answer");
  return {
    what: `Namespace ${name} is being deleted${since}, and nothing can be made in it${held}`,
    how,
    fix: isApi
      ? "Bring the API's service back, or delete its APIService (kubectl get apiservices shows which are not available); the namespace then goes by itself."
      : `Let what owns the finalizer finish, or take the finalizer off the objects that have it (kubectl -n ${name} get all,pvc,configmap,secret; kubectl patch ... -p '{"metadata":{"finalizers":null}}' --type=merge); or choose another namespace.`,
    keys: ["namespace"],
    values: [name],
  };
}
