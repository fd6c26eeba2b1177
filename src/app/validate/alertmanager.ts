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
import { findIneffectiveParts } from "../charts/try-notifications.ts";

/**
 * Returns the verdict of upstream's code about `alerting.config` before monstack replaces the receivers; undefined
 * without such a configuration. Templates and inhibition rules are only tested if the configuration is accepted.
 */
export async function judgeOwnConfig(
  judge: Pick<Judge, "ask">,
  loaded: LoadedConfig,
): Promise<JudgedConfig | undefined> {
  const { config, texts, cwd, variables: env, valuesFiles } = loaded;
  const userConfig = prepareConfigToJudge({ config, texts, cwd, env });
  if (userConfig === undefined) return undefined;
  const app = listPlannedApps(config, valuesFiles).find(hasAlertmanager);
  const { typed, faults, judged } = await judgeTyped(
    judge,
    userConfig,
    app ? findAlertmanagerFeatures(app) : [],
  );
  const version = app && findAlertmanagerTag(app);
  // A newer Alertmanager may know the key.
  const isCertain = ({ isUnknownKey }: ConfigFault) => !isUnknownKey || !isNewerThanJudge(version);
  const createNotice = (id: string, { path, problem }: Pick<ConfigFault, "path" | "problem">) =>
    userConfig.yaml.notice(id, path, `${formatPath(path)}: ${problem}`);
  const versionNotices = [
    ...faults.filter((fault) => !isCertain(fault)).map((fault) => createNotice("alertmanager-newer", fault)),
    ...findNewerKeys(judged, version ?? "").map((newerKey) => createNotice("alertmanager-older", newerKey)),
  ];
  const mistakes = faults
    .filter(isCertain)
    .map(({ path, problem, isUnknownKey }) => ({ path, problem, isKey: isUnknownKey }));
  if (mistakes.length > 0 || app === undefined) return { typed, mistakes: mistakes, notices: versionNotices };
  const ineffective = await findIneffectiveParts(judge, loaded, app, judged);
  const notices = ineffective.flatMap(({ id, path, problem, at: place }): Notice[] =>
    id === undefined ? [] : [place ? { id, at: place, text: problem } : createNotice(id, { path, problem })],
  );
  return {
    typed,
    mistakes: ineffective.filter(({ id }) => id === undefined),
    notices: [...versionNotices, ...notices],
  };
}

/**
 * Returns notices about `alerting.config` for which the rendered charts are needed: keys that their Alertmanager does
 * not know yet, and inhibition rules about labels that no rule of an operator sets.
 */
export async function judgeRenderedAlertmanager(
  judge: Pick<Judge, "ask">,
  loaded: LoadedConfig,
  rendered: readonly RenderedApp[],
): Promise<Notice[]> {
  const { config, texts, cwd, variables: env, valuesFiles } = loaded;
  const userConfig = prepareConfigToJudge({ config, texts, cwd, env });
  if (userConfig === undefined) return [];
  const isVersionPlanned = listPlannedApps(config, valuesFiles).some(
    (app) => hasAlertmanager(app) && findAlertmanagerTag(app),
  );
  const newerKeys = isVersionPlanned
    ? []
    : findNewerKeys(userConfig.config, findDeployedAlertmanager(rendered) ?? "");
  const sources = findAlertSources(rendered);
  const inhibitionFaults = sources ? await judgeInhibitions(judge, userConfig.config, sources) : [];
  const createNotice = (id: string, { path, problem }: Pick<ConfigFault, "path" | "problem">) =>
    userConfig.yaml.notice(id, path, `${formatPath(path)}: ${problem}`);
  return [
    ...newerKeys.map((newerKey) => createNotice("alertmanager-older", newerKey)),
    ...inhibitionFaults.map((fault) => createNotice("inhibition-label", fault)),
  ];
}

/** Limit of the rounds in which fields can turn out to need another type than text. */
const maximumRounds = 10;

interface TypedVerdict {
  /** The values that Alertmanager accepts only with another type than text. */
  readonly typed: readonly TypedValue[];
  /** The configuration with these values. */
  readonly judged: unknown;
  readonly faults: readonly ConfigFault[];
}

/**
 * Returns the verdict about a configuration in which the value of each reference is a text. Where Alertmanager refuses a
 * text, the value is converted to the type that YAML gives it, and the configuration is judged again.
 */
async function judgeTyped(
  judge: Pick<Judge, "ask">,
  userConfig: ConfigToJudge,
  features: readonly string[],
): Promise<TypedVerdict> {
  const typed: TypedValue[] = [];
  let typedConfig = userConfig.config;
  for (let round = 0; ; round++) {
    const faults = await judgeAlertmanager(judge, typedConfig, features);
    const newValues = faults.flatMap((fault) => convertValues(userConfig, typedConfig, fault));
    if (newValues.length === 0 || round >= maximumRounds) {
      const writtenValues = typed.filter(({ path }) => !userConfig.madeUp.has(JSON.stringify(path)));
      return {
        typed: writtenValues,
        judged: typedConfig,
        faults: faults.filter((fault) => !isAboutMadeUp(userConfig, fault)),
      };
    }
    typed.push(...newValues);
    typedConfig = setValues(typedConfig, newValues);
  }
}

/** True if a fault is about an example value that monstack inserted, for example that it is not a duration. */
function isAboutMadeUp({ madeUp }: ConfigToJudge, { path, problem }: ConfigFault): boolean {
  return madeUp.has(JSON.stringify(path)) && (problem.startsWith("expected ") || /\.invalid\b/.test(problem));
}

/**
 * Returns the value at a fault's path, converted to the type that Alertmanager expects; empty if it can't be
 * converted. An example value becomes true or 1. A number that JavaScript can't represent exactly stays a text.
 */
function convertValues(
  userConfig: ConfigToJudge,
  config: unknown,
  { path, wanted }: ConfigFault,
): TypedValue[] {
  const text = findValue(config, path);
  if (wanted === undefined || typeof text !== "string") return [];
  const key = JSON.stringify(path);
  if (userConfig.madeUp.has(key)) return [{ path, value: wanted === "boolean" ? true : 1 }];
  if (!userConfig.referred.has(key)) return [];
  const value: unknown = readYaml(text).data;
  const isExact = typeof value !== "number" || Number.isSafeInteger(value) || !Number.isInteger(value);
  return typeof value === wanted && isExact ? [{ path, value }] : [];
}
