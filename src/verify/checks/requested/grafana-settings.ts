import { findNearestWord } from "../../../lib/suggest.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import type { GrafanaClient } from "../../../stack/grafana.ts";
import type { RequestedContainer } from "../../requested/containers.ts";
import {
  findGrafanaContainer,
  formatSettingVariable,
  type GrafanaSetting,
  readRequestedIni,
} from "../../requested/grafana-settings.ts";
import { type StackWith, withGrafana } from "../required-services.ts";

export const grafanaSettingsEffective: Check = {
  id: "grafana-settings-effective",
  title: "Grafana uses the settings that were requested",
  severity: "error",
  meaning: "A value of grafana.ini or a GF_ variable has no effect: Grafana uses another one.",
  fix: "set each key in one place only (a variable overrides grafana.ini), put values with # or ; into backquotes, and correct the names of variables",
  run: withGrafana(checkGrafanaSettingsEffective),
};

/** Milliseconds: the previous pod may still respond while the new one starts. */
const rolloutMs = 12_000;

/** Grafana's settings in force: the values by section and key. */
type LiveSettings = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Compares the rendered grafana.ini and GF_ variables with the settings that Grafana reports. */
async function checkGrafanaSettingsEffective(
  client: GrafanaClient,
  { grafana, rendered }: StackWith<"grafana">,
): Promise<Verdict> {
  const ini = readRequestedIni(rendered);
  const container = findGrafanaContainer(rendered);
  const variables = listLiteralVariables(container);
  if (ini.length === 0 && variables.length === 0)
    return skip("the charts render neither a grafana.ini nor GF_ variables");
  const live = await client.settings();
  if (live === undefined)
    return skip(`${grafana.user} is not a server administrator, and only these may read Grafana's settings`);
  return judgeSettings(ini, container, live);
}

/** Returns a failure if a key or a variable has another value in Grafana, or if a variable is probably misspelled. */
function judgeSettings(
  ini: readonly GrafanaSetting[],
  container: RequestedContainer | undefined,
  live: LiveSettings,
): Verdict {
  const variables = listLiteralVariables(container);
  const liveByVariable = mapByVariable(live);
  const isVariableSet = (name: string) => container?.env.has(name) || container?.env.has(`${name}__FILE`);
  // A variable overrides its key. One from a Secret or a ConfigMap may override any key.
  const effectiveKeys = container?.hasEnvFrom
    ? []
    : ini.filter((setting) => !isVariableSet(formatSettingVariable(setting)));
  const problems = [
    ...effectiveKeys.flatMap(({ section, key, value }) =>
      describeDifference(`[${section}] ${key}`, value, live[section]?.[key]),
    ),
    ...variables.flatMap(([name, value]) => {
      const liveValue = liveByVariable.get(name);
      if (liveValue !== undefined) return describeDifference(name, value, liveValue);
      const intendedName = findNearestWord(name, [...liveByVariable.keys()]);
      return intendedName === undefined || value === "" || container?.env.has(intendedName)
        ? []
        : [`${name}: Grafana has no such setting; did you mean ${intendedName}?`];
    }),
  ];
  if (problems.length === 0)
    return pass(
      `${formatCount(effectiveKeys.length, "key")} of grafana.ini and ${formatCount(variables.length, "variable")} are in force`,
    );
  return {
    status: "fail",
    expected: "grafana.ini and the GF_ variables of the charts are in force",
    seen: formatList(problems),
    cause:
      "Grafana reads # and ; as the beginning of a comment, ignores variables that name no setting, or runs with the configuration of an earlier deployment",
    fault: { id: "grafana-setting-ignored", graceMs: rolloutMs },
  };
}

/** Variables that only the start script of the image reads: Grafana has no setting of that name. */
const startScriptVariables = /^GF_(INSTALL_|PATHS_|PLUGIN_)|__FILE$/;

/**
 * Returns the names and values of the container's GF_ variables that name a setting of Grafana. Leaves out values that
 * the charts do not contain.
 */
function listLiteralVariables(container: RequestedContainer | undefined): [name: string, value: string][] {
  return [...(container?.env ?? [])].flatMap(([name, value]) =>
    value !== undefined && name.startsWith("GF_") && !startScriptVariables.test(name) ? [[name, value]] : [],
  );
}

/** Returns the live value of each setting by the name of its variable, for example GF_SERVER_ROOT_URL. */
function mapByVariable(live: LiveSettings): Map<string, string> {
  return new Map(
    Object.entries(live).flatMap(([section, keys]) =>
      Object.entries(keys).map(([key, value]) => [formatSettingVariable({ section, key }), value] as const),
    ),
  );
}

/** Matches a masked secret, and a value that Grafana expands. */
const maskedOrExpanded = /\$|%\(|\*{5}/;

/**
 * Returns a line on a live value that differs from the requested one; empty if both match. Masked secrets and values
 * that Grafana expands (`$__env{}`, `%(domain)s`) count as matching.
 */
function describeDifference(name: string, requested: string, live: string | undefined): string[] {
  if (live === requested || maskedOrExpanded.test(`${requested}${live}`)) return [];
  return [
    `${name} is ${live === undefined ? "not there" : formatValue(live)}, not ${formatValue(requested)}`,
  ];
}

/** Returns a value for messages: at most 80 characters, and `empty` for an empty one. */
function formatValue(value: string): string {
  if (value === "") return "empty";
  return value.length > 80 ? `${value.slice(0, 79)}…` : value;
}
