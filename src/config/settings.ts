import { accessSettings } from "./settings/access.ts";
import { alertingSettings } from "./settings/alerting.ts";
import { checklistSettings } from "./settings/checklist.ts";
import { checkSettings } from "./settings/checks.ts";
import { dashboardSettings } from "./settings/dashboards.ts";
import { keepSettings } from "./settings/keep.ts";
import { operatorSettings } from "./settings/operator.ts";
import type { Setting } from "./settings/setting.ts";
import { stackSettings } from "./settings/stack.ts";
import { storageSettings } from "./settings/storage.ts";
import { supplySettings } from "./settings/supply.ts";
import { toolSettings } from "./settings/tools.ts";
import { trustSettings } from "./settings/trust.ts";

/** Every setting by its name, in the order in which `--help` shows them. */
export const settings = {
  ...stackSettings,
  ...operatorSettings,
  ...storageSettings,
  ...toolSettings,
  ...supplySettings,
  ...checkSettings,
  ...alertingSettings,
  ...dashboardSettings,
  ...keepSettings,
  ...checklistSettings,
  ...accessSettings,
  ...trustSettings,
};

export type SettingName = keyof typeof settings;

/** Settings with their values parsed; what nobody set is not there. */
export type Settings = { [K in SettingName]?: (typeof settings)[K] extends Setting<infer T> ? T : never };

/** What inputs and flags can set, all of it text. An empty input counts as not set. */
export type ConfigOverrides = { readonly [K in SettingName]: string | undefined };

/** The settings as data: `--help`, action.yml and the docs are made from it. */
export const overrides: readonly { name: SettingName; metavar: string; help: string; default: string }[] =
  settingNames().map((name) => ({
    name,
    metavar: settings[name].metavar,
    help: settings[name].help,
    default: settings[name].byDefault,
  }));

export function settingNames(): SettingName[] {
  return Object.keys(settings) as SettingName[];
}
