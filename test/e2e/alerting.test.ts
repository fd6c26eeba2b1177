import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { guideReceivers, guideRules } from "./support/guide.ts";
import { type Machine, startMachine } from "./support/machine.ts";
import { statuses } from "./support/results.ts";

const ref = (name: string) => `\${${name}}`;

const sixReceivers = {
  global: { pagerduty_url: "https://events.pagerduty.example/v2/enqueue" },
  route: {
    receiver: "slack",
    group_by: ["alertname"],
    routes: [
      { receiver: "pagerduty", matchers: ['severity="critical"'], continue: true },
      { receiver: "opsgenie", matchers: ['severity=~"critical|page"', 'team!="web"'] },
      {
        receiver: "email",
        matchers: ['team="db"'],
        routes: [{ receiver: "webhook", matchers: ["tier=gold"] }],
      },
      { receiver: "teams", match: { team: "web" } },
    ],
  },
  inhibit_rules: [
    {
      source_matchers: ['severity="critical"'],
      target_matchers: ['severity="warning"'],
      equal: ["namespace"],
    },
  ],
  receivers: [
    { name: "slack", slack_configs: [{ api_url: ref("SLACK_WEBHOOK_URL"), channel: "#ops" }] },
    {
      name: "email",
      email_configs: [{ to: "a@b.example", from: "c@d.example", smarthost: "mail.example:587" }],
    },
    { name: "webhook", webhook_configs: [{ url: "https://hook.example/in", send_resolved: false }] },
    { name: "pagerduty", pagerduty_configs: [{ routing_key: ref("PAGERDUTY_KEY"), severity: "critical" }] },
    { name: "opsgenie", opsgenie_configs: [{ api_key: ref("OPSGENIE_KEY"), responders: [] }] },
    {
      name: "teams",
      msteams_configs: [{ webhook_url: ref("TEAMS_URL") }],
      msteamsv2_configs: [{ webhook_url: ref("TEAMS_URL") }],
    },
  ],
};

const webhook = "https://hooks.slack.com/services/T0AB/B0CD/e2e-very-secret-path";
const password = "e2e-app-password-4711";
const env = { SLACK_WEBHOOK_URL: webhook };

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}

describe("receivers and rules of the user's own", () => {
  let machine: Machine;
  const write = (name: string, text: string) => writeFile(join(machine.folder, name), text);
  const check = async (id: string) => (await machine.results()).checks.find((one) => one.id === id);

  /** In none of the files that a run leaves for somebody to read, nor in what it said. */
  async function expectHidden(output: string): Promise<void> {
    const files = await filesBelow(join(machine.folder, "report"));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const text = await readFile(file, "utf8");
      for (const secret of [webhook, "e2e-very-secret-path", password]) {
        expect(text.includes(secret), `${file} has a secret`).toBe(false);
        expect(output).not.toContain(secret);
      }
    }
  }

  beforeAll(async () => {
    machine = await startMachine();
    await write("alertmanager-config.yaml", guideReceivers);
    await write("smtp-password", `${password}\n`);
    await write("custom-rules.yaml", guideRules);
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("six kinds of receivers behind routes with matchers, and an inhibition", async () => {
    await write(
      "monstack.yaml",
      stringify({ alerting: { config: sixReceivers, receivers: "capture" }, rules: ["custom-rules.yaml"] }),
    );
    // None of the secrets is there, as in the pull request of a fork.
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(0);
    const seen = (await check("alert-delivery"))?.seen ?? "";
    expect(statuses(await machine.results(), "pass")).toEqual(
      expect.arrayContaining(["alert-inhibition", "rule-delivery", "rules-healthy"]),
    );
    for (const kind of ["slack", "email", "webhook", "pagerduty", "opsgenie", "msteams", "msteamsv2"])
      expect(seen).toContain(`(${kind})`);
    expect(seen).not.toContain("not tried");
    const told =
      /custom-rules\.yaml:5:19: rule HighPodMemory: .*better: sum\(container_memory_usage_bytes\{container!="",pod!=""\}\)/;
    expect(run.stderr).toMatch(told);
    expect(run.stderr).toContain("the environment variable PAGERDUTY_KEY is not set");
    expect(run.stderr).toContain(`route.routes[3].match is deprecated; write matchers: ['team="web"']`);
  });

  it("traps in rules are told at their line, with the expression as it would be right", async () => {
    const rules = `groups:
  - name: traps
    rules:
      - alert: HighMemoryUsage
        expr: container_memory_usage_bytes / container_spec_memory_limit_bytes > 0.9
      - alert: Busy
        expr: rate(container_cpu_usage_seconds_total{pod!=""}[30s]) > 0.8
`;
    await write("traps.yaml", rules);
    const plan = await machine.monstack(["plan", "--rules", "traps.yaml", "--scrape-interval", "30s"]);
    expect(plan.exitCode, plan.output).toBe(0);
    expect(plan.stderr).toMatch(
      /traps\.yaml:5:\d+: rule HighMemoryUsage: .*\+Inf.*better: container_memory_usage_bytes \/ \(container_spec_memory_limit_bytes > 0\) > 0\.9/,
    );
    expect(plan.stderr).toMatch(
      /traps\.yaml:7:\d+: rule Busy: the range \[30s\] is shorter than two scrapes \(one every 30s\).*better: rate\(container_cpu_usage_seconds_total\{pod!=""\}\[2m\]\) > 0\.8/,
    );
  });

  it("a red run with deployed secrets keeps them out of all that it leaves", async () => {
    const config = {
      alerting: { config: "./alertmanager-config.yaml", receivers: "as-is" },
      checks: [{ name: "never", promql: "vector(0)", expect: { every: "== 1" }, within: "1s" }],
    };
    await write("monstack.yaml", stringify(config));
    const run = await machine.monstack(["run"], { env });
    expect(run.exitCode, run.output).toBe(1);
    const manifests = join(machine.folder, "report", "diagnostics", "manifests", "prometheus.yaml");
    expect(await readFile(manifests, "utf8")).toContain("ops-team@example.com");
    await expectHidden(run.output);
  });

  it("a key that Alertmanager doesn't know is refused, at its line", async () => {
    await write("odd.yaml", guideReceivers.replace("channel: '#alerts'", "wombat: '#alerts'"));
    const run = await machine.monstack(
      ["run", "--alertmanager-config", "odd.yaml", "--alert-receivers", "capture"],
      { env },
    );
    expect(run.exitCode, run.output).toBe(2);
    expect(run.stderr).toMatch(/odd\.yaml:5:\d+: .*the key wombat is not known to Alertmanager/);
    await expectHidden(run.output);
  });

  it("a route to a receiver that isn't there: exit 2, with its line", async () => {
    await mkdir(join(machine.folder, "bad"), { recursive: true });
    await write("bad/am.yaml", "route:\n  receiver: slak\nreceivers:\n  - name: slack\n");
    const run = await machine.monstack(["run", "--alertmanager-config", "bad/am.yaml"], { env });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(
      "bad/am.yaml:2:13: route.receiver: no receiver is called slak; did you mean slack?",
    );
  });
});
