// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { guessFittingValues } from "../../../src/alerting/matchers.ts";
import { readDashboard } from "../../../src/dashboards/dashboard.ts";
import { importDashboard } from "../../../src/dashboards/import.ts";
import { fillQuery, filterOptions, listFixedOptions } from "../../../src/dashboards/options.ts";
import { sortByUse } from "../../../src/dashboards/variables.ts";
import { parseLock, printLock } from "../../../src/lockfile/lock-text.ts";
import { describeForeignFile } from "../../../src/rules/foreign-files.ts";
import { placeRuleErrors } from "../../../src/rules/rule-errors.ts";
import { describeNonObject } from "../../../src/sources/published-dashboard.ts";
import { readYaml } from "../../../src/yaml/read.ts";
import { dashboard, lockOf } from "../../lock/locks.ts";
import { target } from "../fuzz.ts";
import { longText, mutated, oddData, oddText, type Random } from "../random.ts";

const goodLock = printLock(lockOf({ dashboards: [dashboard(1860, 37, 37)] }));

export const locks = target({
  name: "lock files",
  generate: (random: Random) => (random.chance(0.05) ? longText(random) : mutated(random, goodLock)),
  run: (text) => parseLock(text, "monstack.lock"),
});

function query(random: Random, depth = 4): string {
  if (depth === 0) return random.pick(["up", "1", 'x{a="b"}', "x[5m]", '"s"', oddText(random)]);
  const inner = () => query(random, depth - 1);
  return random.pick([
    () => `(${inner()})`,
    () => `sum by (${oddText(random)}) (${inner()})`,
    () => `rate(${inner()}[5m:1m] offset 1h)`,
    () => `${inner()} ${random.pick(["+", "and on (a)", "==bool", "^", "unless"])} ${inner()}`,
    () => `{a=~"${oddText(random)}", "${oddText(random)}"}`,
    () => `histogram_quantile(0.9, ${inner()})`,
    () => `-${inner()}`,
  ])();
}

const goodRules = `groups:
  - name: custom
    interval: 30s
    labels: {team: ops}
    rules:
      - alert: HighMemory
        expr: sum by (pod) (container_memory_working_set_bytes{container!=""}) > 1e9
        for: 5m
        labels: {severity: warning}
        annotations: {summary: '{{ $labels.pod }} uses {{ $value | humanize }}', x: "{{ if eq 1 2 }}a{{ end }}"}
      - record: job:up:sum
        expr: sum(up)
route:
  receiver: ops
  routes: [{matchers: ['team=~"ops|dev"', 'severity!="x"'], receiver: ops, continue: true}]
receivers: [{name: ops, slack_configs: [{api_url: http://x, channel: '#a'}]}]
inhibit_rules: [{source_matchers: [a=b], target_matchers: [c=~d.*], equal: [pod]}]
time_intervals: [{name: night, time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}]}]}]
`;

function expression(random: Random): string {
  const parts = [
    "a",
    "|",
    "(",
    ")",
    "[a-z]",
    "\\d{3}",
    "{2}",
    "{999999999}",
    ".*",
    "(?i)",
    "(?P<x>",
    "^",
    "$",
  ];
  return random.list(12, () => random.pick(parts)).join("");
}

export const ruleFiles = target({
  name: "rule files",
  generate: (random: Random) => ({
    text: random.chance(0.05) ? longText(random) : mutated(random, goodRules),
    data: { groups: [oddData(random), { name: "a", rules: [oddData(random)] }], route: oddData(random) },
    expression: expression(random),
  }),
  run: ({ text, data, expression: pattern }) => {
    for (const one of [readYaml(text).data, data]) {
      describeForeignFile(one);
      placeRuleErrors(text, one, [
        { message: pattern, line: 7, column: 3 },
        { message: pattern, group: "custom", rule: 0, ruleName: "HighMemory", field: "expr", from: 3, to: 9 },
      ]);
    }
    guessFittingValues(pattern);
  },
});

function variable(random: Random): unknown {
  return {
    name: random.pick(["a", "b", oddText(random)]),
    type: random.pick(["query", "custom", "interval", "datasource", "textbox", "adhoc", oddText(random)]),
    query: random.pick([
      "label_values(up, $a)",
      "a : b, c",
      "1m,5m",
      "$b ${a:regex} [[b]]",
      longText(random),
    ]),
    regex: random.pick([
      "/(?<text>a+)/",
      "/^(?!a).*$/i",
      "(a+)+$",
      "(?=(a+)+$)b",
      oddText(random),
      longText(random),
    ]),
    sort: random.number(-1, 9),
    current: oddData(random, 2),
    includeAll: random.chance(0.5),
    filters: oddData(random, 2),
  };
}

function model(random: Random): unknown {
  const panels = random.list(3, () => ({
    id: random.number(0, 3),
    type: random.pick(["row", "graph", oddText(random)]),
    title: oddText(random),
    targets: [
      { expr: query(random, 2), refId: oddText(random), datasource: oddData(random, 1) },
      oddData(random, 1),
    ],
    panels: oddData(random, 2),
    datasource: random.pick(["${DS_PROMETHEUS}", "$a", null, { uid: "constructor" }]),
  }));
  const inputs = [
    { name: random.pick(["DS_PROMETHEUS", "constructor", oddText(random)]), type: "datasource" },
  ];
  return {
    uid: oddText(random),
    panels: random.chance(0.9) ? panels : oddData(random),
    templating: { list: random.list(3, () => variable(random)) },
    __inputs: random.chance(0.5) ? inputs : oddData(random, 2),
  };
}

const sources = [{ uid: "p", name: "a".repeat(40), type: "prometheus", isDefault: true }];

export const dashboards = target({
  name: "dashboards",
  generate: (random: Random) => {
    if (random.chance(0.03)) return longText(random, ['{"panels":[', "[", '{"a":', "<html"]);
    const text = JSON.stringify(random.chance(0.9) ? model(random) : oddData(random)) ?? "";
    return random.chance(0.2) ? mutated(random, text) : text;
  },
  run: (text) => {
    if (describeNonObject(text) !== undefined) return;
    const data: unknown = JSON.parse(text.trimStart().replace(/^\uFEFF/, ""));
    const options = { inputs: {}, mayNameOthers: true, datasources: sources, fallbackUid: "x" };
    importDashboard(data, options);
    const read = readDashboard(data);
    if ("problem" in read) return;
    for (const one of sortByUse(read.dashboard.variables)) {
      listFixedOptions(one, sources);
      const { regex } = fillQuery(one, new Map(), new Map());
      filterOptions(["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "b", ""], one, regex);
    }
  },
});
