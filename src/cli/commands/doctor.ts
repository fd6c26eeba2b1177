import { lockPlan } from "../../app/downloads/supply.ts";
import { prepare } from "../../app/prepare.ts";
import { renderTemporarily } from "../../app/rbac.ts";
import { findLackingRights, rightsFix } from "../../app/rights.ts";
import { listExpectedListeners } from "../../app/services.ts";
import type { Session } from "../../app/session/session.ts";
import { connectToCluster } from "../../cluster/existing.ts";
import { examineHost } from "../../cluster/preflight.ts";
import { findMissingNamespaces } from "../../deploy/namespaces.ts";
import { checkReceiverPorts, choosePorts } from "../../forward/ports.ts";
import { exitCode, MonstackError } from "../../lib/errors.ts";
import type { Problem } from "../../model/cluster.ts";
import { listNamespaces } from "../../rbac/rights.ts";

import { defineCommand, type Print, planSettings } from "../command.ts";

export const doctorCommand = defineCommand({
  name: "doctor",
  summary: "check this machine, or the existing cluster: what a run would adapt to, and what would stop it",
  settings: planSettings,
  examples: [
    ["monstack doctor", "this machine; 3 if a run could not start"],
    ["monstack doctor --context staging", "an existing cluster, and the rights of its user"],
  ],
  read: () => undefined,
  run: ({ withSession, print }) =>
    withSession(async (session) => {
      const { cluster } = session.loaded.config;
      return cluster.kind === "existing"
        ? await examineCluster(session, cluster, print)
        : await examineMachine(session, print);
    }),
});

/** Prints everything that a run would find on this machine. Changes nothing. */
async function examineMachine(session: Session, print: Print): Promise<number> {
  const { context, loaded } = session;
  const { problems: machineProblems, result } = await examineHost(context, loaded.config);
  const problems = [...machineProblems, ...(await findBusyPorts(session))];
  print(`${"machine".padEnd(9)}${context.host.arch}, ${rightsTexts[context.host.rights]}\n`);
  for (const { found, done } of result?.adaptations ?? []) print(`adapts   ${found}: ${done}\n`);
  for (const warning of result?.warnings ?? []) print(`warning  ${warning}\n`);
  for (const { message, fix } of problems) print(`problem  ${message}\n         to fix it: ${fix}\n`);
  if (problems.length === 0) {
    print("ok       k3s can run here\n");
    return exitCode.verified;
  }
  print(`${problems.length} problem(s): k3s can't run here yet\n`);
  return exitCode.notInstalled;
}

/** Prints whether the cluster responds, and which rights of a run its user lacks. */
async function examineCluster(
  session: Session,
  options: Parameters<typeof connectToCluster>[1],
  print: Print,
): Promise<number> {
  const { context } = session;
  const cluster = await connectToCluster(context, options);
  print(`ok       the cluster of ${cluster.kubeconfig} answers, ${cluster.version}\n`);
  const { plan: unpinned, login } = await prepare(session);
  const plan = await lockPlan(session, unpinned);
  const apps = await renderTemporarily(session, plan);
  const missing = await findMissingNamespaces(context, cluster.kube, listNamespaces(apps));
  const { forRun, forDiagnosis } = await findLackingRights(session, cluster, apps, login, missing);
  for (const line of forDiagnosis) print(`warning  the diagnosis lacks a right: ${line}\n`);
  for (const line of forRun) print(`problem  the run lacks a right: ${line}\n`);
  if (forRun.length + forDiagnosis.length > 0) print(`         to fix it: ${rightsFix}\n`);
  if (forRun.length > 0) return exitCode.notInstalled;
  print("ok       this user has every right that a run needs\n");
  return exitCode.verified;
}

/** Returns a problem for the first local port of the stack that is taken. */
async function findBusyPorts(session: Session): Promise<Pick<Problem, "message" | "fix">[]> {
  const { context, loaded } = session;
  const { config } = loaded;
  try {
    const { plan } = await prepare(session);
    await choosePorts(context, listExpectedListeners(config, plan), config.ports.whenBusy);
    if (plan.alerting.kind === "captured") await checkReceiverPorts(context, plan.alerting.at);
    return [];
  } catch (error) {
    if (!(error instanceof MonstackError)) throw error;
    return [{ message: error.message, fix: error.fix ?? "" }];
  }
}

const rightsTexts = {
  root: "running as root",
  sudo: "not root, but sudo works without a password",
  none: "neither root nor a sudo without password",
} as const;
