import { InstallError } from "../lib/errors.ts";
import type { WorkloadFailure } from "../model/rendered.ts";

/** Workloads that can't get ready, or did not in time. Exit code 3. The first lines name the cause. */
export class WorkloadsFailed extends InstallError {
  readonly failures: readonly WorkloadFailure[];
  /** How the other workloads stood, one line each. */
  readonly others: readonly string[];

  constructor(failures: readonly WorkloadFailure[], others: readonly string[] = []) {
    const fix = failures[0]?.fix;
    super(
      [...failures.map(describeFailure), ...otherLines(others)].join("\n"),
      fix === undefined ? {} : { fix },
    );
    this.failures = failures;
    this.others = others;
  }
}

function describeFailure(failure: WorkloadFailure, index: number): string {
  const where = [
    ...(failure.container ? [`container ${failure.container}`] : []),
    ...(failure.pod ? [`pod ${failure.pod}`] : []),
  ].join(" of ");
  const line = `${failure.workload} is not ready: ${failure.reason}${where ? ` (${where})` : ""}: ${failure.message.trim()}`;
  // The first one's is the error's own `fix`.
  return index === 0 ? line : `${line}\n  ${failure.fix}`;
}

function otherLines(others: readonly string[]): string[] {
  return others.length === 0 ? [] : ["The others:", ...others.map((line) => `  ${line}`)];
}
