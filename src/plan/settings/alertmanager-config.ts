import { resolve } from "node:path";
import { describeEndpoint, type Endpoint } from "../../alerting/endpoints.ts";
import { isReplacedByRedirect } from "../../alerting/redirect.ts";
import { type PlacedReference, type Reference, resolveReferences } from "../../alerting/references.ts";
import { findWrittenSecrets, isSecretField, selectHiddenSecrets } from "../../alerting/secrets.ts";
import { UserError } from "../../lib/errors.ts";
import { getOwnValue, getValueAt, isMapping } from "../../lib/object.ts";
import { createRedactor } from "../../lib/redact/redactor.ts";
import type { Notice, PlannedApp, RequestedValue } from "../../model/plan.ts";
import { findDeprecatedMatchers } from "../../rules/alertmanager-versions.ts";
import { formatPath, type Mistake, throwIfAny } from "../../yaml/mistakes.ts";
import { findAlertmanagerPath, hasAlertmanager } from "../capture.ts";
import type { PlanSetting, SettingInput } from "./apply.ts";
import { type Completed, completeConfig } from "./complete-config.ts";
import {
  findCaptureReason,
  type Given,
  judgeWrittenSecrets,
  readConfig,
  suggestCapture,
} from "./receivers.ts";
import type { UserYaml } from "./user-files.ts";

type Path = readonly (string | number)[];

/**
 * Plans `alerting.config`, which is in Alertmanager's own format and refers to secrets. It replaces the configuration
 * of the chart and its values.
 * @throws UserError for what Alertmanager would refuse, references to missing secrets, and placeholders that nobody
 * replaced
 */
export const planAlertmanagerConfig: PlanSetting = (input) => {
  const { config } = input.config.alerting;
  if (config === undefined) return {};
  const yaml = readConfig(input, config);
  const app =
    input.apps.find(hasAlertmanager) ?? input.apps.find((candidate) => findAlertmanagerPath(candidate));
  const path = app && findAlertmanagerPath(app);
  if (app === undefined || path === undefined)
    throw new UserError("alerting.config: no app of this stack deploys an Alertmanager");
  const data = keepUnquotedTexts(yaml);
  if (!isMapping(data)) {
    throwIfAny([yaml.mistake([], "Alertmanager's configuration is a mapping with receivers and route")]);
    return {};
  }
  const completed = completeConfig(data);
  const secrets = fillInSecrets(input, yaml, completed);
  const writtenSecrets = judgeWrittenSecrets(input, yaml, findWrittenSecrets(data));
  const secretTexts = [...secrets.secrets, ...writtenSecrets.secrets];
  throwIfAny([...secrets.mistakes, ...writtenSecrets.mistakes, ...toMistakes(input, yaml, secretTexts)]);
  const setting = `alerting.config (${yaml.shownAs}): ${listReceivers(completed)}`;
  const value: RequestedValue = {
    app: app.name,
    path,
    value: setValues(secrets.value, input.judged?.typed ?? []),
    how: "whole",
    setting,
    ...(secretTexts.length > 0 ? { secret: true } : {}),
  };
  return {
    values: [...switchAlertmanagerOn(app, setting), value],
    notices: [
      ...noticeMadeRoute(yaml, completed),
      ...secrets.notices,
      ...writtenSecrets.notices,
      ...noticeDeprecatedMatchers(yaml),
      ...(input.judged?.notices ?? []),
    ],
    secrets: secretTexts,
  };
};

/** The result of upstream's own code for the configuration. */
export interface JudgedConfig {
  /** Values of references in places where a number or a boolean is expected. */
  readonly typed: readonly TypedValue[];
  readonly mistakes: readonly {
    readonly path: Path;
    readonly problem: string;
    /** True if the key itself is wrong, not its value. */
    readonly isKey?: boolean;
    /** The place of the reference, if it is not in the configuration itself. */
    readonly at?: Notice["at"];
  }[];
  readonly notices: readonly Notice[];
}

/** A value that replaces a text in the configuration, since Alertmanager expects another type there. */
export interface TypedValue {
  readonly path: Path;
  readonly value: unknown;
}

/** The user's configuration with its references replaced, for upstream's own code. */
export interface ConfigToJudge {
  readonly config: unknown;
  readonly yaml: UserYaml;
  /** Paths (as JSON) of values that may need another type: texts that are only a reference, and unquoted values such as `0123`. */
  readonly referred: ReadonlySet<string>;
  /** Paths (as JSON) of references without a value and of placeholders. They have an example value. */
  readonly madeUp: ReadonlySet<string>;
}

/**
 * Returns the configuration that upstream's code checks; undefined without `alerting.config`, or if it is not a mapping.
 */
export function prepareConfigToJudge(input: Given & Pick<SettingInput, "env">): ConfigToJudge | undefined {
  const source = input.config.alerting.config;
  if (source === undefined) return undefined;
  const yaml = readConfig(input, source);
  const data = keepUnquotedTexts(yaml);
  if (!isMapping(data)) return undefined;
  const { config } = completeConfig(data);
  const madeUp = new Set<string>();
  const resolved = resolveReferences(config, (reference) => {
    const content = findReferredContent(input, yaml, reference);
    if (!content) madeUp.add(JSON.stringify(reference.path));
    return content || makeUpValue(reference.path);
  });
  const placeholders = findWrittenSecrets(yaml.data).filter((secret) => secret.isPlaceholder);
  for (const { path } of placeholders) madeUp.add(JSON.stringify(path));
  return {
    config: setValues(
      resolved.value,
      placeholders.map(({ path }) => ({ path, value: makeUpValue(path) })),
    ),
    yaml,
    referred: new Set(
      [
        ...resolved.filled.filter(({ path, content }) => findValue(resolved.value, path) === content),
        ...yaml.unlikeTheirText,
      ].map(({ path }) => JSON.stringify(path)),
    ),
    madeUp,
  };
}

/**
 * Returns the configuration with values such as `0123` and `1.0` as texts. Alertmanager reads such a value as a text
 * where it expects a text. If it refuses the text, its own check reports the expected type.
 */
function keepUnquotedTexts(yaml: UserYaml): unknown {
  return setValues(
    yaml.data,
    yaml.unlikeTheirText.map(({ path, text }) => ({ path, value: text })),
  );
}

/** Returns an example value of the kind that the key expects: host and port, or a URL. */
function makeUpValue(path: Path): string {
  return /smarthost$/.test(String(path.at(-1))) ? "mail.invalid:25" : "https://secret.invalid/";
}

/** Returns a configuration with other values at some paths. */
export function setValues(config: unknown, values: readonly TypedValue[]): unknown {
  return values.reduce((changed, { path, value }) => setValue(changed, path, value), config);
}

/** Returns the value at a path of keys and list indices; undefined if the path does not exist. */
export function findValue(config: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, step) => (typeof node === "object" && node !== null ? Reflect.get(node, step) : undefined),
    config,
  );
}

/**
 * Returns a copy of a node with another value at a path. Adds a missing key to a mapping; a path through anything else
 * that does not exist changes nothing.
 */
function setValue(node: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(node))
    return node.map((item, index) => (index === key ? setValue(item, rest, value) : item));
  return isMapping(node) ? { ...node, [key]: setValue(node[key], rest, value) } : node;
}

/** Returns the change that enables the app's Alertmanager; an empty list if the app's values do not disable it. */
function switchAlertmanagerOn(app: PlannedApp, setting: string): RequestedValue[] {
  const enabledPath = ["alertmanager", "enabled"];
  if (getValueAt(app.values, enabledPath) !== false) return [];
  return [{ app: app.name, path: enabledPath, value: true, setting }];
}

/** The minimum length of a value that is hidden in the log although its field is not a secret field. */
const minSecretLength = 6;

/**
 * Returns the configuration with references replaced by the secrets, the secrets themselves, and a mistake for each
 * missing one. Under capture a missing secret gives a notice only: the run does not need it, for example in a fork's
 * pull request.
 */
function fillInSecrets(input: SettingInput, yaml: UserYaml, { config }: Completed) {
  const findSecret = (reference: Reference) => findReferredContent(input, yaml, reference) || undefined;
  const { value, filled, missing } = resolveReferences(config, findSecret);
  const captureReason = findCaptureReason(input);
  const isNeedless = (reference: PlacedReference) =>
    captureReason !== undefined && isReplacedByRedirect(reference.path);
  const describeProblem = (reference: PlacedReference) =>
    `${describeReference(reference)} ${describeMissing(input, yaml, reference)}`;
  const describeFix = (reference: PlacedReference) => {
    const action = reference.kind === "env" ? "set it" : "put the secret there";
    return isReplacedByRedirect(reference.path) ? `${action}${suggestCapture(input)}` : action;
  };
  const why =
    captureReason === "requested"
      ? "alerting.receivers is capture"
      : "monstack's own receiver takes the place of placeholders";
  // A short value that is not in a secret field, such as a port, would hide too much of the log.
  const secretEntries = filled.filter(
    (entry) => isSecretField(entry.path, entry.content) || entry.content.length >= minSecretLength,
  );
  return {
    value,
    secrets: secretEntries.map(({ content }) => content),
    mistakes: missing
      .filter((reference) => !isNeedless(reference))
      .map((reference) =>
        yaml.mistake(
          reference.path,
          `${describeProblem(reference)}; ${describeFix(reference)}`,
          reference.character,
        ),
      ),
    notices: missing
      .filter(isNeedless)
      .map((reference) =>
        yaml.notice(
          "receiver-secret-missing",
          reference.path,
          `${describeProblem(reference)}; ${formatPath(reference.path)} is not needed, as ${why}`,
          reference.character,
        ),
      ),
  };
}

/**
 * Returns the value of a reference; undefined if the variable is not set or the file was not found. The line break at
 * the end of a secret's file is not part of the secret.
 */
function findReferredContent(
  { env, texts }: Pick<SettingInput, "env" | "texts">,
  { folder }: UserYaml,
  { kind, name }: Reference,
): string | undefined {
  return kind === "env" ? getOwnValue(env, name) : texts[resolve(folder, name)]?.replace(/\r?\n$/, "");
}

function describeReference({ kind, name }: Reference): string {
  return kind === "env" ? `the environment variable ${name}` : `the file ${name}`;
}

/** Describes why a reference has no secret: its variable or file is empty, or does not exist. */
function describeMissing(input: SettingInput, yaml: UserYaml, reference: Reference): string {
  if (findReferredContent(input, yaml, reference) === "") return "is empty";
  return reference.kind === "env"
    ? "is not set"
    : `is not there (looked for at ${resolve(yaml.folder, reference.name)})`;
}

/** Returns the mistakes that upstream's code found in the configuration, with their places in the user's file. */
function toMistakes({ judged }: SettingInput, yaml: UserYaml, secrets: readonly string[]): Mistake[] {
  const redactor = createRedactor(selectHiddenSecrets(yaml.data, secrets));
  return (judged?.mistakes ?? []).map(({ path, problem, isKey, at }) => {
    const shown = redactor.message(problem);
    if (at) return { where: `${at.file}:${at.line}:${at.column}`, path: "", problem: shown };
    return isKey ? yaml.keyMistake(path, shown) : yaml.mistake(path, shown);
  });
}

/** Returns a notice if the configuration has no route, so that monstack makes one to all receivers. */
function noticeMadeRoute(yaml: UserYaml, { madeRouteTo }: Completed): Notice[] {
  if (madeRouteTo === undefined) return [];
  const prefix = madeRouteTo.length === 1 ? "" : "each of ";
  const text = `there is no route, so one is made: every alert goes to ${prefix}${madeRouteTo.join(", ")}`;
  return [yaml.notice("route-made", ["receivers"], text)];
}

/** Returns a notice for each key of matchers that Alertmanager has deprecated, with the text to write in its place. */
function noticeDeprecatedMatchers(yaml: UserYaml): Notice[] {
  return findDeprecatedMatchers(yaml.data).map(({ path, instead }) =>
    yaml.notice("matchers-deprecated", path, `${formatPath(path)} is deprecated; write ${instead}`),
  );
}

/** Returns the receivers with their integrations as one line for a message. */
function listReceivers({ config }: Completed): string {
  const receivers = Array.isArray(config["receivers"]) ? config["receivers"].filter(isMapping) : [];
  const names = receivers.map(({ name, ...rest }) => {
    const kinds = Object.keys(rest).filter((key) => key.endsWith("_configs"));
    const endpoint = (key: string): Endpoint => ({
      receiver: String(name),
      integration: key.replace(/_configs$/, ""),
      index: 0,
    });
    return kinds.length === 0 ? String(name) : kinds.map((key) => describeEndpoint(endpoint(key))).join(", ");
  });
  return names.join(", ");
}
