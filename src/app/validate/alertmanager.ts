import type { LoadedConfig } from "../../config/load.ts";
import type { Notice } from "../../model/plan.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { findAlertmanagerFeatures, findAlertmanagerTag } from "../../plan/alertmanager-values.ts";
import { hasAlertmanager } from "../../plan/capture.ts";
import { listPlannedApps } from "../../plan/make-plan.ts";
import {
  type ConfigToJudge,
  findValue,
  type JudgedConfig,
  prepareConfigToJudge,
  setValues,
  type TypedValue,
} from "../../plan/settings/alertmanager-config.ts";
import { type ConfigFault, isNewerThanJudge, judgeAlertmanager } from "../../rules/alertmanager.ts";
import { findDeployedAlertmanager, findNewerKeys } from "../../rules/alertmanager-versions.ts";
import { findAlertSources, judgeInhibitions } from "../../rules/inhibition.ts";
import type { Judge } from "../../upstream/protocol.ts";
import { formatPath } from "../../yaml/mistakes.ts";
import { readYaml } from "../../yaml/read.ts";
import { findIdle } from "../charts/try-notifications.ts";

/** Has upstream's own code judge `alerting.config` as the user wrote it, before anything is led to monstack. */
export async function judgeOwnConfig(
  judge: Pick<Judge, "ask">,
  loaded: LoadedConfig,
): Promise<JudgedConfig | undefined> {
  const { config, texts, cwd, variables: env, valuesFiles } = loaded;
  const own = prepareConfigToJudge({ config, texts, cwd, env });
  if (own === undefined) return undefined;
  const app = listPlannedApps(config, valuesFiles).find(hasAlertmanager);
  const { typed, faults, judged } = await judgeTyped(judge, own, app ? findAlertmanagerFeatures(app) : []);
  const version = app && findAlertmanagerTag(app);
  // A newer one may know the key.
  const isCertain = ({ isUnknownKey }: ConfigFault) => !isUnknownKey || !isNewerThanJudge(version);
  const createNotice = (id: string, { path, problem }: Pick<ConfigFault, "path" | "problem">) =>
    own.yaml.notice(id, path, `${formatPath(path)}: ${problem}`);
  const aboutVersion = [
    ...faults.filter((fault) => !isCertain(fault)).map((fault) => createNotice("alertmanager-newer", fault)),
    ...findNewerKeys(judged, version ?? "").map((one) => createNotice("alertmanager-older", one)),
  ];
  const refused = faults
    .filter(isCertain)
    .map(({ path, problem, isUnknownKey }) => ({ path, problem, isKey: isUnknownKey }));
  if (refused.length > 0 || app === undefined) return { typed, mistakes: refused, notices: aboutVersion };
  const found = await findIdle(judge, loaded, app, judged);
  const notices = found.flatMap(({ id, path, problem, at }): Notice[] =>
    id === undefined ? [] : [at ? { id, at, text: problem } : createNotice(id, { path, problem })],
  );
  return {
    typed,
    mistakes: found.filter(({ id }) => id === undefined),
    notices: [...aboutVersion, ...notices],
  };
}

/**
 * What is known of `alerting.config` only when the charts are rendered: keys that their Alertmanager does not know yet, and
 * inhibition rules about labels that none of an operator's rules gives.
 */
export async function judgeRenderedAlertmanager(
  judge: Pick<Judge, "ask">,
  loaded: LoadedConfig,
  rendered: readonly RenderedApp[],
): Promise<Notice[]> {
  const { config, texts, cwd, variables: env, valuesFiles } = loaded;
  const own = prepareConfigToJudge({ config, texts, cwd, env });
  if (own === undefined) return [];
  const isTold = listPlannedApps(config, valuesFiles).some(
    (app) => hasAlertmanager(app) && findAlertmanagerTag(app),
  );
  const newer = isTold ? [] : findNewerKeys(own.config, findDeployedAlertmanager(rendered) ?? "");
  const sources = findAlertSources(rendered);
  const inhibition = sources ? await judgeInhibitions(judge, own.config, sources) : [];
  const createNotice = (id: string, { path, problem }: Pick<ConfigFault, "path" | "problem">) =>
    own.yaml.notice(id, path, `${formatPath(path)}: ${problem}`);
  return [
    ...newer.map((one) => createNotice("alertmanager-older", one)),
    ...inhibition.map((one) => createNotice("inhibition-label", one)),
  ];
}

/** As often as a field can turn out to want another type than a text. */
const maximumRounds = 10;

/** What a reference stands for is a text; where Alertmanager refuses one, it is what YAML makes of it. */
async function judgeTyped(judge: Pick<Judge, "ask">, own: ConfigToJudge, features: readonly string[]) {
  const typed: TypedValue[] = [];
  let judged = own.config;
  for (let round = 0; ; round++) {
    const faults = await judgeAlertmanager(judge, judged, features);
    const more = faults.flatMap((fault) => convertValues(own, judged, fault));
    if (more.length === 0 || round >= maximumRounds) {
      const kept = typed.filter(({ path }) => !own.madeUp.has(JSON.stringify(path)));
      return {
        typed: kept,
        judged,
        faults: faults.filter((fault) => !isAboutMadeUp(own, fault)),
      };
    }
    typed.push(...more);
    judged = setValues(judged, more);
  }
}

/** Whether a fault is one of a value that nobody wrote, e.g. that it is not a duration. */
function isAboutMadeUp({ madeUp }: ConfigToJudge, { path, problem }: ConfigFault): boolean {
  return madeUp.has(JSON.stringify(path)) && (problem.startsWith("expected ") || /\.invalid\b/.test(problem));
}

function convertValues(own: ConfigToJudge, config: unknown, { path, wanted }: ConfigFault): TypedValue[] {
  const text = findValue(config, path);
  if (wanted === undefined || typeof text !== "string") return [];
  const key = JSON.stringify(path);
  if (own.madeUp.has(key)) return [{ path, value: wanted === "boolean" ? true : 1 }];
  if (!own.referred.has(key)) return [];
  const value: unknown = readYaml(text).data;
  const isExact = typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value);
  return typeof value === wanted && isExact ? [{ path, value }] : [];
}
