import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { runChecks } from "../verify/run.ts";
import type { HttpEndpoint, Stack } from "../verify/types.ts";
import { isVerified } from "../verify/verified.ts";
import type { Session } from "./session.ts";
import type { StackRecord, StackService } from "./stack-file.ts";

/** Checks a stack that is up; the results are in the session's draft. */
export async function verify(session: Session, record: StackRecord): Promise<boolean> {
  const { context, loaded, recorder, draft } = session;
  const stack = toStack(session, record);
  const { verify, timeouts } = loaded.config;
  const { results, findings } = await recorder.phase("verify", () =>
    runChecks(stack, {
      only: verify.only,
      skip: verify.skip,
      deadlineMs: timeouts.verifyMs,
      onResult: (result) => {
        if (result.status === "pass") context.log.info(`✓ ${result.title}: ${result.seen}`);
        if (result.status === "skipped") context.log.info(`- ${result.title}: skipped, ${result.reason}`);
        if (result.status === "fail")
          context.log.error(`${result.title}: expected ${result.expected}, saw ${result.seen}`);
        if (result.status === "warn")
          context.log.warn(`${result.title}: expected ${result.expected}, saw ${result.seen}`);
        if (result.status === "error") context.log.error(`${result.title}: ${result.error}`);
      },
    }),
  );
  draft.checks = results;
  draft.targets = findings.targets ?? [];
  draft.dashboards = findings.dashboards ?? [];
  return isVerified(results);
}

function toStack({ context, loaded }: Session, record: StackRecord): Stack {
  const kube = new KubeConfig();
  kube.loadFromFile(record.kubeconfig);
  if (record.context !== undefined) kube.setCurrentContext(record.context);
  const { prometheus, alertmanager, grafana } = record.services;
  return {
    context,
    plan: record.plan,
    verify: loaded.config.verify,
    rendered: record.rendered,
    kube,
    core: kube.makeApiClient(CoreV1Api),
    prometheus: prometheus && endpoint(prometheus),
    alertmanager: alertmanager && endpoint(alertmanager),
    grafana: grafana && { ...endpoint(grafana), ...record.grafana },
    deployedAt: record.deployedAt,
  };
}

function endpoint({ direct, service }: StackService): HttpEndpoint {
  return { url: direct, service };
}
