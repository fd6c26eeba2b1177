import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createWorkspace, findWorkspace } from "../../../src/host/workspace.ts";
import { inFolder } from "../in-folder.ts";
import { strange } from "./strange.ts";

function fromApp(path: string): string {
  return path.startsWith("/") ? path : `../${path}`;
}

/** Each place of a configuration that names a file or a folder. */
const paths: Record<string, (path: string) => Record<string, string>> = {
  "app-dir": (path) => ({ "monstack.yaml": `app-dir: ${path}` }),
  "alerting.config": (path) => ({ "monstack.yaml": `alerting: {config: ${path}}` }),
  "file: of alerting.config": (path) => ({
    "monstack.yaml": `alerting: {config: {receivers: [{name: x, webhook_configs: [{url_file: "\${file:${path}}"}]}]}}`,
  }),
  "file: of a file of alerting.config": (path) => ({
    "monstack.yaml": "alerting: {config: am.yaml}",
    "am.yaml": `receivers: [{name: x, webhook_configs: [{url_file: "\\x24\\x7bfile:${path}}"}]}]`,
  }),
  "alerting.rule-tests": (path) => ({ "monstack.yaml": `alerting: {rule-tests: [${path}]}` }),
  rules: (path) => ({ "monstack.yaml": `rules: [${path}]` }),
  monitors: (path) => ({ "monstack.yaml": `stack: operator\nmonitors: [${path}]` }),
  dashboards: (path) => ({ "monstack.yaml": `dashboards: [{file: ${path}}]` }),
  "dashboards.dir": (path) => ({ "monstack.yaml": `dashboards: [{dir: ${path}}]` }),
  "apps.values": (path) => ({ "monstack.yaml": `apps: {grafana: {values: [${path}]}}` }),
  "apps.chart": (path) => ({
    "monstack.yaml": `apps: {own: {chart: ${path.startsWith("/") ? path : `./${path}`}}}`,
  }),
  "apps.manifests": (path) => ({ "monstack.yaml": `apps: {own: {manifests: [${path}]}}` }),
  "registries.ca": (path) => ({ "monstack.yaml": `registries: {evil.example: {ca: ${path}}}` }),
  "verify.backups": (path) => ({ "monstack.yaml": `verify: {backups: ${path}}` }),
  "verify.dashboard-baseline": (path) => ({ "monstack.yaml": `verify: {dashboard-baseline: ${path}}` }),
  "sbkube's values": (path) => ({
    "monstack.yaml": "app-dir: app",
    "app/sbkube.yaml": `apps: {own: {type: helm, chart: ./chart, values: [${fromApp(path)}]}}`,
  }),
  "sbkube's cluster_values_file": (path) => ({
    "monstack.yaml": "app-dir: app",
    "app/sbkube.yaml": `settings: {cluster_values_file: ${fromApp(path)}}`,
  }),
};

describe.each(Object.entries(paths))(
  "a path that is named in %s leads nowhere but into the workspace",
  (_, files) => {
    it.each([
      ["/proc/self/environ", "it lies outside the workspace"],
      ["/etc/shadow", "it lies outside the workspace"],
      ["../../../etc/shadow", "it lies outside the workspace"],
      [".git/config", ".git can hold secrets of the job"],
      ["sub/.GIT/config", ".GIT can hold secrets of the job"],
      ["gha-creds-0123.json", "gha-creds-0123.json can hold secrets of the job"],
      ["link", "it lies outside the workspace"],
      ["folder-link/environ", "it lies outside the workspace"],
      ["link-to-git/config", ".git can hold secrets of the job"],
      ["broken", "it leads through a link to nothing, or in a circle"],
      ["circle/x", "it leads through a link to nothing, or in a circle"],
    ])("%s", async (path, why) => {
      await using folder = await strange({
        ...files(path),
        ".git/config": "token",
        "gha-creds-0123.json": "{}",
      });
      await symlink("/proc/self/environ", join(folder.cwd, "link"));
      await symlink("/proc/self", join(folder.cwd, "folder-link"));
      await symlink(".git", join(folder.cwd, "link-to-git"));
      await symlink("/tmp/none/at/all", join(folder.cwd, "broken"));
      await symlink("circle", join(folder.cwd, "circle"));
      const told = await folder.mistake();
      expect(told).toContain(`${why}, and trust is restricted (a test)`);
      expect(told).toMatch(/(monstack|am|app\/sbkube)\.yaml:\d:\d+: /);
      expect(told).not.toContain("canary");
    });
  },
);

describe("a file with a login that lies in the workspace", () => {
  it("is not read through a file of it, by whatever name it was given to the job", async () => {
    await using folder = await strange({
      kubeconfig: "x",
      "sub/other": "x",
      "temp/x": "x",
      "values.yaml": "x",
    });
    await symlink("kubeconfig", join(folder.cwd, "link"));
    const env = {
      KUBECONFIG: `/none:${join(folder.cwd, "sub/other")}`,
      RUNNER_TEMP: join(folder.cwd, "temp"),
    };
    const workspace = findWorkspace(folder.cwd, env, ["kubeconfig", undefined]);
    const refusals = ["kubeconfig", "link", "sub/other", "temp/x", "values.yaml", "sub"].map((path) =>
      workspace.findRefusal(join(folder.cwd, path)),
    );
    const why = "it can hold secrets of the job";
    expect(refusals).toEqual([why, why, why, why, undefined, undefined]);
  });

  it("does not close the workspace where the runner's folder is above it", async () => {
    await using folder = await strange({ "values.yaml": "x" });
    const workspace = findWorkspace(folder.cwd, { RUNNER_TEMP: dirname(folder.cwd) });
    expect(workspace.findRefusal(join(folder.cwd, "values.yaml"))).toBeUndefined();
  });
});

describe("with restricted trust", () => {
  it("what lies in the workspace is read, through links too", async () => {
    await using folder = await strange({
      "monstack.yaml":
        "apps: {grafana: {values: [values-link.yaml, ./deep/../values.yaml]}}\nrules: [rules]\n",
      "values.yaml": "replicas: 1",
      "rules/a.yaml": "groups: []",
    });
    await symlink("values.yaml", join(folder.cwd, "values-link.yaml"));
    expect(await folder.mistake({ listFolder: async () => ["a.yaml"] })).toBe("it was loaded");
  });

  it("an input may name a file elsewhere", async () => {
    await using elsewhere = await inFolder({ "values.json": '{"panels": []}' });
    await using folder = await strange({});
    const inputs = { dashboards: join(elsewhere.cwd, "values.json") };
    expect(await folder.mistake({ inputs })).toBe("it was loaded");
  });

  it("a registry's certificate is verified", async () => {
    await using folder = await strange({ "monstack.yaml": "registries: {evil.example: {insecure: true}}" });
    expect(await folder.mistake()).toContain(
      'monstack.yaml:1:39: registries."evil.example".insecure: a file can\'t switch off',
    );
    expect(await folder.full()).toBe("it was loaded");
  });

  it("nothing is built that reads files by itself", async () => {
    const files = { "monstack.yaml": "apps: {own: {kustomize: .}}", "kustomization.yaml": "resources: []" };
    await using folder = await strange(files);
    expect(await folder.mistake()).toContain(
      "apps.own.kustomize: a kustomization reads files of its own choice",
    );
    expect(await folder.full()).toBe("it was loaded");
  });

  it("a workspace that is itself a link is one folder by both names", async () => {
    await using folder = await strange({ "monstack.yaml": "rules: [r.yaml]", "r.yaml": "groups: []" });
    const alias = `${folder.cwd}-alias`;
    await symlink(folder.cwd, alias);
    try {
      const { config } = await folder.load({ cwd: alias, workspace: createWorkspace(alias) });
      expect(config.rules).toEqual([join(alias, "r.yaml")]);
    } finally {
      await rm(alias);
    }
  });

  it("a folder beside the workspace whose name begins like its own is outside", async () => {
    await using folder = await strange({ "monstack.yaml": "" });
    const beside = `${folder.cwd}-secret`;
    await mkdir(beside);
    try {
      await writeFile(join(beside, "r.yaml"), "groups: []");
      await writeFile(join(folder.cwd, "monstack.yaml"), `rules: [${beside}/r.yaml]`);
      expect(await folder.mistake()).toContain("it lies outside the workspace");
    } finally {
      await rm(beside, { recursive: true });
    }
  });
});
