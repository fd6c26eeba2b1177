import { checkFaults } from "../../failures/catalogue.ts";
import type { CheckFault } from "../../failures/check-fault.ts";
import type { UnknownValue } from "../../model/plan.ts";
import { type FailedCheck, findChecksWithFault, findFailedChecks, quoteCheck } from "../checks.ts";
import type { Evidence } from "../evidence.ts";
import type { Blame, DiagnosisRule, Finding } from "../rule.ts";

/** A rule for each fault that a check identifies by itself. */
export const checkFaultRules: readonly DiagnosisRule[] = checkFaults.map((fault) => ({
  ...fault,
  evidence: "the check that found it",
  find: (evidence) =>
    findChecksWithFault(evidence, fault.id).map((check) => ({
      what: `${fault.explanation ?? fault.title}: ${fault.detail?.(check) ?? check.seen}`,
      how: [quoteCheck(check), ...(check.cause === undefined ? [] : [check.cause])],
      fix: fault.fix ?? check.fix,
      sureness: fault.sureness ?? "certain",
      explains: [check.id],
      ...locateFault(fault, check),
    })),
}));

/** Returns what to search for in the user's files for a fault. */
function locateFault({ keys = [], locate }: CheckFault, check: FailedCheck): Blame {
  const place = locate?.(check);
  return { app: undefined, values: [], ...place, keys: [...(place?.keys ?? []), ...keys] };
}

/**
 * Returns what to search for in the user's files for a check's fault; undefined if the catalogue does not have the
 * fault.
 */
export function findBlame(check: FailedCheck): Blame | undefined {
  const fault = checkFaults.find(({ id }) => id === check.fault);
  return fault && locateFault(fault, check);
}

/** Words that occur in so many keys that they do not relate a check to a key. */
const commonWords = [
  "enabled",
  "enable",
  "server",
  "config",
  "values",
  "prometheus",
  "grafana",
  "size",
  "name",
  "the",
];

export const valueUnknown: DiagnosisRule = {
  id: "value-unknown",
  layer: "configuration",
  title: "A key of the values has no effect",
  evidence: "the user's values against what the charts and their subcharts read",
  find: (evidence) => evidence.requested.unknownValues.map((value) => describeUnknownValue(evidence, value)),
};

/** Returns the finding for a key of the values that no chart reads. */
function describeUnknownValue(evidence: Evidence, { app, path, meant }: UnknownValue): Finding {
  const key = path.join(".");
  const relatedChecks = findRelatedChecks(evidence, [...path, meant ?? ""]);
  return {
    what: `The value ${key} of app ${app} has no effect: the chart has no such key`,
    how: [
      meant === undefined
        ? "neither the chart nor one of its subcharts reads it; helm does not report such keys"
        : `the chart reads ${meant}; helm does not report unknown keys`,
      ...relatedChecks.map((id) => `check ${id} fails, and speaks of the same`),
    ],
    fix: meant === undefined ? `Correct or remove ${key}.` : `Write ${meant} instead of ${key}.`,
    sureness: relatedChecks.length > 0 ? "likely" : "possible",
    explains: relatedChecks.includes("values-known")
      ? relatedChecks
      : [...relatedChecks, ...listValueChecks(evidence)],
    app,
    keys: [key],
  };
}

/** Returns the id of the check values-known if it failed. */
function listValueChecks(evidence: Evidence): readonly string[] {
  return findFailedChecks(evidence)
    .filter(({ id }) => id === "values-known")
    .map(({ id }) => id);
}

/**
 * Returns the ids of the failed checks whose text has a word of the key. Short and common words do not count: they occur
 * in most texts.
 */
function findRelatedChecks(evidence: Evidence, path: readonly string[]): readonly string[] {
  const keyWords = path.flatMap(splitWords).filter((word) => word.length > 3 && !commonWords.includes(word));
  return findFailedChecks(evidence)
    .filter(({ id }) => id !== "values-known")
    .filter(({ id, expected, seen, cause }) => {
      const checkWords = splitWords([id, expected, seen, cause ?? ""].join(" "));
      return keyWords.some((word) => checkWords.includes(word));
    })
    .map(({ id }) => id);
}

/**
 * Returns the words of a text in lower case: `kubeStateMetrics`, `kube-state-metrics` and `kube state metrics` give
 * the same words.
 */
function splitWords(text: string): string[] {
  return text
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== "");
}
