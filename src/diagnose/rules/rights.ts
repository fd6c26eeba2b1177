import type { DiagnosisRule } from "../rule.ts";

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
