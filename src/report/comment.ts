import { encodeUrlPart, formatCount } from "../lib/text.ts";
import { renderComparison } from "./compare/text.ts";
import { escapeMarkdown, renderFolded } from "./markdown.ts";
import type { Results } from "./results-schema.ts";
import { describeOutcome, formatSpan, isBad, listReasons, summarizeVerdict } from "./verdict.ts";

const maxReasons = 3;
const maxChecks = 20;
/** How many changes of one kind since the earlier run are shown. */
const maxChanges = 5;
const toneSign = { good: "✅", bad: "❌", mixed: "⚠️" } as const;

/** What a comment says besides the results. */
export interface CommentLinks {
  /** The address of the uploaded page. */
  readonly reportUrl: string | undefined;
  /** The address of the workflow's run, which has the job summary. */
  readonly runUrl: string | undefined;
  /** The commit that was tested. */
  readonly commit: string | undefined;
}

/**
 * Returns the first line of a job's comment, which GitHub does not show. It identifies the comment, so that a later run
 * of the same job updates it.
 */
export function createMarker(workflow: string, job: string): string {
  const encode = (text: string) => encodeUrlPart(text).replaceAll("--", "-%2D");
  return `<!-- monstack ${encode(workflow)} ${encode(job)} -->`;
}

/**
 * Returns the comment on a pull request: the verdict, the causes of a failure, the checks that did not pass, what
 * changed since the earlier run, and where the report is.
 * @param results redacted
 */
export function renderComment(results: Results, marker: string, links: CommentLinks): string {
  const { tone, text } = summarizeVerdict(results);
  const lines = [
    marker,
    `### ${toneSign[tone]} monstack: ${text} (${formatSpan(results.startedAt, results.endedAt)})`,
    "",
    ...renderReasons(results),
    ...renderFailedChecks(results),
    ...(results.comparison ? renderComparison(results.comparison, maxChanges).map(muteMentions) : []),
    ...renderLinks(links),
  ];
  return lines.join("\n");
}

/** Returns the first three reasons of a failure, each with its place and its fix. */
function renderReasons(results: Results): string[] {
  const reasons = listReasons(results);
  const rendered = reasons.slice(0, maxReasons).map(({ title, place, fix }) => {
    const more = [
      ...(place === undefined ? [] : [`Where: ${place}`]),
      ...(fix === undefined ? [] : [`To fix it: ${fix}`]),
    ];
    return `- **${escapeForeign(title)}**${more.map((line) => `<br>${escapeForeign(line)}`).join("")}`;
  });
  const moreCount = reasons.length - rendered.length;
  return [
    ...rendered,
    ...(moreCount > 0 ? [`- ... and ${moreCount} more in the report`] : []),
    ...(rendered.length > 0 ? [""] : []),
  ];
}

/** Returns the checks that did not pass, folded, and the number of those that did. */
function renderFailedChecks({ checks }: Results): string[] {
  const notable = checks.filter(({ status }) => status !== "pass" && status !== "skipped");
  if (notable.length === 0) return [];
  const failedCount = notable.filter(isBad).length;
  const lines = notable
    .slice(0, maxChecks)
    .map((check) => `- \`${check.status}\` ${escapeForeign(`${check.title}: ${describeOutcome(check)}`)}`);
  const title = `${failedCount} of ${formatCount(checks.length, "check")} failed, ${notable.length - failedCount} with a warning`;
  const moreCount = notable.length - lines.length;
  return renderFolded(title, [...lines, ...(moreCount > 0 ? [`- ... and ${moreCount} more`] : [])]);
}

function renderLinks({ reportUrl, runUrl, commit }: CommentLinks): string[] {
  const parts = [
    ...(reportUrl === undefined ? [] : [`[Open the report](${reportUrl})`]),
    ...(runUrl === undefined ? [] : [`[job summary](${runUrl})`]),
    ...(commit === undefined ? [] : [`commit ${commit.slice(0, 12)}`]),
  ];
  return parts.length === 0 ? [] : [parts.join(" · "), ""];
}

/** Returns a foreign text escaped for Markdown, which notifies nobody. */
function escapeForeign(text: string): string {
  return muteMentions(escapeMarkdown(text));
}

/** Returns Markdown with an invisible space in what would notify people or link issues. */
function muteMentions(markdown: string): string {
  return markdown.replaceAll("@", "@&#8203;").replaceAll(/(?<!&)#(?=\d)/g, "#&#8203;");
}
