import { describeError, UserError } from "../lib/errors.ts";
import { compareResults } from "../report/compare/compare.ts";
import type { Comparison } from "../report/compare/schema.ts";
import { readResults } from "../report/read-results.ts";
import type { Results } from "../report/results-schema.ts";
import type { Session } from "./session/session.ts";

/** An earlier run, and where it was found, as shown to the user. */
export interface EarlierRun {
  readonly results: Results;
  readonly from: string;
}

/**
 * Returns the run to compare with: the configured baseline, else what `findOther` finds. A baseline that can't be read
 * is only a warning: the first run of a workflow has none.
 */
export async function findBaseline(
  { context: { host, log, signal }, loaded }: Session,
  findOther: () => Promise<EarlierRun | undefined> = async () => undefined,
): Promise<EarlierRun | undefined> {
  const { baseline } = loaded.config.compare;
  if (signal.aborted) return undefined;
  if (baseline === undefined) return await findOther();
  try {
    return { results: await readResults(host.files, baseline), from: baseline };
  } catch (error) {
    const hint = error instanceof UserError && error.fix !== undefined ? ` (${error.fix})` : "";
    log.warn(`this run is not compared with an earlier one: ${describeError(error)}${hint}`);
    return undefined;
  }
}

/** Returns what changed since an earlier run; undefined without one. */
export function compareWithEarlier(
  results: Results,
  earlier: EarlierRun | undefined,
): Comparison | undefined {
  return earlier && compareResults(earlier.results, results, earlier.from);
}
