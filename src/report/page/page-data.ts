import type { Results } from "../results-schema.ts";
import { listReasons, type Reason, summarizeVerdict, type Verdict } from "../verdict.ts";
import { cutResults } from "./cut-results.ts";
import { packKey } from "./pack-points.ts";

/** What report.html holds as data: the results, and what the other reports say of them in the same words. */
export interface PageData {
  readonly results: Results;
  readonly verdict: Verdict;
  /** Why the run failed, the most precise reason first. */
  readonly reasons: readonly Reason[];
  /** What is left out of the page because of its size, one sentence each. */
  readonly cut: readonly string[];
}

/**
 * Returns the data of the page as JSON that can stand in a script element; `unpackKey` reads its lines.
 * @param maxBytes what does not fit is left out, the least important first
 */
export function encodePageData(results: Results, maxBytes: number): string {
  const encode = (kept: Results, cut: readonly string[]): string =>
    escapeJson(
      JSON.stringify(
        {
          results: kept,
          verdict: summarizeVerdict(results),
          reasons: listReasons(kept),
          cut,
        } satisfies PageData,
        packKey,
      ),
    );
  return cutResults(results, maxBytes, encode);
}

/** Returns JSON without the characters that could end or change a script element: `<`, `>`, `&` and line separators. */
export function escapeJson(json: string): string {
  return json
    .replaceAll("<", "\\u003c")
    .replaceAll(">", "\\u003e")
    .replaceAll("&", "\\u0026")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}
