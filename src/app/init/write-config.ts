import { defaultVersions } from "../../config/defaults.ts";
import { configSchemaUrl } from "../../config/editor/json-schema.ts";
import { formatFlowValue } from "../../yaml/pairs.ts";
import type { Choice, Note } from "./choose.ts";

/** Returns the text of a monstack.yaml with the chosen settings, and with common ones as comments. */
export function composeConfig(choice: Choice): string {
  const { rules, dashboards, monitors, alertmanager, notes } = choice;
  const left = notes.filter(({ use }) => use.kind === "left");
  const sections = [
    [
      `# yaml-language-server: $schema=${configSchemaUrl}`,
      "# Written by `monstack init` from what is in this folder. Every key is optional; docs/configuration.md lists all of",
      "# them, and `monstack plan` shows what they lead to.",
    ],
    [
      "# ci: starts fast, and sets only what you left open. as-is: the charts' own values. production: as-is, and the",
      "# production checklist is judged too.",
      "profile: ci",
    ],
    describeApps(choice),
    setting("rules", rules, "Rules of Prometheus. They are checked before anything is deployed."),
    setting("monitors", monitors, "Objects of the operator."),
    setting("dashboards", dashboards, "Dashboards for Grafana. Each panel is queried."),
    alertmanager === undefined
      ? []
      : [
          "# Alertmanager's receivers and routes. With capture, alerts go to a receiver of monstack's own: delivery is",
          "# verified, and nobody is notified. as-is sends them for real.",
          "alerting:",
          `  config: ${formatFlowValue(alertmanager)}`,
          "  receivers: capture",
        ],
    listOtherSettings(choice),
    left.length === 0 ? [] : ["# Left out:", ...left.map((note) => `# ${describeNote(note)}`)],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n")}`;
}

/** Returns comments with common settings that are not set. */
function listOtherSettings({ dashboards, rules }: Choice): string[] {
  const examples = [
    [`k3s: { version: ${defaultVersions.k3s} }`, "or v1.36, stable"],
    [`helm: { version: ${defaultVersions.helm} }`, "or v4, v3, stable"],
    ["retention: 15d", "of Prometheus"],
    ["timeouts: { deploy: 5m, verify: 2m }", "until the workloads are ready, until each check passes"],
    ...(rules.length === 0 ? [["rules: [rules/*.yaml]", "files of rules, folders, patterns"]] : []),
    ...(dashboards.length === 0 ? [["dashboards: [1860@37]", "ids of grafana.com, files, folders"]] : []),
    ["checks:", "your own: docs/own-checks.md"],
  ];
  return [
    "# Other settings, with their defaults or with an example:",
    ...examples.map(([setting = "", meaning]) => `# ${setting.padEnd(36)} # ${meaning}`),
    '#   - { name: all-targets-are-up, promql: up, expect: { every: "== 1" } }',
  ];
}

/** Returns the lines that say where the apps come from. */
function describeApps({ appDir, stack, values }: Choice): string[] {
  if (appDir !== undefined)
    return [
      "# The apps come from sbkube's file in this folder, as they are.",
      `app-dir: ${formatFlowValue(appDir)}`,
    ];
  const entries = Object.entries(values);
  const apps = entries.flatMap(([app, file]) => [`  ${app}:`, `    values: ${formatFlowValue([file])}`]);
  return [
    "# plain: the charts prometheus and grafana. operator: the chart kube-prometheus-stack.",
    `stack: ${stack}`,
    ...(apps.length === 0 ? [] : ["apps:", ...apps]),
  ];
}

/** Returns the lines of a list; empty without items. */
function setting(key: string, items: readonly string[], comment: string): string[] {
  if (items.length === 0) return [];
  return [`# ${comment}`, `${key}:`, ...items.map((item) => `  - ${formatFlowValue(item)}`)];
}

/** Returns one line that says what a file is, and what it is used for. */
export function describeNote({ file, why, use }: Note): string {
  const name = formatFlowValue(file);
  return use.kind === "used" ? `${name} (${why}): ${use.as}` : `${name} (${why}): ${use.because}`;
}
