import { describe, expect, it } from "vitest";
import { buildEndpointUrl } from "../../../../src/alerting/endpoints.ts";
import { probeLabel, ruleAlert, ruleGroup } from "../../../../src/alerting/own-alerts.ts";
import type { CheckResult } from "../../../../src/stack/check.ts";
import type { Stack } from "../../../../src/stack/stack.ts";
import { answerAsAlertmanager, heldAlert, notify, statusWith } from "../../../support/fake-alertmanager.ts";
import { closedUrl, serve } from "../../../support/local-server.ts";
import { healthyWorld } from "../../healthy-world.ts";
import { checkIn, failureOf, oneResult, openStack } from "../../open-stack.ts";

function faultIn(result: CheckResult): string | undefined {
  return "fault" in result ? result.fault : undefined;
}

const withAlerting = (alerting: unknown) => (stack: Stack) =>
  ({ ...stack, plan: { ...stack.plan, alerting } }) as Stack;

describe.each(["alert-delivery", "rule-delivery"])("%s", (id) => {
  it("is skipped with the plan's reason when the receivers are the user's", async () => {
    const asIs = withAlerting({ kind: "as-is", reason: "the values name receivers" });
    expect(await checkIn(id, undefined, asIs)).toMatchObject({
      status: "skipped",
      reason: "the values name receivers",
    });
  });

  it("is skipped without an Alertmanager", async () => {
    const result = await checkIn(id, undefined, (stack) => ({ ...stack, alertmanager: undefined }));
    expect(result).toMatchObject({ status: "skipped", reason: "Alertmanager is not part of this stack" });
  });

  it("fails when monstack's own receiver isn't there", async () => {
    const world = healthyWorld();
    await using open = await openStack(world);
    const port = Number(new URL(await closedUrl()).port);
    const { alerting } = open.stack.plan;
    const away = withAlerting({ ...alerting, at: { host: "127.0.0.1", httpPort: port, smtpPort: 1 } });
    expect(failureOf(await oneResult(away(open.stack), id))).toMatchObject({
      expected: `monstack's own receiver at http://127.0.0.1:${port}`,
      seen: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("fails when something else has the receiver's port", async () => {
    const world = healthyWorld();
    await using open = await openStack(world);
    const { alerting } = open.stack.plan;
    const at = { host: "127.0.0.1", httpPort: open.servers.grafana.port, smtpPort: 1 };
    const result = await oneResult(withAlerting({ ...alerting, at })(open.stack), id);
    expect(failureOf(result)).toMatchObject({
      cause: expect.stringContaining("another program has the port"),
    });
  });
});

describe("a receiver whose routes send at certain times only", () => {
  const routes = (text: string) =>
    statusWith(
      `route: {receiver: quiet, routes: [${text}]}\nreceivers: [{name: quiet}, {name: default-receiver}]\ntime_intervals: [{name: night, time_intervals: []}]`,
    );
  const muted = "{receiver: default-receiver, matchers: ['alertname=~\".+\"'], mute_time_intervals: [night]}";

  it.each([muted, muted.replace("mute_time", "active_time"), `${muted}, ${muted.replace(".+", ".*")}`])(
    "is named as not tried, and is not wrong: %s",
    async (text) => {
      const result = await checkIn("alert-delivery", ({ alertmanager }) => {
        alertmanager.status = routes(text);
      });
      expect(result).toMatchObject({
        status: "skipped",
        reason: expect.stringMatching(
          /^not tried: .* at certain times only \(the route .* to default-receiver/,
        ),
      });
      const rule = await checkIn("rule-delivery", ({ alertmanager }) => {
        alertmanager.status = routes(text);
      });
      expect(rule).toMatchObject({
        status: "skipped",
        reason: `routing leads ${ruleAlert} to default-receiver at certain times only, so it was not tried`,
      });
    },
  );

  it("is named beside the receivers that were tried", async () => {
    const result = await checkIn("alert-delivery", ({ alertmanager }) => {
      alertmanager.status = routes(
        "{receiver: default-receiver, matchers: [team=db]}, {receiver: default-receiver, matchers: [team=web], active_time_intervals: [night]}",
      );
    });
    expect(result).toMatchObject({
      status: "pass",
      seen: expect.stringContaining(
        'not tried, since they send at certain times only: the route {team="web"} to default-receiver',
      ),
    });
  });

  it("is wrong when no route leads anywhere at any time", async () => {
    const result = await checkIn("alert-delivery", ({ alertmanager }) => {
      alertmanager.status = routes("");
    });
    expect(faultIn(result)).toBe("alert-leads-nowhere");
  });
});

describe("Alertmanager's replicas", () => {
  it("get each alert, and what one of them has counts", async () => {
    const world = healthyWorld();
    await using open = await openStack(world);
    const other = { ...healthyWorld().alertmanager, webhook: world.alertmanager.webhook, held: [] };
    await using second = await serve((request) => answerAsAlertmanager(other, request));
    // The first one does not notify: it leaves that to the other.
    world.alertmanager.isMute = true;
    const { alertmanager } = open.stack;
    if (alertmanager === undefined) throw new Error("no Alertmanager");
    const replicas = async () => [alertmanager.url, second.url];
    const stack = { ...open.stack, alertmanager: { ...alertmanager, replicas } };
    expect((await oneResult(stack, "alert-delivery")).status).toBe("pass");
    expect(other.held).toHaveLength(1);
    expect((await oneResult(stack, "rule-delivery")).status).toBe("pass");
  });
});

describe("alert-delivery", () => {
  it("sends an alert that says who it is for, waits for it, and takes it back", async () => {
    const world = healthyWorld();
    await using open = await openStack(world);
    const result = await oneResult(open.stack, "alert-delivery");
    expect(result).toMatchObject({
      status: "pass",
      seen: expect.stringMatching(/^an alert each arrived at default-receiver \(webhook\) within \d\.\d s$/),
    });
    const posted = open.servers.alertmanager.received
      .filter(({ method }) => method === "POST")
      .map(({ body }) => JSON.parse(body)[0]);
    expect(posted).toHaveLength(2);
    expect(posted[0].labels).toMatchObject({
      alertname: "MonstackSyntheticAlert",
      [probeLabel]: expect.stringMatching(/^m[0-9a-f]{16}$/),
    });
    expect(Date.parse(posted[0].endsAt)).toBeGreaterThan(Date.now());
    expect(posted[1].labels).toEqual(posted[0].labels);
    expect(Date.parse(posted[1].endsAt)).toBeLessThanOrEqual(Date.now());
  });

  it("fails when it doesn't come, with what Alertmanager counts", async () => {
    const result = await checkIn("alert-delivery", ({ alertmanager }) => {
      alertmanager.isMute = true;
      alertmanager.metrics =
        'alertmanager_notifications_failed_total{integration="webhook",receiver_name="default-receiver",reason="serverError"} 3\n';
    });
    expect(failureOf(result)).toMatchObject({
      seen: "none within 2 s at default-receiver (webhook)",
      cause: "Alertmanager counts failed notifications: 3 to webhook (serverError)",
    });
    expect(faultIn(result)).toBe("alert-not-delivered");
  });

  it("is not content with another alert's arrival", async () => {
    const world = healthyWorld();
    await using open = await openStack(world);
    const url = world.alertmanager.webhook ?? "";
    world.alertmanager.isMute = true;
    await notify(url, [
      { labels: { alertname: "MonstackSyntheticAlert", [probeLabel]: "m0000000000000000" } },
    ]);
    expect((await oneResult(open.stack, "alert-delivery")).status).toBe("fail");
  });

  it("is not content with the arrival at another receiver", async () => {
    const world = healthyWorld();
    await using open = await openStack(world);
    const { alerting } = open.stack.plan;
    if (alerting.kind !== "captured") throw new Error("not captured");
    world.alertmanager.webhook = buildEndpointUrl(alerting.at, {
      receiver: "other",
      integration: "webhook",
      index: 0,
    });
    expect((await oneResult(open.stack, "alert-delivery")).status).toBe("fail");
  });

  it.each([
    [{ state: "suppressed", silencedBy: ["s1"] }, "a silence holds the alert back (s1)"],
    [{ state: "suppressed", inhibitedBy: ["f"] }, "another alert that fires inhibits it (inhibit_rules)"],
    [{ state: "suppressed", mutedBy: ["nights"] }, "a time interval mutes it (nights)"],
  ])("says when Alertmanager holds it back: %o", async (status, cause) => {
    const result = await checkIn("alert-delivery", ({ alertmanager }) => {
      alertmanager.isMute = true;
      const { held } = alertmanager;
      const push = held.push.bind(held);
      held.push = (...alerts) => push(...alerts.map(({ labels }) => heldAlert(labels, status)));
    });
    expect(failureOf(result)?.cause).toBe(cause);
  });

  it("sends one by each route, and names the route of the one that doesn't come", async () => {
    const world = healthyWorld();
    world.alertmanager.status = statusWith(
      "route: {receiver: default-receiver, routes: [{matchers: ['team=db']}, {matchers: ['team=web']}]}\nreceivers: [{name: default-receiver}]",
    );
    await using open = await openStack(world);
    const result = await oneResult(open.stack, "alert-delivery");
    expect(result).toMatchObject({
      status: "pass",
      seen: expect.stringContaining("an alert by each of 3 routes arrived at default-receiver (webhook)"),
    });
    const teams = open.servers.alertmanager.received
      .filter(({ method }) => method === "POST")
      .flatMap(({ body }) => JSON.parse(body))
      .map(({ labels }) => labels.team);
    expect(new Set(teams)).toEqual(new Set([undefined, "db", "web"]));
    world.alertmanager.isMute = true;
    const again = failureOf(await oneResult({ ...open.stack }, "alert-delivery"));
    expect(again?.seen).toContain('default-receiver (webhook) by the route {team="web"}');
  });

  it("takes Alertmanager's word for it when its routing is another than was thought", async () => {
    const world = healthyWorld();
    world.alertmanager.status = statusWith(
      "route: {receiver: default-receiver, routes: [{receiver: other, matchers: ['a=b']}]}\nreceivers: [{name: default-receiver}, {name: other}]",
    );
    await using open = await openStack(world);
    const { alerting } = open.stack.plan;
    if (alerting.kind !== "captured") throw new Error("not captured");
    const endpoints = [...alerting.endpoints, { receiver: "other", integration: "webhook", index: 0 }];
    const result = await oneResult(
      withAlerting({ ...alerting, endpoints })(open.stack),
      "alert-delivery",
      100,
    );
    expect(result).toMatchObject({
      status: "pass",
      attempts: 2,
      seen: expect.stringMatching(
        /default-receiver \(webhook\) within .*; no alert at any time leads to other$/,
      ),
    });
  });

  it("says when Alertmanager forgets what it accepted", async () => {
    const result = await checkIn("alert-delivery", ({ alertmanager }) => {
      alertmanager.isForgetful = true;
      alertmanager.isMute = true;
    });
    expect(failureOf(result)?.cause).toBe("Alertmanager does not have the alert that it accepted");
  });

  it("fails when Alertmanager runs with another configuration", async () => {
    const result = await checkIn("alert-delivery", ({ alertmanager }) => {
      alertmanager.status = statusWith("route: {receiver: mine}\nreceivers: [{name: mine}]");
    });
    expect(failureOf(result)).toMatchObject({
      seen: "its configuration in force has 1 receiver: mine",
      cause: "Alertmanager runs with another configuration than the one that was deployed",
    });
    expect(faultIn(result)).toBe("alertmanager-other-config");
  });

  it("fails when routing leads past every receiver that tells somebody", async () => {
    const result = await checkIn("alert-delivery", ({ alertmanager }) => {
      alertmanager.status = statusWith(
        "route: {receiver: nobody}\nreceivers: [{name: nobody}, {name: default-receiver}]",
      );
    });
    expect(failureOf(result)?.seen).toContain("no alert that was thought of reaches default-receiver");
  });
});

describe("rule-delivery", () => {
  it("passes on what was evaluated a moment ago", async () => {
    expect(await checkIn("rule-delivery")).toMatchObject({
      status: "pass",
      seen: expect.stringMatching(
        /^MonstackRuleDelivery, fired within the last \d+ s, arrived at default-receiver/,
      ),
    });
  });

  it("is skipped when the rule isn't deployed", async () => {
    const change = (stack: Stack) =>
      withAlerting({ ...stack.plan.alerting, missingRuleReason: "nothing can take it" })(stack);
    expect(await checkIn("rule-delivery", undefined, change)).toMatchObject({
      reason: "nothing can take it",
    });
  });

  it("fails when only something stale arrived", async () => {
    const world = healthyWorld();
    await using open = await openStack(world);
    expect((await oneResult(open.stack, "rule-delivery")).status).toBe("pass");
    const { alerting } = open.stack.plan;
    if (alerting.kind !== "captured") throw new Error("not captured");
    const other = { receiver: "stale", integration: "webhook", index: 0 };
    await notify(buildEndpointUrl(alerting.at, other), [
      { labels: { alertname: ruleAlert, [probeLabel]: String(Math.floor(Date.now() / 1000) - 300) } },
    ]);
    world.alertmanager.held = [{ ...heldAlert({ alertname: ruleAlert }), receivers: [{ name: "stale" }] }];
    const stack = withAlerting({ ...alerting, endpoints: [other] })(open.stack);
    const result = await oneResult(stack, "rule-delivery");
    expect(failureOf(result)).toMatchObject({
      seen: "Alertmanager has it, and it has not come to stale (webhook)",
    });
    expect(faultIn(result)).toBe("rule-not-delivered");
  });

  const rule = {
    name: ruleAlert,
    type: "alerting",
    query: "",
    health: "ok",
    lastEvaluation: "",
    state: "firing",
  };
  it.each([
    ["it isn't loaded", [], "rule-not-loaded", "Prometheus has no such rule"],
    [
      "it can't be evaluated",
      [{ ...rule, health: "err", lastError: "boom" }],
      "rule-not-evaluated",
      "health is err",
    ],
    ["it doesn't fire", [{ ...rule, state: "inactive" }], "rule-not-firing", "the rule is inactive"],
    ["its alert gets lost", [rule], "rule-alert-lost", "Alertmanager does not have it"],
  ])("says when %s", async (_, rules, fault, seen) => {
    const result = await checkIn("rule-delivery", ({ alertmanager, prometheus }) => {
      alertmanager.held = [];
      prometheus.rules = [{ name: ruleGroup.name, file: "", interval: 1, rules }] as typeof prometheus.rules;
    });
    expect(failureOf(result)?.seen).toContain(seen);
    expect(faultIn(result)).toBe(fault);
  });
});
