import { matchFailure } from "../../failures/failure.ts";
import { grafanaDatabase as database } from "../../failures/servers.ts";
import { findFailedChecks, listNotPassed, needGrafana, quoteCheck, withFault } from "../checks.ts";
import type { Evidence } from "../evidence.ts";
import { canExplain, findLinesOfApp, getMessage, type LogLine, quote } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";

const twoDefaults =
  /Only one datasource per organization can be marked as default|Only one datasource can be marked as default/;
const refused = /(Datasource|Dashboard|Notification|App|Plugin|Alert(?:ing| rules)?) provisioning error: ?/i;

export const datasourceTwoDefaults: DiagnosisRule = {
  id: "datasource-two-defaults",
  layer: "configuration",
  title: "Two datasources are marked as default",
  evidence: "Grafana's log; the datasources that the charts provision",
  find: (evidence) => {
    const line = findLastLine(evidence, twoDefaults);
    const checks = withFault(evidence, "datasource-two-defaults");
    if (line === undefined && checks.length === 0) return [];
    const requested = evidence.requested.datasources
      .filter(({ isDefault }) => isDefault)
      .map(({ name }) => name);
    const names = requested.length > 1 ? `: ${requested.join(" and ")}` : "";
    return [
      {
        what: `Grafana ${line ? "does not start" : "has two default datasources"}${line ? ": two datasources are marked as default" : ""}${names}`,
        how: [...(line ? [quote(line)] : []), ...checks.map(quoteCheck)],
        fix: "Leave isDefault: true on one datasource only. A chart that brings its own (kube-prometheus-stack: grafana.sidecar.datasources.defaultDatasourceEnabled: false) counts too.",
        explains: listNotPassed(evidence, needGrafana),
        keys: ["isDefault", "defaultDatasourceEnabled"],
        values: requested.slice(1),
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
    const line = findLastLine(evidence, refused);
    if (line === undefined || twoDefaults.test(line.text)) return [];
    const message = getMessage(line);
    const kind = (refused.exec(message)?.[1] ?? "").toLowerCase();
    const why = message.slice(message.search(refused)).replace(refused, "").replace(/\]$/, "");
    const gone = /data source not found/i.test(why);
    return [
      {
        what: `Grafana does not start: it refuses its ${kind} provisioning: ${why}`,
        how: [quote(line)],
        fix: gone
          ? "A volume from before holds that datasource under another uid: delete the volume, or give the datasource its old uid."
          : `Correct the ${kind} files in the Grafana chart's values: for YAML mind the indentation, and \`apiVersion: 1\` at the top.`,
        explains: listNotPassed(evidence, needGrafana),
        keys: [kind === "dashboard" ? "dashboardProviders" : "datasources"],
      },
    ];
  },
};

/** Grafana reads the files again every 10 s, and logs the same again; what was in the way only once is over by then. */
const pollMs = 15_000;

export const dashboardNotLoaded: DiagnosisRule = {
  id: "dashboard-not-loaded",
  layer: "grafana",
  title: "Grafana can't load a dashboard's file",
  evidence: "Grafana's log: `failed to load dashboard from`, `failed to save dashboard`",
  find: (evidence) => {
    const checks = listNotPassed(evidence, /^dashboard/);
    const failed = findLinesOfApp(evidence, "grafana").filter(
      (line) =>
        /failed to (load|save|provision) dashboard/i.test(line.text) &&
        canExplain(evidence, line, checks, pollMs),
    );
    const byFile = new Map(failed.map((line) => [line.fields["file"] ?? "", line]));
    return [...byFile].map(([file, line]) => {
      const empty = /(?:EOF|unexpected end of JSON input)\s*"?$/.test(line.text.trim());
      return {
        what: `Grafana can't load the dashboard ${file.split("/").at(-1) || "that is named below"}: ${empty ? "its file is empty" : "its file is not as it should be"}`,
        how: [quote(line), ...(file ? [`the file is ${file}`] : [])],
        fix: empty
          ? "Its download failed unnoticed (gnetId or url, in the init container download-dashboards): set take-over-dashboards: true to have monstack download it, give the dashboard as json or file, or let the pod reach grafana.com."
          : "Correct the dashboard's JSON.",
        explains: checks,
        keys: [
          `${
            file
              .split("/")
              .at(-1)
              ?.replace(/\.json$/, "") ?? ""
          }.gnetId`,
          "dashboards",
        ],
      };
    });
  },
};

/** `grafana cli` of the image's start script, or a synchronous preinstall: it ends Grafana's start. */
const fatalDownload = /✗.{0,500}(?:grafana\.com\/api\/plugins\/|failed to install plugin)/;
/** Of the installer that goes on beside Grafana's start; Grafana's own default plugins are among what it installs. */
const backgroundDownload = /msg="Failed to install plugin"/;

export const grafanaPluginDownload: DiagnosisRule = {
  id: "grafana-plugin-download",
  layer: "grafana",
  title: "Grafana can't download a plugin",
  evidence:
    "Grafana's log: what ends its start, or `Failed to install plugin` for a plugin that a failed check names",
  find: (evidence) => {
    const fatal = findLastLine(evidence, fatalDownload);
    if (fatal !== undefined)
      return [describeFailedDownload(fatal, true, findPlugin(fatal), listNotPassed(evidence, needGrafana))];
    const missing = findLinesOfApp(evidence, "grafana").filter(({ text }) => backgroundDownload.test(text));
    const byPlugin = new Map(missing.map((line) => [findPlugin(line), line]));
    return [...byPlugin].flatMap(([plugin, line]) => {
      const checks = findFailedChecks(evidence)
        .filter(
          ({ expected, seen, cause = "" }) =>
            plugin !== "" && `${expected} ${seen} ${cause}`.includes(plugin),
        )
        .map(({ id }) => id);
      return checks.length > 0 || !line.isWell ? [describeFailedDownload(line, false, plugin, checks)] : [];
    });
  },
};

function findPlugin({ text, fields }: LogLine): string {
  const named =
    /failed to install plugin ([a-z0-9-]+)@/.exec(text) ??
    /\/api\/plugins\/repo\/([a-z0-9-]+)/.exec(text) ??
    /\/api\/plugins\/([a-z0-9-]+)\//.exec(text);
  return fields["pluginId"] ?? named?.[1] ?? "";
}

function describeFailedDownload(
  line: LogLine,
  endsStart: boolean,
  plugin: string,
  explains: readonly string[],
): Finding {
  return {
    what: `Grafana ${endsStart ? "does not start: it " : ""}can't download the plugin ${plugin}`,
    how: [quote(line)],
    fix: "Take it out of `plugins` (GF_INSTALL_PLUGINS, GF_PLUGINS_PREINSTALL), put it into the image, or let the pod reach grafana.com.",
    sureness: endsStart ? "certain" : explains.length > 0 ? "likely" : "possible",
    explains,
    keys: ["plugins", "GF_INSTALL_PLUGINS", "GF_PLUGINS_PREINSTALL_SYNC", "GF_PLUGINS_PREINSTALL"],
    values: [plugin],
  };
}

/** What ends Grafana's start: in the log of one that is well it can only be from a reload. */
function findLastLine(evidence: Evidence, pattern: RegExp): LogLine | undefined {
  const checks = listNotPassed(evidence, needGrafana);
  return findLinesOfApp(evidence, "grafana").findLast(
    (line) => pattern.test(line.text) && canExplain(evidence, line, checks),
  );
}

export const grafanaDatabase: DiagnosisRule = {
  ...database,
  evidence: "Grafana's log and its /api/health",
  find: (evidence) => {
    const explains = listNotPassed(evidence, needGrafana);
    const reports = findLinesOfApp(evidence, "grafana")
      .filter((line) => canExplain(evidence, line, explains))
      .flatMap((line) => matchFailure([database], line.text)?.variant ?? [])
      .sort();
    const checks = withFault(evidence, database.id);
    if (reports.length === 0 && checks.length === 0) return [];
    const line = findLinesOfApp(evidence, "grafana").findLast(
      (one) =>
        canExplain(evidence, one, explains) &&
        matchFailure([database], one.text)?.variant === (reports[0] ?? ""),
    );
    const known = line && matchFailure([database], line.text);
    return [
      {
        what: `Grafana has trouble with its database: ${known?.explanation ?? "it reports that it can't reach it"}`,
        how: [...(line ? [quote(line)] : []), ...checks.map(quoteCheck)],
        fix: known?.fix,
        // One that is well may have had to wait for its database once.
        sureness: checks.length > 0 || !line?.isWell ? "certain" : "possible",
        explains,
      },
    ];
  },
};

export const grafanaLoginRefused: DiagnosisRule = {
  id: "grafana-login-refused",
  layer: "grafana",
  title: "Grafana refuses the configured password",
  evidence: "its HTTP 401 to the configured user; the age of its volume",
  find: (evidence) => {
    const checks = findFailedChecks(evidence).filter(({ fault }) => fault === "grafana-login-refused");
    if (checks.length === 0 && !evidence.grafana?.loginRefused) return [];
    const claim = findOldClaim(evidence);
    return [
      {
        what: claim
          ? `Grafana refuses the configured password: its volume (claim ${claim.name}) is from an earlier deployment and holds another one`
          : "Grafana refuses the configured password: its database holds another one",
        how: [
          ...(checks.length > 0
            ? checks.slice(0, 1).map(quoteCheck)
            : ["Grafana answers HTTP 401 to the configured user"]),
          ...(claim
            ? [
                `the claim ${claim.name} was made ${claim.createdAt}, before this deployment (${evidence.deployedAt})`,
              ]
            : []),
        ],
        fix: claim
          ? `Delete the claim ${claim.name}, give the old password as grafana.password, or reset it: \`grafana cli admin reset-admin-password\` in the pod. Grafana takes the password from the values only for a new database.`
          : "Give the password that is in force as grafana.password, or reset it: `grafana cli admin reset-admin-password` in the pod. Somebody changed it, or the chart takes it from a Secret of your own (admin.existingSecret).",
        explains: [
          ...new Set([...checks.map(({ id }) => id), ...listNotPassed(evidence, needGrafana)]),
        ].filter((id) => !id.startsWith("workloads-")),
        keys: ["adminPassword", "admin.existingSecret", "grafana.password"],
      },
    ];
  },
};

function findOldClaim({ cluster, deployedAt }: Evidence) {
  const claim = (cluster?.claims ?? []).find(({ metadata }) => /grafana/.test(metadata.name));
  const createdAt = claim?.metadata.creationTimestamp;
  if (claim === undefined || createdAt === undefined || deployedAt === undefined) return undefined;
  if (Date.parse(createdAt) >= Date.parse(deployedAt)) return undefined;
  return { name: `${claim.metadata.namespace}/${claim.metadata.name}`, createdAt };
}
