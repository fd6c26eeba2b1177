import { join } from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import { checklistChecks } from "../../checklist/catalogue.ts";
import { collectKubeSecrets } from "../../cluster/existing.ts";
import { joinFirst } from "../../host/waits.ts";
import { SharingKubeConfig } from "../../kube/kube-config.ts";
import { describeError } from "../../lib/errors.ts";
import { isVerified } from "../../stack/check.ts";
import { Baseline, type HttpEndpoint, type Stack } from "../../stack/stack.ts";
import { reachServers } from "../../verify/access/authenticated-requests.ts";
import { replicaUrls, requestedReplicas } from "../../verify/access/components.ts";
import { accessOf, type Server } from "../../verify/access/server-access.ts";
import { endChecks } from "../../verify/catalogue.ts";
import { takeBaseline } from "../../verify/checks/since-baseline.ts";
import { runChecks } from "../../verify/runner/run.ts";
import type { Session } from "../session/session.ts";
import type { StackRecord, StackService } from "../session/stack-file.ts";
import { judgeChecklist } from "./checklist.ts";
import { checksOf } from "./checks.ts";
import { tellResult } from "./tell-result.ts";

/** Checks a stack that is up; the results are in the session's draft. */
export async function verify(session: Session, record: StackRecord): Promise<boolean> {
  const { loaded, recorder, draft } = session;
  const { verify: wanted, timeouts } = loaded.config;
  const stack = await toStack(session, record);
  const checks = checksOf(session, stack);
  const open = new Set(checks.map(({ id }) => id));
  const { results, findings } = await recorder.phase(
    "verify",
    () =>
      runChecks(stack, {
        checks,
        others: [...endChecks, ...checklistChecks].map(({ id }) => id),
        only: wanted.only,
        skip: wanted.skip,
        deadlineMs: timeouts.verifyMs,
        onResult: (result) => {
          open.delete(result.id);
          tellResult(session, stack, result);
        },
      }),
    () => describeOpen([...open]),
  );
  draft.checks = results;
  session.progress.findings = findings;
  draft.targets = findings.targets ?? [];
  draft.dashboards = findings.dashboards ?? [];
  if (loaded.config.profile === "production") await judgeChecklist(session, stack);
  const verified = isVerified(draft.checks);
  if (verified && stack.baseline === undefined) await keepBaseline(session, stack);
  return verified;
}

/** Checks that `only` leaves out are decided at once. */
function describeOpen(open: readonly string[]): string {
  return `${open.length === 1 ? "the check" : `${open.length} checks:`} ${joinFirst(open, 5)}`;
}

/** The production checklist alone. */
export async function judgeStack(session: Session, record: StackRecord): Promise<boolean> {
  await judgeChecklist(session, await toStack(session, record));
  return isVerified(session.draft.checks);
}

/** Its context, not the session's, has the logins that the stack's servers require. */
export async function toStack(
  { context: given, loaded, expressions }: Session,
  record: StackRecord,
): Promise<Stack> {
  const context = reachServers(given, reachedOf(record));
  const kube = new SharingKubeConfig();
  kube.loadFromFile(record.kubeconfig);
  for (const secret of collectKubeSecrets(kube)) context.log.mask(secret);
  if (record.context !== undefined) kube.setCurrentContext(record.context);
  const { prometheus, alertmanager, grafana } = record.services;
  const written = await context.host.files.read(baselineFile(loaded.config.stateDir));
  const stack: Stack = {
    context,
    plan: record.plan,
    verify: loaded.config.verify,
    baseline: written === undefined ? undefined : Baseline.parse(JSON.parse(written)),
    rendered: record.rendered,
    images: record.images,
    kube,
    core: kube.makeApiClient(CoreV1Api),
    expressions,
    prometheus: prometheus && endpoint(prometheus),
    alertmanager: alertmanager && endpoint(alertmanager),
    grafana: grafana && { ...endpoint(grafana), ...record.grafana },
    deployedAt: record.deployedAt,
    backups: record.backups,
  };
  return withReplicas(stack, record);
}

function reachedOf({ services, rendered }: StackRecord) {
  return (["prometheus", "alertmanager", "grafana"] as const).flatMap((server: Server) => {
    const url = services[server]?.direct;
    return url === undefined ? [] : [{ server, url, login: accessOf(server, rendered).login }];
  });
}

/** Only k3s on this host has pods whose addresses this host reaches. */
function withReplicas(stack: Stack, { clusterKind }: StackRecord): Stack {
  const { alertmanager } = stack;
  if (alertmanager === undefined || clusterKind !== "k3s" || requestedReplicas(stack.rendered) < 2)
    return stack;
  return { ...stack, alertmanager: { ...alertmanager, replicas: () => replicaUrls(stack, alertmanager) } };
}

/** A stack that is verified stays so when it can't be noted down: only a check at the end has less to say. */
async function keepBaseline({ context, loaded }: Session, stack: Stack): Promise<void> {
  try {
    const baseline = await takeBaseline(stack);
    await context.host.files.write(baselineFile(loaded.config.stateDir), `${JSON.stringify(baseline)}\n`);
  } catch (error) {
    context.log.warn(
      `how the stack stands could not be noted for a check at the end: ${describeError(error)}`,
    );
  }
}

function baselineFile(stateDir: string): string {
  return join(stateDir, "baseline.json");
}

function endpoint({ direct, service }: StackService): HttpEndpoint {
  return { url: direct, service };
}
