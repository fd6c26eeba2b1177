import { describe, expect, it, test } from "vitest";
import type { Plan } from "../../../src/model/plan.ts";
import { valuesOf } from "../configs.ts";
import { planFrom, told } from "./support.ts";

/** As in the guide that this project began with. */
const custom = `groups:
  - name: custom-rules
    rules:
      - alert: HighPodMemory
        expr: sum(container_memory_usage_bytes) by (pod) / 1024 / 1024 > 500
        for: 5m
        labels:
          severity: warning
        annotations:
          description: "Pod {{ $labels.pod }} is using {{ $value }}MB of memory"

      - alert: PodCrashLooping
        expr: rate(kube_pod_container_status_restarts_total[15m]) > 0
        for: 5m
`;
const group = (name: string, expr = "up == 0") =>
  `groups:\n  - name: ${name}\n    rules:\n      - alert: A\n        expr: ${expr}\n`;
type Files = Record<string, { groups: { name: string; rules: object[] }[] }>;
const serverFiles = (plan: Plan) => valuesOf(plan, "prometheus")["serverFiles"] as Files;
const namesIn = (plan: Plan, file = "alerting_rules.yml") =>
  serverFiles(plan)[file]?.groups.map(({ name }) => name);

describe("rules", () => {
  it("go to the Prometheus chart as they are, with a warning of the trap in them", async () => {
    const plan = await planFrom({
      files: { "custom-rules.yaml": custom },
      flags: { rules: "custom-rules.yaml" },
    });
    const [deployed] = serverFiles(plan)["alerting_rules.yml"]?.groups ?? [];
    expect(deployed?.rules[0]).toEqual({
      alert: "HighPodMemory",
      expr: "sum(container_memory_usage_bytes) by (pod) / 1024 / 1024 > 500",
      for: "5m",
      labels: { severity: "warning" },
      annotations: { description: "Pod {{ $labels.pod }} is using {{ $value }}MB of memory" },
    });
    expect(told(plan)).toEqual([
      expect.stringMatching(
        /^custom-rules\.yaml:5:19: rule HighPodMemory: .*counted several times; better: sum\(container_memory_usage_bytes\{container!="",pod!=""\}\) by \(pod\) \/ 1024 \/ 1024 > 500$/,
      ),
    ]);
    expect(plan.alerting).toMatchObject({ kind: "captured", missingRuleReason: undefined });
  });

  it("stand beside the values' own groups", async () => {
    const files = {
      "monstack.yaml":
        "rules: [a.yaml]\napps: {prometheus: {values: {serverFiles: {alerting_rules.yml: {groups: [{name: mine, rules: []}]}}}}}",
      "a.yaml": group("other"),
    };
    expect(namesIn(await planFrom({ files }))).toEqual(["mine", "other"]);
  });

  it("are found in folders and by patterns; groups of the same name are kept apart", async () => {
    const files = {
      "monstack.yaml": "rules: [rules, 'more/*.yml']\n",
      "rules/b.yaml": group("same"),
      "rules/a.yaml": group("first"),
      "rules/README.md": "no rules",
      "more/x.yml": group("same"),
      "more/x.txt": "no rules",
    };
    const plan = await planFrom({ files });
    expect(namesIn(plan)).toEqual(["first", "same", "same (more/x.yml)"]);
    expect(told(plan)).toEqual([
      "more/x.yml:2:11: another rule group is named same too; this one is deployed as same (more/x.yml)",
    ]);
  });

  it("go into a file that Prometheus reads", async () => {
    const files = (read: string) => ({
      "monstack.yaml": `rules: [a.yaml]\napps: {prometheus: {values: {serverFiles: {prometheus.yml: {rule_files: [${read}]}}}}}`,
      "a.yaml": group("a"),
    });
    expect(namesIn(await planFrom({ files: files("/etc/config/alerts") }), "alerts")).toEqual([
      "a",
      "monstack-rule-delivery",
    ]);
    await expect(planFrom({ files: files("/etc/other") })).rejects.toThrow("none of the chart's rule files");
  });

  it("are an object of the operator's, after it and with the labels that its Prometheus selects by", async () => {
    const files = {
      "monstack.yaml":
        "rules: [a.yaml]\napps: {prometheus: {chart: prometheus-community/kube-prometheus-stack, release: kps}}",
      "a.yaml": group("a"),
    };
    const plan = await planFrom({ files });
    expect(plan.apps.find(({ name }) => name === "monstack-rules")).toMatchObject({
      dependsOn: [{ app: "prometheus", until: "ready" }],
      chart: {
        kind: "objects",
        objects: [
          {
            kind: "PrometheusRule",
            metadata: { namespace: "monitoring", labels: { release: "kps" } },
            spec: { groups: [{ name: "a" }] },
          },
        ],
      },
    });
  });

  it("may be in a PrometheusRule, with the places there", async () => {
    const object = `kind: PrometheusRule\nspec:\n  groups:\n    - name: a\n      rules: [{alert: A, expr: 'up =='}]\n`;
    await expect(planFrom({ files: { "a.yaml": object }, flags: { rules: "a.yaml" } })).rejects.toThrow(
      /^a\.yaml:5:38: spec\.groups\[0\]\.rules\[0\]\.expr: Prometheus \S+: could not parse expression: 1:6: parse error/,
    );
  });

  test.each([
    [group("a", "sum(up"), /^a\.yaml:5:\d+: groups\[0\]\.rules\[0\]\.expr: .*parse error/],
    ["groups: [{name: a, rules: [{alert: A}]}]", /^a\.yaml:1:\d+: .*field 'expr' must be set/],
  ])("that Prometheus would refuse are said with their place: %s", async (text, message) => {
    await expect(planFrom({ files: { "a.yaml": text }, flags: { rules: "a.yaml" } })).rejects.toThrow(
      message,
    );
  });

  it("with a mistake in a key are said with the key's own place", async () => {
    const text = "groups:\n- name: a\n  rules:\n  - alert: A\n    exp: up\n    expr: up\n";
    await expect(planFrom({ files: { "a.yaml": text }, flags: { rules: "a.yaml" } })).rejects.toThrow(
      "a.yaml:5:5: groups[0].rules[0].exp: ",
    );
  });

  it("that aren't there are said with the line that names them", async () => {
    const files = { "monstack.yaml": "rules:\n  - a.yaml\n  - b.yaml\n", "a.yaml": group("a") };
    await expect(planFrom({ files })).rejects.toThrow(
      "monstack.yaml:3:5: rules[1]: there is no rule file b.yaml",
    );
    const pattern = { "monstack.yaml": "rules: ['x/*.yaml']\n" };
    await expect(planFrom({ files: pattern })).rejects.toThrow("no rule file matches x/*.yaml");
  });

  it("are measured against how often the profile scrapes", async () => {
    const files = { "a.yaml": group("a", "rate(up[1m]) > 0") };
    const flags = { rules: "a.yaml" };
    expect(told(await planFrom({ files, flags }))).toEqual([]);
    expect(told(await planFrom({ files, flags: { ...flags, profile: "as-is" } }))).toEqual([
      "a.yaml:5:23: rule A: the range [1m] is shorter than two scrapes (one every 1m): rate finds one sample or none, and the expression is empty; better: rate(up[4m]) > 0",
    ]);
  });
});
