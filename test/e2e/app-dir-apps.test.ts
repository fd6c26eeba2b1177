import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Machine, startMachine } from "./support/machine.ts";

const kubectl = `${process.cwd()}/lab/out/bin/kubectl`;

/** Credentials go to no mirror, so the lab's repository behind a login is named by its own address. */
const sources = `helm_repos:
  prometheus-community: https://prometheus-community.github.io/helm-charts
  internal:
    url: http://203.0.113.1/charts.example.com/private
    username: \${CHARTS_USER}
    password: \${CHARTS_PASSWORD}
`;

const config = `namespace: observe
apps:
  metrics:
    type: helm
    chart: prometheus-community/prometheus
    version: 25.3.1
    release_name: ours
    values: [metrics.yaml]
    set_values: { server.retention: 12d }
    labels: { team: observability }
    atomic: true
  boards:
    type: helm
    chart: internal/grafana
    depends_on: [metrics]
  switched-off:
    type: helm
    chart: internal/no-such-chart
    enabled: false
  not-chosen:
    type: yaml
    manifests: [manifests/not-chosen.yaml]
  settings-of-ours:
    type: yaml
    namespace: tools
    manifests: [manifests/settings.yaml]
    labels: { team: observability }
    annotations: { example.com/owner: ours }
    depends_on: [metrics, switched-off]
  web:
    type: kustomize
    path: web
    namespace: shop
    depends_on: [settings-of-ours, by-hand]
  by-hand: { type: noop }
`;

const files = {
  "sources.yaml": sources,
  "config.yaml": config,
  "metrics.yaml": "server: { retention: 30d }\n",
  "manifests/not-chosen.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: not-chosen }\ndata: {}\n",
  "manifests/settings.yaml": `apiVersion: v1
kind: Namespace
metadata: { name: tools, labels: { made-by: us } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { text: "{{ not a template }}" }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader }
`,
  "web/kustomization.yaml": "namePrefix: my-\nresources: [deployment.yaml]\n",
  "web/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: { name: app, labels: { app: app } }
spec:
  selector: { matchLabels: { app: app } }
  template:
    metadata: { labels: { app: app } }
    spec:
      containers: [{ name: app, image: "docker.io/library/busybox:1.38.0", command: [sleep, infinity] }]
`,
};

const login = { CHARTS_USER: "ci", CHARTS_PASSWORD: "lab-charts-password" };

interface Found {
  kind: string;
  metadata: {
    namespace: string;
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  data?: Record<string, string>;
}

describe("an app directory of the older layout, sources.yaml and config.yaml", () => {
  let machine: Machine;
  const write = async (folder: string, name: string, text: string) => {
    const path = join(machine.folder, folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };
  beforeAll(async () => {
    machine = await startMachine();
    for (const [name, text] of Object.entries(files)) await write("apps", name, text);
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  /** Of these kinds, in every namespace. */
  async function objects(kinds: string): Promise<Found[]> {
    const kubeconfig = join(machine.folder, "state", "kubeconfig");
    const got = await machine.run([kubectl, "--kubeconfig", kubeconfig, "get", kinds, "-A", "-o", "json"]);
    expect(got.exitCode, got.output).toBe(0);
    return (JSON.parse(got.stdout) as { items: Found[] }).items;
  }

  it("is refused with file and line where sbkube would do something else, or go on without", async () => {
    const apps = "apps:\n  metrics:\n    type: helm\n    chart: prometheus-community/prometheus\n";
    await write("bad", "sources.yaml", sources);
    await write("bad", "config.yaml", `${apps}    values: [gone.yaml]\n`);
    const plan = () => machine.monstack(["plan", "--app-dir", "bad"], { env: login });
    const missing = await plan();
    expect(missing.exitCode, missing.output).toBe(2);
    expect(missing.stderr).toMatch(/bad\/config\.yaml:5:14: .*gone\.yaml/);
    await write("bad", "config.yaml", `${apps}  prepare:\n    type: exec\n    commands: [make]\n`);
    const refused = await plan();
    expect(refused.exitCode, refused.output).toBe(2);
    expect(refused.stderr).toMatch(
      /bad\/config\.yaml:6:11: .*type exec is not deployed.*step of your workflow/,
    );
    await write("bad", "config.yaml", apps);
    const unset = await machine.monstack(["plan", "--app-dir", "bad"], { env: { CHARTS_USER: "ci" } });
    expect(unset.exitCode, unset.output).toBe(2);
    expect(unset.stderr).toMatch(/bad\/sources\.yaml:6:15: .*the environment has no CHARTS_PASSWORD/);
  });

  it("is told when a repository refuses its login, and the password isn't", async () => {
    const env = { ...login, CHARTS_PASSWORD: "not-the-password" };
    const up = await machine.monstack(["up", "--app-dir", "apps", "--apps", "boards"], { env });
    expect(up.exitCode, up.output).toBe(3);
    expect(up.stderr).toContain("the chart repository internal refuses");
    expect(up.output).not.toContain("not-the-password");
  });

  it("with --apps deploys only these and what they wait for, as each of them says", async () => {
    const flags = ["--app-dir", "apps", "--apps", "web,boards"];
    const up = await machine.monstack(["up", ...flags], { env: login });
    expect(up.exitCode, up.output).toBe(0);
    expect(up.output).not.toContain(login.CHARTS_PASSWORD);
    expect(up.output).toMatch(/config\.yaml:\d+:\d+: .*switched-off is switched off, and not waited for/);
    const there = await objects("deployments,configmaps,serviceaccounts,secrets");
    const names = there.map(({ kind, metadata }) => `${metadata.namespace}/${kind}/${metadata.name}`);
    expect(names).toEqual(
      expect.arrayContaining([
        "observe/Deployment/ours-prometheus-server",
        "observe/Deployment/boards-grafana",
        "shop/Deployment/my-app",
        "tools/ServiceAccount/reader",
      ]),
    );
    expect(names.join()).not.toMatch(/switched-off|not-chosen/);
    const settings = there.find(({ metadata }) => metadata.name === "settings");
    expect(settings).toMatchObject({
      metadata: {
        namespace: "tools",
        labels: { team: "observability" },
        annotations: { "example.com/owner": "ours" },
      },
      data: { text: "{{ not a template }}" },
    });
    const record = there.find(({ metadata }) => metadata.name === "sh.helm.release.v1.ours.v1");
    expect(record?.metadata.labels).toMatchObject({ name: "ours", team: "observability" });
  });

  it("has set_values in force over the values file, and nothing left afterwards", async () => {
    const url = "http://localhost:9090/api/v1/status/flags";
    const asked = await machine.run(["curl", "-fsS", "--retry", "20", "--retry-all-errors", url]);
    expect(JSON.parse(asked.stdout).data["storage.tsdb.retention.time"]).toBe("12d");
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
    const report = await readFile(join(machine.folder, "report", "results.json"), "utf8");
    expect(report).not.toContain(login.CHARTS_PASSWORD);
  });
});
