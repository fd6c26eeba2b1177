import { holdToLock } from "../app/bytes/supply.ts";
import { prepare } from "../app/prepare.ts";
import { renderForNow } from "../app/rbac.ts";
import { lackingRights, rightsFix } from "../app/rights.ts";
import { expectedListeners } from "../app/services.ts";
import type { Session } from "../app/session/session.ts";
import { existingCluster } from "../cluster/existing.ts";
import { examine } from "../cluster/preflight.ts";
import { missingNamespaces } from "../deploy/namespaces.ts";
import { checkReceiverPorts, choosePorts } from "../forward/ports.ts";
import { exitCode, MonstackError } from "../lib/errors.ts";
import type { Problem } from "../model/cluster.ts";
import { namespacesOf } from "../rbac/uses.ts";

/**
 * Looks at the machine, or at the existing cluster, and says all that a run would find. Changes nothing.
 * @returns the exit code: 3 when a run could not start
 */
export async function doctor(session: Session, print: (text: string) => void): Promise<number> {
  const { context, loaded } = session;
  const { config } = loaded;
  if (config.cluster.kind === "existing") {
    return await existing(session, config.cluster, print);
  }
  const { problems: found, result } = await examine(context, config);
  const problems = [...found, ...(await busyPorts(session))];
  print(`${"machine".padEnd(9)}${context.host.arch}, ${rights[context.host.rights]}\n`);
  for (const { found, done } of result?.adaptations ?? []) print(`adapts   ${found}: ${done}\n`);
  for (const warning of result?.warnings ?? []) print(`warning  ${warning}\n`);
  for (const { message, fix } of problems) print(`problem  ${message}\n         to fix it: ${fix}\n`);
  print(
    problems.length === 0
      ? "ok       k3s can run here\n"
      : `${problems.length} problem(s): k3s can't run here yet\n`,
  );
  return problems.length === 0 ? exitCode.verified : exitCode.notInstalled;
}

/** Whether the cluster answers, and whether its user has every right of the run. */
async function existing(
  session: Session,
  options: Parameters<typeof existingCluster>[1],
  print: (text: string) => void,
): Promise<number> {
  const { context } = session;
  const cluster = await existingCluster(context, options);
  print(`ok       the cluster of ${cluster.kubeconfig} answers, ${cluster.version}\n`);
  const { plan: unpinned, login } = await prepare(session);
  const plan = await holdToLock(session, unpinned);
  const apps = await renderForNow(session, plan);
  const missing = await missingNamespaces(context, cluster.kube, namespacesOf(apps));
  const { forRun, forDiagnosis } = await lackingRights(session, cluster, apps, login, missing);
  for (const line of forDiagnosis) print(`warning  the diagnosis lacks a right: ${line}\n`);
  for (const line of forRun) print(`problem  the run lacks a right: ${line}\n`);
  if (forRun.length + forDiagnosis.length > 0) print(`         to fix it: ${rightsFix}\n`);
  if (forRun.length > 0) return exitCode.notInstalled;
  print("ok       this user has every right that a run needs\n");
  return exitCode.verified;
}

/** The local addresses that the stack is going to want, as far as they are taken. */
async function busyPorts(session: Session): Promise<Pick<Problem, "message" | "fix">[]> {
  const { context, loaded } = session;
  const { config } = loaded;
  try {
    const { plan } = await prepare(session);
    await choosePorts(context, expectedListeners(config, plan), config.ports.whenBusy);
    if (plan.alerting.kind === "captured") await checkReceiverPorts(context, plan.alerting.at);
    return [];
  } catch (error) {
    if (!(error instanceof MonstackError)) throw error;
    return [{ message: error.message, fix: error.fix ?? "" }];
  }
}

const rights = {
  root: "running as root",
  sudo: "not root, but sudo works without a password",
  none: "neither root nor a sudo without password",
} as const;
