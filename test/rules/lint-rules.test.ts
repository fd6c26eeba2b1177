import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ruleGroup } from "../../src/alerting/names.ts";
import { lintRuleFile } from "../../src/rules/lint-rules.ts";
import { templateProblem } from "../../src/rules/templates.ts";

function lint(file: unknown, anyNames = true): string[] {
  const found: string[] = [];
  lintRuleFile(file, { anyNames }, (path, problem, character) =>
    found.push(`${path.join(".")}: ${problem}${character === undefined ? "" : ` @${character}`}`),
  );
  return found;
}

const rule = (yaml: string, anyNames = true) =>
  lint(parse(`groups: [{name: g, rules: [${yaml}]}]`), anyNames);

test.each([
  ["nothing", null],
  ["an empty file", {}],
  ["no groups", { groups: null }],
  ["monstack's own", { groups: [ruleGroup] }],
])("%s is right", (_, file) => {
  expect(lint(file)).toEqual([]);
});

test("the seed's rules are right", () => {
  expect(
    lint(
      parse(`
groups:
  - name: custom-rules
    interval: 1m
    limit: 3
    rules:
      - alert: HighPodMemory
        expr: sum(container_memory_usage_bytes) by (pod) / 1024 / 1024 > 500
        for: 5m
        keep_firing_for: 1h30m
        labels: { severity: warning, level: 1 }
        annotations: { description: "Pod {{ $labels.pod }} is using {{ $value | humanize }}MB of memory" }
      - { record: pod:restarts, expr: "rate(kube_pod_container_status_restarts_total[15m] offset 1h)" }
      - { record: one, expr: 1 }
`),
    ),
  ).toEqual([]);
});

test.each([
  ["text", ": a rule file is a mapping with groups"],
  [{ group: [] }, "group: the key group is not known; did you mean groups?"],
  [{ groups: {} }, "groups: groups is no list"],
  [{ groups: ["x"] }, "groups.0: a group is a mapping with name and rules"],
  [{ groups: [{ rules: [] }] }, "groups.0: the group has no name"],
  [{ groups: [{ name: "a" }, { name: "a" }] }, "groups.1.name: the group a is there twice in this file"],
  [
    { groups: [{ name: "a", intervall: "1m" }] },
    "groups.0.intervall: the key intervall is not known; did you mean interval?",
  ],
  [
    { groups: [{ name: "a", interval: "5 min" }] },
    'groups.0.interval: "5 min" is no duration; right would be e.g. 5m or 1h30m',
  ],
  [{ groups: [{ name: "a", rules: {} }] }, "groups.0.rules: rules is no list"],
  [
    { groups: [{ name: "a", rules: ["x"] }] },
    "groups.0.rules.0: a rule is a mapping with alert or record, and expr",
  ],
  [
    { groups: [{ name: "a", labels: { __name__: "x" } }] },
    'groups.0.labels.__name__: "__name__" is no name of a label',
  ],
])("of a file: %o", (file, problem) => {
  expect(lint(file)).toEqual([problem]);
});

test.each([
  ["{alert: A, record: b, expr: x}", "", "only one of record and alert may be there"],
  ["{expr: x}", "", "one of record and alert must be there"],
  ["{alert: A}", ".expr", "expr is missing"],
  ["{alert: A, expr: x, fro: 5m}", ".fro", "the key fro is not known; did you mean for?"],
  ["{alert: A, expr: x, for: 300}", ".for", "300 is no duration; right would be e.g. 5m or 1h30m"],
  ["{alert: A, expr: x, labels: [a]}", ".labels", "labels is no mapping"],
  ["{alert: A, expr: x, labels: {a: [b]}}", ".labels.a", "its value is no text"],
  ["{record: a, expr: x, for: 5m}", ".for", "a recording rule can't have for"],
  ["{record: 'a{b=\"c\"}', expr: x}", ".record", '"a{b=\\"c\\"}" is no name of a metric'],
  [
    "{alert: A, expr: rate(x)}",
    ".expr",
    "rate needs a range, e.g. rate(x[5m]): expected type range vector, got instant vector",
  ],
  ["{alert: A, expr: 'x[5m] > 1'}", ".expr", "the range [5m] is given to no function that takes one @0"],
  [
    "{alert: A, expr: x, annotations: {a: '{{ $lables.pod }}'}}",
    ".annotations.a",
    'template: undefined variable "$lables"; did you mean $labels?',
  ],
])("of a rule: %s", (yaml, path, problem) => {
  expect(rule(yaml)).toEqual([`groups.0.rules.0${path}: ${problem}`]);
});

test("an expression that can't be parsed is shown with a caret under its place", () => {
  expect(rule('{alert: A, expr: "sum(up) by (job"}')[0]).toMatch(
    /^groups\.0\.rules\.0\.expr: 1:\d+: parse error: .*\n {4}sum\(up\) by \(job\n {4} +\^ @\d+$/,
  );
});

test("before Prometheus 3 names have letters, digits and underscores", () => {
  const yaml = "{alert: A, expr: x, labels: {my-label: a}, annotations: {b.c: d}}";
  expect(rule(yaml)).toEqual([]);
  expect(rule(yaml, false)).toEqual([
    'groups.0.rules.0.labels.my-label: "my-label" is no name of a label',
    'groups.0.rules.0.annotations.b.c: "b.c" is no name of a annotation',
  ]);
});

describe("templates", () => {
  test.each([
    "plain } text { with braces",
    '{{ $labels.pod }} {{ .Labels.x }} {{ $value | printf "%.2f }}" }}',
    '{{ with query "up" }}{{ . | first | value }}{{ end }}',
    "{{- range $i, $s := query `up` -}}{{ $i }}{{ $s.Labels.x }}{{ else }}none{{ end }}",
    "{{ if and (gt $value 1.5) (not false) }}a{{ else if eq 1 2 }}b{{ end }}{{/* it's a comment */}}",
    '{{ define "t" }}x{{ end }}{{ template "t" . }}{{ $x := 3 }}{{ $x }}',
  ])("%s", (text) => {
    expect(templateProblem(text)).toBeUndefined();
  });

  test.each([
    ["{{ $labels.pod }", "unclosed action"],
    ["{{ $labels.pod", "unclosed action"],
    ["{{ if $value }}x", "an {{end}} is missing"],
    ["x{{ end }}", "unexpected {{end}}"],
    ["{{ else }}", "unexpected {{else}}"],
    ["{{ }}", "missing value"],
    ["{{ $pod }}", 'undefined variable "$pod"'],
    ["{{ humanise $value }}", 'function "humanise" not defined; did you mean humanize?'],
    ["{{ labels.pod }}", 'function "labels" not defined; did you mean $labels?'],
    ["{{ upper $labels.pod }}", 'function "upper" not defined'],
  ])("%s", (text, problem) => {
    expect(templateProblem(text)).toContain(problem);
  });
});
