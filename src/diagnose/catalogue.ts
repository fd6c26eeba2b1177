import type { DiagnosisRule } from "./rule.ts";
import { clusterRules } from "./rules/cluster.ts";
import { stackRules } from "./rules/stack.ts";

/** Every way to break that is known. docs/diagnoses.md is made from it. */
export const allRules: readonly DiagnosisRule[] = [...clusterRules, ...stackRules];
