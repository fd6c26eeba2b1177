import { describe, expect, it } from "vitest";
import { listFileKeys } from "../../../src/config/load/monstack-file.ts";
import { listSettingNames, settings } from "../../../src/config/settings.ts";
import { inFolder } from "../in-folder.ts";

/** For each key of monstack.yaml a line of `set`, and where its value must arrive in the configuration. */
const lines: readonly (readonly [line: string, at: string, value: unknown])[] = [
  ["profile: production", "profile", "production"],
  ["app-dir: ./stack", "appDir", "CWD/stack"],
  ["namespace: other", "namespace", "other"],
  ["cluster.kubeconfig: ./kubeconfig", "cluster.kubeconfig", "CWD/kubeconfig"],
  ["cluster.context: staging", "cluster.context", "staging"],
  ["stack: operator", "stack", "operator"],
  ["monitors: m.yaml", "monitors", ["CWD/m.yaml"]],
  ["retention: 30d", "prometheus.retention", "30d"],
  ["retention-size: 4GB", "prometheus.retentionSize", "4GB"],
  ["storage: 50Gi", "storage.sizes", { prometheus: "50Gi" }],
  ["storage-class: fast", "storage.storageClass", "fast"],
  ["scrape-interval: 30s", "prometheus.scrapeInterval", "30s"],
  ["scrape-timeout: 5s", "prometheus.scrapeTimeout", "5s"],
  ["evaluation-interval: 20s", "prometheus.evaluationInterval", "20s"],
  ["k3s.version: v1.35", "k3s.version", "v1.35"],
  ["k3s.path: ./k3s", "k3s.path", "CWD/k3s"],
  ["k3s.args: --debug", "k3s.args", ["--debug"]],
  ["k3s.images: ./images", "k3s.images", ["CWD/images"]],
  ["helm.version: v3", "helm.version", "v3"],
  ["helm.path: ./helm", "helm.path", "CWD/helm"],
  ["kubectl.version: v1.35", "kubectl.version", "v1.35"],
  ["kubectl.path: ./kubectl", "kubectl.path", "CWD/kubectl"],
  ['mirrors."docker.io": https://m.example/x', "mirrors", { "docker.io": "https://m.example/x" }],
  ["lock-file: ./other.lock", "lock.file", "CWD/other.lock"],
  ["bundle: ./b.tar", "bundle", "CWD/b.tar"],
  ["cache: off", "cache", "off"],
  ["verify-signatures: required", "verifySignatures", "required"],
  ["verify.only: grafana-*", "verify.only", ["grafana-*"]],
  ["verify.skip.series-budget: why", "verify.skip", { "series-budget": "why" }],
  ["verify.at-end: true", "verify.atEnd", true],
  ["verify.expect-alerts: Mine", "verify.expectAlerts", ["Mine"]],
  ["verify.max-series: 5", "verify.maxSeries", 5],
  ["verify.max-dead-panels: 2", "verify.maxDeadPanels", 2],
  ["verify.dashboard-baseline: ./x.json", "verify.dashboardBaseline", "CWD/x.json"],
  ["verify.update-baseline: true", "verify.updateBaseline", true],
  ["alerting.config.receivers: [{name: x}]", "alerting.config.inline", { receivers: [{ name: "x" }] }],
  ["rules: r.yaml", "rules", ["CWD/r.yaml"]],
  ["alerting.receivers: as-is", "alerting.receivers", "as-is"],
  ["alerting.amtool: ./amtool", "warning", "input set:1:1: alerting.amtool has no effect"],
  ["alerting.rule-tests: t.yaml", "alerting.ruleTests", ["CWD/t.yaml"]],
  ["alerting.promtool: ./promtool", "alerting.promtool", "CWD/promtool"],
  ["dashboards: 1860@37", "dashboards.0.source", { kind: "id", id: 1860, revision: 37 }],
  ["take-over-dashboards: false", "takeOverDashboards", false],
  ["keep.metrics: true", "keep.metrics", true],
  ["keep.data: true", "keep.data", true],
  ["compare.baseline: ./earlier", "compare.baseline", "CWD/earlier"],
  ["compare.last-green: false", "compare.lastGreen", false],
  ["verify.backups: ./backups", "verify.backups", "CWD/backups"],
  ["verify.backup-max-age: 1d", "verify.backupMaxAgeMs", 86_400_000],
  ["verify.send-test-notification: true", "verify.sendTestNotification", true],
  ["grafana.user: ann", "grafana.user", "ann"],
  ["grafana.password: 's3cret'", "grafana.password", "s3cret"],
  ["ports.prometheus: 1", "ports.prometheus", 1],
  ["ports.grafana: 2", "ports.grafana", 2],
  ["ports.alertmanager: 3", "ports.alertmanager", 3],
  ["ports.when-busy: other", "ports.whenBusy", "other"],
  ["timeouts.cluster: 1m", "timeouts.clusterMs", 60_000],
  ["timeouts.deploy: 1m", "timeouts.deployMs", 60_000],
  ["timeouts.verify: 1m", "timeouts.verifyMs", 60_000],
  ["reporters: [tap, github]", "reporters", ["tap", "github"]],
  ["report-dir: ./report", "reportDir", "CWD/report"],
  ["repos.acme: https://charts.acme.example", "repos.acme.url", "https://charts.acme.example"],
  ['registries."r.example:5000".insecure: true', "registries.r\\.example:5000.insecure", true],
  ["apps.grafana.release: mine", "apps.grafana.release", "mine"],
  ["checks: {name: a, promql: up}", "checks.0.name", "a"],
  ["resources.grafana.limits.memory: 1Gi", "resources", { grafana: { limits: { memory: "1Gi" } } }],
  ["federate: {targets: 'p.example:9090', match: '{job=\"x\"}'}", "federate.0.targets", ["p.example:9090"]],
  ["remote-write: {url: 'https://m.example/push'}", "remoteWrite.0.url", "https://m.example/push"],
];

const files = {
  "stack/sbkube.yaml": "apps: {a: {type: helm, chart: ./c}}\n",
  "m.yaml": "",
  "r.yaml": "groups: []\n",
  "t.yaml": "tests: []\n",
};

/** Returns the value at a path; a dot in a key is escaped. */
function valueAt(data: unknown, path: string): unknown {
  const keys = path.split(/(?<!\\)\./).map((key) => key.replaceAll("\\.", "."));
  return keys.reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], data);
}

describe("every setting of monstack.yaml can be a line of set", () => {
  it.each(lines)("%s", async (line, at, value) => {
    await using folder = await inFolder(files);
    const { config, warnings } = await folder.load({ set: { inputs: { set: line } } });
    if (at === "warning") return expect(warnings.join("\n")).toContain(value);
    const arrived = JSON.parse(JSON.stringify(valueAt(config, at)).replaceAll(folder.cwd, "CWD"));
    expect(arrived).toEqual(value);
  });

  it("is said of all of them", () => {
    const tried = new Set(lines.map(([line]) => line.split(/[:.]/, 1)[0]));
    expect([...tried].sort()).toEqual(listFileKeys().sort());
    const paths = lines.map(([line]) => `${line.split(": ", 1)[0]}.`);
    for (const name of listSettingNames()) {
      const { inFile } = settings[name];
      if (inFile === undefined) continue;
      const isTried = paths.some((path) => path.startsWith(`${inFile.join(".")}.`));
      expect(isTried, `${name} (${inFile.join(".")})`).toBe(true);
    }
  });
});
