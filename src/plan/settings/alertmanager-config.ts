import { resolve } from "node:path";
import { describeEndpoint, type Endpoint } from "../../alerting/endpoints.ts";
import { isRedirected } from "../../alerting/redirect.ts";
import { type PlacedReference, type Reference, resolveReferences } from "../../alerting/references.ts";
import { hiddenInMessages, isSecretField, writtenSecrets } from "../../alerting/secrets.ts";
import { UserError } from "../../lib/errors.ts";
import { isMapping, ownValue, valueAt } from "../../lib/object.ts";
import { createRedactor } from "../../lib/redact/redactor.ts";
import type { Notice, PlannedApp, RequestedValue } from "../../model/plan.ts";
import { deprecatedMatchers } from "../../rules/alertmanager-versions.ts";
import { formatPath, type Mistake, throwIfAny } from "../../yaml/mistakes.ts";
import { alertmanagerPath, hasAlertmanager } from "../capture.ts";
import type { PlanSetting, SettingInput } from "./apply.ts";
import { type Completed, completeConfig } from "./complete-config.ts";
import { captureInstead, type Given, judgeWritten, readConfig, whyCaptured } from "./receivers.ts";
import type { UserYaml } from "./user-files.ts";

type Path = readonly (string | number)[];

/**
 * `alerting.config`: Alertmanager's own format, secrets by reference, laid over whatever the chart and its values have.
 * @throws UserError for what Alertmanager would refuse, references to nothing, and placeholders that nobody replaced
 */
export const planAlertmanagerConfig: PlanSetting = (input) => {
  const { config } = input.config.alerting;
  if (config === undefined) return {};
  const yaml = readConfig(input, config);
  const app = input.apps.find(hasAlertmanager) ?? input.apps.find((one) => alertmanagerPath(one));
  const path = app && alertmanagerPath(app);
  if (app === undefined || path === undefined)
    throw new UserError("alerting.config: no app of this stack deploys an Alertmanager");
  const data = asWritten(yaml);
  if (!isMapping(data)) {
    throwIfAny([yaml.mistake([], "Alertmanager's configuration is a mapping with receivers and route")]);
    return {};
  }
  const completed = completeConfig(data);
  const secrets = fillIn(input, yaml, completed);
  const written = judgeWritten(input, yaml, writtenSecrets(data));
  const all = [...secrets.secrets, ...written.secrets];
  throwIfAny([...secrets.mistakes, ...written.mistakes, ...refused(input, yaml, all)]);
  const setting = `alerting.config (${yaml.shownAs}): ${receiversOf(completed)}`;
  const value: RequestedValue = {
    app: app.name,
    path,
    value: withTypes(secrets.value, input.judged?.typed ?? []),
    how: "whole",
    setting,
    ...(all.length > 0 ? { secret: true } : {}),
  };
  return {
    values: [...switchedOn(app, setting), value],
    notices: [
      ...routeNotice(yaml, completed),
      ...secrets.notices,
      ...written.notices,
      ...deprecated(yaml),
      ...(input.judged?.notices ?? []),
    ],
    secrets: all,
  };
};

/** What upstream's own code said of the configuration. */
export interface JudgedConfig {
  /** Values that a reference stands for where a number, or true or false, is expected. */
  readonly typed: readonly TypedValue[];
  readonly mistakes: readonly {
    readonly path: Path;
    readonly problem: string;
    readonly isKey?: boolean;
    /** Where it stands, if not in the configuration itself. */
    readonly at?: Notice["at"];
  }[];
  readonly notices: readonly Notice[];
}

export interface TypedValue {
  readonly path: Path;
  readonly value: unknown;
}

/** The user's configuration as it can be shown to whoever judges it. */
export interface ConfigToJudge {
  readonly config: unknown;
  readonly yaml: UserYaml;
  /** Texts that are nothing but a reference, or could be something else than a text, by their paths as JSON. */
  readonly referred: ReadonlySet<string>;
  /** The same of those for which there is nothing, or only a placeholder: something stands there that could. */
  readonly madeUp: ReadonlySet<string>;
}

/** Undefined when there is none, or it is not a mapping. */
export function configToJudge(input: Given & Pick<SettingInput, "env">): ConfigToJudge | undefined {
  const source = input.config.alerting.config;
  if (source === undefined) return undefined;
  const yaml = readConfig(input, source);
  const data = asWritten(yaml);
  if (!isMapping(data)) return undefined;
  const { config } = completeConfig(data);
  const madeUp = new Set<string>();
  const resolved = resolveReferences(config, (wanted) => {
    const content = contentOf(input, yaml, wanted);
    if (!content) madeUp.add(JSON.stringify(wanted.path));
    return content || possible(wanted.path);
  });
  const placeholders = writtenSecrets(yaml.data).filter((one) => one.isPlaceholder);
  for (const { path } of placeholders) madeUp.add(JSON.stringify(path));
  return {
    config: withTypes(
      resolved.value,
      placeholders.map(({ path }) => ({ path, value: possible(path) })),
    ),
    yaml,
    referred: new Set(
      [
        ...resolved.filled.filter(({ path, content }) => valueIn(resolved.value, path) === content),
        ...yaml.unlikeTheirText,
      ].map(({ path }) => JSON.stringify(path)),
    ),
    madeUp,
  };
}

/** Alertmanager takes `0123` and `1.0` for texts where it expects some: they are texts until it refuses them. */
function asWritten(yaml: UserYaml): unknown {
  return withTypes(
    yaml.data,
    yaml.unlikeTheirText.map(({ path, text }) => ({ path, value: text })),
  );
}

function possible(path: Path): string {
  return /smarthost$/.test(String(path.at(-1))) ? "mail.invalid:25" : "https://secret.invalid/";
}

/** The same with other values at some paths. */
export function withTypes(config: unknown, values: readonly TypedValue[]): unknown {
  return values.reduce((so, { path, value }) => withAt(so, path, value), config);
}

export function valueIn(config: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (node, step) => (typeof node === "object" && node !== null ? Reflect.get(node, step) : undefined),
    config,
  );
}

function withAt(node: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(node)) return node.map((one, index) => (index === key ? withAt(one, rest, value) : one));
  return isMapping(node) ? { ...node, [key]: withAt(node[key], rest, value) } : node;
}

function switchedOn(app: PlannedApp, setting: string): RequestedValue[] {
  const path = ["alertmanager", "enabled"];
  if (valueAt(app.values, path) !== false) return [];
  return [{ app: app.name, path, value: true, setting }];
}

/** Puts in what is referred to. Under capture nobody needs the secrets, e.g. in a fork's pull request. */
function fillIn(input: SettingInput, yaml: UserYaml, { config }: Completed) {
  const lookUp = (wanted: Reference) => contentOf(input, yaml, wanted) || undefined;
  const { value, filled, missing } = resolveReferences(config, lookUp);
  const captured = whyCaptured(input);
  const needless = (one: PlacedReference) => captured !== undefined && isRedirected(one.path);
  const text = (one: PlacedReference) => `${nameOf(one)} ${whyMissing(input, yaml, one)}`;
  const fix = (one: PlacedReference) => {
    const first = one.kind === "env" ? "set it" : "put the secret there";
    return isRedirected(one.path) ? `${first}${captureInstead(input)}` : first;
  };
  const why =
    captured === "asked"
      ? "alerting.receivers is capture"
      : "monstack's own receiver takes the place of placeholders";
  const secret = filled.filter((one) => isSecretField(one.path, one.content) || one.content.length >= 6);
  return {
    value,
    secrets: secret.map(({ content }) => content),
    mistakes: missing
      .filter((one) => !needless(one))
      .map((one) => yaml.mistake(one.path, `${text(one)}; ${fix(one)}`, one.character)),
    notices: missing
      .filter(needless)
      .map((one) =>
        yaml.notice(
          "receiver-secret-missing",
          one.path,
          `${text(one)}; ${formatPath(one.path)} is not needed, as ${why}`,
          one.character,
        ),
      ),
  };
}

/** A file of a secret usually ends with a line break that is no part of it. */
function contentOf(
  { env, texts }: Pick<SettingInput, "env" | "texts">,
  { folder }: UserYaml,
  { kind, name }: Reference,
) {
  return kind === "env" ? ownValue(env, name) : texts[resolve(folder, name)]?.replace(/\r?\n$/, "");
}

function nameOf({ kind, name }: Reference): string {
  return kind === "env" ? `the environment variable ${name}` : `the file ${name}`;
}

function whyMissing(input: SettingInput, yaml: UserYaml, one: Reference): string {
  if (contentOf(input, yaml, one) === "") return "is empty";
  return one.kind === "env" ? "is not set" : `is not there (looked for at ${resolve(yaml.folder, one.name)})`;
}

/** What Alertmanager would refuse, and what it could not do. */
function refused({ judged }: SettingInput, yaml: UserYaml, secrets: readonly string[]): Mistake[] {
  const redactor = createRedactor(hiddenInMessages(yaml.data, secrets));
  return (judged?.mistakes ?? []).map(({ path, problem, isKey, at }) => {
    const shown = redactor.message(problem);
    if (at) return { where: `${at.file}:${at.line}:${at.column}`, path: "", problem: shown };
    return isKey ? yaml.keyMistake(path, shown) : yaml.mistake(path, shown);
  });
}

function routeNotice(yaml: UserYaml, { madeRouteTo }: Completed): Notice[] {
  if (madeRouteTo === undefined) return [];
  const to = madeRouteTo.length === 1 ? "" : "each of ";
  const text = `there is no route, so one is made: every alert goes to ${to}${madeRouteTo.join(", ")}`;
  return [yaml.notice("route-made", ["receivers"], text)];
}

function deprecated(yaml: UserYaml): Notice[] {
  return deprecatedMatchers(yaml.data).map(({ path, instead }) =>
    yaml.notice("matchers-deprecated", path, `${formatPath(path)} is deprecated; write ${instead}`),
  );
}

function receiversOf({ config }: Completed): string {
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
