import { formatCount } from "../../lib/text.ts";
import { renderTable } from "../markdown.ts";
import { formatSpan, listReasons, summarizeVerdict } from "../verdict.ts";
import { type NamedRun, summarizeRun } from "./overview.ts";

const toneSigns = { good: "✅", bad: "❌", mixed: "⚠️" } as const;

/** Returns the overview of several runs in Markdown, for the summary of a job. */
export function renderMergedSummary(runs: readonly NamedRun[]): string {
  const verdicts = runs.map(({ results }) => summarizeVerdict(results));
  const failed = verdicts.filter(({ tone }) => tone === "bad").length;
  const rows = runs.map((run, index) => {
    const { name, results } = run;
    const verdict = verdicts[index];
    const { toVerdictMs } = summarizeRun(run);
    return [
      `${toneSigns[verdict?.tone ?? "bad"]} ${name}`,
      verdict?.text ?? "",
      toVerdictMs === undefined ? "" : `${(toVerdictMs / 1000).toFixed(1)} s`,
      formatSpan(results.startedAt, results.endedAt),
      results.comparison ? formatCount(results.comparison.changes.length, "change") : "",
      listReasons(results)[0]?.title ?? "",
    ];
  });
  const title =
    failed === 0
      ? `✅ ${formatCount(runs.length, "run")}, all good`
      : `❌ ${failed} of ${formatCount(runs.length, "run")} failed`;
  const head = ["run", "verdict", "to the verdict", "in total", "what changed", "first cause"];
  return `${[`## ${title}`, "", ...renderTable(head, rows)].join("\n").trimEnd()}\n`;
}
