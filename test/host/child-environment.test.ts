import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { selectLoginEnvironment, selectRunnerEnvironment } from "../../src/host/child-environment.ts";
import { createHost } from "../../src/host/create.ts";
import { SharingKubeConfig } from "../../src/kube/kube-config.ts";

const canaries = {
  ACTIONS_RUNTIME_TOKEN: "canary-runtime",
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "canary-id",
  GITHUB_TOKEN: "canary-github",
  INPUT_TOKEN: "canary-input",
  "INPUT_GRAFANA-PASSWORD": "canary-password",
  RUNNER_TOKEN: "canary-runner",
  STATE_TOKEN: "canary-state",
  AWS_SECRET_ACCESS_KEY: "canary-cloud",
  DATABASE_URL: "postgres://user:canary-database@host",
  KUBECONFIG: "/canary-kubeconfig",
};

const kept = {
  PATH: process.env["PATH"] ?? "",
  HOME: "/home/ann",
  LC_ALL: "C.UTF-8",
  HTTPS_PROXY: "http://proxy:3128",
  https_proxy: "http://proxy:3128",
  SSL_CERT_FILE: "/etc/ssl/own.pem",
  HELM_DRIVER: "secret",
  K3S_DEBUG: "true",
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-child-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a child process does not see a token of the job", () => {
  it("as a command", async () => {
    const host = await createHost({ ...canaries, ...kept });
    const { stdout } = await host.exec(["env"], { env: { OURS: "given" } });
    expect(stdout).not.toContain("canary");
    expect(stdout.split("\n")).toEqual(
      expect.arrayContaining([
        ...Object.entries(kept).map(([name, value]) => `${name}=${value}`),
        "OURS=given",
      ]),
    );
    expect(stdout).toContain(`TMPDIR=${host.temporary.folder}`);
  });

  it("as a command that runs as root", async () => {
    const host = await createHost({ ...canaries, ...kept });
    if (host.rights === "none") return;
    const { stdout } = await host.exec(["env"], { root: true, env: { OURS: "given" } });
    expect(stdout).not.toContain("canary");
    expect(stdout).toContain("OURS=given");
  });

  it("as a process that outlives this one", async () => {
    const host = await createHost({ ...canaries, ...kept });
    const logFile = join(folder, "env.log");
    await host.startDetached(["env"], { logFile, env: { OURS: "given" } });
    await expect.poll(() => readFile(logFile, "utf8")).toContain("OURS=given");
    expect(await readFile(logFile, "utf8")).not.toContain("canary");
  });

  it("as a plugin that a kubeconfig names", async () => {
    for (const [name, value] of Object.entries(canaries)) vi.stubEnv(name, value);
    const plugin = join(folder, "plugin");
    const answer = `{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "t"}}`;
    await writeFile(plugin, `#!/bin/sh\nenv > '${folder}/plugin.env'\necho '${answer}'\n`);
    await chmod(plugin, 0o755);
    const kube = new SharingKubeConfig();
    kube.loadFromOptions({
      clusters: [{ name: "c", server: "https://127.0.0.1:1" }],
      users: [{ name: "u", exec: { command: plugin, env: [{ name: "GITHUB_SHA", value: "wanted" }] } }],
      contexts: [{ name: "x", cluster: "c", user: "u" }],
      currentContext: "x",
    });
    await kube.applyToHTTPSOptions({});
    vi.unstubAllEnvs();
    const seen = await readFile(join(folder, "plugin.env"), "utf8");
    expect(seen.match(/canary-(runtime|id|github|input|runner|state)/g)).toBeNull();
    // It logs in to a cloud, with what the job has for that.
    expect(seen).toMatch(/^AWS_SECRET_ACCESS_KEY=canary-cloud$/m);
    expect(seen).toMatch(/^GITHUB_SHA=wanted$/m);
  });
});

describe("what a command is given besides", () => {
  it("to log in to the user's cluster: everything but the runner's own", () => {
    expect(Object.keys(selectLoginEnvironment({ ...canaries, ...kept })).sort()).toEqual([
      "AWS_SECRET_ACCESS_KEY",
      "DATABASE_URL",
      "HELM_DRIVER",
      "K3S_DEBUG",
      "KUBECONFIG",
      "LC_ALL",
    ]);
    expect(selectLoginEnvironment({ actions_runtime_token: "x", TMPDIR: "/tmp" })).toEqual({});
  });

  it("to reach the runner's cache: only the runner's own", () => {
    expect(Object.keys(selectRunnerEnvironment({ ...canaries, ...kept })).sort()).toEqual([
      "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
      "ACTIONS_RUNTIME_TOKEN",
      "GITHUB_TOKEN",
      "RUNNER_TOKEN",
    ]);
  });
});
