import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Machine, startMachine } from "./support/machine.ts";
import { statuses } from "./support/results.ts";

/** grafana.com as Grafana's pod reaches it. */
const grafanaCom = { api_url: "http://203.0.113.1/grafana.com/api" };

const provider = {
  name: "default",
  orgId: 1,
  folder: "",
  type: "file",
  options: { path: "/var/lib/grafana/dashboards/default" },
};

const source = {
  name: "Prometheus",
  type: "prometheus",
  access: "proxy",
  url: "http://prometheus-server.monitoring.svc.cluster.local",
  isDefault: true,
};

/** A folder of sbkube's in the old format, whose Grafana requests something of each kind. */
const folderOfSbkube: Record<string, object> = {
  "config.yaml": {
    namespace: "monitoring",
    apps: {
      prometheus: {
        type: "helm",
        chart: "prometheus-community/prometheus",
        version: "25.3.1",
        values: ["prometheus-values.yaml"],
      },
      grafana: {
        type: "helm",
        chart: "grafana/grafana",
        version: "7.0.6",
        values: ["grafana-values.yaml"],
        depends_on: ["prometheus"],
      },
    },
  },
  "sources.yaml": {
    helm_repos: {
      "prometheus-community": { url: "https://prometheus-community.github.io/helm-charts" },
      grafana: { url: "https://grafana.github.io/helm-charts" },
    },
  },
  "prometheus-values.yaml": {
    extraScrapeConfigs:
      "- job_name: alerts\n  static_configs: [{targets: ['prometheus-alertmanager:9093']}]\n",
    server: { extraArgs: { "query.timeout": "90s" } },
  },
  "grafana-values.yaml": {
    datasources: { "datasources.yaml": { apiVersion: 1, datasources: [source] } },
    dashboardProviders: { "dashboardproviders.yaml": { apiVersion: 1, providers: [provider] } },
    dashboards: {
      default: {
        cluster: { gnetId: 6417, revision: 1, datasource: "Prometheus" },
        nodes: { gnetId: 1860, revision: 27, datasource: "Prometheus" },
        stats: { gnetId: 3662, revision: 2, datasource: "Prometheus" },
      },
    },
    plugins: ["lab-clock-panel 1.0.0"],
    alerting: {
      "own.yaml": {
        apiVersion: 1,
        contactPoints: [
          {
            name: "ops",
            receivers: [{ uid: "ops", type: "webhook", settings: { url: "http://ops.example" } }],
          },
        ],
        policies: [{ receiver: "ops" }],
      },
    },
    "grafana.ini": { server: { root_url: "http://localhost:3000" }, grafana_com: grafanaCom },
  },
};

async function write(folder: string, files: Record<string, object>): Promise<void> {
  await mkdir(folder, { recursive: true });
  // JSON is YAML.
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), JSON.stringify(content, undefined, 2));
}

describe("what is requested of the stack", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("in a folder of sbkube's with dashboards by gnetId and plugins is in effect", async () => {
    const folder = join(machine.folder, "03-monitoring-stack");
    await write(folder, folderOfSbkube);
    const plan = await machine.monstack(["plan", "--app-dir", "."], { cwd: folder });
    expect(plan.stdout, plan.output).toContain("1860 of grafana.com, revision 27: dashboards.default.nodes");
    const run = await machine.monstack(["run", "--app-dir", "."], { cwd: folder });
    expect(run.exitCode, run.output).toBe(0);
    const results = await machine.results();
    const seen = (id: string) => results.checks.find((check) => check.id === id)?.seen;
    expect(seen("grafana-plugins")).toBe("lab-clock-panel 1.0.0");
    expect(seen("grafana-settings-effective")).toContain("in force");
    expect(seen("grafana-alerting-effective")).toBe("1 contact point, 1 default receiver");
    expect(seen("prometheus-settings-effective")).toContain("1 requested scrape job");
    expect(seen("dashboards-whole")).toMatch(/^3 dashboards: /);
    expect(statuses(results, "pass")).toEqual(
      expect.arrayContaining([
        "alertmanager-config-effective",
        "environment-effective",
        "grafana-datasource",
      ]),
    );
    expect(results).toMatchObject({ teardown: { leaks: [] } });
  });

  it("and is not there is reported with Grafana's own words", async () => {
    const values = {
      env: { GF_PLUGINS_PREINSTALL: "lab-clock-panel,no-such-panel" },
      "grafana.ini": { grafana_com: grafanaCom },
    };
    await write(machine.folder, { "monstack.yaml": { apps: { grafana: { values } } } });
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(1);
    const results = await machine.results();
    expect(statuses(results, "fail")).toEqual(["grafana-plugins"]);
    expect(results.checks.find(({ id }) => id === "grafana-plugins")).toMatchObject({
      seen: "no-such-panel is not installed",
      cause: expect.stringMatching(/^Grafana's log: 404/),
    });
    expect(run.stderr).toMatch(/monstack\.yaml:\d+:\d+/);
    expect(results).toMatchObject({ teardown: { leaks: [] } });
  });
});
