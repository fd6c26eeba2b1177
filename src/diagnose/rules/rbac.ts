import { needPrometheus, notPassed } from "../failed.ts";
import { allLines, quote } from "../log-lines.ts";
import type { DiagnosisRule } from "../types.ts";

export const rbacDenied: DiagnosisRule = {
  id: "rbac-denied",
  layer: "cluster",
  title: "Prometheus, or another part of the stack, may not read what it has to",
  evidence: "SubjectAccessReviews for Prometheus' service account; `forbidden` in the logs",
  find: (evidence) => {
    const denied = (evidence.cluster?.access ?? []).filter(({ allowed }) => !allowed);
    const user = denied[0]?.user;
    const lines = allLines(evidence).filter(({ text }) => forbidden.test(text));
    if (user === undefined && lines.length === 0) return [];
    const said = lines.at(-1);
    const named = /User \\?"([^"\\]+)\\?" cannot (\w+) resource \\?"([^"\\]+)\\?"/.exec(said?.text ?? "");
    const who = user ?? named?.[1] ?? "the stack's service account";
    const what = [...new Set(denied.map(({ verb, resource }) => `${verb} ${resource}`))].slice(0, 6);
    const missing =
      what.length > 0 ? what.join(", ") : `${named?.[2] ?? "read"} ${named?.[3] ?? "what it needs"}`;
    return [
      {
        what: `RBAC: ${who} may not ${missing}`,
        how: [
          ...(denied.length > 0 ? [`the API server (SubjectAccessReview): ${who} is denied ${missing}`] : []),
          ...(said ? [quote(said)] : []),
        ],
        mend: "Give it back its ClusterRole and ClusterRoleBinding (both are called prometheus-server in the default stack): `rbac.create: true` in the values, and deploy again.",
        sureness: "certain",
        explains: notPassed(evidence, needPrometheus),
        blame: { app: undefined, keys: ["rbac.create", "rbac", "serviceAccounts.server.create"], values: [] },
      },
    ];
  },
};

const forbidden = /is forbidden: User/;
