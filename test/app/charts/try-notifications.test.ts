import { expect, it, test } from "vitest";
import { findIneffectivePartsInValues } from "../../../src/app/charts/try-notifications.ts";
import { inFolder } from "../../config/in-folder.ts";
import { sharedJudge } from "../../support/judge.ts";

const judge = await sharedJudge();

async function idleIn(alertmanager: string, rules = "[]") {
  const yaml = `apps:
  prometheus:
    values:
      serverFiles: { alerting_rules.yml: { groups: [{ name: g, rules: ${rules} }] } }
      alertmanager: ${alertmanager}
`;
  await using folder = await inFolder({ "monstack.yaml": yaml });
  const { mistakes, notices } = await findIneffectivePartsInValues(judge, await folder.load());
  return {
    mistakes: mistakes.map(({ where, path, problem }) => `${where}: ${path}: ${problem}`),
    notices: notices.map(({ at, text }) => `${at?.file}:${at?.line}: ${text}`),
  };
}

const slack = `receivers: [{name: a, slack_configs: [{api_url: 'https://x.example', title: '{{ template "crew" . }}'}]}]`;

test("templates of the configuration in the values are tried, with the line there", async () => {
  const { mistakes, notices } = await idleIn(`{config: {${slack}}}`);
  expect(mistakes).toEqual([
    expect.stringMatching(
      /^monstack\.yaml:5:\d+: alertmanager\.config\.receivers\[0\]\.slack_configs\[0\]\.title: the template crew is not defined/,
    ),
  ]);
  expect(notices).toEqual([]);
});

it.each([
  ["the chart's own pattern loads them", ""],
  ["the values' pattern loads them", "templates: ['/etc/alertmanager/*.tmpl'], "],
])("a template in the values is known where %s", async (_, templates) => {
  const files = `templates: {a.tmpl: '{{ define "crew" }}{{ .Status }}{{ end }}'}`;
  expect(await idleIn(`{${files}, config: {${templates}${slack}}}`)).toEqual({ mistakes: [], notices: [] });
});

test("what the chart completes is no mistake, and what Alertmanager refuses is reported elsewhere", async () => {
  expect(await idleIn("{config: {inhibit_rules: [{equal: [a]}]}}")).toEqual({ mistakes: [], notices: [] });
  expect(await idleIn(`{config: {foo: '{{ x }}', ${slack}}}`)).toEqual({ mistakes: [], notices: [] });
});

test("an inhibition rule in the values with a label that no rule gives is told with its line", async () => {
  const rules = "[{alert: A, expr: vector(1), labels: {severity: critical}}, {alert: B, expr: vector(1)}]";
  const inhibition = `{config: {inhibit_rules: [{source_matchers: [severity="critical"], target_matchers: [alertname="B"], equal: [cluster]}]}}`;
  expect((await idleIn(inhibition, rules)).notices).toEqual([
    expect.stringContaining(
      "monstack.yaml:5: alertmanager.config.inhibit_rules[0].equal[0]: equal of this inhibition rule names the label cluster",
    ),
  ]);
});
