import * as core from "@actions/core";
import { type Annotation, formatMessage, type Logger } from "../host/logger.ts";
import { createRedactor, listRunnerMasks } from "../lib/redact/redactor.ts";
import { type Finding, maxAnnotations, rankLogged, selectFindings } from "../report/annotations.ts";

export interface ActionLogger extends Logger {
  /** An error that fails the step. */
  fail(message: string): void;
  /**
   * Writes the annotations of what was logged so far and of the findings, the most important first. Call it once, when
   * the step's work is over; what is logged afterwards becomes annotations when the process exits.
   */
  annotate(findings?: readonly Finding[]): void;
  /** Writes no annotation but that of the error that fails the step. */
  disableAnnotations(): void;
}

/**
 * Returns the log of a GitHub job. Warnings and errors are logged at once, and become annotations at the end: GitHub
 * keeps only the first ten of each, so they are ranked. Its masked values are also masked in the output of later
 * steps.
 */
export function createActionLogger(): ActionLogger {
  const redactor = createRedactor();
  const format = (message: string) => formatMessage(message, redactor);
  let pending: Finding[] = [];
  // One error is the one that fails the step.
  const write = { error: core.error, warning: core.warning };
  const left = { error: maxAnnotations - 1, warning: maxAnnotations };
  const log = (level: Finding["level"], message: string, about: Annotation | undefined) => {
    core.info(`${level}: ${format(formatLocation(about) + message)}`);
    pending.push(rankLogged(level, format(message), about));
  };
  const annotate = (findings: readonly Finding[] = []) => {
    const all = [
      ...findings.map((finding) => ({ ...finding, message: format(finding.message) })),
      ...pending,
    ];
    pending = [];
    for (const level of ["error", "warning"] as const) {
      const selected = selectFindings(all, level, left[level]);
      left[level] -= selected.length;
      for (const { message, about } of selected) write[level](message, toAnnotationProperties(about));
    }
  };
  process.once("exit", () => annotate());
  return {
    debug: (message) => core.debug(format(message)),
    info: (message) => core.info(format(message)),
    warn: (message, about) => log("warning", message, about),
    error: (message, about) => log("error", message, about),
    mask: (secret) => {
      if (redactor.add(secret)) for (const line of listRunnerMasks(secret)) core.setSecret(line);
    },
    redactor,
    fail: (message) => core.setFailed(format(message)),
    annotate,
    disableAnnotations: () => {
      left.error = 0;
      left.warning = 0;
    },
  };
}

/** Returns a place in the format of compilers: `monstack.yaml:12:7: `. */
function formatLocation({ file, line, column }: Annotation = {}): string {
  if (file === undefined) return "";
  const numbers = line === undefined ? [] : column === undefined ? [line] : [line, column];
  return `${[file, ...numbers].join(":")}: `;
}

/**
 * Returns the annotation's properties for @actions/core. A line without a file is left out, since GitHub would not show
 * the annotation.
 */
function toAnnotationProperties({
  title = "monstack",
  file,
  line,
  column,
}: Annotation = {}): core.AnnotationProperties {
  if (file === undefined) return { title };
  return {
    title,
    file,
    ...(line === undefined ? {} : { startLine: line }),
    ...(line === undefined || column === undefined ? {} : { startColumn: column }),
  };
}
