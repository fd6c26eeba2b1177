import { needGrafana, notPassed, quoteCheck, withFault } from "../failed.ts";
import { type LogLine, linesOf, quote, saidBy } from "../log-lines.ts";
import type { DiagnosisRule, Evidence } from "../types.ts";

const twoDefaults =
  /Only one datasource per organization can be marked as default|Only one datasource can be marked as default/;
const refused = /(Datasource|Dashboard|Notification|App|Plugin|Alert(?:ing| rules)?) provisioning error: ?/i;

export const datasourceTwoDefaults: DiagnosisRule = {
  id: "datasource-two-defaults",
  layer: "configuration",
  title: "Two datasources are marked as default",
  evidence: "Grafana's log; the datasources that the charts provision",
  find: (evidence) => {
    const line = last(evidence, twoDefaults);
    const checks = withFault(evidence, "datasource-two-defaults");
    if (line === undefined && checks.length === 0) return [];
    const asked = evidence.asked.datasources.filter(({ isDefault }) => isDefault).map(({ name }) => name);
    const names = asked.length > 1 ? `: ${asked.join(" and ")}` : "";
    return [
      {
        what: `Grafana ${line ? "does not start" : "has two default datasources"}${line ? ": two datasources are marked as default" : ""}${names}`,
        how: [...(line ? [quote(line)] : []), ...checks.map(quoteCheck)],
        mend: "Leave isDefault: true on one datasource only. A chart that brings its own (kube-prometheus-stack: grafana.sidecar.datasources.defaultDatasourceEnabled: false) counts too.",
        sureness: "certain",
        explains: notPassed(evidence, needGrafana),
        blame: { app: undefined, keys: ["isDefault", "defaultDatasourceEnabled"], values: asked.slice(1) },
      },
    ];
  },
};

export const grafanaProvisioningInvalid: DiagnosisRule = {
  id: "grafana-provisioning-invalid",
  layer: "configuration",
  title: "Grafana refuses a provisioning file",
  evidence: "Grafana's log: `... provisioning error`",
  find: (evidence) => {
    const line = last(evidence, refused);
    if (line === undefined || twoDefaults.test(line.text)) return [];
    const said = saidBy(line);
    const kind = (refused.exec(said)?.[1] ?? "").toLowerCase();
    const why = said.slice(said.search(refused)).replace(refused, "").replace(/\]$/, "");
    const gone = /data source not found/i.test(why);
    return [
      {
        what: `Grafana does not start: it refuses its ${kind} provisioning: ${why}`,
        how: [quote(line)],
        mend: gone
          ? "A volume from before holds that datasource under another uid: delete the volume, or give the datasource its old uid."
          : `Correct the ${kind} files in the Grafana chart's values: for YAML mind the indentation, and \`apiVersion: 1\` at the top.`,
        sureness: "certain",
        explains: notPassed(evidence, needGrafana),
        blame: {
          app: undefined,
          keys: [kind === "dashboard" ? "dashboardProviders" : "datasources"],
          values: [],
        },
      },
    ];
  },
};

export const dashboardNotLoaded: DiagnosisRule = {
  id: "dashboard-not-loaded",
  layer: "grafana",
  title: "Grafana can't load a dashboard's file",
  evidence: "Grafana's log: `failed to load dashboard from`, `failed to save dashboard`",
  find: (evidence) => {
    const failed = linesOf(evidence, "grafana").filter(({ text }) =>
      /failed to (load|save|provision) dashboard/i.test(text),
    );
    const byFile = new Map(failed.map((line) => [line.fields["file"] ?? "", line]));
    return [...byFile].map(([file, line]) => {
      const empty = /(?:EOF|unexpected end of JSON input)\s*"?$/.test(line.text.trim());
      return {
        what: `Grafana can't load the dashboard ${file.split("/").at(-1) || "that is named below"}: ${empty ? "its file is empty" : "its file is not as it should be"}`,
        how: [quote(line), ...(file ? [`the file is ${file}`] : [])],
        mend: empty
          ? "Its download failed unnoticed (gnetId or url, in the init container download-dashboards): give the dashboard as json or file, or let the pod reach grafana.com."
          : "Correct the dashboard's JSON.",
        sureness: "certain" as const,
        explains: notPassed(evidence, /^dashboard/),
        blame: {
          app: undefined,
          keys: [
            `${
              file
                .split("/")
                .at(-1)
                ?.replace(/\.json$/, "") ?? ""
            }.gnetId`,
            "dashboards",
          ],
          values: [],
        },
      };
    });
  },
};

export const grafanaPluginDownload: DiagnosisRule = {
  id: "grafana-plugin-download",
  layer: "grafana",
  title: "Grafana can't download a plugin",
  evidence: "Grafana's log: an address below grafana.com/api/plugins, or `failed to install plugin`",
  find: (evidence) => {
    const line = last(evidence, /grafana\.com\/api\/plugins|failed to install plugin/i);
    if (line === undefined) return [];
    const plugin = /plugins\/(?:repo\/)?([a-z0-9-]+)/.exec(line.text)?.[1] ?? line.fields["pluginId"] ?? "";
    const fatal = /✗/.test(line.text);
    return [
      {
        what: `Grafana ${fatal ? "does not start: it" : ""} can't download the plugin ${plugin}`.replace(
          "  ",
          " ",
        ),
        how: [quote(line)],
        mend: "Take it out of `plugins` (GF_INSTALL_PLUGINS, GF_PLUGINS_PREINSTALL), put it into the image, or let the pod reach grafana.com.",
        sureness: fatal ? "certain" : "possible",
        explains: fatal ? notPassed(evidence, needGrafana) : [],
        blame: {
          app: undefined,
          keys: ["plugins", "GF_INSTALL_PLUGINS", "GF_PLUGINS_PREINSTALL_SYNC"],
          values: [plugin],
        },
      },
    ];
  },
};

function last(evidence: Evidence, words: RegExp): LogLine | undefined {
  return linesOf(evidence, "grafana").findLast(({ text }) => words.test(text));
}
