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
