import { randomBytes } from "node:crypto";
import { CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import { computePodGateway } from "../cluster/pod-gateway.ts";
import { getSecretVariable } from "../config/endpoints.ts";
import { placeInApp, placeInValues } from "../config/locate.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import type { Notice, Plan } from "../model/plan.ts";
import { findGrafanaLogin, type GrafanaLogin } from "../plan/grafana/login.ts";
import { makePlan } from "../plan/make-plan.ts";
import { listCredentials } from "../plan/settings/remotes.ts";
import { throwIfAny } from "../yaml/mistakes.ts";
import { findIdleInValues } from "./charts/try-notifications.ts";
import { noticeMovedCharts } from "./charts/unknown-values.ts";
import type { Session } from "./session/session.ts";
import { judgeOwnConfig } from "./validate/alertmanager.ts";
import { judgeQueries } from "./validate/queries.ts";
import { judgeRules, tryRulesInValues } from "./validate/rules.ts";
import { listRulesInValues } from "./validate/values.ts";

/** A plan, and how to log in to the Grafana that it deploys; undefined when it deploys none. */
export interface Prepared {
  readonly plan: Plan;
  readonly login: GrafanaLogin | undefined;
}

/**
 * Decides what will be done. A password that nobody chose is made here, and masked before anything is logged.
 * @throws UserError for what the plan can't be made of, and for rules, expressions and configurations that upstream refuses
 */
export async function prepare(session: Session): Promise<Prepared> {
  const { context, loaded, judge } = session;
  const { config, valuesFiles } = loaded;
  const password = config.grafana.password ?? randomBytes(18).toString("base64url");
  context.log.mask(password);
  for (const { login } of listCredentials(config))
    context.log.mask(loaded.variables[getSecretVariable(login)] ?? "");
  const admin = { user: config.grafana.user, password };
  const judged = await judgeOwnConfig(judge, loaded);
  const idle = await findIdleInValues(judge, loaded);
  throwIfAny(idle.mistakes);
  const made = makePlan(config, {
    judged,
    valuesFiles,
    texts: loaded.texts,
    env: loaded.variables,
    cwd: loaded.cwd,
    grafana: admin,
    podGateway: computePodGateway(config),
    receiverToken: randomBytes(16).toString("hex"),
  });
  for (const secret of made.secrets) context.log.mask(secret);
  await judgeQueries(session, made);
  const ofRules = [
    ...(await judgeRules(session, made)),
    ...(await tryRulesInValues(session, listRulesInValues(loaded, made), made)),
  ];
  const placed = [...made.notices, ...ofRules].map((notice): Notice => {
    const { about, inApp } = notice;
    const at =
      notice.at ??
      (about && placeInValues(loaded, about.app, about.path)) ??
      (inApp && placeInApp(loaded, inApp.app, inApp.path));
    return at ? { ...notice, at } : notice;
  });
  const plan = { ...made, notices: [...placed, ...idle.notices, ...noticeMovedCharts(loaded, made)] };
  const login = findGrafanaLogin(plan, admin);
  for (const { text, at } of plan.notices) context.log.warn(text, { title: "monstack: plan", ...at });
  if (login?.kind === "known") context.log.mask(login.password);
  return { plan, login };
}

/** The user and password themselves; those in a Secret of the user's are read from the cluster. */
export async function readLogin(
  login: GrafanaLogin | undefined,
  kube: KubeConfig,
  { context }: Session,
): Promise<{ user: string; password: string }> {
  if (login === undefined) return { user: "", password: "" };
  if (login.kind === "known") return { user: login.user, password: login.password };
  const { namespace, secret, userKey, passwordKey } = login;
  const where = `secret ${namespace}/${secret}`;
  const { data } = await kube
    .makeApiClient(CoreV1Api)
    .readNamespacedSecret({ namespace, name: secret })
    .catch((cause: unknown) => {
      throw new InstallError(
        `${where}, which holds Grafana's administrator, can't be read: ${describeError(cause)}`,
        { cause },
      );
    });
  const read = (key: string) => {
    const value = data?.[key];
    if (value === undefined)
      throw new InstallError(`${where} has no key ${key}`, { fix: "add it, or set grafana.password" });
    return Buffer.from(value, "base64").toString("utf8");
  };
  const password = read(passwordKey);
  context.log.mask(password);
  return { user: read(userKey), password };
}
