import type { ResultsFile } from "./machine.ts";

export function statuses(results: ResultsFile, status: string): string[] {
  return results.checks.filter((check) => check.status === status).map(({ id }) => id);
}

/** The phases with their seconds, in one line. */
export function seconds({ phases }: ResultsFile): string {
  return phases
    .map(
      ({ name, startedAt, endedAt }) =>
        `${name} ${((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)}`,
    )
    .join(", ");
}

/** Seconds that a phase took; NaN when there was none. */
export function took({ phases }: ResultsFile, phase: string): number {
  const found = phases.find(({ name }) => name === phase);
  return (Date.parse(found?.endedAt ?? "") - Date.parse(found?.startedAt ?? "")) / 1000;
}

/**
 * Seconds from the begin of a phase to its verdict. Checks begin while other parts of the stack are still being deployed, but
 * until everything is deployed they can only pass: for `verify` the time counts from then on.
 */
export function tookToDecide(results: ResultsFile, phase: string): number {
  const find = (wanted: string) => results.phases.find(({ name }) => name === wanted);
  const verdictAt = Date.parse(find(phase)?.endedAt ?? "");
  const begins = [find(phase)?.startedAt, phase === "verify" ? find("deploy")?.endedAt : undefined];
  return (
    (verdictAt - Math.max(...begins.flatMap((time) => (time === undefined ? [] : Date.parse(time))))) / 1000
  );
}
