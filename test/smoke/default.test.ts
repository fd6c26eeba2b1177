import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { expectClean } from "../e2e/support/killed.ts";
import { type Machine, startMachine } from "../e2e/support/machine.ts";
import { seconds, statuses, took } from "../e2e/support/results.ts";
import { expectNoUnits } from "../e2e/support/units.ts";

const lab = resolve(import.meta.dirname, "../../lab");
const kubectl = join(lab, "out/bin/kubectl");

/** The lab's stand-ins for four published dashboards, as a provisioned dashboard has to be: its inputs filled in. */
async function dashboards(): Promise<Record<string, { json: string }>> {
  const ids = ["315", "6417", "3662", "1860"];
  const texts = await Promise.all(ids.map((id) => readFile(join(lab, "dashboards", `${id}.json`), "utf8")));
  const filled = texts.map((text) => text.replaceAll(/\$\{DS_\w+\}/g, "prometheus"));
  return Object.fromEntries(ids.map((id, index) => [`d${id}`, { json: filled[index] ?? "" }]));
}

const grafana = async () => ({
  dashboardProviders: {
    "dashboardproviders.yaml": {
      apiVersion: 1,
      providers: [
        { name: "default", type: "file", options: { path: "/var/lib/grafana/dashboards/default" } },
      ],
    },
  },
  dashboards: { default: await dashboards() },
});

const prometheus = {
  serverFiles: {
    "alerting_rules.yml": {
      groups: [
        {
          name: "custom-rules",
          rules: [
            {
              alert: "PodCrashLooping",
              expr: "rate(kube_pod_container_status_restarts_total[15m]) > 0",
              for: "5m",
              labels: { severity: "critical" },
              annotations: { description: "Pod {{ $labels.pod }} is crash looping" },
            },
          ],
        },
      ],
    },
  },
  alertmanager: {
    config: {
      route: {
        receiver: "slack",
        routes: [{ matchers: ['severity="critical"'], receiver: "email" }],
      },
      receivers: [
        {
          name: "slack",
          slack_configs: [
            { api_url: "YOUR_SLACK_WEBHOOK_URL", channel: "#alerts", title: "Kubernetes Alert" },
          ],
        },
        {
          name: "email",
          email_configs: [
            {
              to: "ops-team@example.com",
              from: "alertmanager@k3s.local",
              smarthost: "smtp.gmail.com:587",
              auth_username: "your-email@gmail.com",
              auth_password: "your-app-password",
            },
          ],
        },
      ],
    },
  },
};

const checks = [
  { name: "all-up", promql: "up", expect: { series: ">= 5", every: "== 1" } },
  {
    name: "grafana-answers",
    http: { url: "http://grafana.monitoring.svc/api/health", json: { "$.database": "ok" } },
  },
  {
    name: "prometheus-there",
    resource: { kind: "Deployment", name: "prometheus-server", condition: "Available" },
  },
];

// With systemd, as a hosted runner; most machines of test/e2e have a plain init.
describe("on one machine, with everything from the mirror", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine({ LAB_INIT: "systemd" });
  }, 600_000);
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("monstack run verifies the default stack with k3s as a unit, leaves nothing, and never shows Grafana's password, within a minute", async () => {
    const run = await machine.monstack(["run", "--grafana-password", "correct-horse-battery"]);
    expect(run.exitCode, run.output).toBe(0);
    const results = await machine.results();
    expect(results).toMatchObject({ schemaVersion: 2, verified: true, teardown: { leaks: [] } });
    expect(statuses(results, "pass").length).toBeGreaterThanOrEqual(22);
    // What the default stack doesn't ask for; everything else there is to check is checked.
    expect(statuses(results, "skipped").toSorted()).toEqual([
      "alert-inhibition",
      "dashboard-panels",
      "dashboards-whole",
      "federation-arrives",
      "grafana-alerting-effective",
      "grafana-plugins",
      "images-locked",
      "load-balancers-served",
      "monitors-scraped",
      "range-windows",
      "remote-write-delivers",
      "storage-effective",
    ]);
    for (const status of ["fail", "warn", "error"]) expect(statuses(results, status)).toEqual([]);
    expect(results.causes).toEqual([]);
    expect(results.profileSettings).toContainEqual({
      app: "prometheus",
      path: "server.global.scrape_interval",
      value: expect.stringMatching(/^\d+s$/),
      why: expect.stringMatching(/./),
    });
    expect(results.versions.tools.map(({ name }) => name)).toEqual(["k3s", "helm", "kubectl"]);
    const report = await machine.run(["grep", "-rl", "correct-horse", `${machine.folder}/report`]);
    expect(run.output + report.stdout).not.toContain("correct-horse");
    expect(run.output).toContain("stopped monstack-k3s");
    const journal = (await machine.run(["journalctl", "-o", "cat", "--no-pager"])).stdout;
    expect(journal).toContain("Started monstack-k3s.service");
    // As systemd made them: else `expectNoUnits` shows nothing.
    expect(journal).toMatch(/kubepods\.slice/);
    await expectClean(machine);
    await expectNoUnits(machine);
    const teardown = took(results, "teardown");
    expect(teardown).toBeLessThanOrEqual(6);
    // 29 to 38 s on a genuine k3s with a genuine Grafana, which the lab's stand-ins are as slow as.
    expect(run.seconds - teardown).toBeLessThanOrEqual(60);
    console.log(`first run: ${run.seconds.toFixed(1)} s, ${seconds(results)}`);
  });

  it("a stack with dashboards, rules, receivers and checks of its own is verified in every way there is", async () => {
    const config = {
      apps: { prometheus: { values: prometheus }, grafana: { values: await grafana() } },
      alerting: { receivers: "capture" },
      verify: { "update-baseline": true },
      checks,
    };
    await writeFile(join(machine.folder, "monstack.yaml"), stringify(config));
    await machine.asked();
    const up = await machine.monstack(["up"]);
    expect(up.exitCode, up.output).toBe(0);
    // Nothing that the first run fetched is fetched again.
    const fetched = (await machine.asked()).map(({ path }) => path);
    expect(fetched.filter((path) => /\/k3s$|helm-v|\/kubectl$|\.tgz$/.test(path))).toEqual([]);
    const verified = await machine.monstack(["verify"]);
    expect(verified.exitCode, verified.output).toBe(0);
    const results = await machine.results();
    expect(statuses(results, "fail")).toEqual([]);
    expect(statuses(results, "pass")).toEqual(
      expect.arrayContaining([
        "rules-healthy",
        "alert-delivery",
        "rule-delivery",
        "dashboards-whole",
        "dashboard-panels",
        "own/all-up",
        "own/grafana-answers",
        "own/prometheus-there",
      ]),
    );
    expect(results.checks.find(({ id }) => id === "alert-delivery")?.seen).toMatch(
      /slack[\s\S]*email|email[\s\S]*slack/,
    );
  });

  it("that stack has each panel of the four dashboards in the report, the dead ones with the reason", async () => {
    const { dashboards: seen } = await machine.results();
    expect(seen).toHaveLength(4);
    const panels = seen.flatMap((dashboard) => dashboard.panels);
    const of = (status: string) => panels.filter((panel) => panel.status === status);
    console.log(`${panels.length} panels: ${of("data").length} with data, ${of("empty").length} empty`);
    expect(of("data").length).toBeGreaterThan(of("empty").length);
    expect(of("error")).toEqual([]);
    expect(of("empty").length).toBeGreaterThan(0);
    for (const panel of of("empty")) expect(panel.why, panel.title).toMatch(/\w+/);
    const baseline = JSON.parse(await readFile(join(machine.folder, "monstack-dashboards.json"), "utf8"));
    expect(JSON.stringify(baseline)).toContain("lab-315");
  });

  it("that stack says at the end that something restarted, and is taken away all the same", async () => {
    const kubeconfig = join(machine.folder, "state", "kubeconfig");
    const pods = ["-n", "monitoring", "delete", "pod", "-l", "app.kubernetes.io/name=kube-state-metrics"];
    await machine.run([kubectl, "--kubeconfig", kubeconfig, ...pods]);
    const down = await machine.monstack(["down", "--verify-at-end", "true"]);
    expect(down.exitCode, down.output).toBe(1);
    const results = await machine.results();
    expect(results.atEnd?.verified).toBe(false);
    expect(results.causes).toEqual([]);
    expect(results.atEnd?.checks.find(({ id }) => id === "nothing-restarted")).toMatchObject({
      status: "fail",
      seen: expect.stringMatching(/pod monitoring\/prometheus-kube-state-metrics-\S+ is gone/),
    });
    expect(results.teardown?.leaks).toEqual([]);
  });
});
