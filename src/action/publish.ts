import { join } from "node:path";
import * as core from "@actions/core";
import type { Config } from "../config/schema.ts";
import type { Context } from "../host/host.ts";
import { maxSummaryBytes } from "../report/limit-sections.ts";
import type { Results } from "../report/results-schema.ts";
import { renderLater, renderSummary } from "../report/summary.ts";
import { type LaterResults, reportFiles } from "../report/write.ts";
import { uploadPage } from "./artifacts.ts";
import { commentOnPullRequest } from "./comment.ts";
import { hasUploaded, readPublishInputs, saveUploaded } from "./publish-inputs.ts";

/** A report that was written. */
interface WrittenReport extends Pick<Config, "reportDir" | "reporters"> {
  readonly hasFailed: boolean;
}

/**
 * Uploads the report's page if the inputs request it, then writes the job's summary and the comment, which link to it.
 * Sets the output `report-url`.
 */
export async function publishReport(
  context: Context,
  results: Results,
  report: WrittenReport,
): Promise<void> {
  const { uploadReport, comment, token } = readPublishInputs();
  const isDue = uploadReport === "true" || (uploadReport === "on-failure" && report.hasFailed);
  const reportUrl = isDue ? await uploadPage(context, join(report.reportDir, reportFiles.html)) : undefined;
  core.setOutput("report-url", reportUrl ?? "");
  if (reportUrl !== undefined) saveUploaded();
  if (report.reporters.includes("github"))
    await writeSummary(context, (maxBytes) => renderSummary(results, { reportUrl, maxBytes }));
  if (comment) await commentOnPullRequest(context, { results, token, reportUrl });
}

/** What the post step adds to a report. */
interface LaterReport extends Pick<Config, "reportDir" | "reporters"> {
  readonly later: LaterResults;
  /** All results; undefined if the main step wrote no report. */
  readonly results: Results | undefined;
}

/**
 * Adds to the job's summary what happened after the main step. If the stack did not hold or something is left, the page
 * is uploaded again and the comment is updated, because they say something else now.
 */
export async function publishLater(
  context: Context,
  { later, results, reportDir, reporters }: LaterReport,
): Promise<void> {
  const { uploadReport, comment, token } = readPublishInputs();
  const hasFailed = later.atEnd?.verified === false || later.teardown.leaks.length > 0;
  const isDue =
    uploadReport === "true" ? hasFailed || !hasUploaded() : uploadReport === "on-failure" && hasFailed;
  const reportUrl =
    isDue && results ? await uploadPage(context, join(reportDir, reportFiles.html)) : undefined;
  if (reporters.includes("github"))
    await writeSummary(context, (maxBytes) => renderLater(later, { reportUrl, maxBytes }));
  if (comment && results && hasFailed) await commentOnPullRequest(context, { results, token, reportUrl });
}

/** Appends to the summary of the step, within what others left of GitHub's limit. */
async function writeSummary({ host }: Context, render: (maxBytes: number) => string): Promise<void> {
  const file = host.env["GITHUB_STEP_SUMMARY"];
  if (!file) return;
  const written = await host.files.stat(file);
  const text = render(maxSummaryBytes - (written?.bytes ?? 0) - 1);
  if (text !== "") await core.summary.addRaw(text, true).write();
}
