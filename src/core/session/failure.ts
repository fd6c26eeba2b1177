import { WorkloadsFailed } from "../../deploy/workloads-failed.ts";
import { MonstackError, messageOf } from "../../host/errors.ts";
import type { Results } from "../../report/types.ts";

/** What ended a run early, as it stands in the report. */
export function describeFailure(error: unknown): NonNullable<Results["failure"]> {
  return {
    message: messageOf(error),
    mend: error instanceof MonstackError ? error.mend : undefined,
    workloads: error instanceof WorkloadsFailed ? error.failures : [],
  };
}
