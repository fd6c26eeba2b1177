import { describe, expect, it } from "vitest";
import type { Stack } from "../../../../src/stack/stack.ts";
import { alertsQuiet } from "../../../../src/verify/checks/rules/alerts-quiet.ts";
import { rangeWindows, recordedValues } from "../../../../src/verify/checks/rules/rule-values.ts";
import { rulesHealthy } from "../../../../src/verify/checks/rules/rules-healthy.ts";
import type { Series } from "../../../support/fake-prometheus.ts";
import type { World } from "../../healthy-world.ts";
import { faultOf, testVerify, verdictIn } from "../../open-stack.ts";
import { app, configMap, prometheusYml } from "../../rendered-stack.ts";

const rule = (world: World, index = 0) => world.prometheus.rules[0]?.rules[index] ?? {};

function rendering(rules: string) {
  const files = { "prometheus.yml": prometheusYml, "alerting_rules.yml": rules };
  return (stack: Stack): Stack => ({
    ...stack,
    rendered: [app("prometheus", [configMap("prometheus-server", files)])],
  });
}

describe.each([rulesHealthy, alertsQuiet, recordedValues, rangeWindows])("$id", (check) => {
  it("is skipped when there is no rule anywhere", async () => {
    const verdict = await verdictIn(check, ({ prometheus }) => prometheus.rules.splice(0), rendering("{}"));
    expect(verdict).toEqual({
      status: "skipped",
      reason: "the charts render no rule, and Prometheus has none",
    });
  });

  it("fails when the rules that the charts render are not loaded", async () => {
    const verdict = await verdictIn(check, ({ prometheus }) => prometheus.rules.splice(0));
    expect(verdict).toMatchObject({
      status: "fail",
      seen: "group pods of alerting_rules.yml in ConfigMap prometheus-server is not there",
      fault: { id: "rules-not-in-force", graceMs: 10_000 },
    });
  });

  it("fails when the group has other rules, as before the deployment", async () => {
    const verdict = await verdictIn(check, (world) => {
      rule(world)["name"] = "OldAlert";
    });
    expect(verdict).toMatchObject({
      status: "fail",
      seen: expect.stringContaining(
        "has other rules (OldAlert,pod:cpu:rate5m, not HighPodCpu,pod:cpu:rate5m)",
      ),
    });
  });

  it.each([
    ["never", "0001-01-01T00:00:00Z"],
    ["before the deployment", new Date(Date.now() - 600_000).toISOString()],
  ])("fails when one rule of many was evaluated %s", async (_, lastEvaluation) => {
    const verdict = await verdictIn(check, (world) => {
      Object.assign(rule(world, 1), { lastEvaluation });
    });
    expect(verdict).toMatchObject({
      status: "fail",
      seen: "pods was not, every 2 s",
      fault: { id: "rules-not-evaluated", graceMs: 10_000 },
    });
  });

  it("is skipped without Prometheus", async () => {
    const verdict = await verdictIn(check, undefined, (stack) => ({ ...stack, prometheus: undefined }));
    expect(verdict.status).toBe("skipped");
  });
});

describe("a group that is evaluated rarely", () => {
  const rare = (intervalS: number) => (world: World) => {
    const [group] = world.prometheus.rules;
    const rules = (group?.rules ?? []).map((one) => ({
      ...one,
      health: "unknown",
      lastEvaluation: "0001-01-01T00:00:00Z",
    }));
    world.prometheus.rules.push({ name: "rare", file: "rare.yml", interval: intervalS, rules });
  };

  it("is not waited for while its first time is yet to come, and is named", async () => {
    for (const check of [rulesHealthy, alertsQuiet, recordedValues])
      expect(await verdictIn(check, rare(180))).toMatchObject({
        status: "pass",
        seen: expect.stringMatching(/; not due yet: rare \(every 180 s\)$/),
      });
  });

  it("fails when its time has passed", async () => {
    // The deployment was two minutes ago.
    expect(await verdictIn(rulesHealthy, rare(90))).toMatchObject({
      status: "fail",
      seen: "rare was not, every 90 s",
    });
  });

  it("alone proves nothing", async () => {
    const verdict = await verdictIn(rulesHealthy, (world) => {
      rare(180)(world);
      for (const one of world.prometheus.rules[0]?.rules ?? [])
        Object.assign(one, { lastEvaluation: "0001-01-01T00:00:00Z" });
      Object.assign(world.prometheus.rules[0] ?? {}, { interval: 180 });
    });
    expect(verdict.status).toBe("fail");
  });
});

describe("rules-healthy: templates that fail at evaluation", () => {
  const error =
    'error executing template __alert_NodeAway: template: __alert_NodeAway:1:164: executing "__alert_NodeAway" at <first>: error calling first: first() called on vector with no elements';
  const active = (changes: Record<string, unknown>) => (world: World) => {
    world.prometheus.alerts = [
      {
        labels: { alertname: "NodeAway", severity: "warning" },
        annotations: { summary: "a node left" },
        state: "pending",
        value: "1e+00",
        ...changes,
      },
    ];
  };

  it("fails on an annotation, with the alert and what Prometheus says", async () => {
    const verdict = await verdictIn(
      rulesHealthy,
      active({ annotations: { summary: `<error expanding template: ${error}>` } }),
    );
    expect(verdict).toMatchObject({
      status: "fail",
      seen: 'NodeAway: the template of annotation summary fails: executing "__alert_NodeAway" at <first>: error calling first: first() called on vector with no elements',
      cause:
        "NodeAway is sent with an error message in place of its annotation summary: its query finds nothing, and `first` fails on that",
    });
    // In the world Prometheus started 100 s ago, so that the first scrapes are over.
    expect(faultOf(verdict)).toEqual({ id: "rule-template-failing", graceMs: 10_000 });
  });

  it("fails on a label", async () => {
    const labels = { alertname: "NodeAway", team: `<error expanding template: ${error}>` };
    expect(await verdictIn(rulesHealthy, active({ labels }))).toMatchObject({
      seen: expect.stringContaining("NodeAway: the template of label team fails: "),
    });
  });

  it("gives a template that queries time until the first scrapes are done", async () => {
    const verdict = await verdictIn(rulesHealthy, (world) => {
      active({ annotations: { summary: `<error expanding template: ${error}>` } })(world);
      world.prometheus.metrics = `process_start_time_seconds ${Date.now() / 1000}\n`;
    });
    expect(faultOf(verdict)?.graceMs).toBeGreaterThan(30_000);
  });

  it("passes when an active alert's texts are whole", async () => {
    expect(await verdictIn(rulesHealthy, active({}))).toMatchObject({ status: "pass" });
  });
});

describe("rules-healthy", () => {
  it("fails on a rule that can't be evaluated, with Prometheus' words", async () => {
    const lastError =
      'found duplicate series for the match group {pod="a"}: many-to-many matching not allowed';
    const verdict = await verdictIn(rulesHealthy, (world) => {
      Object.assign(rule(world, 1), { health: "err", lastError });
    });
    expect(verdict).toMatchObject({
      status: "fail",
      expected: "2 rules in 1 group, all healthy",
      seen: `pod:cpu:rate5m of group pods: ${lastError}`,
      cause: expect.stringContaining("scraped twice"),
      fault: { id: "rule-failing", graceMs: 10_000 },
    });
  });

  it("waits for two more evaluations", async () => {
    const verdict = await verdictIn(rulesHealthy, (world) => {
      Object.assign(rule(world), { health: "unknown" });
      Object.assign(world.prometheus.rules[0] ?? {}, { interval: 60 });
    });
    expect(faultOf(verdict)?.graceMs).toBe(125_000);
  });

  const written = (expr: string) =>
    rendering(
      `groups: [{name: pods, rules: [{alert: HighPodCpu, expr: "${expr}"}, {record: 'pod:cpu:rate5m', expr: 1}]}]`,
    );
  const evaluating = (query: string) => (world: World) => {
    Object.assign(rule(world), { query });
    Object.assign(rule(world, 1), { query: "1" });
  };

  it("is content with an expression that Prometheus writes in another way", async () => {
    const verdict = await verdictIn(
      rulesHealthy,
      evaluating("sum by (pod) (x) > 500"),
      written("sum(x) by (pod) > 500"),
    );
    expect(verdict).toMatchObject({ status: "pass" });
  });

  it("fails on a rule of the same name with another expression, as before the deployment", async () => {
    const verdict = await verdictIn(
      rulesHealthy,
      evaluating("sum by (pod) (x) > 400"),
      written("sum(x) by (pod) > 500"),
    );
    expect(verdict).toMatchObject({
      status: "fail",
      seen: "HighPodCpu of group pods is sum by (pod) (x) > 400, not sum(x) by (pod) > 500",
      fault: { id: "rules-not-in-force" },
    });
  });

  it("judges rules that no chart renders, too", async () => {
    const verdict = await verdictIn(
      rulesHealthy,
      (world) => Object.assign(rule(world), { health: "err", lastError: "boom" }),
      rendering("{}"),
    );
    expect(verdict).toMatchObject({ status: "fail", seen: "HighPodCpu of group pods: boom" });
  });
});

describe("alerts-quiet", () => {
  const alert = (changes: Record<string, unknown> = {}) => ({
    labels: { alertname: "DiskOnFire", severity: "page" },
    annotations: { summary: "fire", description: "it  burns\nbadly" },
    state: "firing",
    activeAt: "2026-11-23T14:00:00Z",
    value: "1.23456789e+00",
    ...changes,
  });
  const quietBut = (...alerts: Record<string, unknown>[]) =>
    verdictIn(alertsQuiet, ({ prometheus }) => prometheus.alerts.push(...alerts));

  it("fails on an alert that fires, with its labels, value and description", async () => {
    expect(await quietBut(alert())).toMatchObject({
      status: "fail",
      seen: 'DiskOnFire{severity="page"} is firing, value 1.23457: it burns badly',
      fault: { id: "alert-firing", graceMs: 12_000 },
    });
  });

  it("waits for one more evaluation of its group", async () => {
    const verdict = await verdictIn(alertsQuiet, ({ prometheus }) => {
      prometheus.alerts.push(alert({ labels: { alertname: "HighPodCpu" } }));
      Object.assign(prometheus.rules[0] ?? {}, { interval: 60 });
    });
    expect(faultOf(verdict)?.graceMs).toBe(70_000);
  });

  it("waits for the first scrapes of a Prometheus that has just started", async () => {
    const verdict = await verdictIn(alertsQuiet, ({ prometheus }) => {
      prometheus.alerts.push(alert());
      prometheus.metrics = `process_start_time_seconds ${Date.now() / 1000 - 10}`;
    });
    // Two scrapes at 15 s and discovery, less the 10 s that it runs, and an evaluation.
    expect(faultOf(verdict)?.graceMs).toBeGreaterThan(26_000);
    expect(faultOf(verdict)?.graceMs).toBeLessThanOrEqual(27_100);
  });

  it("tells what fires though other rules are not in force yet", async () => {
    const verdict = await verdictIn(alertsQuiet, ({ prometheus }) => {
      prometheus.rules = [];
      prometheus.alerts = [alert()];
    });
    expect(faultOf(verdict)?.id).toBe("alert-firing");
  });

  it.each(["+Inf", "-Inf", "NaN"])("fails on a pending alert whose value is %s", async (value) => {
    const verdict = await quietBut(alert({ state: "pending", value }));
    expect(verdict).toMatchObject({
      status: "fail",
      seen: expect.stringContaining(`is pending, value ${value}`),
      cause: expect.stringContaining("division by zero"),
      fault: { id: "alert-not-finite" },
    });
  });

  it("names what is pending, and alerts that may fire", async () => {
    const watchdog = alert({ labels: { alertname: "Watchdog" } });
    const own = alert({ labels: { alertname: "MonstackRuleDelivery" } });
    const verdict = await quietBut(watchdog, own, alert({ state: "pending" }));
    expect(verdict).toEqual({
      status: "pass",
      seen: "none of 1 alerting rule fires; pending: DiskOnFire; expected ones: Watchdog",
    });
  });

  it("does what expect-alerts says", async () => {
    const firing = (world: World) => world.prometheus.alerts.push(alert());
    const expecting = (stack: Stack) => ({ ...stack, verify: testVerify({ expectAlerts: ["DiskOnFire"] }) });
    expect((await verdictIn(alertsQuiet, firing, expecting)).status).toBe("pass");
  });
});

describe("recorded-values", () => {
  const nonFinite = '{__name__="pod:cpu:rate5m"} == Inf';
  function answering(part: string, series: readonly Series[]) {
    return verdictIn(recordedValues, ({ prometheus }) => {
      const query = Object.keys(prometheus.queries).find((one) => one.startsWith(part)) ?? "";
      prometheus.queries[query] = series;
    });
  }

  it.each(["NaN", "+Inf"])("fails on one series that is %s", async (value) => {
    const verdict = await answering(nonFinite, [[{ __name__: "pod:cpu:rate5m", pod: "a" }, value]]);
    expect(verdict).toMatchObject({
      status: "fail",
      seen: `pod:cpu:rate5m{pod="a"} is ${value}`,
      fault: { id: "recorded-not-finite", graceMs: 10_000 },
    });
  });

  it("fails when nothing is recorded at all", async () => {
    expect(await answering("count({__name__", [])).toMatchObject({
      status: "fail",
      seen: "none of them has any series",
      fault: { id: "recorded-nothing" },
    });
  });
});

describe("range-windows", () => {
  function scrapedEvery(
    scrapeInterval: string,
    query: string,
    answers: Record<string, readonly Series[]> = {},
  ) {
    return verdictIn(rangeWindows, (world) => {
      for (const target of world.prometheus.targets) Object.assign(target, { scrapeInterval });
      rule(world)["query"] = query;
      Object.assign(world.prometheus.queries, answers);
    });
  }
  const idle = 'rate(node_cpu_seconds_total{mode="idle"}[1m])';
  const jobsOf = 'count by (job) (node_cpu_seconds_total{mode="idle"})';

  it("fails without a grace period on a range that spans less than two scrapes", async () => {
    const verdict = await scrapedEvery("1m", idle, {
      [jobsOf]: [[{ job: "kubernetes-service-endpoints" }, 8]],
    });
    expect(verdict).toMatchObject({
      status: "fail",
      seen: 'HighPodCpu looks at node_cpu_seconds_total{mode="idle"}[1m], which is scraped every 60 s',
      fault: { id: "window-too-short", graceMs: 0 },
    });
  });

  it("accepts exactly two scrapes", async () => {
    expect((await scrapedEvery("30s", idle)).status).toBe("pass");
  });

  it("asks how often that very job is scraped", async () => {
    const verdict = await verdictIn(rangeWindows, (world) => {
      Object.assign(world.prometheus.targets[0] ?? {}, { scrapeInterval: "5m" });
      rule(world)["query"] = idle;
      world.prometheus.queries[jobsOf] = [[{ job: "kubernetes-service-endpoints" }, 8]];
      world.prometheus.queries["count by (job) (x)"] = [[{ job: "kubernetes-api-servers" }, 8]];
    });
    expect(verdict).toMatchObject({
      status: "fail",
      seen: "pod:cpu:rate5m looks at x[5m], which is scraped every 300 s",
    });
  });

  it("takes the usual interval for a metric that isn't there", async () => {
    const verdict = await scrapedEvery("5m", "rate(a[29s]) + rate(b[30s])", {
      "count by (job) (a)": [],
      "count by (job) (b)": [],
      "count by (job) (x)": [],
    });
    expect(verdict).toMatchObject({
      status: "fail",
      seen: "HighPodCpu looks at a[29s], which is scraped every 15 s",
    });
  });

  it("measures what a rule records by how often that is evaluated", async () => {
    const verdict = await scrapedEvery("5m", "max_over_time(pod:cpu:rate5m[3s])", {
      "count by (job) (x)": [],
    });
    expect(verdict).toMatchObject({
      status: "fail",
      seen: "HighPodCpu looks at pod:cpu:rate5m[3s], which is scraped every 2 s",
    });
  });

  it("is skipped when no rule looks at a range", async () => {
    const verdict = await verdictIn(rangeWindows, (world) => {
      rule(world)["query"] = "up == 0";
      rule(world, 1)["query"] = "sum(up)";
    });
    expect(verdict).toEqual({ status: "skipped", reason: "no rule looks at a range" });
  });
});
