import { WorkloadsFailed } from "../../deploy/workloads-failed.ts";
import { describeError, MonstackError } from "../../lib/errors.ts";
import type { Results } from "../../report/results-schema.ts";

/** What ended a run early, as it stands in the report. */
export function describeFailure(error: unknown): NonNullable<Results["failure"]> {
  return {
    message: describeError(error),
    fix: error instanceof MonstackError ? error.fix : undefined,
    workloads: error instanceof WorkloadsFailed ? error.failures : [],
  };
}
