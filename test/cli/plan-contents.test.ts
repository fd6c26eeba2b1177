import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openSession } from "../../src/app/session/open.ts";
import { planCommand } from "../../src/cli/commands/plan.ts";
import { createHost } from "../../src/host/create.ts";
import { upstreamProgram } from "../support/judge.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { runCommand } from "../support/run-command.ts";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));
const charts = resolve(import.meta.dirname, "../../lab/charts");

/** What `plan --offline` prints of a folder with these files, or the message of its error. */
async function planned(files: Record<string, string>): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), "monstack-contents-"));
  folders.push(cwd);
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
  const host = await createHost({ HOME: cwd, PATH: process.env["PATH"] });
  const context = { host, log: createRecordingLogger(), signal: new AbortController().signal };
  let stdout = "";
  try {
    const session = await openSession(context, {
      cwd,
      flags: {},
      forwardScript: "/nowhere",
      upstreamProgram,
    });
    try {
      await runCommand(planCommand, session, { offline: true }, (text) => {
        stdout += text;
      });
      return stdout;
    } finally {
      await session.judge.close();
    }
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

const withValues = (values: string, chart = "prometheus") =>
  planned({
    "monstack.yaml":
      chart === "prometheus"
        ? "apps: {prometheus: {values: [v.yaml]}}"
        : `stack: operator\napps: {${chart}: {values: [v.yaml]}}`,
    "v.yaml": values,
  });
const stack = (values: string) => withValues(values, "kube-prometheus-stack");

describe("what values hold for Prometheus and Alertmanager, judged by plan without the chart", () => {
  it.each<[string, string, readonly string[]]>([
    [
      "rules and receivers",
      `serverFiles:
  alerting_rules.yml: { groups: [{ name: g, rules: [{ alert: A, expr: "up ==", for: 5 minutes }] }] }
alertmanager:
  config: { route: { receiver: nope }, receivers: [{ name: a, slack_configs: [{ channel: x }] }] }
`,
      ["v.yaml:2:", "v.yaml:4:", "nope"],
    ],
    [
      "rules in a text",
      "ruleFiles:\n  alerting_rules.yml: |\n    groups:\n      - name: g\n        rules:\n          - alert: A\n            expr: up ==\n",
      ["v.yaml:7:24"],
    ],
    [
      "a key of a rule",
      "serverFiles:\n  recording_rules.yml:\n    groups:\n      - name: g\n        rules:\n          - record: a\n            exp: up\n",
      ["v.yaml:7:13", "exp"],
    ],
    [
      "a timeout longer than the interval",
      "extraScrapeConfigs: |\n  - job_name: ferry\n    scrape_interval: 10s\n    scrape_timeout: 20s\n    static_configs: [{targets: ['a:1']}]\n",
      ["v.yaml:4:21", "scrape timeout"],
    ],
    [
      "an unknown key of a job",
      "extraScrapeConfigs: |\n  - job_name: ferry\n    static_config: [{targets: ['a:1']}]\n",
      ["v.yaml:3:5", "static_config"],
    ],
    [
      "a regular expression of a relabelling",
      "scrapeConfigs:\n  mine:\n    static_configs: [{targets: ['a:1']}]\n    relabel_configs:\n      - {source_labels: [a], regex: '(x'}\n",
      ["v.yaml:5:37", "missing closing"],
    ],
    [
      "two jobs of one name",
      "extraScrapeConfigs: |\n  - job_name: a\n    static_configs: [{targets: ['a:1']}]\n  - job_name: a\n    static_configs: [{targets: ['b:1']}]\n",
      ["v.yaml:4:15", "another job is named a"],
    ],
    [
      "settings for all jobs",
      "server:\n  global:\n    scrape_interval: 5s\n    scrape_timeout: 30s\n",
      ["v.yaml:4:21", "scrape timeout"],
    ],
    ["no YAML in a text", "extraScrapeConfigs: |\n  - job_name: [a\n", ["v.yaml:", "bad YAML"]],
  ])("%s", async (_, values, expected) => {
    const said = await withValues(values);
    expect(said).toMatch(/^UserError/);
    for (const part of expected) expect(said).toContain(part);
  });

  it.each<[string, string]>([
    [
      "templates of alerts and of helm",
      "extraScrapeConfigs: |\n  - job_name: {{ .Release.Name }}\n    foo: 1\nserverFiles:\n  alerting_rules.yml:\n    groups: [{name: g, rules: [{alert: A, expr: up == 0, annotations: {summary: '{{ $labels.job }}'}}]}]\n",
    ],
    [
      "a receiver that the chart has",
      "alertmanager: {config: {route: {receiver: default-receiver, routes: [{receiver: 'null'}]}}}\n",
    ],
    ["receivers without a route", "alertmanager: {config: {receivers: [{name: team}]}}\n"],
    [
      "what is switched off",
      "alertmanager: {enabled: false, config: {route: {receiver: nope}, receivers: [{name: a}]}}\nscrapeConfigs: {a: {enabled: false, x: 1}}\n",
    ],
    [
      "a file that Prometheus doesn't read",
      "serverFiles:\n  prometheus.yml: {rule_files: [/etc/config/alerts]}\n  recording_rules.yml: {groups: [{name: g, rules: [{record: a, expr: 'up =='}]}]}\n",
    ],
    ["a rule group as a short list", "serverFiles:\n  alerts: {mine: [{alert: A, expr: up == 0}]}\n"],
  ])("takes %s", async (_, values) => {
    expect(await withValues(values)).not.toMatch(/^\w*Error/);
  });
});

describe("what the values of kube-prometheus-stack hold for the operator", () => {
  it.each<[string, string, readonly string[]]>([
    [
      "rules in the mapping",
      "additionalPrometheusRulesMap:\n  mine:\n    groups:\n      - name: g\n        rules:\n          - alert: A\n            expr: up ==\n",
      ["v.yaml:7:"],
    ],
    [
      "rules in the list",
      "additionalPrometheusRules:\n  - name: mine\n    groups:\n      - name: g\n        rules:\n          - alert: A\n            for: 5 minutes\n            expr: up\n",
      ["v.yaml:7:18"],
    ],
    [
      "endpoints of a monitor",
      "prometheus:\n  additionalServiceMonitors:\n    - name: a\n      selector: {matchLabels: {app: true}}\n      endpoints:\n        - port: 8080\n",
      ["v.yaml:4:37", "v.yaml:6:17"],
    ],
    [
      "a monitor without endpoints",
      "prometheus:\n  additionalPodMonitors:\n    - name: a\n      selector: {}\n",
      ["podMetricsEndpoints", "v.yaml:3:"],
    ],
    [
      "a relabelling of the chart's own monitors",
      "kubelet:\n  serviceMonitor:\n    cAdvisorMetricRelabelings:\n      - {sourceLabels: [__name__], regex: '(a', action: drop}\n",
      ["v.yaml:4:43", "missing closing"],
    ],
    [
      "jobs",
      "prometheus:\n  prometheusSpec:\n    additionalScrapeConfigs:\n      - job_name: a\n        static_configs: {targets: [a]}\n",
      ["v.yaml:5:"],
    ],
    [
      "an object among extraManifests",
      "extraManifests:\n  - apiVersion: monitoring.coreos.com/v1\n    kind: ServiceMonitor\n    metadata: {name: a}\n    spec: {selector: {}, endpoint: []}\n",
      ["v.yaml:5:26", "did you mean endpoints?"],
    ],
    [
      "a receiver that is not there",
      "alertmanager:\n  config:\n    route: {receiver: nope}\n    receivers: [{name: 'null'}]\n",
      ["v.yaml:3:23", "nope"],
    ],
  ])("%s", async (_, values, expected) => {
    const said = await stack(values);
    expect(said).toMatch(/^UserError/);
    for (const part of expected) expect(said).toContain(part);
  });
});

describe("with the chart at hand", () => {
  it("what the chart has is part of Alertmanager's configuration", async () => {
    const values = "alertmanager: {config: {receivers: [{name: team}]}}";
    const said = await planned({
      "monstack.yaml": `apps: {prometheus: {chart: ${charts}/prometheus, values: [v.yaml]}}`,
      "v.yaml": values,
    });
    expect(said).toMatch(/^UserError: v.yaml:1:/);
    expect(said).toContain("default-receiver");
  });
});

describe("with the chart at hand, jobs", () => {
  const withChart = (values: string) =>
    planned({
      "monstack.yaml": `apps: {prometheus: {chart: ${charts}/prometheus, values: [v.yaml]}}`,
      "v.yaml": values,
    });

  it("that have a name of the chart's own are refused", async () => {
    const said = await withChart(
      "extraScrapeConfigs: |\n  - job_name: prometheus\n    static_configs: [{targets: ['a:1']}]\n",
    );
    expect(said).toContain(
      "v.yaml:2:15: extraScrapeConfigs[0].job_name: another job is named prometheus too",
    );
  });

  it("of the chart's that are changed are judged as they become", async () => {
    expect(
      await withChart("scrapeConfigs: {prometheus: {job_name: '', scrape_interval: 30s}}\n"),
    ).not.toMatch(/^\w*Error/);
  });
});

describe("a timeout that is longer than its interval", () => {
  it("is named at the user's interval when the timeout is the chart's", async () => {
    const said = await planned({
      "monstack.yaml": "profile: as-is\napps: {prometheus: {values: [v.yaml]}}",
      "v.yaml": "server:\n  global:\n    evaluation_interval: 1m\n    scrape_interval: 5s\n",
    });
    expect(said).toMatch(
      /v\.yaml:4:22: server\.global\.scrape_interval: .*; scrape_timeout is 10s unless you set it$/,
    );
  });

  it("is found in the operator's settings for all jobs, once", async () => {
    const said = await stack(`prometheus:
  prometheusSpec:
    scrapeInterval: 10s
    scrapeTimeout: 30s
    additionalScrapeConfigs: [{job_name: a, static_configs: [{targets: ['a:1']}]}]
`);
    expect(said).toMatch(
      /^UserError: v\.yaml:4:20: prometheus\.prometheusSpec\.scrapeTimeout: .*scrape timeout greater/,
    );
  });
});

it("the words that YAML 1.1 takes for booleans are booleans in a text of jobs", async () => {
  const jobs = "  - {job_name: a, honor_labels: yes, static_configs: [{targets: ['a:1']}]}";
  expect(await withValues(`extraScrapeConfigs: |\n${jobs}\n`)).not.toContain("UserError");
});

describe("files of monitors", () => {
  const rule = `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: a }
spec: { groups: [{ name: g, rules: [{ alert: A, expr: "sum(rate(x[5m])" }] }] }
`;
  const monitor = (endpoints: string) => `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: shop}
spec:
  selector: {}
  endpoints:
    - ${endpoints}
`;
  const judged = (text: string) =>
    planned({ "monstack.yaml": "stack: operator\nprofile: as-is\nmonitors: [m.yaml]", "m.yaml": text });

  it("are judged by the operator's definitions and by Prometheus' own code, at the user's lines", async () => {
    const said = await judged(`${rule}---\n${monitor("{port: 8080}")}`);
    expect(said).toMatch(
      /m\.yaml:4:\d+: PrometheusRule a, spec\.groups\[0\]\.rules\[0\]\.expr: .*parse error/,
    );
    expect(said).toContain("m.yaml:12:14: ServiceMonitor shop, spec.endpoints[0].port: 8080 is not a text");
  });

  it.each([
    ["{port: a, interval: 10s, scrapeTimeout: 20s}", "m.yaml:7:47", "scrape timeout"],
    ["{port: a, scrapeTimeout: 40s}", "m.yaml:7:32", "scrape timeout"],
    [
      "{port: a, relabelings: [{action: replace}, {regex: '(x', targetLabel: y}]}",
      "m.yaml:7:58",
      "missing closing",
    ],
    ["{port: a, metricRelabelings: [{action: hashmod, targetLabel: y}]}", "m.yaml:7:", "modulus"],
  ])("%s is refused as Prometheus would", async (endpoint, where, what) => {
    const said = await judged(monitor(endpoint));
    expect(said).toContain(where);
    expect(said).toContain(what);
  });

  it("that are right pass, and where one without a namespace goes is said", async () => {
    const said = await judged(
      monitor("{port: http, interval: 30s, relabelings: [{action: Keep, sourceLabels: [a], regex: b}]}"),
    );
    expect(said).toContain(
      "m.yaml:1:1  ServiceMonitor shop: namespace monitoring; without a namespaceSelector it selects Services of monitoring only",
    );
  });

  it("with several mistakes: none hides another, and none is said twice", async () => {
    const rules = `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: a}
spec:
  groups:
    - name: g
      interval: 30
      rules:
        - {alert: A, expr: up, for: 5 minutes}
        - {alert: B, exp: up}
        - {alert: C, expr: rate(x)}
`;
    const said = await judged(
      `${rules}---\n${monitor("{port: a, relabelings: [{action: kep, regex: '(x', targetLabel: z}]}")}`,
    );
    expect(said).toContain("6 mistakes");
    for (const where of ["7:17", "9:37", "10:22", "11:33", "19:40", "19:52"])
      expect(said).toContain(`m.yaml:${where}`);
    const twice = await judged(
      "apiVersion: monitoring.coreos.com/v1alpha1\nkind: ScrapeConfig\nmetadata: {name: a}\nspec: {scrapeInterval: 30}\n",
    );
    expect(twice).toMatch(/^UserError: m\.yaml:4:24: ScrapeConfig a, spec\.scrapeInterval: 30 is not a text/);
  });

  it("that are rule files are told where they belong", async () => {
    expect(await judged("groups:\n  - {name: g, rules: [{alert: A, expr: up}]}\n")).toBe(
      "UserError: m.yaml:1:1: this is a rule file of Prometheus: name it in rules",
    );
  });

  it("with two groups of one name are refused at the second", async () => {
    const groups = "spec:\n  groups:\n    - {name: g, rules: []}\n    - {name: g, rules: []}\n";
    expect(await judged(`${rule.split("spec:")[0]}${groups}`)).toContain(
      "m.yaml:7:14: PrometheusRule a, spec.groups[1].name: two items of the list have the same name",
    );
  });

  it.each([
    ["yes and on as booleans", monitor("{port: a, honorLabels: yes, enableHttp2: off}")],
    ["an empty namespace", monitor("{port: a}").replace("{name: shop}", "{name: shop, namespace: ''}")],
  ])("that are right to Kubernetes pass: %s", async (_, text) => {
    expect(await judged(text)).toContain("m.yaml:1:1  ServiceMonitor shop: namespace monitoring;");
  });

  it.each([
    ["a template", "{port: {{ .Values.port }}}", "7:14: {{ .Values.port }} is a template without quotes"],
    ["a key that is there twice", "{port: a, port: b}", "7:17: the key port is there twice"],
    ["a tab", "port: a\n\tpath: /", "8:1: bad YAML: a tab as indentation; expected spaces"],
  ])("with %s are refused in plain words", async (_, endpoint, said) => {
    expect(await judged(monitor(endpoint))).toContain(`m.yaml:${said}`);
  });

  it("in the manifests of an app are judged alike", async () => {
    const said = await planned({
      "monstack.yaml": "stack: operator\napps: {shop: {manifests: [app.yaml]}}",
      "app.yaml": `apiVersion: v1\nkind: Service\nmetadata: {name: shop}\nspec: {prots: []}\n---\n${monitor("{prot: http}")}`,
    });
    expect(said).toMatch(
      /^UserError: app\.yaml:12:8: ServiceMonitor shop, spec\.endpoints\[0\]\.prot: unknown key; did you mean port\?$/,
    );
  });
});
