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
import { findIneffectivePartsInValues } from "./charts/try-notifications.ts";
import { noticeMovedCharts } from "./charts/unknown-values.ts";
import type { Session } from "./session/session.ts";
import { judgeOwnConfig } from "./validate/alertmanager.ts";
import { judgeQueries } from "./validate/queries.ts";
import { judgeRules, tryRulesInValues } from "./validate/rules.ts";
import { listRulesInValues } from "./validate/values.ts";

/** A plan, and the login of the Grafana that it deploys; undefined if it deploys none. */
export interface Prepared {
  readonly plan: Plan;
  readonly login: GrafanaLogin | undefined;
}

/**
 * Makes the plan and judges rules, expressions and configurations with upstream's code. If no Grafana password is
 * set, it generates one and masks it before anything is logged.
 * @throws UserError for a configuration without a valid plan, and for what upstream refuses
 */
export async function prepare(session: Session): Promise<Prepared> {
  const { context, loaded, judge } = session;
  const { config, valuesFiles } = loaded;
  const password = config.grafana.password ?? randomBytes(18).toString("base64url");
  context.log.mask(password);
  for (const { login } of listCredentials(config))
    context.log.mask(loaded.variables[getSecretVariable(login)] ?? "");
  const administrator = { user: config.grafana.user, password };
  const judged = await judgeOwnConfig(judge, loaded);
  const ineffective = await findIneffectivePartsInValues(judge, loaded);
  throwIfAny(ineffective.mistakes);
  const basePlan = makePlan(config, {
    judged,
    valuesFiles,
    texts: loaded.texts,
    env: loaded.variables,
    cwd: loaded.cwd,
    grafana: administrator,
    podGateway: computePodGateway(config),
    receiverToken: randomBytes(16).toString("hex"),
  });
  for (const secret of basePlan.secrets) context.log.mask(secret);
  await judgeQueries(session, basePlan);
  const ruleNotices = [
    ...(await judgeRules(session, basePlan)),
    ...(await tryRulesInValues(session, listRulesInValues(loaded, basePlan), basePlan)),
  ];
  const placedNotices = [...basePlan.notices, ...ruleNotices].map((notice): Notice => {
    const { about, inApp } = notice;
    const place =
      notice.at ??
      (about && placeInValues(loaded, about.app, about.path)) ??
      (inApp && placeInApp(loaded, inApp.app, inApp.path));
    return place ? { ...notice, at: place } : notice;
  });
  const plan = {
    ...basePlan,
    notices: [...placedNotices, ...ineffective.notices, ...noticeMovedCharts(loaded, basePlan)],
  };
  const login = findGrafanaLogin(plan, administrator);
  for (const { text, at: place } of plan.notices)
    context.log.warn(text, { title: "monstack: plan", ...place });
  if (login?.kind === "known") context.log.mask(login.password);
  return { plan, login };
}

/**
 * Returns Grafana's user and password. Those in a Secret of the user's are read from the cluster.
 * @throws InstallError if the Secret or a key of it is missing
 */
export async function readLogin(
  login: GrafanaLogin | undefined,
  kube: KubeConfig,
  { context }: Session,
): Promise<{ user: string; password: string }> {
  if (login === undefined) return { user: "", password: "" };
  if (login.kind === "known") return { user: login.user, password: login.password };
  const { namespace, secret, userKey, passwordKey } = login;
  const shownSecret = `secret ${namespace}/${secret}`;
  const { data } = await kube
    .makeApiClient(CoreV1Api)
    .readNamespacedSecret({ namespace, name: secret })
    .catch((cause: unknown) => {
      throw new InstallError(
        `${shownSecret}, which holds Grafana's administrator, can't be read: ${describeError(cause)}`,
        { cause },
      );
    });
  const decodeKey = (key: string) => {
    const value = data?.[key];
    if (value === undefined)
      throw new InstallError(`${shownSecret} has no key ${key}`, { fix: "add it, or set grafana.password" });
    return Buffer.from(value, "base64").toString("utf8");
  };
  const password = decodeKey(passwordKey);
  context.log.mask(password);
  return { user: decodeKey(userKey), password };
}
