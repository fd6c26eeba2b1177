import { describe, expect, it, test } from "vitest";
import {
  canHaveLabel,
  findAlertSources,
  findPossibleLabels,
  judgeInhibitions,
} from "../../src/rules/inhibition.ts";
import { readYaml } from "../../src/yaml/read.ts";
import { sharedJudge } from "../support/judge.ts";
import { app } from "../verify/rendered-stack.ts";

const judge = await sharedJudge();

describe("labels that the series of an expression can have", () => {
  const asked = ["cluster", "pod", "node", "new"];
  it.each([
    ["vector(1) == 1", []],
    ["up == 0", asked],
    ['up{cluster=""} == 0', ["pod", "node", "new"]],
    ["sum by (pod) (rate(x[5m])) > 1", ["pod"]],
    ["sum(x)", []],
    ["sum without (pod) (x)", ["cluster", "node", "new"]],
    ["topk(3, sum by (node, pod) (x))", ["pod", "node"]],
    ['count_values("new", x)', ["new"]],
    ['label_replace(sum by (pod) (x), "new", "$1", "pod", "(.*)")', ["pod", "new"]],
    ['absent(x{cluster="a", pod=~"b"})', ["cluster"]],
    ["sum by (pod) (x) / on (pod) group_left (node) y", ["pod", "node"]],
    ["x * on (pod) y", ["pod"]],
    ["sum by (pod) (x) and on (pod) y", ["pod"]],
    ["sum by (pod) (x) or vector(0)", ["pod"]],
    ["vector(time()) > 1", []],
    ["(sum by (pod) (x) > 1) * 2", ["pod"]],
    ["max_over_time(sum by (node) (x)[5m:])", ["node"]],
  ])("%s", async (text, expected) => {
    const [answer] = await judge.ask("expression", [{ text }]);
    if (answer === undefined || answer.errors !== undefined) throw new Error("refused");
    const possible = findPossibleLabels(answer);
    expect(asked.filter((label) => canHaveLabel(possible, label))).toEqual(expected);
  });
});

async function faultsIn(inhibition: string, rules: string, added: readonly string[] | "any" = []) {
  const config = readYaml(
    `route: {receiver: a}\nreceivers: [{name: a}]\ninhibit_rules: [${inhibition}]`,
  ).data;
  const found = await judgeInhibitions(judge, config, {
    rules: readYaml(rules).data as unknown[],
    added: added === "any" ? undefined : added,
  });
  return found.map(({ path, problem }) => `${path.slice(1).join(".")}: ${problem}`);
}

const usual =
  '{source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [cluster]}';
const fixed = `
- {alert: A, expr: vector(1), labels: {severity: critical}}
- {alert: B, expr: vector(1), labels: {severity: warning}}
`;
const never = "which no alerting rule gives to its alerts: it never holds anything back";

test("equal with a label that no alert has", async () => {
  expect(await faultsIn(usual, fixed)).toEqual([
    "0.equal.0: equal of this inhibition rule names the label cluster, which no alerting rule gives to its alerts: two alerts without it count as equal, so it separates nothing",
  ]);
});

test.each([
  ["a rule's own label", fixed.replace("severity: warning", "severity: warning, cluster: x"), []],
  [
    "a templated label",
    fixed.replace("severity: warning", "severity: warning, cluster: '{{ $labels.c }}'"),
    [],
  ],
  ["a metric's label", fixed.replace("vector(1)", "up == 0"), []],
  ["an external label", fixed, ["cluster"]],
  ["relabelling that sets anything", fixed, "any"],
  ["no alerting rules that are known", "[{record: a, expr: vector(1)}]", []],
])("no false alarm: %s", async (_, rules, added) => {
  expect(await faultsIn(usual, rules, added as readonly string[] | "any")).toEqual([]);
});

test.each([
  [
    '{source_matchers: [kind="x"], target_matchers: [severity="warning"]}',
    `0.source_matchers: the source of this inhibition rule names the label kind, ${never}`,
  ],
  [
    '{source_matchers: [severity="critical"], target_match: {severity: warnin}}',
    `0.target_matchers: the target of this inhibition rule names severity="warnin", ${never}`,
  ],
])("a matcher that fits no alert: %s", async (inhibition, problem) => {
  expect(await faultsIn(inhibition, fixed)).toEqual([problem]);
});

test("a matcher that fits alerts without the label is right", async () => {
  expect(
    await faultsIn(
      '{source_matchers: [severity="critical", kind!="x"], target_matchers: [alertname="B", kind=""]}',
      fixed,
    ),
  ).toEqual([]);
});

test("an operator's rules and external labels are known once they are rendered", () => {
  const metadata = { name: "x", namespace: "monitoring" };
  const apiVersion = "monitoring.coreos.com/v1";
  const rule = {
    ...{ apiVersion, kind: "PrometheusRule", metadata },
    spec: {
      groups: [{ name: "g", labels: { team: "x" }, rules: [{ alert: "A", labels: { severity: "info" } }] }],
    },
  };
  const server = (spec: object) => ({ apiVersion, kind: "Prometheus", metadata, spec });
  expect(findAlertSources([app("x", [rule])])).toBeUndefined();
  expect(findAlertSources([app("x", [rule, server({ externalLabels: { cluster: "x" } })])])).toEqual({
    rules: [{ alert: "A", labels: { team: "x", severity: "info" } }],
    added: ["cluster", "prometheus", "prometheus_replica"],
  });
  const relabelled = server({ additionalAlertRelabelConfigs: { name: "s", key: "k" } });
  expect(findAlertSources([app("x", [rule, relabelled])])?.added).toBeUndefined();
});
