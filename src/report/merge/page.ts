import { createHash } from "node:crypto";
import { formatCount } from "../../lib/text.ts";
import { areaHeadings, describeComparison, formatChange } from "../compare/text.ts";
import type { Results } from "../results-schema.ts";
import { describeOutcome, formatSpan, isBad, listReasons, summarizeVerdict } from "../verdict.ts";
import { escapeHtml } from "./html.ts";
import { renderMultiples } from "./multiples.ts";
import { type History, type NamedRun, summarizeRun } from "./overview.ts";

/** How many reasons, failed checks and changes of one run the page shows; the run's own report has all. */
const maxItems = 20;

/** Returns a coloured dot. It has no text: the verdict stands beside it. */
function renderDot(tone: "good" | "bad" | "mixed"): string {
  return `<span class="dot ${tone}" aria-hidden="true"></span>`;
}

/**
 * Returns the page of several runs: an overview, the history as small charts, and what went wrong and what changed in
 * each run. It contains no script and makes no request.
 */
export function renderMergedPage(runs: readonly NamedRun[], history: History | undefined): string {
  const sections = runs.map((run, index) => ({
    isFailed: summarizeVerdict(run.results).tone === "bad",
    html: renderRun(run, index),
  }));
  const listSections = (failed: boolean) =>
    sections.flatMap(({ isFailed, html }) => (isFailed === failed ? [html] : [])).join("\n");
  const failed = sections.filter(({ isFailed }) => isFailed).length;
  const title =
    failed === 0
      ? `${formatCount(runs.length, "run")}, all good`
      : `${failed} of ${formatCount(runs.length, "run")} failed`;
  const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>monstack: ${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${renderDot(failed === 0 ? "good" : "bad")} ${escapeHtml(title)}</h1>
${renderOverview(runs)}
${listSections(true)}
${history === undefined ? "" : renderMultiples(history)}
${listSections(false)}
</main>
</body>
</html>
`;
}

/** Returns the table with a row for each run: verdict, times, checks, the first cause. */
function renderOverview(runs: readonly NamedRun[]): string {
  const rows = runs.map((run, index) => {
    const { results, name } = run;
    const { tone, text } = summarizeVerdict(results);
    const { toVerdictMs } = summarizeRun(run);
    const [reason] = listReasons(results);
    const cells = [
      `<a href="#run-${index}">${escapeHtml(name)}</a>`,
      `${renderDot(tone)} ${escapeHtml(text)}`,
      toVerdictMs === undefined ? "" : `${(toVerdictMs / 1000).toFixed(1)} s`,
      formatSpan(results.startedAt, results.endedAt),
      escapeHtml(reason?.title ?? ""),
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  const head = ["run", "verdict", "to the verdict", "in total", "first cause"];
  return `<div class="scroll" role="region" aria-label="overview of the runs" tabindex="0"><table>
<thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table></div>`;
}

/** Returns the section of one run. That of a good one is folded. */
function renderRun({ name, results }: NamedRun, index: number): string {
  const { tone, text } = summarizeVerdict(results);
  const parts = [renderReasons(results), renderFailedChecks(results), renderChanges(results)].join("");
  const open = tone === "bad" ? " open" : "";
  return `<details id="run-${index}"${open}><summary><h2>${renderDot(tone)} ${escapeHtml(name)}</h2></summary>
<p>${escapeHtml(text)}; ${escapeHtml(results.mode)}, profile ${escapeHtml(results.profile)}, ${escapeHtml(results.startedAt)}</p>
${parts}</details>`;
}

/** Returns the causes with their evidence and fix; empty for a good run. */
function renderReasons(results: Results): string {
  const items = listReasons(results).map(({ title, details, fix, place }) => {
    const lines = [
      ...details.map(escapeHtml),
      ...(place === undefined ? [] : [`Where: <code>${escapeHtml(place)}</code>`]),
      ...(fix === undefined ? [] : [`<b>To fix it:</b> ${escapeHtml(fix)}`]),
    ];
    return `<b>${escapeHtml(title)}</b>${lines.map((line) => `<br>${line}`).join("")}`;
  });
  return renderList("What went wrong", items);
}

/** Returns the checks that failed; empty if none did, or if they are the reasons themselves. */
function renderFailedChecks({ checks, causes }: Results): string {
  if (causes.length === 0) return "";
  const items = checks
    .filter(isBad)
    .map((check) => `<code>${escapeHtml(check.id)}</code> ${escapeHtml(describeOutcome(check))}`);
  return renderList("Failed checks", items);
}

/** Returns what changed since the run with which this one was compared; empty without a comparison. */
function renderChanges({ comparison }: Results): string {
  if (comparison === undefined) return "";
  if (comparison.changes.length === 0) return `<p>${escapeHtml(describeComparison(comparison))}</p>`;
  const items = comparison.changes.map(
    (change) =>
      `${areaHeadings[change.area]}: ${escapeHtml(change.name)}: ${escapeHtml(formatChange(change))}`,
  );
  return renderList("What changed", items);
}

/** Returns a heading with a list of at most 20 items; empty without items. */
function renderList(heading: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  const omitted = items.length - maxItems;
  const shown = items.slice(0, maxItems).map((item) => `<li>${item}</li>`);
  const more = omitted > 0 ? `<li>... and ${omitted} more in the run's own report</li>` : "";
  return `<h3>${heading}</h3><ul>${shown.join("")}${more}</ul>`;
}

const style = `
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --mixed: #9a6700; --line: #8884; --text: #1f2328; --back: #fff; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #f85149; --mixed: #d29922; --text: #e6edf3; --back: #0d1117; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
main { max-width: 80rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.2rem; }
summary h2 { display: inline; }
h3 { font-size: 1rem; margin: 1rem 0 .3rem; }
a { color: inherit; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
td:first-child, td:nth-child(3), td:nth-child(4) { white-space: nowrap; }
td:nth-child(2), td:last-child { min-width: 12rem; }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; print-color-adjust: exact; }
.dot.good { background: var(--good); }
.dot.bad { background: var(--bad); }
.dot.mixed { background: var(--mixed); }
details { border-top: 1px solid var(--line); padding: .6rem 0; }
.scroll + details { margin-top: 1.5rem; }
ul { padding-left: 1.2rem; margin: .3rem 0; }
.multiples { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: .8rem; }
figure { margin: 0; border: 1px solid var(--line); border-radius: 6px; padding: .5rem; }
figcaption small { opacity: .75; }
svg { display: block; width: 100%; height: auto; }
path { fill: none; stroke: currentColor; stroke-width: 1.2; opacity: .6; }
circle.good { fill: var(--good); }
circle.bad { fill: var(--bad); }
@media print { details { break-inside: avoid; } }
`;
