import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { initFolder } from "../../../src/app/init/init.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { createHost } from "../../../src/host/create.ts";

/** A real folder with files in it, outside of any repository. */
async function createFolder(files: Readonly<Record<string, string>>) {
  const path = await mkdtemp(join(tmpdir(), "monstack-init-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  const host = await createHost({ HOME: path, PATH: process.env["PATH"] });
  const read = (name: string) => readFile(join(path, name), "utf8");
  return {
    path,
    read,
    init: (below = "") => initFolder(host, join(path, below)),
    load: (below = "") =>
      loadConfig({
        cwd: join(path, below),
        env: {},
        readFile: (file) => readFile(file, "utf8").catch(() => undefined),
        listFolder: (folder) => readdir(folder),
      }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}

const rules = "groups: [{name: a, rules: [{alert: Down, expr: up == 0}]}]\n";
const receivers = `receivers: [{name: slack, slack_configs: [{api_url: "$\{SLACK_URL}", channel: "#a"}]}]\n`;
const dashboard = JSON.stringify({ title: "Shop", panels: [] });
const monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a}\n";
const sbkube = `apiVersion: sbkube/v1
settings:
  namespace: monitoring
  helm_repos: {prometheus-community: {url: "https://prometheus-community.github.io/helm-charts"}}
apps:
  prometheus: {type: helm, chart: prometheus-community/prometheus, version: 25.3.1, values: [prometheus-values.yaml]}
`;

describe("monstack init", () => {
  it("writes the default stack into an empty folder, and a configuration that is valid", async () => {
    await using folder = await createFolder({});
    const { lines, mistakes } = await folder.init();
    expect(mistakes).toBeUndefined();
    expect(lines).toEqual([
      "found     nothing that belongs to a monitoring stack: the configuration is the default stack",
      "wrote     monstack.yaml",
      "wrote     .github/workflows/monstack.yml",
    ]);
    const text = await folder.read("monstack.yaml");
    expect(text.split("\n")[0]).toMatch(
      /^# yaml-language-server: \$schema=https:\/\/.*\/monstack\.schema\.json$/,
    );
    expect(parse(text)).toEqual({ profile: "ci", stack: "plain" });
    const { config, warnings } = await folder.load();
    expect([Object.keys(config.apps), warnings]).toEqual([["prometheus", "grafana"], []]);
    const workflow = parse(await folder.read(".github/workflows/monstack.yml"));
    expect(workflow.jobs.verify.steps.map(({ uses }: { uses: string }) => uses)).toEqual([
      "actions/checkout@v6",
      "org/monstack-action@v1",
      "actions/upload-artifact@v5",
    ]);
    expect(workflow.jobs.verify.steps[1].with).toEqual({ mode: "run" });
  });

  it("takes sbkube's folder as it is, with its rules and receivers", async () => {
    await using folder = await createFolder({
      "sbkube.yaml": sbkube,
      "prometheus-values.yaml": "server: {retention: 30d}\n",
      "grafana-values.yaml": "adminPassword: x\n",
      "alertmanager-config.yaml": receivers,
      "custom-rules.yaml": rules,
      "my-app-monitor.yaml": monitor,
    });
    const { lines, mistakes } = await folder.init();
    expect(mistakes).toBeUndefined();
    expect(lines).toEqual([
      "found     alertmanager-config.yaml (receivers in Alertmanager's format): alerting.config",
      "found     custom-rules.yaml (groups of Prometheus rules): rules",
      "left out  grafana-values.yaml (a values file with grafana in its name): sbkube.yaml does not name it",
      "left out  my-app-monitor.yaml (Kubernetes objects: ServiceMonitor): it needs the operator; see stack and monitors",
      "found     prometheus-values.yaml (a values file with prometheus in its name): sbkube.yaml names it",
      "found     sbkube.yaml (sbkube's file of apps): app-dir: .",
      "wrote     monstack.yaml",
      "wrote     .github/workflows/monstack.yml; it needs the secrets SLACK_URL",
    ]);
    const { config, warnings } = await folder.load();
    expect(warnings.filter((text) => !text.includes("is taken as"))).toEqual([]);
    expect(config.apps["prometheus"]?.source).toMatchObject({ version: "25.3.1" });
    expect([config.rules, config.alerting.receivers, config.alerting.config]).toEqual([
      [join(folder.path, "custom-rules.yaml")],
      "capture",
      { file: join(folder.path, "alertmanager-config.yaml") },
    ]);
    const [, step] = parse(await folder.read(".github/workflows/monstack.yml")).jobs.verify.steps;
    expect(step.env).toEqual({ SLACK_URL: `$\{{ secrets.SLACK_URL }}` });
  });

  it("gives values files to their apps, and folders of rules and dashboards as folders", async () => {
    await using folder = await createFolder({
      "monitoring/values/prom.values.yaml": "serverFiles: {}\n",
      "monitoring/grafana-values.yaml": "persistence: {}\n",
      "monitoring/grafana-values.prod.yaml": "persistence: {}\n",
      "rules/a.yaml": rules,
      "rules/b.yaml": rules,
      "dashboards/a.json": dashboard,
      "dashboards/b.json": dashboard,
      "package.json": "{}",
      "tests/rules.test.yaml": "rule_files: [../rules/a.yaml]\ntests: []\n",
      "charts/shop/Chart.yaml": "name: shop\n",
      "charts/shop/values.yaml": "server: {}\n",
      "deploy/app.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
    });
    const { lines, mistakes } = await folder.init();
    expect(mistakes).toBeUndefined();
    const { config } = await folder.load();
    const valuesOf = (app: string) => config.apps[app]?.values.filter((values) => "file" in values);
    expect(valuesOf("prometheus")).toEqual([
      { file: join(folder.path, "monitoring/values/prom.values.yaml") },
    ]);
    expect(valuesOf("grafana")).toEqual([{ file: join(folder.path, "monitoring/grafana-values.yaml") }]);
    expect(parse(await folder.read("monstack.yaml"))).toMatchObject({
      rules: ["./rules"],
      dashboards: ["./dashboards"],
    });
    expect(config.rules).toHaveLength(2);
    const text = lines.join("\n");
    expect(text).toContain(
      "monitoring/grafana-values.prod.yaml (a values file with grafana in its name): monitoring/grafana-values.yaml is taken",
    );
    expect(text).toContain("tests/rules.test.yaml (unit tests in promtool's format): it needs promtool");
    expect(text).toContain(
      "deploy/app.yaml (Kubernetes objects: Service): deploy it with apps.NAME.manifests",
    );
    expect(text).not.toMatch(/package\.json|charts\//);
  });

  it("takes the operator for monitors, and for values of its chart", async () => {
    await using folder = await createFolder({ "monitor.yaml": monitor, "grafana-values.yaml": "a: 1\n" });
    const { lines, mistakes } = await folder.init();
    expect(mistakes).toBeUndefined();
    const { config } = await folder.load();
    expect([config.stack, config.monitors]).toEqual(["operator", [join(folder.path, "monitor.yaml")]]);
    expect(lines[0]).toContain("grafana-values.yaml");
    expect(lines[0]).toContain("one chart holds all of it");
  });

  it("overwrites nothing, not even behind a link, and says what it kept", async () => {
    await using folder = await createFolder({
      "monstack.yml": "profile: as-is\n",
      ".git/HEAD": "",
      ".github/workflows/ci.yml":
        "on: {push: {branches: [trunk]}}\njobs: {a: {runs-on: self-hosted, steps: []}}\n",
    });
    await symlink("/nowhere", join(folder.path, ".github/workflows/monstack.yml"));
    const { lines } = await folder.init();
    expect(lines.slice(-2)).toEqual([
      "kept      monstack.yml: it exists already",
      "kept      .github/workflows/monstack.yml: it exists already",
    ]);
    expect(await folder.read("monstack.yml")).toBe("profile: as-is\n");
    expect((await readdir(folder.path)).sort()).toEqual([".git", ".github", "monstack.yml"]);
  });

  it("keeps a workflow that uses monstack, and learns runner, checkout and branch from others", async () => {
    const ci = (step: string) =>
      `on: {push: {branches: [trunk]}}\njobs:\n  a:\n    runs-on: self-hosted\n    steps:\n      - uses: ${step}\n`;
    await using mine = await createFolder({ ".github/workflows/e2e.yml": ci("org/monstack-action@v1") });
    expect((await mine.init()).lines.at(-1)).toBe(
      "kept      .github/workflows/e2e.yml: it uses monstack already, so no workflow is written",
    );
    const pinned = `actions/checkout@${"a".repeat(40)} # v6.1.0`;
    await using other = await createFolder({
      ".github/workflows/ci.yml": ci(pinned),
      "sub/rules.yaml": rules,
      ".git/HEAD": "",
    });
    const { lines } = await other.init("sub");
    expect(lines.slice(-2)).toEqual([
      "wrote     monstack.yaml",
      "wrote     ../.github/workflows/monstack.yml",
    ]);
    const text = await other.read(".github/workflows/monstack.yml");
    expect(text).toContain(`- uses: ${pinned}\n`);
    const workflow = parse(text);
    expect(workflow.on.push.branches).toEqual(["trunk"]);
    expect(workflow.jobs.verify).toMatchObject({ "runs-on": "self-hosted" });
    expect(workflow.jobs.verify.steps[1].with).toEqual({ mode: "run", config: "sub/monstack.yaml" });
  });

  it.each([
    [{ ".git/HEAD": "ref: refs/heads/master\n" }, "master"],
    [{ ".git/HEAD": "ref: refs/heads/my-feature\n" }, "main"],
    [
      {
        ".git/HEAD": "ref: refs/heads/my-feature\n",
        ".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/next\n",
      },
      "next",
    ],
  ])("starts the workflow for pushes to the main branch of the repository: %j", async (files, branch) => {
    await using folder = await createFolder(files);
    await folder.init();
    const { on } = parse(await folder.read(".github/workflows/monstack.yml"));
    expect(on.push.branches).toEqual([branch]);
  });

  it("reports a mistake in the user's file, with its place", async () => {
    await using folder = await createFolder({ "prometheus-values.yaml": "server: {a: 1}\nserver\n" });
    const { mistakes } = await folder.init();
    // Not YAML, so it is not taken for a values file.
    expect(mistakes).toBeUndefined();
    await using other = await createFolder({ "monstack.yaml": "prfile: ci\n" });
    expect((await other.init()).mistakes).toBe(
      "monstack.yaml:1:1: prfile: unknown key; did you mean profile?",
    );
  });
});
