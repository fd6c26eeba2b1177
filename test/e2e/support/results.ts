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
