import type { Context } from "../host/host.ts";
import { type Annotation, formatMessage } from "../host/logger.ts";
import {
  type Finding,
  listFindings,
  maxAnnotations,
  rankLogged,
  selectFindings,
} from "../report/annotations.ts";
import { maxSummaryBytes } from "../report/limit-sections.ts";
import type { Results } from "../report/results-schema.ts";
import { renderSummary } from "../report/summary.ts";

/**
 * Writes the results of a run in a step of a GitHub workflow: into the summary of the step, and as annotations.
 * @param results redacted
 * @param writeCommand writes a line that the runner reads as a command; undefined if it does not read the output
 */
export async function reportToGithub(
  { host, log }: Pick<Context, "host" | "log">,
  results: Results,
  writeCommand: ((command: string) => void) | undefined,
): Promise<void> {
  const file = host.env["GITHUB_STEP_SUMMARY"];
  if (file) {
    const written = (await host.files.stat(file))?.bytes ?? 0;
    const text = renderSummary(results, { maxBytes: maxSummaryBytes - written });
    await host.files.append(file, toPieces(text));
  }
  if (writeCommand === undefined) return;
  const findings = [
    ...listFindings(results),
    ...results.warnings.map((warning) => rankLogged("warning", warning)),
  ].map((finding) => ({ ...finding, message: formatMessage(finding.message, log.redactor) }));
  for (const level of ["error", "warning"] as const)
    for (const finding of selectFindings(findings, level, maxAnnotations))
      writeCommand(formatCommand(finding));
}

async function* toPieces(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Returns the runner's command for an annotation. A line without a file is left out: GitHub would not show it. */
function formatCommand({ level, message, about }: Finding): string {
  const properties = Object.entries(toProperties(about))
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${level} ${properties.join(",")}::${escapeData(message)}`;
}

function toProperties({ title = "monstack", file, line, column }: Annotation) {
  return file === undefined ? { title } : { title, file, line, col: line === undefined ? undefined : column };
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
