import { shorten } from "../log-lines.ts";
import type { DiagnosisRule } from "../types.ts";

const telling = [
  "NamespaceContentRemaining",
  "NamespaceFinalizersRemaining",
  "NamespaceDeletionContentFailure",
  "NamespaceDeletionDiscoveryFailure",
];

export const namespaceTerminating: DiagnosisRule = {
  id: "namespace-terminating",
  layer: "cluster",
  title: "A namespace is stuck while it is being deleted",
  evidence: "the namespace's deletionTimestamp, finalizers and conditions",
  find: (evidence) =>
    (evidence.cluster?.namespaceObjects ?? [])
      .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .map(({ metadata, spec, status }) => {
        const said = (status?.conditions ?? []).filter(
          ({ type, status: is }) => telling.includes(type) && is === "True",
        );
        const finalizers = [...(metadata.finalizers ?? []), ...(spec?.finalizers ?? [])].filter(
          (one) => one !== "kubernetes",
        );
        const named = said.map(
          ({ message = "" }) =>
            /finalizers? remaining: (.+)$/.exec(message)?.[1] ??
            /: ([\w./-]+ in \d+ resource instances)/.exec(message)?.[1],
        );
        const held = [...finalizers, ...named.filter((one) => one !== undefined)].join(", ");
        return {
          what: `Namespace ${metadata.name} is being deleted since ${metadata.deletionTimestamp}, and nothing can be made in it${held === "" ? "" : `: held by ${held}`}`,
          how:
            said.length > 0
              ? said.map(({ type, message }) => `namespace controller, ${type}: ${shorten(message ?? "")}`)
              : [`the API server: namespace ${metadata.name} is ${status?.phase ?? "Terminating"}`],
          mend: `Let what owns the finalizer finish, or take it off the objects that the message counts (kubectl -n ${metadata.name} get all,configmap,secret -o name; kubectl patch ... -p '{"metadata":{"finalizers":null}}'); or choose another namespace.`,
          sureness: "certain" as const,
          explains: [],
          blame: { app: undefined, keys: ["namespace"], values: [metadata.name] },
        };
      }),
};
