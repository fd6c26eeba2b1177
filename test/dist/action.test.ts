import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Results } from "../../src/report/results-schema.ts";
import { createWorld } from "../app/support/world.ts";
import { closedUrl } from "../support/local-server.ts";
import { createRunner, emptyPlace, startBundle, steady } from "./support/bundle.ts";

describe("dist/main.js", () => {
  it.each([
    [{ mode: "upp" }, "input mode: `upp` is not a mode; expected up or run"],
    [{ teardown: "no" }, "input teardown: `no` is not a yes or no; expected true or false"],
    [{ profile: "cl" }, 'input profile: "cl" is not a profile; did you mean ci?'],
    [
      { ports: "grafana: x" },
      'input ports:1:1: ports.grafana: "x" is not a port; expected a whole number from 1 to 65535',
    ],
    [
      { set: "retention: 30d\nverfy.at-end: true" },
      "input set:2:1: verfy: unknown key; did you mean verify?",
    ],
    [
      { retention: "30d" },
      "input retention: was removed; expected instead: the line `retention: 30d` of the input set",
    ],
    [
      { config: "none.yaml" },
      "there is no configuration file CWD/none.yaml%0A    to fix it: name one that exists, or none to get the defaults",
    ],
  ])("with %j is red, says what would be right, and leaves nothing to tear down", async (inputs, message) => {
    await using place = await emptyPlace();
    const runner = await createRunner(place.cwd);
    expect(steady(await runner.main(inputs), place.cwd)).toEqual({
      exitCode: 1,
      stdout: `::error::${message}\n`,
      stderr: "",
    });
    expect([await runner.state(), await runner.outputs()]).toEqual([{}, {}]);
    expect((await readdir(place.cwd)).sort()).toEqual([".runner", "home"]);
    expect(await runner.post()).toEqual({ exitCode: 0, stdout: "nothing to tear down\n", stderr: "" });
  });

  it("masks a password before anything else, also the one in a file that is wrong", async () => {
    await using place = await emptyPlace();
    const runner = await createRunner(place.cwd);
    const { stdout } = await runner.main({ set: "grafana.password: s3cr3t-pass", profile: "cl" });
    expect(stdout.split("\n")[0]).toBe("::add-mask::s3cr3t-pass");
    expect(stdout.replace("::add-mask::s3cr3t-pass", "")).not.toContain("s3cr3t");
  });

  it("runs: outputs, a summary, and nothing left for post", async () => {
    await using world = await createWorld();
    const runner = await createRunner(world.folder);
    const helm = join(world.folder, "helm");
    const { exitCode, stdout } = await runner.main({ mode: "run", set: `helm.path: ${helm}` });
    expect([exitCode, stdout.match(/^::(error|warning).*/gm)]).toEqual([0, null]);
    expect(await runner.outputs()).toEqual({
      verified: "true",
      "prometheus-url": "",
      "grafana-url": "",
      "alertmanager-url": "",
      "grafana-user": "",
      "grafana-password": "",
      kubeconfig: join(world.folder, "kubeconfig"),
      namespace: "monitoring",
      "k3s-version": "",
      "helm-version": "v4.2.3",
      "kubectl-version": "v1.36.3",
      results: join(world.reportDir, "results.json"),
      "report-dir": world.reportDir,
      backup: "",
      "report-url": "",
      "cache-hit": "false",
    });
    expect(await runner.told("STEP_SUMMARY")).toMatch(/^## ✅ monstack: verified, 2 checks passed/);
    expect((await runner.told("PATH")).trim().split("\n")).toContain(world.folder);
    expect(world.cluster.namespaces).toEqual([]);
    const post = await runner.post();
    expect([post.exitCode, post.stdout.includes("::")]).toEqual([0, false]);
  });

  it("obeys no journal that somebody put into the state folder, and says so", async () => {
    await using world = await createWorld();
    const runner = await createRunner(world.folder);
    const victim = join(world.folder, "victim");
    await writeFile(victim, "precious");
    await mkdir(world.stateDir, { mode: 0o700 });
    const entry = { kind: "file", at: "2026-11-02T09:12:01.000Z", path: victim, root: true };
    await writeFile(join(world.stateDir, "journal.jsonl"), `${JSON.stringify(entry)}\n`);
    const { exitCode, stdout } = await runner.main({});
    expect(exitCode).toBe(1);
    expect(stdout).toContain("journal.jsonl:1: a journal entry without a MAC");
    expect((await runner.post()).stdout).toContain("MONSTACK_ACCEPT_JOURNAL=");
    expect(await readFile(victim, "utf8")).toBe("precious");
    expect([await world.helmCalls(), world.cluster.changes]).toEqual([[], []]);
  });

  it("leaves it running with mode up, and post takes it away and adds that to report and summary", async () => {
    await using world = await createWorld();
    const runner = await createRunner(world.folder);
    expect((await runner.main({})).exitCode).toBe(0);
    const { known = "", ...state } = await runner.state();
    expect(JSON.parse(known)).toMatchObject({
      helm: join(world.folder, "helm"),
      kubeconfig: join(world.folder, "kubeconfig"),
    });
    expect(state).toEqual({
      "verify-at-end": "false",
      "keep-metrics": "false",
      "state-dir": world.stateDir,
      "report-dir": world.reportDir,
      reporters: "json,junit,html,github",
    });
    expect(world.cluster.namespaces).toEqual(["monitoring"]);
    const post = await runner.post();
    expect([post.exitCode, post.stderr]).toEqual([0, ""]);
    expect(post.stdout).toMatch(/^torn down, nothing left$/m);
    expect(world.cluster.namespaces).toEqual([]);
    expect(existsSync(world.stateDir)).toBe(false);
    expect(await world.results()).toMatchObject({ verified: true, teardown: { leaks: [] } });
    expect(await runner.told("STEP_SUMMARY")).toMatch(/### Teardown\n\nNothing is left\./);
  });

  it("checks the stack once more in post with verify-at-end, before it is taken away", async () => {
    await using world = await createWorld();
    const runner = await createRunner(world.folder);
    const inputs = { set: "verify.at-end: true" };
    expect((await runner.main(inputs)).exitCode).toBe(0);
    const post = await runner.post(inputs);
    expect([post.exitCode, post.stderr]).toEqual([0, ""]);
    const { atEnd, phases } = Results.parse(await world.results());
    expect(atEnd?.verified, post.stdout).toBe(true);
    expect(atEnd?.checks.find(({ id }) => id === "nothing-restarted")?.status).toBe("pass");
    expect(phases.map(({ name }) => name).slice(-2)).toEqual(["verify", "teardown"]);
    expect(await runner.told("STEP_SUMMARY")).toContain("### Checked once more at the end: ✅ it held");
    expect(world.cluster.namespaces).toEqual([]);
  });

  it("fails the post step when the stack did not hold, and takes it away all the same", async () => {
    await using world = await createWorld();
    const runner = await createRunner(world.folder);
    const inputs = { set: "verify.at-end: true", checks: "nothing-restarted,workloads-healthy" };
    expect((await runner.main(inputs)).exitCode).toBe(0);
    const file = join(world.stateDir, "baseline.json");
    const baseline = JSON.parse(await readFile(file, "utf8"));
    baseline.containers.push({ namespace: "monitoring", pod: "gone-1", container: "gone", restarts: 0 });
    await writeFile(file, JSON.stringify(baseline));
    const post = await runner.post(inputs);
    expect(post.exitCode).toBe(1);
    expect(post.stdout).toMatch(/^::error::monstack: the stack did not hold until the end$/m);
    expect(Results.parse(await world.results()).atEnd?.verified).toBe(false);
    expect(await runner.told("STEP_SUMMARY")).toContain("❌ it did not hold: 1 of ");
    expect(world.cluster.namespaces).toEqual([]);
  });

  it("is red when the stack doesn't verify, and leaves it for post", async () => {
    await using world = await createWorld("mute");
    const runner = await createRunner(world.folder);
    const { exitCode, stdout } = await runner.main({});
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^::error title=monstack%3A [\w-]+::.*\n(.*\n)*::error::monstack: not verified, \d+ of \d+ checks failed$/m,
    );
    expect((await runner.outputs())["verified"]).toBe("false");
    expect(world.cluster.namespaces).toEqual(["monitoring"]);
    expect((await runner.post()).exitCode).toBe(0);
    expect(world.cluster.namespaces).toEqual([]);
  });

  it("is red with helm's words when it can't be deployed, and post cleans up", async () => {
    await using world = await createWorld();
    await world.breakHelm("upgrade", "Error: the chart is cursed");
    const runner = await createRunner(world.folder);
    const { exitCode, stdout } = await runner.main({});
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^::error title=monstack%3A [\w-]+::.*the chart is cursed.*\n(.*\n)*::error::monstack: could not be brought up$/m,
    );
    expect(world.cluster.namespaces).toEqual(["monitoring"]);
    expect((await runner.post()).exitCode).toBe(0);
    expect(world.cluster.namespaces).toEqual([]);
  });

  it("tells post nothing with teardown false", async () => {
    await using world = await createWorld();
    const runner = await createRunner(world.folder);
    expect((await runner.main({ teardown: "false" })).exitCode).toBe(0);
    expect(await runner.state()).toEqual({});
    expect((await runner.post()).stdout).toBe("nothing to tear down\n");
    expect(world.cluster.namespaces).toEqual(["monitoring"]);
  });

  it("cancelled by the runner, is red and leaves the rest to post", async () => {
    await using world = await createWorld();
    world.cluster.hang = /\/version$/;
    const runner = await createRunner(world.folder);
    const { child, finished } = runner.start("main.js", {});
    await expect.poll(() => world.cluster.requests, { timeout: 15_000 }).toContain("GET /version");
    child.kill("SIGINT");
    const { exitCode, stdout } = await finished;
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^::error title=monstack::interrupted$/m);
    expect(existsSync(world.stateDir)).toBe(true);
    expect((await runner.post()).exitCode).toBe(0);
    expect(existsSync(world.stateDir)).toBe(false);
  });
});

describe("dist/post.js never turns a green job red", () => {
  it("with a journal that can't be read", async () => {
    await using place = await emptyPlace();
    const runner = await createRunner(place.cwd);
    const journal = join(place.cwd, "state/journal.jsonl");
    await mkdir(join(place.cwd, "state"), { mode: 0o700 });
    await writeFile(journal, "nonsense\n");
    const state = {
      "STATE_state-dir": join(place.cwd, "state"),
      "STATE_report-dir": join(place.cwd, "report"),
    };
    const { exitCode, stdout, stderr } = steady(await runner.start("post.js", state).finished, place.cwd);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^warning: the teardown failed: .*\n::warning title=monstack::the teardown failed: CWD\/state\/journal\.jsonl:1: a journal entry without a MAC: .*\n$/,
    );
    expect(existsSync(journal)).toBe(true);
  });

  it("with something left, which it names", async () => {
    await using world = await createWorld();
    const runner = await createRunner(world.folder);
    expect((await runner.main({})).exitCode).toBe(0);
    world.cluster.broken = /^DELETE/;
    const { exitCode, stdout } = await runner.post();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^::warning title=monstack::left behind: namespace monitoring$/m);
    expect(await runner.told("STEP_SUMMARY")).toContain("| namespace | monitoring |");
    expect(await world.results()).toMatchObject({
      teardown: { leaks: [{ kind: "namespace", what: "monitoring" }] },
    });
  });
});

describe("dist/forward.js", () => {
  const forward = async (cwd: string, ports: readonly number[]) => {
    const statusFile = join(cwd, "status.json");
    const target = { kind: "tcp", host: "127.0.0.1", port: 9 };
    const listeners = ports.map((port) => ({ name: `service-${port}`, port, target }));
    await writeFile(join(cwd, "forward.json"), JSON.stringify({ listeners, statusFile }));
    return startBundle("forward.js", [join(cwd, "forward.json")], { cwd });
  };

  it("on a busy port ends with 3 and says so in its status", async () => {
    await using world = await createWorld();
    const port = Number(new URL(world.cluster.url).port);
    const { child, finished } = await forward(world.folder, [port]);
    const { exitCode, stderr } = await finished;
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
    expect(JSON.parse((await world.read("status.json")) ?? "")).toEqual({
      state: "failed",
      pid: child.pid,
      message: expect.stringContaining("EADDRINUSE"),
    });
  });

  it("ends with 0 when it is told to", async () => {
    await using world = await createWorld();
    // Without a listener it would end by itself, at the same moment.
    const port = Number(new URL(await closedUrl()).port);
    const { child, finished } = await forward(world.folder, [port]);
    await expect.poll(() => world.read("status.json"), { timeout: 15_000 }).toContain('"listening"');
    child.kill("SIGTERM");
    expect((await finished).exitCode).toBe(0);
  });
});
