import { join } from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import { checklistChecks, toChecklist } from "../../checklist/catalogue.ts";
import { collectKubeSecrets } from "../../cluster/existing.ts";
import { joinFirst } from "../../host/waits.ts";
import { SharingKubeConfig } from "../../kube/kube-config.ts";
import { describeError } from "../../lib/errors.ts";
import type { Span } from "../../lib/trace.ts";
import type { AtEnd, Phase } from "../../report/results-schema.ts";
import { type Check, isVerified } from "../../stack/check.ts";
import { Baseline, type HttpEndpoint, type Stack } from "../../stack/stack.ts";
import { authenticateRequests } from "../../verify/access/authenticated-requests.ts";
import { countRequestedReplicas, listReplicaUrls } from "../../verify/access/components.ts";
import { resolveServerAccess, type Server } from "../../verify/access/server-access.ts";
import { allChecks, endChecks } from "../../verify/catalogue.ts";
import { takeBaseline } from "../../verify/checks/since-baseline.ts";
import type { Readiness } from "../../verify/runner/needs.ts";
import { runChecks } from "../../verify/runner/run.ts";
import { createUserChecks } from "../../verify/user-checks/user-checks.ts";
import { explainFailure } from "../explain.ts";
import type { Session } from "../session/session.ts";
import { hasStack, loadStack, type StackRecord, type StackService } from "../session/stack-file.ts";
import { logResult } from "./print-result.ts";
import { type EndedCheck, traceWaits } from "./trace-waits.ts";

/**
 * Runs the checks of a stack and stores the results in the session's draft. Returns true if the stack is verified.
 * @param readiness of a deployment that is still in progress: each check begins as soon as what it needs is ready
 */
export async function verify(session: Session, record: StackRecord, readiness?: Readiness): Promise<boolean> {
  const { loaded, recorder, draft } = session;
  const { verify: verifyConfig, timeouts } = loaded.config;
  const stack = await connectToStack(session, record);
  const checks = listChecks(session, stack);
  const openChecks = new Set(checks.map(({ id }) => id));
  const ended: EndedCheck[] = [];
  let isComplete = readiness === undefined;
  void readiness?.complete.then(() => {
    isComplete = true;
  });
  let phase: Span | undefined;
  const { results, findings } = await recorder.phase(
    "verify",
    (span) => {
      phase = span;
      return runChecks(withSpan(stack, span), {
        checks,
        others: [...endChecks, ...checklistChecks].map(({ id }) => id),
        only: verifyConfig.only,
        skip: verifyConfig.skip,
        deadlineMs: timeouts.verifyMs,
        readiness,
        onResult: (result, checkSpan) => {
          openChecks.delete(result.id);
          if (checkSpan !== undefined) ended.push({ result, span: checkSpan });
          logResult(session, stack, result);
        },
      });
    },
    // Until then the deployment says what is missing.
    () => (isComplete ? describeOpen([...openChecks]) : undefined),
  );
  draft.checks = results;
  session.progress.findings = findings;
  draft.targets = findings.targets ?? [];
  draft.dashboards = findings.dashboards ?? [];
  if (loaded.config.profile === "production") await judgeChecklist(session, stack);
  session.progress.decidedMs = session.context.host.now();
  const verified = isVerified(draft.checks);
  await Promise.all([
    verified && stack.baseline === undefined ? saveBaseline(session, stack) : undefined,
    traceWaits(session, stack, phase, ended),
  ]);
  return verified;
}

/** Returns the stack whose checks are recorded as parts of a span. */
function withSpan(stack: Stack, span: Span | undefined): Stack {
  return { ...stack, context: { ...stack.context, span } };
}

/** Returns the checks that are still running, for a progress message. */
function describeOpen(open: readonly string[]): string {
  return `${open.length === 1 ? "the check" : `${open.length} checks:`} ${joinFirst(open, 5)}`;
}

/** Judges only the production checklist. Returns true if no point failed. */
export async function judgeStack(session: Session, record: StackRecord): Promise<boolean> {
  await judgeChecklist(session, await connectToStack(session, record));
  return isVerified(session.draft.checks);
}

/**
 * Returns a stack from its record, for the checks. Its context sends the logins that the stack's servers require; the
 * session's does not.
 */
export async function connectToStack(
  { context: sessionContext, loaded, expressions }: Session,
  record: StackRecord,
): Promise<Stack> {
  const context = authenticateRequests(sessionContext, listReachedServices(record));
  const kube = new SharingKubeConfig();
  kube.loadFromFile(record.kubeconfig);
  for (const secret of collectKubeSecrets(kube)) context.log.mask(secret);
  if (record.context !== undefined) kube.setCurrentContext(record.context);
  const { prometheus, alertmanager, grafana } = record.services;
  const baselineText = await context.host.files.read(getBaselineFile(loaded.config.stateDir));
  const stack: Stack = {
    context,
    plan: record.plan,
    verify: loaded.config.verify,
    baseline: baselineText === undefined ? undefined : Baseline.parse(JSON.parse(baselineText)),
    rendered: record.rendered,
    images: record.images,
    kube,
    core: kube.makeApiClient(CoreV1Api),
    expressions,
    prometheus: prometheus && toEndpoint(prometheus),
    alertmanager: alertmanager && toEndpoint(alertmanager),
    grafana: grafana && { ...toEndpoint(grafana), ...record.grafana },
    deployedAt: record.deployedAt,
    backups: record.backups,
  };
  return withReplicas(stack, record);
}

/** Returns the stack's servers with their URLs and the logins that they require. */
function listReachedServices({ services, rendered }: StackRecord) {
  return (["prometheus", "alertmanager", "grafana"] as const).flatMap((server: Server) => {
    const url = services[server]?.direct;
    return url === undefined ? [] : [{ server, url, login: resolveServerAccess(server, rendered).login }];
  });
}

/**
 * Returns the stack with Alertmanager's replicas, if there are several and this host reaches their pods, as only with
 * k3s.
 */
function withReplicas(stack: Stack, { clusterKind }: StackRecord): Stack {
  const { alertmanager } = stack;
  if (alertmanager === undefined || clusterKind !== "k3s" || countRequestedReplicas(stack.rendered) < 2)
    return stack;
  return {
    ...stack,
    alertmanager: { ...alertmanager, replicas: () => listReplicaUrls(stack, alertmanager) },
  };
}

/** Saves the state of a verified stack for a check at the end. A failure is only a warning. */
async function saveBaseline({ context, loaded }: Session, stack: Stack): Promise<void> {
  try {
    const baseline = await takeBaseline(stack);
    await context.host.files.write(getBaselineFile(loaded.config.stateDir), `${JSON.stringify(baseline)}\n`);
  } catch (error) {
    context.log.warn(
      `how the stack stands could not be noted for a check at the end: ${describeError(error)}`,
    );
  }
}

function getBaselineFile(stateDir: string): string {
  return join(stateDir, "baseline.json");
}

function toEndpoint({ direct, service }: StackService): HttpEndpoint {
  return { url: direct, service };
}

/**
 * Grace period for errors, in milliseconds: a measurement by Prometheus needs two scrapes, by a chart's default one
 * minute apart.
 */
const errorGraceMs = 60_000;

/**
 * Judges the checklist's points and adds them to the draft's checks. They need a ready stack, so they run after the
 * others.
 */
async function judgeChecklist(session: Session, stack: Stack): Promise<void> {
  const { loaded, recorder, draft } = session;
  const { verify: verifyConfig, timeouts, checks } = loaded.config;
  const { results, findings } = await recorder.phase("production checklist", (span) =>
    runChecks(withSpan(stack, span), {
      checks: checklistChecks,
      others: [
        ...[...allChecks, ...endChecks].map(({ id }) => id),
        ...checks.map(({ name }) => `own/${name}`),
      ],
      only: verifyConfig.only,
      skip: verifyConfig.skip,
      deadlineMs: timeouts.verifyMs,
      errorGraceMs,
      // Each point counts: one that isn't met says nothing about the others.
      lingerMs: timeouts.verifyMs,
      onResult: (result) => logResult(session, stack, result),
    }),
  );
  draft.checks = [...draft.checks, ...results];
  draft.checklist = toChecklist(results, findings);
  if (draft.dashboards.length === 0) draft.dashboards = findings.dashboards ?? [];
}

/**
 * Returns all checks of this call: the catalogue's, the user's own and, at the end of a job, those that compare with
 * the baseline.
 */
export function listChecks({ context, loaded }: Session, stack: Stack): readonly Check[] {
  const { checks, namespace, verify } = loaded.config;
  const own = createUserChecks(checks, { env: loaded.variables, namespace });
  for (const secret of own.secrets) context.log.mask(secret);
  const looksBack = verify.atEnd && stack.baseline !== undefined;
  return [...allChecks, ...(looksBack ? endChecks : []), ...own.checks];
}

export interface AtEndOutcome {
  readonly atEnd: AtEnd;
  readonly phases: readonly Phase[];
}

/**
 * Runs the checks once more, just before the teardown, and checks that nothing restarted, went down or fired
 * meanwhile. Returns undefined if no stack is up.
 */
export async function verifyAtEnd(session: Session): Promise<AtEndOutcome | undefined> {
  const { context, loaded, draft, recorder } = session;
  const { stateDir } = loaded.config;
  if (!(await hasStack(context.host, stateDir))) {
    context.log.info("no stack is up, so there is nothing to check at the end");
    return undefined;
  }
  const stack = await loadStack(context.host, stateDir);
  for (const secret of [stack.grafana.password, ...(stack.plan.secrets ?? [])]) context.log.mask(secret);
  const verified = await verify(session, stack);
  if (!verified) await explainFailure(session, { stack, error: undefined });
  const atEnd = { verified, checks: draft.checks, causes: draft.causes };
  draft.atEnd = atEnd;
  // These results are reported under `atEnd` only, not again as those of the run.
  draft.checks = [];
  draft.causes = [];
  return { atEnd, phases: recorder.phases };
}
