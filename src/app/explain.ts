import { join } from "node:path";
import { diagnose } from "../diagnose/diagnose.ts";
import type { Evidence } from "../diagnose/evidence.ts";
import { gatherEvidence } from "../diagnose/gather/gather.ts";
import type { Host } from "../host/host.ts";
import { describeError, Interrupted, UserError } from "../lib/errors.ts";
import type { Redactor } from "../lib/redact/redactor.ts";
import { checklistPoints } from "../model/checklist-points.ts";
import type { RenderedApp } from "../model/rendered.ts";
import { buildDiagnosticFiles, type DiagnosticFile, renderIndex } from "../report/diagnostics/files.ts";
import type { Cause } from "../report/results-schema.ts";
import { formatPlace } from "../report/verdict.ts";
import { type FoundMistake, RulesInvalid } from "../rules/check-rendered.ts";
import { locateCauses } from "./locate-causes.ts";
import { RightsMissing } from "./rights.ts";
import type { Session } from "./session/session.ts";
import type { StackRecord } from "./session/stack-file.ts";
import { toStack } from "./verify/verify.ts";

/** A failed run: its stack and the error that ended it. */
export interface FailedRun {
  /** Undefined when it never came up. */
  readonly stack: StackRecord | undefined;
  /** What ended the run early. */
  readonly error: unknown;
}

/** As many as fit on the first screen. */
const maximumCauses = 3;

/**
 * Finds out why a run is red, before a teardown takes the evidence away: the causes go into the draft and are reported, the
 * evidence goes into the report's folder `diagnostics`. Never throws: a red run stays the red run that it is.
 */
export async function explainFailure(session: Session, red: FailedRun): Promise<void> {
  const { draft, context } = session;
  try {
    // Whoever interrupts a run knows why.
    if (!(red.error instanceof Interrupted)) await findCauses(session, red);
    logCauses(session);
  } catch (error) {
    draft.causes = [];
    context.log.warn(`the diagnosis failed: ${describeError(error)}`);
    logCauses(session);
  }
}

async function findCauses(session: Session, red: FailedRun): Promise<void> {
  const { draft, loaded, context, recorder, progress } = session;
  if (red.error instanceof RulesInvalid) {
    draft.causes = red.error.found.map(toCause);
    return;
  }
  // The run's own signal may have fired; what is read here is bounded by itself.
  const calm = { ...session, context: { ...context, signal: new AbortController().signal } };
  // A mistake in the configuration is in its message, and so is a right that is missing: nothing was deployed that could be
  // looked at.
  if (red.error instanceof UserError || red.error instanceof RightsMissing) {
    const found = diagnose(await gatherEvidence(calm.context, { ...emptySources, failure: draft.failure }));
    draft.causes = locateCauses(
      loaded,
      found.filter(({ sureness }) => sureness === "certain"),
    );
    return;
  }
  const evidence = await recorder.phase("diagnose", () => gatherStackEvidence(calm, red));
  draft.causes = locateCauses(loaded, diagnose(evidence));
  await saveDiagnostics(calm, evidence, red.stack?.rendered ?? progress.apps);
}

/** The evidence of a run that deployed nothing: there is nothing to query. */
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

/** What was found in the files themselves, before anybody refused them. */
function toCause({ at, ...found }: FoundMistake): Cause {
  const cause = { ...found, how: [...found.how], id: found.id ?? "rules-invalid", explains: [] };
  return { ...cause, sureness: "certain", ...(at ? { at } : {}) };
}

async function gatherStackEvidence(session: Session, { stack: record, error }: FailedRun): Promise<Evidence> {
  const { context, loaded, draft, progress } = session;
  const stack = record && (await toStack(session, record));
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
  for (const cause of draft.causes.slice(0, maximumCauses))
    context.log.error(formatCause(cause), { title: `monstack: ${cause.id}`, ...cause.at });
  const more = draft.causes.length - maximumCauses;
  if (more > 0) context.log.info(`... and ${more} more in the report`);
}

function formatCause({ what, how, fix, sureness, at }: Cause): string {
  const sure = sureness === "certain" ? "" : `${sureness}: `;
  return [
    `${sure}${what}`,
    ...how.map((line) => `  ${line.replaceAll("\n", "\n  ")}`.trimEnd()),
    ...(at ? [`where: ${formatPlace(at)}`] : []),
    `to fix it: ${fix}`,
  ].join("\n");
}

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
  /** Absolute; what is there from an earlier run is replaced. */
  readonly dir: string;
  readonly evidence: Evidence;
  /** The charts as far as they were rendered. */
  readonly rendered: readonly RenderedApp[];
  /** The likeliest first. */
  readonly causes: readonly Cause[];
  readonly redactor: Redactor;
}

/** Writes what was found out about a red run, without credentials, for somebody to look at when the stack is gone. */
export async function writeDiagnostics(input: DiagnosticsInput): Promise<void> {
  const { host, dir, evidence, rendered, causes, redactor: redact } = input;
  const { kept, leftOut } = limitSize(buildDiagnosticFiles(evidence, rendered, redact));
  await host.files.remove(dir);
  // First, so that it is there when the disk is full before the end.
  await host.files.write(join(dir, "index.md"), renderIndex(evidence, causes, { kept, leftOut }, redact));
  for (const { path, text } of kept) await host.files.write(join(dir, path), text);
}

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
