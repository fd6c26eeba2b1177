import type * as z from "zod";
import { type Problem, parseData } from "../yaml/mistakes.ts";
import { type Context, resolveSchema } from "../yaml/primitives.ts";
import { accessSettings, trustSettings } from "./settings/access.ts";
import { alertingSettings, dashboardSettings } from "./settings/alerting.ts";
import { checklistSettings, checkSettings, keepSettings } from "./settings/checks.ts";
import { compareSettings } from "./settings/compare.ts";
import type { Setting } from "./settings/setting.ts";
import { stackSettings } from "./settings/stack.ts";
import { storageSettings } from "./settings/storage.ts";
import { supplySettings, toolSettings } from "./settings/tools.ts";

/** The settings of all groups, in the order in which `--help` shows them. */
const settingTable = {
  ...stackSettings,
  ...storageSettings,
  ...toolSettings,
  ...supplySettings,
  ...checkSettings,
  ...alertingSettings,
  ...dashboardSettings,
  ...keepSettings,
  ...compareSettings,
  ...checklistSettings,
  ...accessSettings,
  ...trustSettings,
};

export type SettingName = keyof typeof settingTable;

/** Every setting by its name, in the order in which `--help` shows them. */
export const settings: Readonly<Record<SettingName, Setting>> = settingTable;

type SchemaOutput<S> = S extends (context: Context) => infer R ? z.output<R> : z.output<S>;

/** Settings with their values parsed; a setting that nobody set is left out. */
export type Settings = { [K in SettingName]?: SchemaOutput<(typeof settingTable)[K]["schema"]> };

/** The texts of settings in inputs and flags. An empty input counts as not set. */
export type ConfigOverrides = { readonly [K in SettingName]: string | undefined };

/** The settings as data, from which `--help`, action.yml and the docs are generated. */
export const overrides: readonly { name: SettingName; metavar: string; help: string; default: string }[] =
  listSettingNames().map((name) => {
    const { metavar, help, byDefault = "" } = settings[name];
    return { name, metavar, help, default: byDefault };
  });

/**
 * The settings that are inputs of the action, because workflows vary them. Every other setting of monstack.yaml is a
 * line of the input `set`; ports and timeouts also have an input for all of their section.
 */
export const inputSettings: readonly SettingName[] = [
  "profile",
  "stack",
  "apps",
  "app-dir",
  "k3s-version",
  "helm-version",
  "kubectl-version",
  "kubeconfig",
  "rules",
  "dashboards",
  "checks",
  "cache",
  "mirrors",
  "lock-file",
  "bundle",
  "baseline",
  "report-dir",
  "trust",
  "env",
];

/** Returns how the action sets a setting, for messages and docs: its input, or its line in the input `set`. */
export function describeInput(name: SettingName, value = "..."): string {
  const { inFile } = settings[name];
  if (inputSettings.includes(name)) return `the input ${name}`;
  if (inFile === undefined) return "the environment variable MONSTACK_STATE_DIR";
  return `the input set, line \`${inFile.join(".")}: ${value}\``;
}

export function listSettingNames(): SettingName[] {
  return Object.keys(settingTable) as SettingName[];
}

/** Parses the text of an input, a flag or an environment variable. */
export function parseSetting<N extends SettingName>(
  name: N,
  text: string,
  context: Context,
): { readonly value: Settings[N] } | { readonly problems: readonly Problem[] } {
  const { schema, readText } = settings[name];
  const parsed = parseData(resolveSchema(schema, context), readText ? readText(text) : text);
  // The cast is safe: the value is the output of the setting's own schema.
  return "problems" in parsed ? parsed : { value: parsed.value as Settings[N] };
}
