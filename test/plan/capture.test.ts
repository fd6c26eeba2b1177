import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/model/plan.ts";
import { planOf, valuesOf } from "./configs.ts";

const podGateway = { address: "10.42.0.1" };
const own = `apps: {prometheus: {values: {alertmanager: {config: {receivers: [{name: ops, slack_configs: [{api_url: 'https://x', channel: a}]}], route: {receiver: ops}}}}}}`;
const configOf = (plan: Plan) => (valuesOf(plan, "prometheus").alertmanager as { config: unknown }).config;
const rulesOf = (plan: Plan) =>
  valuesOf(plan, "prometheus").serverFiles as Record<string, { groups: { name: string }[] }>;

describe("alerting", () => {
  it("is captured where nobody names a receiver, and the plan says so", async () => {
    const plan = await planOf("", { podGateway });
    expect(configOf(plan)).toEqual({
      receivers: [
        {
          name: "default-receiver",
          webhook_configs: [{ url: "http://10.42.0.1:9095/receivers/default-receiver/webhook/0" }],
        },
      ],
      route: { group_wait: "1s", group_interval: "1s" },
    });
    expect(plan.alerting).toEqual({
      kind: "captured",
      hasUserReceivers: false,
      at: { host: "10.42.0.1", httpPort: 9095, smtpPort: 9096 },
      endpoints: [{ receiver: "default-receiver", integration: "webhook", index: 0 }],
      missingRuleReason: undefined,
    });
    expect(rulesOf(plan).rules?.groups.map(({ name }) => name)).toEqual(["monstack-rule-delivery"]);
    const paths = plan.profileSettings.map(({ path }) => path);
    expect(paths).toContain("alertmanager.config.receivers");
    expect(paths).toContain("serverFiles.rules.groups");
  });

  it("gives monstack's receiver addresses that nobody can guess, and keeps them secret", async () => {
    const plan = await planOf("", { podGateway, receiverToken: "t0ken" });
    expect(JSON.stringify(configOf(plan))).toContain(
      "http://10.42.0.1:9095/t0ken/receivers/default-receiver/webhook/0",
    );
    expect(plan.alerting).toMatchObject({ at: { token: "t0ken" } });
    expect(plan.secrets).toContain("t0ken");
    expect(JSON.stringify(plan.profileSettings)).not.toContain("t0ken");
  });

  it("leaves named receivers alone, and says how to have them tried", async () => {
    const plan = await planOf(own, { podGateway });
    expect(configOf(plan)).toMatchObject({ receivers: [{ slack_configs: [{ api_url: "https://x" }] }] });
    expect(plan.alerting).toEqual({
      kind: "as-is",
      reason: "the values name receivers; alerting.receivers: capture tests them without notifying anybody",
    });
    expect(rulesOf(plan)).toBeUndefined();
  });

  it("replaces named ones when asked to, without their addresses in what the plan shows", async () => {
    const plan = await planOf(own, { podGateway }, { "alert-receivers": "capture" });
    expect(JSON.stringify(configOf(plan))).not.toContain("https://x");
    expect(plan.alerting).toMatchObject({ kind: "captured", hasUserReceivers: true });
    expect(plan.profileSettings.find(({ path }) => path === "alertmanager.config.receivers")).toEqual({
      app: "prometheus",
      path: "alertmanager.config.receivers",
      value: ["ops (slack) to 10.42.0.1"],
      why: "requested with alerting.receivers: capture",
      isRequested: true,
    });
  });

  it.each([
    ["as-is", "", { "alert-receivers": "as-is" }, "the receivers are the user's"],
    ["another profile", "profile: as-is", {}, "profile as-is leaves the receivers alone"],
    [
      "no Alertmanager",
      "apps: {prometheus: {values: {alertmanager: {enabled: false}}}}",
      {},
      "deploys an Alertmanager",
    ],
    [
      "a ConfigMap of the user's",
      "apps: {prometheus: {values: {alertmanager: {config: {enabled: false}}}}}",
      {},
      "doesn't contain",
    ],
  ])("is left alone: %s", async (_, yaml, flags, reason) => {
    const { alerting } = await planOf(yaml, { podGateway }, flags as Record<string, string>);
    expect(alerting).toMatchObject({ kind: "as-is", reason: expect.stringContaining(reason) });
  });

  it("is left alone where pods don't reach this machine; asked for, that is a mistake", async () => {
    const unknown = { unknown: "pods of an existing cluster can't be expected to reach this machine" };
    expect((await planOf("", { podGateway: unknown })).alerting).toEqual({
      kind: "as-is",
      reason: unknown.unknown,
    });
    await expect(planOf("", { podGateway: unknown }, { "alert-receivers": "capture" })).rejects.toThrow(
      `alerting.receivers: capture can't be done: ${unknown.unknown}`,
    );
  });

  const group = "groups: [{name: mine, rules: []}]";
  it.each([
    ["a file that the user left empty", `rules: {${group}}`, "alerts", ["monstack-rule-delivery"]],
    [
      "beside the user's groups",
      `rules: {${group}}, alerts: {${group}}, alerting_rules.yml: {${group}}, recording_rules.yml: {${group}}`,
      "rules",
      ["mine", "monstack-rule-delivery"],
    ],
    [
      "a file that is read",
      `prometheus.yml: {rule_files: [/etc/config/alerting_rules.yml]}, alerting_rules.yml: {${group}}`,
      "alerting_rules.yml",
      ["mine", "monstack-rule-delivery"],
    ],
  ])("puts its rule into %s", async (_, files, file, names) => {
    const plan = await planOf(`apps: {prometheus: {values: {serverFiles: {${files}}}}}`, { podGateway });
    expect(rulesOf(plan)[file]?.groups.map(({ name }) => name)).toEqual(names);
  });

  it("goes without its rule where Prometheus would not read it", async () => {
    const files = "prometheus.yml: {rule_files: [/etc/other/*.yml]}";
    const plan = await planOf(`apps: {prometheus: {values: {serverFiles: {${files}}}}}`, { podGateway });
    expect(plan.alerting).toMatchObject({
      missingRuleReason: "none of the rule files that Prometheus reads can take monstack's own rule",
    });
    expect(Object.keys(rulesOf(plan))).toEqual(["prometheus.yml"]);
  });
});
