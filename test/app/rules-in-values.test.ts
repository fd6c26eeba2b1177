import { expect, it } from "vitest";
import { tryRulesInValues } from "../../src/app/validate/rules.ts";
import { listRulesInValues } from "../../src/app/validate/values.ts";
import { makePlan } from "../../src/plan/make-plan.ts";
import { inFolder } from "../config/in-folder.ts";
import { expressions, judge } from "../support/expressions.ts";

/** What is said of the rules in the values of an app, each with its line. */
async function saidOf(yaml: string): Promise<string[]> {
  await using folder = await inFolder({ "monstack.yaml": yaml });
  const loaded = await folder.load();
  const { config, valuesFiles, texts, cwd, variables } = loaded;
  const plan = makePlan(config, {
    valuesFiles,
    texts,
    cwd,
    env: variables,
    podGateway: { address: "10.42.0.1" },
    receiverToken: "0".repeat(32),
  });
  const notices = await tryRulesInValues({ judge, expressions }, listRulesInValues(loaded, plan), plan);
  return notices.map(({ id, at }) => `${at?.line}: ${id}`);
}

const values = (rules: string) => `apps:
  prometheus:
    values:
      serverFiles:
        alerting_rules.yml:
          groups:
            - name: mine
              rules:
${rules}`;

it("a label that follows the value is named in rules that stand in values, at its line", async () => {
  const rules = `                - alert: Level
                  expr: level > 3
                  for: 5m
                  labels:
                    severity: warning
                    level_now: "{{ $value }}"
`;
  expect(await saidOf(values(rules))).toEqual([expect.stringMatching(/^14: /)]);
});

it("an annotation that fails, and a result of a wrong type, are named there too", async () => {
  const rules = `                - alert: Away
                  expr: up == 0
                  annotations: {summary: "{{ $labels.a.b }}"}
                - record: all:up
                  expr: up[5m]
`;
  expect(await saidOf(values(rules))).toEqual([
    expect.stringMatching(/^13: /),
    expect.stringMatching(/^11: /),
  ]);
});

it("nothing is said of rules that are right", async () => {
  const rules = `                - alert: Away
                  expr: up == 0
                  for: 5m
                  labels: {job: "{{ $labels.job }}"}
                  annotations: {summary: "{{ $value | humanize }} of {{ $labels.instance }}"}
`;
  expect(await saidOf(values(rules))).toEqual([]);
});
