import { checkFaults } from "../../failures/catalogue.ts";
import type { CheckFault } from "../../failures/check-fault.ts";
import { type FailedCheck, quoteCheck, withFault } from "../failed.ts";
import type { Blame, DiagnosisRule } from "../rule.ts";

/** A rule for each fault that a check identifies by itself. */
export const checkFaultRules: readonly DiagnosisRule[] = checkFaults.map((fault) => ({
  ...fault,
  evidence: "the check that found it",
  find: (evidence) =>
    withFault(evidence, fault.id).map((check) => ({
      what: `${fault.explanation ?? fault.title}: ${fault.detail?.(check) ?? check.seen}`,
      how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
      fix: fault.fix ?? check.fix,
      sureness: fault.sureness ?? "certain",
      explains: [check.id],
      ...locateFault(fault, check),
    })),
}));

function locateFault({ keys = [], locate }: CheckFault, check: FailedCheck): Blame {
  const place = locate?.(check);
  return { app: undefined, values: [], ...place, keys: [...(place?.keys ?? []), ...keys] };
}

/** Returns what to search for in the user's files for a check's fault; undefined for one that is not in the catalogue. */
export function blameFor(check: FailedCheck): Blame | undefined {
  const fault = checkFaults.find(({ id }) => id === check.fault);
  return fault && locateFault(fault, check);
}
