import { describe, expect, it, test } from "vitest";
import { parse, stringify } from "yaml";
import { UserError } from "../../src/lib/errors.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import { checkRendered, RulesInvalid } from "../../src/rules/check-rendered.ts";
import { judgeRenderedAlertmanager, judgeRenderedRules } from "../../src/rules/rendered-files.ts";
import { inFolder } from "../config/in-folder.ts";
import { judge } from "../support/expressions.ts";
import { app, configMap } from "../verify/rendered-stack.ts";

const prometheusYml =
  "rule_files: [/etc/config/alerting_rules.yml, /etc/config/*.rules]\nscrape_configs: []\n";
const bad = "groups: [{name: g, rules: [{alert: A, expr: 'sum('}]}]";

/** As helm does: the keys come out in the order of the alphabet. */
function rendered(files: Record<string, unknown>, values: Record<string, unknown> = {}): RenderedApp[] {
  const texts = Object.fromEntries(
    Object.entries(files).map(([key, content]) => [
      key,
      typeof content === "string" ? content : stringify(content, { sortMapEntries: true }),
    ]),
  );
  const one = app("prometheus", [
    configMap("prometheus-server", { "prometheus.yml": prometheusYml, ...texts }),
  ]);
  return [{ ...one, app: { ...one.app, values } }];
}

test("files that Prometheus reads are looked at, others not", async () => {
  const found = await judgeRenderedRules(
    judge,
    rendered({ "a.rules": bad, "alerting_rules.yml": bad, "other.yml": bad }),
  );
  expect(found.map(({ file, part }) => `${file}: ${part}`)).toEqual([
    "a.rules of ConfigMap monitoring/prometheus-server: group g, rule A",
    "alerting_rules.yml of ConfigMap monitoring/prometheus-server: group g, rule A",
  ]);
});

test("bad YAML and PrometheusRules are looked at", async () => {
  const operators = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "mine", namespace: "monitoring" },
    spec: { groups: [{ name: "g", partial_response_strategy: "warn", rules: [{ alert: "A" }] }] },
  };
  const [one] = rendered({ "a.rules": "groups: [" });
  if (!one) throw new Error("one app");
  const found = await judgeRenderedRules(judge, [{ ...one, objects: [...one.objects, operators] }]);
  expect(found.map(({ file, problem }) => `${file}: ${problem.split("\n")[0]}`)).toEqual([
    expect.stringMatching(/^a\.rules of ConfigMap .*: Prometheus \S+: did not find expected node content/),
    expect.stringMatching(
      /^PrometheusRule monitoring\/mine: Prometheus \S+: field 'expr' must be set in rule$/,
    ),
  ]);
});

describe("Alertmanager's configuration", () => {
  const found = async (files: Record<string, string>) => {
    const labels = { "app.kubernetes.io/name": "alertmanager" };
    const one = app("prometheus", [configMap("prometheus-alertmanager", files, labels)]);
    const mistakes = await judgeRenderedAlertmanager(judge, [one]);
    return mistakes.map(({ file, part, problem }) => `${file}, ${part}: ${problem.split("\n")[0]}`);
  };
  const at = "alertmanager.yml of ConfigMap monitoring/prometheus-alertmanager";

  it("is judged by Alertmanager's own code", async () => {
    expect(await found({ "alertmanager.yml": "route: {receiver: x}\nreceivers: [{name: y}]" })).toEqual([
      `${at}, : no receiver is called x; did you mean y? (Alertmanager 0.34.0 refuses it)`,
    ]);
    const bad = "route: {receiver: y}\nreceivers: [{name: y, slack_configs: [{chanel: x}]}]";
    expect(await found({ "alertmanager.yml": bad })).toEqual([
      `${at}, receiver y: the key chanel is not known to Alertmanager 0.34.0; did you mean channel?`,
    ]);
  });

  it("is tried with the template files beside it", async () => {
    const config = (name: string) => `route: {receiver: y}
templates: [/etc/alertmanager/*.tmpl]
receivers: [{name: y, slack_configs: [{api_url: 'https://x.example', title: '{{ template "${name}" . }}'}]}]`;
    const tmpl = '{{ define "crew" }}{{ .Status }}{{ end }}';
    expect(await found({ "alertmanager.yml": config("crew"), "a.tmpl": tmpl })).toEqual([]);
    expect(
      await found({ "alertmanager.yml": config("crew"), "a.tmpl": tmpl.replace("Status", "State") }),
    ).toEqual([expect.stringContaining("can't evaluate field State")]);
  });
});

test("a mistake is told with the user's file and line, down to the place in the expression", async () => {
  const yaml = `apps:
  prometheus:
    values:
      serverFiles:
        alerting_rules.yml:
          groups:
            - name: custom
              rules:
                - alert: Good
                  expr: up == 0
                - alert: HighPodMemory
                  expr: sum(x) by (pod > 500
                  for: 5m
`;
  await using folder = await inFolder({ "monstack.yaml": yaml });
  const loaded = await folder.load();
  const { values } = parse(yaml).apps.prometheus;
  const checked = checkRendered(judge, loaded, rendered(values.serverFiles, values));
  await expect(checked).rejects.toThrow(UserError);
  const error = await checked.catch((thrown: unknown) => thrown);
  if (!(error instanceof RulesInvalid)) throw new Error("no RulesInvalid");
  expect(error.found).toEqual([
    {
      what: expect.stringMatching(
        /^group custom, rule HighPodMemory: Prometheus \S+: could not parse expression: 1:16: parse error: unexpected /,
      ),
      how: [
        "in alerting_rules.yml of ConfigMap monitoring/prometheus-server, app prometheus",
        "    sum(x) by (pod > 500",
        "                   ^",
      ],
      fix: expect.stringContaining("promtool check rules"),
      at: { file: "monstack.yaml", line: 12, column: 40 },
    },
  ]);
  await expect(checked).rejects.toThrow(
    /^monstack\.yaml:12:40: alerting_rules\.yml of ConfigMap monitoring\/prometheus-server, group custom, rule HighPodMemory: Prometheus .*parse error: .*\n {4}sum\(x\) by \(pod > 500\n {19}\^$/,
  );
});

test("a key that is missing is told with the line of what it is missing in, and rules in a text with the text's", async () => {
  const text = "groups:\n- name: t\n  rules:\n  - alert: B\n";
  const yaml = `apps: {prometheus: {values: {ruleFiles: {a.rules: ${JSON.stringify(text)}},
  serverFiles: {alerting_rules.yml: {groups: [
    {name: g, rules: [
      {alert: A}]}]}}}}}
`;
  await using folder = await inFolder({ "monstack.yaml": yaml });
  const loaded = await folder.load();
  const { values } = parse(yaml).apps.prometheus;
  const files = { ...values.serverFiles, ...values.ruleFiles };
  await expect(checkRendered(judge, loaded, rendered(files, values))).rejects.toThrow(
    /2 mistakes in the configuration:\n {2}monstack\.yaml:4:7: alerting_rules\.yml .*'expr' must be set in rule\n {2}app prometheus: a\.rules .*'expr' must be set/,
  );
});

test("what is right passes", async () => {
  await using folder = await inFolder({ "monstack.yaml": "" });
  const good = { groups: [{ name: "g", rules: [{ alert: "A", expr: "up == 0" }] }] };
  const loaded = await folder.load();
  await checkRendered(judge, loaded, rendered({ "alerting_rules.yml": good, "a.rules": "{}" }));
});
