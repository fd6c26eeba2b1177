import type { Evidence } from "../../diagnose/evidence.ts";
import type { Redactor } from "../../lib/redact/redactor.ts";
import { escapeMarkdown, table } from "../markdown.ts";
import { redactTexts } from "../redact.ts";
import type { Cause } from "../types.ts";
import { formatPlace } from "../verdict.ts";
import type { DiagnosticFile } from "./files.ts";

/** index.md: why the run is red, and what is in which file. */
export function contents(
  evidence: Evidence,
  causes: readonly Cause[],
  files: { readonly kept: readonly DiagnosticFile[]; readonly leftOut: readonly string[] },
  redact: Redactor,
): string {
  // Before it is written as Markdown, where a secret can be written another way.
  const known = redactTexts(causes, redact.text);
  const lines = [
    "# Diagnostics",
    "",
    `Taken at ${evidence.takenAt}${evidence.deployedAt === undefined ? "" : `, deployed at ${evidence.deployedAt}`}. Credentials are removed.`,
    "",
    "## Why it is red",
    "",
    ...(known.length === 0 ? ["No cause that monstack knows was found.", ""] : known.flatMap(causeLines)),
    ...(evidence.failure
      ? ["The run ended early:", "", `> ${escapeMarkdown(redact.text(evidence.failure.message))}`, ""]
      : []),
    "## What is in which file",
    "",
    ...table(
      ["file", "what"],
      files.kept.map(({ path, what }) => [path, redact.text(what)]),
    ),
    ...files.leftOut.map((path) => `- ${escapeMarkdown(path)}: left out, the folder is full`),
    "",
    "results.json beside this folder has the checks, and what was installed.",
    "",
  ];
  return lines.join("\n");
}

function causeLines({ what, how, fix, sureness, at }: Cause, index: number): string[] {
  return [
    `${index + 1}. **${escapeMarkdown(what)}** (${sureness})`,
    ...how.map((line) => `   - ${escapeMarkdown(line)}`),
    ...(at ? [`   - where: ${escapeMarkdown(formatPlace(at))}`] : []),
    `   - to fix it: ${escapeMarkdown(fix)}`,
    "",
  ];
}
