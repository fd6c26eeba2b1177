import { describe, expect, it, test } from "vitest";
import { planFrom, told } from "../plan/settings/support.ts";

const flags = { rules: "r.yml" };

/** What is said of a rule file, a line each. */
async function saidOf(text: string, more: Record<string, string> = {}): Promise<string[]> {
  const files = { "r.yml": text, ...more };
  try {
    return told(await planFrom({ files, flags }));
  } catch (error) {
    return (error as Error).message
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => /^\S+\.yml:\d+/.test(line));
  }
}

const placesOf = async (text: string) =>
  (await saidOf(text)).map((line) => line.split(":").slice(0, 2).join(":"));
const rule = (yaml: string) => `groups:\n- name: g\n  rules:\n  - ${yaml}\n`;
const expr = (text: string) => rule(`{ alert: A, expr: ${JSON.stringify(text)} }`);

describe("a rule file is judged by Prometheus' own parser", () => {
  test.each([
    ['up{job=~"("} == 0', "missing closing )"],
    ['kube_pod_info{namespace=~"(?!ci).*"} > 0', "no look-ahead"],
    ["topk(3)", "wrong number of arguments"],
    ["foo == 1 and 1", "set operator"],
    ["1 == 1", "> bool"],
    ["time() > 1", "vector(time()) > 1"],
    ["histogram_quantile(rate(x_bucket[5m])) > 1", "expected 2 argument"],
    ['label_replace(up, "a", "b") == 0', "expected 5 argument"],
    ['up == "down"', "must contain only scalar and instant vector types"],
    ["rate(sum(x)[5m]) > 0", "ranges only allowed for vector selectors"],
    ["rate(x) > 0", "add a range"],
    ["x[5m] > 1", "binary expression must contain only scalar and instant vector"],
    ["ratee(x[5m])", "did you mean rate?"],
    ["sum(up) by (job", "parse error"],
    ['{a=""}', "at least one non-empty matcher"],
    ["foo offset 5m offset 5m", "offset may not be set multiple times"],
    ["up @ foo", "@"],
    ["rate(x[5m]) + on(a) group_left(a) y", "must not occur in ON and GROUP clause"],
  ])("%s", async (text, reason) => {
    const [said = ""] = await saidOf(expr(text));
    expect(said).toMatch(
      /^r\.yml:4:\d+: groups\[0\]\.rules\[0\]\.expr: Prometheus \d+\.\d+\.\d+: could not parse/,
    );
    expect(said).toContain(reason);
  });

  test.each([
    "rate(x[5m]) / 100. > 1",
    "rate(x[5m] offset -1h) > 1",
    "up @ end() == 0",
    "up @ 1609746000 == 0",
    'label_replace(up, "a", "$1", "b", "(.*)") == 0',
    'label_join(up, "a", ",", "b", "c") == 0',
    "histogram_fraction(0, 0.2, rate(x[1h])) > 1",
    "histogram_count(rate(x[5m])) > 0",
    'count_values("v", up) > 1',
    "quantile(0.9, up) > 1",
    '{"http.requests", "k8s.pod"="a"} > 0',
    "max_over_time(rate(x[1m])[30m:1m]) > 1",
    "# why\nup == 0 # because",
    "rate(x[5m + 1m]) > 1",
    "atan2(1, 2)".replace("atan2(1, 2)", "up atan2 up > 1"),
  ])("accepts %s", async (text) => {
    expect((await saidOf(expr(text))).filter((line) => /Prometheus \d/.test(line))).toEqual([]);
  });

  it("knows the features that the values switch on", async () => {
    const values = (yaml: string) => `apps: {prometheus: {values: ${yaml}}}\n`;
    const text = expr('sort_by_label(up, "a") == 0');
    expect((await saidOf(text))[0]).toContain("--enable-feature=promql-experimental-functions");
    for (const yaml of [
      "{server: {extraFlags: [web.enable-lifecycle, enable-feature=promql-experimental-functions]}}",
      "{server: {extraArgs: {enable-feature: 'exemplar-storage,promql-experimental-functions'}}}",
    ])
      expect(await saidOf(text, { "monstack.yaml": values(yaml) })).toEqual([]);
    const stack =
      "apps: {prometheus: {chart: prometheus-community/kube-prometheus-stack, values: {prometheus: {prometheusSpec: {enableFeatures: [promql-experimental-functions]}}}}}\n";
    expect(await saidOf(text, { "monstack.yaml": stack })).toEqual([]);
  });

  test.each([
    ["{alert: A, record: b, expr: up}", "only one of 'record' and 'alert'"],
    ["{expr: up}", "one of 'record' or 'alert' must be set"],
    ["{alert: A}", "field 'expr' must be set"],
    ["{alert: A, expr: up, fro: 5m}", "did you mean for?"],
    ["{alert: A, expr: up, for: 300}", "expected a duration"],
    ["{alert: A, expr: up, keep_firing_for: 5 min}", "expected a duration"],
    ["{alert: A, expr: up, labels: [a]}", "cannot unmarshal"],
    ["{alert: A, expr: up, labels: {a: [b]}}", "cannot unmarshal"],
    ["{record: a, expr: up, for: 5m}", "invalid field 'for'"],
    ["{record: a, expr: up, annotations: {a: b}}", "invalid field 'annotations'"],
    ["{record: 'a{b=\"c\"}', expr: up}", "braces present"],
    ["{alert: A, expr: up, labels: {__name__: x}}", "invalid label name"],
    ["{alert: A, expr: up, annotations: {a: '{{ $lables.pod }}'}}", "did you mean $labels?"],
    ["{alert: A, expr: up, annotations: {a: '{{ labels.pod }}'}}", "did you mean $labels?"],
    ["{alert: A, expr: up, annotations: {a: '{{ humanise $value }}'}}", "did you mean humanize?"],
    ["{alert: A, expr: up, annotations: {a: '{{ $labels.pod }'}}", "annotation"],
    ["{alert: A, expr: up, annotations: {a: '{{ if $value }}x'}}", "unexpected EOF"],
  ])("%s", async (yaml, reason) => {
    const said = await saidOf(rule(yaml));
    expect(said.join("\n")).toContain(reason);
    expect(said[0]).toMatch(/^r\.yml:4:\d+: /);
  });

  test.each([
    ["a group without a name", "groups:\n- rules: []\n", "r.yml:2"],
    ["a group twice", "groups:\n- name: a\n- name: a\n", "r.yml:3"],
    ["an unknown key of a group", "groups:\n- name: a\n  intervall: 1m\n", "r.yml:3"],
    ["a bad interval", "groups:\n- name: a\n  interval: 5 min\n", "r.yml:3"],
    ["a bad query_offset", "groups:\n- name: a\n  query_offset: soon\n", "r.yml:3"],
    ["a limit in words", "groups:\n- name: a\n  limit: many\n", "r.yml:3"],
    ["rules that are a mapping", "groups:\n- name: a\n  rules: {}\n", "r.yml:3"],
    ["a bad label of a group", "groups:\n- name: a\n  labels:\n    __name__: x\n", "r.yml:4"],
    ["another key", "group: []\n", "r.yml:1"],
    ["groups that are a mapping", "groups: {}\n", "r.yml:1"],
    [
      "a JSON file",
      '{"groups":\n [{"name": "a",\n  "rules": [{"alert": "A", "expr": "up =="}]}]}\n',
      "r.yml:3",
    ],
  ])("%s", async (_, text, place) => {
    expect(await placesOf(text)).toEqual([place]);
  });

  test.each([
    [
      "an interval, an offset, a limit",
      "groups: [{name: a, interval: 1m, query_offset: 0s, limit: 3, labels: {a: b}, rules: []}]\n",
    ],
    ["keep_firing_for", rule("{alert: A, expr: up == 0, for: 1d12h, keep_firing_for: 5m}")],
    ["names in UTF-8", rule("{alert: A, expr: up == 0, labels: {k8s.pod: a}, annotations: {b.c: d}}")],
    ["a number as an expression", rule("{record: one, expr: 1}")],
  ])("accepts %s", async (_, text) => {
    expect(await saidOf(text)).toEqual([]);
  });

  it("says that there is no group in a file", async () => {
    expect(await saidOf("{}\n")).toEqual(["r.yml:1:1: there is no rule group in this file"]);
    expect(await saidOf("")).toEqual(["r.yml:1:1: there is no rule group in this file"]);
  });
});

describe("a mistake in an expression has its own line and column, however the expression is written", () => {
  const lines = ["groups:", "- name: g", "  rules:", "  - alert: A"];
  test.each([
    ["plain", ["    expr: sum(up) by (job) > nofunc(x)"], "r.yml:5:30"],
    ["a block", ["    expr: |", "      sum(up)", "        or nofunc(x)", "    for: 5m"], "r.yml:7:12"],
    [
      "a block with comments",
      ["    expr: | # of pods", "      # all", "      sum(up) > nofunc(x)"],
      "r.yml:7:17",
    ],
    ["folded", ["    expr: >-", "      sum(up)", "      > nofunc(x)", "", "    for: 5m"], "r.yml:7:9"],
    ["folded over an empty line", ["    expr: >", "", "      sum(up)", "", "      > nofunc(x)"], "r.yml:9:9"],
    ["plain over lines", ["    expr: sum(up)", "      > nofunc(x)"], "r.yml:6:9"],
    ["in quotes over lines", ['    expr: "sum(up)', '      > nofunc(x)"'], "r.yml:6:9"],
    ["in quotes with escapes", ['    expr: "up{a=\\"b\\"} > nofunc(x)"'], "r.yml:5:26"],
    ["in single quotes", ["    expr: 'up{a=''b''} > nofunc(x)'"], "r.yml:5:26"],
  ])("%s", async (_, more, place) => {
    const text = [...lines, ...more].join("\n");
    for (const written of [text, text.replaceAll("\n", "\r\n")])
      expect((await saidOf(written)).map((line) => line.split(":").slice(0, 3).join(":"))).toEqual([place]);
  });
});

describe("what Prometheus accepts and what does not do what its writer wants is a warning", () => {
  const label = (text: string, more = "") =>
    rule(`{ alert: A, expr: x > 1, for: 6s, labels: { level_now: ${JSON.stringify(text)} }${more} }`);

  test.each([
    "{{ $value }}",
    "{{ .Value }}",
    "{{ $value | humanize }}",
    '{{ $value | printf "%.0f" }}%',
    "{{ $v := $value }}{{ $v }}",
    "{{ with $value }}{{ . }}{{ end }}",
    "{{ printf `%g` .Value }}",
  ])("a label with the value in it: %s", async (text) => {
    const said = await saidOf(label(text));
    expect(said).toEqual([
      expect.stringMatching(/^r\.yml:4:\d+: rule A: the label level_now follows the value: .*for: 6s/),
    ]);
  });

  test.each([
    label("{{ $labels.pod }}"),
    label("{{ if gt $value 5.0 }}critical{{ else }}warning{{ end }}"),
    rule("{ alert: A, expr: up == 0, labels: { v: '{{ $value }}' } }"),
    rule("{ alert: A, expr: absent(up), labels: { v: '{{ $value }}' } }"),
    rule("{ alert: A, expr: up == 0 and on() x > 1, labels: { v: '{{ $value }}' } }"),
    rule("{ alert: A, expr: x > 1, annotations: { v: '{{ $value }}' } }"),
    rule("{ record: a, expr: x, labels: { v: '{{ $value }}' } }"),
  ])("not a label that has few values: %s", async (text) => {
    expect(await saidOf(text)).toEqual([]);
  });

  const annotation = (text: string) =>
    rule(`{ alert: A, expr: x > 1, annotations: { summary: ${JSON.stringify(text)} } }`);

  test.each([
    "{{ $value.foo }}",
    "{{ $labels.pod.name }}",
    '{{ template "nosuch" . }}',
    '{{ query "sum(" | first | value }}',
    "{{ reReplaceAll `(` `` $labels.pod }}",
    "{{ if gt $value 5 }}x{{ end }}",
    "{{ index $labels 0 }}",
  ])("an annotation that fails at every evaluation: %s", async (text) => {
    expect(await saidOf(annotation(text))).toEqual([
      expect.stringMatching(/^r\.yml:4:\d+: rule A: the annotation summary fails whenever the alert fires: /),
    ]);
  });

  it("an annotation that fails when its query finds nothing", async () => {
    expect(await saidOf(annotation('{{ query "x" | first | value }}'))).toEqual([
      expect.stringMatching(
        /^r\.yml:4:\d+: rule A: the annotation summary fails whenever its query finds nothing: .*first\(\)/,
      ),
    ]);
  });

  test.each([
    '{{ with query "x" }}{{ . | first | value | humanize }}{{ end }}',
    '{{ range query "x" }}{{ .Labels.pod }} {{ .Value }}{{ end }}',
    "{{ $labels.percent | humanize }} of {{ slice $labels.pod 0 20 }}",
    "{{ $externalLabels.cluster | toUpper }} {{ $externalLabels.n | humanizeDuration }}",
    "{{ $labels.nosuch }} {{ $value | humanizePercentage }}",
    "{{ $value.Count }}",
    "{{ humanizeTimestamp $value }}",
    "{{ $labels.window | parseDuration }}",
  ])("not one that works with some labels and values: %s", async (text) => {
    expect(await saidOf(annotation(text))).toEqual([]);
  });

  it("a result that no rule can have", async () => {
    expect(await saidOf(expr("x[5m]"))).toEqual([
      "r.yml:4:23: rule A: its result is a range vector, so every evaluation fails: expected an instant vector or a scalar",
    ]);
  });
});

describe("a file that is not for Prometheus is named in one line", () => {
  const loki = rule(`{ alert: A, expr: 'sum(rate({app="x"} |= "error" | json [5m])) > 1' }`);
  test.each([
    [loki, "this is a Loki rule file"],
    [rule(`{ alert: A, expr: 'count_over_time({app="x"} !~ "a" [5m]) > 1' }`), "this is a Loki rule file"],
    ["rule_files: [a.yml]\ntests: []\n", "this is a promtool test file: name it in alerting.rule-tests"],
    [
      "apiVersion: 1\ngroups: [{orgId: 1, name: a, folder: f, interval: 1m, rules: [{uid: a, title: A, condition: B, data: []}]}]\n",
      "this is a Grafana alerting file",
    ],
    ["apiVersion: 1\ncontactPoints: []\n", "this is a Grafana alerting file"],
    ["route: {receiver: a}\nreceivers: [{name: a}]\n", "this is a configuration of Alertmanager"],
    ["scrape_configs: []\nrule_files: []\n", "this is a configuration of Prometheus"],
    ["apiVersion: v1\nkind: ConfigMap\ndata: {}\n", "this is a ConfigMap of v1"],
    ["apiVersion: v1\nkind: AlertmanagerConfig\nspec: {}\n", "this is an AlertmanagerConfig of v1"],
    [rule(`{ alert: A, expr: 'sum(rate({app="x"} | status >= 500 [5m])) > 1' }`), "this is a Loki rule file"],
    [
      `kind: PrometheusRule\napiVersion: v1\nspec: {groups: [{name: a, rules: [{alert: A, expr: 'rate({a="b"} |= "x" [1m]) > 1'}]}]}\n`,
      "this is a Loki rule file",
    ],
    ["apiVersion: 1\ntemplates: []\n", "this is a Grafana alerting file"],
    ["apiVersion: 1\nresetPolicies: [1]\n", "this is a Grafana alerting file"],
    [
      "apiVersion: 1\ngroups: [{orgId: 1, name: a, folder: f, rules: []}]\n",
      "this is a Grafana alerting file",
    ],
    ["global: {scrape_interval: 15s}\n", "this is a configuration of Prometheus"],
    ["- {alert: A, expr: up == 0}\n", "this is a list: expected a mapping with groups"],
    ["ALERT A IF up == 0\n", "this is a text: expected a mapping with groups"],
  ])("%s", async (text, what) => {
    const said = await saidOf(text);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^r\.yml:1:\d+: /);
    expect(said[0]).toContain(what);
  });

  it("but not for what stands in a text of PromQL", async () => {
    expect(await saidOf(expr('label_replace(x, "a", "$1", "b", "{} |= .*") > 0'))).toEqual([]);
  });
});

describe("what the deployed Prometheus may not know yet is a warning", () => {
  const older = (yaml: string) => ({ "monstack.yaml": `apps: {prometheus: ${yaml}}\n` });
  const text = rule(
    "{ alert: A, expr: 'first_over_time(x[5m]) > 0', keep_firing_for: 5m, labels: { k8s.pod: a } }",
  );

  it("by the image's tag", async () => {
    const said = await saidOf(text, older("{values: {server: {image: {tag: v2.40.1}}}}"));
    expect(said.map((line) => line.replace(/^r\.yml:4:\d+: rule A: /, ""))).toEqual([
      "first_over_time() exists since Prometheus 3.14; Prometheus 2.40 is deployed",
      "the name k8s.pod exists since Prometheus 3.0; Prometheus 2.40 is deployed",
      "keep_firing_for exists since Prometheus 2.42; Prometheus 2.40 is deployed",
    ]);
  });

  it("by the chart's version", async () => {
    const said = await saidOf(text, older('{version: "25.3.1"}'));
    expect(said.join("\n")).toMatch(/first_over_time\(\).*a Prometheus before 3 is deployed/);
    expect(said.join("\n")).not.toContain("keep_firing_for");
    expect(await saidOf(text, older('{version: "29.27.0"}'))).toEqual([]);
  });

  it("and what it knows under another name is accepted", async () => {
    const before = expr("holt_winters(x[5m], 0.5, 0.5) > 1");
    expect(await saidOf(before, older('{version: "25.3.1"}'))).toEqual([]);
    expect((await saidOf(before))[0]).toContain("unknown function");
  });
});
