import { expect, test } from "vitest";
import { formatPlan } from "../../src/plan/format.ts";
import { planOf } from "./configs.ts";

test("a plan as text", async () => {
  const text = formatPlan(
    await planOf(
      "profile: as-is\napps: {loki: {chart: grafana/loki, depends_on: prometheus, namespace: logs}}",
      {
        grafana: { user: "admin", password: "hunter2" },
      },
    ),
  );
  expect(text).toBe(`Profile as-is, on k3s v1.36.3+k3s1, with helm v4.2.3
Configuration: /work/monstack.yaml

Apps, in this order:
  1.  prometheus  prometheus-community/prometheus 29.27.0  release prometheus in namespace monitoring  at once
  2.  grafana     grafana-community/grafana 12.11.1        release grafana in namespace monitoring     after prometheus is applied
  3.  loki        grafana/loki (newest)                    release loki in namespace logs              after prometheus is ready

Values that are set because yours leave them open:
  grafana
    datasources.datasources\\.yaml: {"apiVersion":1,"datasources":[{"name":"Prometheus","uid":"prometheus","type":"prometheus","access":"proxy","url":"http://prometheus-server.monitoring.svc.cluster.local","isDefault":true,"jsonData":{"timeInterval":"1m"}}]}
        Grafana queries the Prometheus of this stack; $__rate_interval follows its scrape interval

Whether alerts are delivered is not tried: profile as-is leaves the receivers alone; alerting.receivers: capture tests them without notifying anybody.
`);
  expect(text).not.toContain("hunter2");
});

test("every value of profile ci is shown with its reason", async () => {
  const plan = await planOf("");
  const text = formatPlan(plan);
  for (const { path, value, why } of plan.profileSettings) {
    expect(text).toContain(`    ${path}: ${JSON.stringify(value)}\n        ${why}\n`);
  }
  expect(text).toContain("Your own values always win; profile as-is leaves the charts alone.");
});

test("profile production says what it is going to judge", async () => {
  const text = formatPlan(await planOf("profile: production"));
  expect(text).toContain(
    "Profile production itself sets no value. It judges the stack besides, and a point that is not met fails the run:\n" +
      "  1. Prometheus, Alertmanager and Grafana keep their data on volumes (production-persistence)\n",
  );
  expect(text).toContain("  8. There is a backup (production-backup)\n");
  expect(formatPlan(await planOf("profile: as-is"))).not.toContain("production");
});

test("what is replaced although it is the user's is said", async () => {
  const own =
    "apps: {prometheus: {values: {alertmanager: {config: {receivers: [{name: a, webhook_configs: [{url: 'https://secret'}]}]}}}}}";
  const podGateway = { address: "10.42.0.1" };
  const text = formatPlan(await planOf(own, { podGateway }, { "alert-receivers": "capture" }));
  expect(text).toContain(
    "receivers and waits are replaced even where they are yours, because you requested it.",
  );
  expect(text).toContain('alertmanager.config.receivers: ["a (webhook) to 10.42.0.1"]');
  expect(text).not.toContain("https://secret");
});

test("what capture sets in profile production is said to be for that", async () => {
  const yaml = "profile: production\napps: {grafana: {enabled: false}}";
  const podGateway = { address: "10.42.0.1" };
  const text = formatPlan(await planOf(yaml, { podGateway }, { "alert-receivers": "capture" }));
  expect(text).toContain("Values that are set for alerting.receivers: capture:\n  prometheus\n");
  expect(text).not.toContain("yours leave them open");
  expect(text).toContain("Profile production itself sets no value.");
});

test("long values are cut, and shown whole when asked", async () => {
  const long = `up{instance="${"x".repeat(400)}"}`;
  const plan = await planOf(`federate: [{targets: [a:1], match: ['${long}']}]`);
  expect(formatPlan(plan)).toContain("…");
  expect(formatPlan(plan)).not.toContain("x".repeat(400));
  expect(formatPlan(plan, { areValuesWhole: true })).toContain("x".repeat(400));
});
