import { expect, it } from "vitest";
import { probeLabel } from "../../../src/alerting/names.ts";
import { statusWith } from "../../support/fake-alertmanager.ts";
import { healthyWorld } from "../healthy-world.ts";
import { checkIn, oneResult, openStack } from "../open-stack.ts";

const id = "alert-inhibition";
const withRules = (rules: string) =>
  statusWith(`route: {receiver: default-receiver}\nreceivers: [{name: default-receiver}]\n${rules}`);

it("posts two alerts for a rule, sees the one held back, and takes both back", async () => {
  const world = healthyWorld();
  await using open = await openStack(world);
  expect(await oneResult(open.stack, id)).toMatchObject({
    status: "pass",
    seen: "1 inhibition rule held an alert back",
  });
  const [firing, resolved] = open.servers.alertmanager.received
    .filter(({ method }) => method === "POST")
    .map(({ body }) => JSON.parse(body));
  expect(firing.map(({ labels }: { labels: object }) => labels)).toMatchObject([
    { severity: "critical", [probeLabel]: expect.stringMatching(/^m/) },
    { severity: "warning", [probeLabel]: expect.stringMatching(/^m/) },
  ]);
  for (const { endsAt } of resolved) expect(Date.parse(endsAt)).toBeLessThanOrEqual(Date.now());
});

it("warns when it isn't held back", async () => {
  const result = await checkIn(id, ({ alertmanager }) => {
    alertmanager.inhibits = false;
  });
  expect(result).toMatchObject({
    status: "warn",
    seen: 'not held back: {alertname="MonstackSyntheticAlert", severity="warning"} by {alertname="MonstackSyntheticAlert", severity="critical"}',
    fault: "inhibition-not-working",
  });
});

it("tells an Alertmanager that has forgotten the alerts", async () => {
  const result = await checkIn(id, ({ alertmanager }) => {
    alertmanager.isForgetful = true;
  });
  expect(result).toMatchObject({
    status: "warn",
    cause: "Alertmanager does not have the alerts that it accepted",
  });
});

it.each([
  ["", "Alertmanager's configuration has no inhibit_rules"],
  [
    "inhibit_rules: [{source_matchers: [job=b], target_matchers: [job=b]}]",
    "no two alerts were thought of that 1 rule could be about",
  ],
])("is skipped where there is nothing to try: %s", async (rules, reason) => {
  const result = await checkIn(id, ({ alertmanager }) => {
    alertmanager.status = withRules(rules);
  });
  expect(result).toMatchObject({ status: "skipped", reason });
});

const crew =
  'inhibit_rules: [{source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [crew]}]';

it.each([
  [crew, "crew (in equal)"],
  [crew.replace('[severity="critical"]', '[kind="x"]').replace(", equal: [crew]", ""), "kind (in a matcher)"],
])(
  "warns about a label that no rule, series or alert has, instead of making it up: %s",
  async (rules, label) => {
    const result = await checkIn(id, ({ alertmanager }) => {
      alertmanager.status = withRules(rules);
    });
    expect(result).toMatchObject({
      status: "warn",
      seen: `no rule, series or alert has the label ${label}`,
      fault: "inhibition-label-unknown",
    });
  },
);

it.each(["a rule", "a series", "an external label", "no rule at all"])(
  "tries the rule where the label can come from %s",
  async (source) => {
    const result = await checkIn(id, ({ alertmanager, prometheus }) => {
      alertmanager.status = withRules(crew);
      if (source === "a series") prometheus.labelNames = ["crew", "severity"];
      if (source === "an external label")
        prometheus.config = prometheus.config.replace("global:", "global:\n  external_labels: { crew: x }");
      if (source === "no rule at all") prometheus.rules = [];
      if (source === "a rule")
        for (const { rules } of prometheus.rules) for (const rule of rules) rule["labels"] = { crew: "x" };
    });
    expect(result).toMatchObject({ status: "pass" });
  },
);
