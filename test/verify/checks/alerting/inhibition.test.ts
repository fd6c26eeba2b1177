import { describe, expect, it } from "vitest";
import { probeLabel } from "../../../../src/alerting/own-alerts.ts";
import type { Stack } from "../../../../src/stack/stack.ts";
import { statusWith } from "../../../support/fake-alertmanager.ts";
import { healthyWorld, type World } from "../../healthy-world.ts";
import { checkIn, oneResult, openStack } from "../../open-stack.ts";

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

describe("labels that no alert has, though alerts made up with them are held back", () => {
  const written = (stack: Stack): Stack => ({
    ...stack,
    rendered: stack.rendered.map((one) => ({
      ...one,
      app: { ...one.app, values: { alertmanager: { config: { inhibit_rules: [{}] } } } },
    })),
  });
  const severity = (world: World, value: unknown = { severity: "critical" }) => {
    Object.assign(world.prometheus.rules[0]?.rules[0] ?? {}, { labels: value });
  };
  const equal = (label: string) =>
    withRules(
      `inhibit_rules: [{source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [${label}]}]`,
    );

  it("warns about a label of a matcher", async () => {
    expect(await checkIn(id, () => {}, written)).toMatchObject({
      status: "warn",
      seen: "no alert has the label severity",
      cause: expect.stringContaining("its matchers require severity, so that it never holds an alert back"),
      fault: "inhibition-label-unknown",
    });
  });

  it("warns about a label of equal", async () => {
    const result = await checkIn(
      id,
      (world) => {
        severity(world);
        world.alertmanager.status = equal("cluster");
      },
      written,
    );
    expect(result).toMatchObject({ status: "warn", seen: "no alert has the label cluster" });
  });

  it.each([
    ["a label of the series", "pod", ""],
    ["an external label", "cluster", "global: { external_labels: { cluster: a } }\n"],
    [
      "a label that relabelling writes",
      "region",
      "alerting: { alert_relabel_configs: [{ target_label: region, replacement: x }] }\n",
    ],
  ])("passes with %s", async (_, label, config) => {
    const change = (world: World) => {
      severity(world);
      world.alertmanager.status = equal(label);
      world.prometheus.config = config || world.prometheus.config;
    };
    expect(await checkIn(id, change, written)).toMatchObject({ status: "pass" });
  });

  it("says nothing of a chart's own rules, or where all alerts come from elsewhere", async () => {
    expect(await checkIn(id)).toMatchObject({ status: "pass" });
    const none = ({ prometheus }: World) => prometheus.rules.splice(0);
    expect(await checkIn(id, none, written)).toMatchObject({ status: "pass" });
  });
});

it.each([
  ["", "Alertmanager's configuration has no inhibit_rules"],
  [
    "inhibit_rules: [{source_matchers: [a=b], target_matchers: [a=b]}]",
    "no two alerts were thought of that 1 rule could be about",
  ],
])("is skipped where there is nothing to try: %s", async (rules, reason) => {
  const result = await checkIn(id, ({ alertmanager }) => {
    alertmanager.status = withRules(rules);
  });
  expect(result).toMatchObject({ status: "skipped", reason });
});
