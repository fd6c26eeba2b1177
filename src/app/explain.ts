import { join } from "node:path";
import { diagnose } from "../diagnose/diagnose.ts";
import type { Evidence } from "../diagnose/evidence.ts";
import { gatherEvidence } from "../diagnose/gather/gather.ts";
import type { Context, Host } from "../host/host.ts";
import { describeError, Interrupted, UserError } from "../lib/errors.ts";
import type { Redactor } from "../lib/redact/redactor.ts";
import { checklistPoints } from "../model/checklist-points.ts";
import type { RenderedApp } from "../model/rendered.ts";
import { formatCause, toCauseAnnotation } from "../report/annotations.ts";
import { buildDiagnosticFiles, type DiagnosticFile, renderIndex } from "../report/diagnostics/files.ts";
import type { Cause } from "../report/results-schema.ts";
import { formatPlace } from "../report/verdict.ts";
import { type FoundMistake, RulesInvalid } from "../rules/check-rendered.ts";
import { locateCauses } from "./locate-causes.ts";
import { RightsMissing } from "./rights.ts";
import type { Session } from "./session/session.ts";
import type { StackRecord } from "./session/stack-file.ts";
import { connectToStack } from "./verify/verify.ts";

/** A failed run: its stack and the error that ended it. */
interface FailedRun {
  /** Undefined if the stack never started. */
  readonly stack: StackRecord | undefined;
  /** The error that ended the run early; undefined if a check failed. */
  readonly error: unknown;
}

/** Causes that are logged: as many as fit on the first screen. */
const maximumCauses = 3;

/**
 * Finds out why a run failed, before a teardown removes the evidence. Adds the causes to the draft, logs them, and
 * saves the evidence in the report's folder `diagnostics`. Never throws: a failed diagnosis is only logged.
 */
export async function explainFailure(session: Session, failedRun: FailedRun): Promise<void> {
  const { draft, context } = session;
  try {
    // The user who interrupts a run knows the reason.
    if (!(failedRun.error instanceof Interrupted)) await findCauses(session, failedRun);
    logCauses(session);
  } catch (error) {
    draft.causes = [];
    context.log.warn(`the diagnosis failed: ${describeError(error)}`);
    logCauses(session);
  }
}

/** Diagnoses a failed run, stores the causes in the draft and saves the evidence, if anything was deployed. */
async function findCauses(session: Session, failedRun: FailedRun): Promise<void> {
  const { draft, loaded, context, recorder, progress } = session;
  if (failedRun.error instanceof RulesInvalid) {
    draft.causes = failedRun.error.found.map(toCause);
    return;
  }
  // The run's own signal may be aborted. Requests for evidence have their own timeouts.
  const uninterrupted = { ...session, context: { ...context, signal: new AbortController().signal } };
  // The message already explains a configuration error or a missing right, and nothing was deployed that could be
  // inspected.
  if (failedRun.error instanceof UserError || failedRun.error instanceof RightsMissing) {
    const causes = diagnose(
      await gatherEvidence(uninterrupted.context, { ...emptySources, failure: draft.failure }),
    );
    draft.causes = locateCauses(
      loaded,
      causes.filter(({ sureness }) => sureness === "certain"),
    );
    return;
  }
  const evidence = await recorder.phase("diagnose", () => gatherStackEvidence(uninterrupted, failedRun));
  draft.causes = locateCauses(loaded, diagnose(evidence));
  await saveDiagnostics(uninterrupted, evidence, failedRun.stack?.rendered ?? progress.apps);
}

/** The sources of evidence of a run that deployed nothing: there is nothing to query. */
const emptySources = {
  kube: undefined,
  prometheus: undefined,
  alertmanager: undefined,
  grafana: undefined,
  rendered: undefined,
  deployedAt: undefined,
  checks: undefined,
  findings: undefined,
  stateDir: undefined,
};

/** Returns the certain cause for a mistake that was found in the rendered files. */
function toCause({ at: place, ...mistake }: FoundMistake): Cause {
  const cause = { ...mistake, how: [...mistake.how], id: mistake.id ?? "rules-invalid", explains: [] };
  return { ...cause, sureness: "certain", ...(place ? { at: place } : {}) };
}

/** Collects the evidence of a run that reached the deployment, from its record or else from its progress so far. */
async function gatherStackEvidence(session: Session, { stack: record, error }: FailedRun): Promise<Evidence> {
  const { context, loaded, draft, progress } = session;
  const stack = record && (await connectToStack(session, record));
  const alerting = record?.plan.alerting;
  return await gatherEvidence(context, {
    kube: stack?.kube ?? progress.cluster?.kube,
    prometheus: stack?.prometheus,
    alertmanager: stack?.alertmanager,
    grafana: stack?.grafana,
    rendered: stack?.rendered ?? progress.apps,
    deployedAt: stack?.deployedAt ?? progress.deployedAt,
    failure: error === undefined ? undefined : draft.failure,
    checks: draft.checks.filter(({ id }) => !checklistPoints.some((point) => point.id === id)),
    findings: progress.findings,
    stateDir: loaded.config.stateDir,
    capture: alerting?.kind === "captured" ? alerting.at : progress.capture,
  });
}

/** Logs the likeliest causes, each as one error with its line of the configuration. */
function logCauses(session: Session): void {
  const { draft, context } = session;
  if (draft.causes.length === 0) logFailure(session);
  for (const cause of draft.causes) emitCause(context, cause);
  for (const cause of draft.causes.slice(0, maximumCauses))
    context.log.error(formatCause(cause), toCauseAnnotation(cause));
  const more = draft.causes.length - maximumCauses;
  if (more > 0) context.log.info(`... and ${more} more in the report`);
}

/** Passes a cause to a program that reads the run's events. */
function emitCause({ host, log }: Context, { id, sureness, what, how, fix, at: place }: Cause): void {
  const at = new Date(host.now()).toISOString();
  const where = place ? { where: formatPlace(place) } : {};
  log.onEvent?.({ event: "cause", at, id, sureness, what, how, fix, ...where });
}

/** Logs the error that ended the run, with its fix. */
function logFailure({ context, draft }: Session): void {
  if (draft.failure === undefined) return;
  const { message, fix } = draft.failure;
  context.log.error(fix === undefined ? message : `${message}\nto fix it: ${fix}`);
}

/** Saves the evidence. A failure, such as a full disk, is only a warning: the teardown must follow. */
async function saveDiagnostics(
  { context, loaded, draft }: Session,
  evidence: Evidence,
  rendered: readonly RenderedApp[],
): Promise<void> {
  const dir = join(loaded.config.reportDir, "diagnostics");
  try {
    await writeDiagnostics({
      host: context.host,
      dir,
      evidence,
      rendered,
      causes: draft.causes,
      redactor: context.log.redactor,
    });
    context.log.info(`what was found is kept in ${dir}`);
  } catch (error) {
    context.log.warn(`what was found could not be kept in ${dir}: ${describeError(error)}`);
  }
}

/** Bytes of all files together. */
const maximumBytes = 20_000_000;

export interface DiagnosticsInput {
  readonly host: Pick<Host, "files">;
  /** Absolute. The files of an earlier run are replaced. */
  readonly dir: string;
  readonly evidence: Evidence;
  /** The apps whose charts were rendered. */
  readonly rendered: readonly RenderedApp[];
  /** The likeliest first. */
  readonly causes: readonly Cause[];
  readonly redactor: Redactor;
}

/** Writes the evidence of a failed run into a folder, without credentials, to be read when the stack is gone. */
export async function writeDiagnostics(input: DiagnosticsInput): Promise<void> {
  const { host, dir, evidence, rendered, causes, redactor: redact } = input;
  const { kept, leftOut } = limitSize(buildDiagnosticFiles(evidence, rendered, redact));
  await host.files.remove(dir);
  // The index comes first, so that it exists even if the disk is full before the end.
  await host.files.write(join(dir, "index.md"), renderIndex(evidence, causes, { kept, leftOut }, redact));
  for (const { path, text } of kept) await host.files.write(join(dir, path), text);
}

/** Splits files into those that are kept and the paths of those that would exceed the size limit. */
function limitSize(files: readonly DiagnosticFile[]) {
  const kept: DiagnosticFile[] = [];
  const leftOut: string[] = [];
  let bytes = 0;
  for (const file of files) {
    const size = Buffer.byteLength(file.text);
    if (bytes + size > maximumBytes) leftOut.push(file.path);
    else {
      kept.push(file);
      bytes += size;
    }
  }
  return { kept, leftOut };
}
