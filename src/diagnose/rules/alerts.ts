import { failedChecks, quoteCheck } from "../failed.ts";
import type { DiagnosisRule } from "../rule.ts";

export const alertFiring: DiagnosisRule = {
  id: "alert-firing",
  layer: "alerting",
  title: "An alert fires that was not expected",
  evidence: "the checks alerts-quiet and no-alert-fired",
  find: (evidence) =>
    failedChecks(evidence)
      .filter(({ id, fault }) => id === "no-alert-fired" || fault === "alert-firing")
      .map((check) => ({
        what: `An alert fires: ${check.seen}`,
        how: [quoteCheck(check)],
        fix: "Fix what the alert tells of; if it may fire in this stack, name it in expect-alerts.",
        sureness: "likely",
        explains: [check.id],
        values: alertNames(check.seen),
      })),
};

/** `HighPodCpu{pod="a"} is firing, value 1.5, Other is firing`: labels and descriptions may have capitals too. */
function alertNames(seen: string): string[] {
  return [...seen.matchAll(/(?:^|, )(\w+)(?=\{| (?:is|fires))/g)].map(([, name = ""]) => name);
}
