import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { openJournal } from "../../src/journal/journal.ts";
import { Results } from "../../src/report/results-schema.ts";
import { createWorld, type World } from "../app/support/world.ts";
import { emptyPlace, startBundle, steady } from "./support/bundle.ts";

const envOf = ({ home, stateDir }: World) => ({ HOME: home, MONSTACK_STATE_DIR: stateDir });

describe("dist/cli.js", () => {
  it("helps", async () => {
    await using place = await emptyPlace();
    const { stdout, ...rest } = await place.monstack("--help");
    expect(rest).toEqual({ exitCode: 0, stderr: "" });
    await expect(stdout).toMatchFileSnapshot("recorded/help.txt");
    expect((await place.monstack()).stdout).toBe(stdout);
  });

  it("tells its version, the one of package.json", async () => {
    await using place = await emptyPlace();
    const { version } = (await import("../../package.json", { with: { type: "json" } })).default;
    const done = await place.monstack("--version");
    expect(done).toEqual({ exitCode: 0, stdout: `monstack ${version}\n`, stderr: "" });
  });

  it("plans the default stack, and touches nothing", async () => {
    await using place = await emptyPlace();
    const { stdout, ...rest } = await place.monstack("plan");
    expect(rest).toEqual({ exitCode: 0, stderr: "" });
    await expect(stdout).toMatchFileSnapshot("recorded/plan.txt");
    expect([await readdir(place.cwd), await readdir(place.env.HOME)]).toEqual([["home"], []]);
  });

  it("plans what the file says, and of that what --apps selects", async () => {
    await using place = await emptyPlace();
    await mkdir(join(place.cwd, "chart"));
    await writeFile(join(place.cwd, "chart/Chart.yaml"), "apiVersion: v2\nname: mine\nversion: 0.1.0\n");
    await writeFile(
      join(place.cwd, "monstack.yaml"),
      `profile: as-is
namespace: obs
cluster: {kubeconfig: ./kube, context: lab}
apps:
  grafana: {enabled: false}
  mine: {chart: ./chart, depends_on: [{app: prometheus, until: applied}]}
  other: {chart: prometheus-community/prometheus-pushgateway, version: 3.8.0}
`,
    );
    const all = await place.monstack("plan", "--offline");
    expect(all.exitCode).toBe(0);
    // How wide a column is depends on the folder's name.
    expect(
      all.stdout.replace(/(?<=\S) {2,}/g, "  "),
    ).toBe(`Profile as-is, on the existing cluster of CWD/kube (context lab), with helm v4.2.3
Configuration: CWD/monstack.yaml

Apps, in this order:
  1.  other  prometheus-community/prometheus-pushgateway 3.8.0  release other in namespace obs  at once
  2.  prometheus  prometheus-community/prometheus 29.27.0  release prometheus in namespace obs  at once
  3.  mine  CWD/chart  release mine in namespace obs  after prometheus is applied

Values: the charts' own and yours, nothing else.

Whether alerts are delivered is not tried: profile as-is leaves the receivers alone; alerting.receivers: capture tests them without notifying anybody.
`);
    const some = await place.monstack("plan", "--offline", "--apps", "mine");
    expect(some.stdout).toMatch(/1\. +prometheus .*\n +2\. +mine /);
    expect(some.stdout).not.toContain("other");
  });

  it.each([
    [["upp"], "`upp` is not a command; did you mean up?"],
    [["plan", "--proflie", "ci"], "there is no --proflie; did you mean --profile?"],
    [["plan", "--profile"], "--profile needs a value"],
    [["plan", "again"], "unexpected argument `again` after `plan`"],
    [["plan", "--profile", "cl"], '--profile: "cl" is not a profile; did you mean ci?'],
    [["plan", "--apps", "graphana"], "--apps: there is no app graphana; did you mean grafana?"],
    [
      ["plan", "--helm-version", "v4.2"],
      '--helm-version: "v4.2" is not a version (v4.2.3, v4, v3 or stable)',
    ],
    [
      ["plan", "--mirrors", "docker.io"],
      '--mirrors: "docker.io": has no mirror; expected from=to, for example https://get.helm.sh/=http://mirror/helm/',
    ],
    [
      ["run", "--grafana-port", "0", "--verify-timeout", "2"],
      `2 mistakes in the configuration:
--grafana-port: 0 is not a port; expected a whole number from 1 to 65535
--verify-timeout: "2" is not a duration; expected for example 90s, 5m or 1h30m`,
    ],
  ])("%j is a user's mistake", async (argv, message) => {
    await using place = await emptyPlace();
    const { exitCode, stdout, stderr } = await place.monstack(...argv);
    const said = stderr.replace(/^(?:0\.0s {3}error:)? +/gm, "");
    expect({ exitCode, stdout, said }).toEqual({ exitCode: 2, stdout: "", said: `${message}\n` });
    expect(await readdir(place.cwd)).toEqual(["home"]);
  });

  it("names each mistake in a file with line, column and key", async () => {
    await using place = await emptyPlace();
    await writeFile(
      join(place.cwd, "my.yaml"),
      "profile: cl\ngrafana:\n  pasword: hidden\napps: {x: {chart: nope/x}}\n",
    );
    expect(await place.monstack("run", "--config", "my.yaml")).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: `0.0s   error: 2 mistakes in the configuration:
               my.yaml:1:10: profile: "cl" is not a profile; did you mean ci?
               my.yaml:3:3: grafana.pasword: unknown key; did you mean password?
`,
    });
  });

  it("says how to fix a configuration file that isn't there", async () => {
    await using place = await emptyPlace();
    expect(await place.monstack("up", "--config", "none.yaml")).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: `0.0s   error: there is no configuration file CWD/none.yaml
0.0s   to fix it: name one that exists, or none to get the defaults
`,
    });
  });

  it("looks at this machine and changes nothing", async () => {
    await using place = await emptyPlace();
    const { exitCode, stdout, stderr } = await place.monstack("doctor");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^machine {2}(amd64|arm64), (running as root|not root|neither root)/);
    const problems = stdout.match(/^problem {2}.+\n {9}to fix it: .+$/gm) ?? [];
    const verdict = stdout.trimEnd().split("\n").at(-1);
    expect([exitCode, verdict]).toEqual(
      problems.length === 0
        ? [0, "ok       k3s can run here"]
        : [3, `${problems.length} problem(s): k3s can't run here yet`],
    );
    expect([await readdir(place.cwd), await readdir(place.env.HOME)]).toEqual([["home"], []]);
  });

  it("looks at an existing cluster", async () => {
    await using world = await createWorld();
    const doctor = (...args: string[]) =>
      startBundle("cli.js", ["doctor", ...args], { cwd: world.folder, env: envOf(world) }).finished;
    expect(steady(await doctor(), world.folder)).toEqual({
      exitCode: 0,
      stdout:
        "ok       the cluster of CWD/kubeconfig answers, v1.36.3\n" +
        "ok       this user has every right that a run needs\n",
      stderr: expect.stringContaining("helm v4.2.3: from CWD/helm"),
    });
    expect(steady(await doctor("--context", "there"), world.folder)).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: `0.0s   error: CWD/kubeconfig has no context there
0.0s   to fix it: choose one of here, elsewhere (cluster.context or --context)
`,
    });
    await world.cluster[Symbol.asyncDispose]();
    const away = await doctor();
    expect([away.exitCode, away.stderr]).toEqual([3, expect.stringContaining("can't be reached")]);
    expect(world.cluster.changes).toEqual([]);
  });

  it("has nothing to take down where nothing is", async () => {
    await using place = await emptyPlace();
    const { exitCode, stdout } = await place.monstack("down");
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`  teardown 0.0 s 0.0 s

  torn down, nothing left

monstack down: torn down, nothing left (0.0 s)
report: CWD/monstack-report/report.html
`);
    expect(await readdir(place.env.HOME)).toEqual([]);
  });

  it("takes down what is journaled even where no report can be written, and says so", async () => {
    await using place = await emptyPlace();
    const [state, left, notAFolder] = ["state", "state/kubeconfig", "file"].map((name) =>
      join(place.cwd, name),
    ) as [string, string, string];
    await writeFile(notAFolder, "");
    const host = { ...(await createHost()), env: place.env };
    const journal = await openJournal(host, state, "user");
    await journal.append({ kind: "file", at: new Date().toISOString(), path: left, root: false });
    await writeFile(left, "");
    const run = await place.monstack(
      "down",
      "--state-dir",
      state,
      "--report-dir",
      join(notAFolder, "report"),
    );
    expect(run).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/the report could not be written to .*file.report/),
    });
    expect(existsSync(left)).toBe(false);
  });

  it("has nothing to verify where nothing is, and a report of that", async () => {
    await using place = await emptyPlace();
    const state = "CWD/home/.local/state/monstack";
    const { exitCode, stderr } = await place.monstack("verify");
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`error: no stack is up: there is no ${state}/stack.json\n`);
    expect(existsSync(join(place.cwd, "monstack-report/results.json"))).toBe(true);
  });
});

describe("dist/cli.js on an existing cluster", () => {
  const cli = (world: Awaited<ReturnType<typeof createWorld>>, ...args: string[]) =>
    startBundle("cli.js", args, { cwd: world.folder, env: envOf(world) });

  it("runs: results on stdout, progress on stderr, nothing left", async () => {
    await using world = await createWorld();
    const { exitCode, stdout } = steady(await cli(world, "run").finished, world.folder);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /\n {2}torn down, nothing left\n.*\n\nmonstack run: verified, 2 checks passed \(0\.0 s\)\nreport: CWD\/report\/report\.html\n$/,
    );
    expect(world.cluster.namespaces).toEqual([]);
    expect(existsSync(world.stateDir)).toBe(false);
  });

  it("gives the results to a program, and nothing else on stdout", async () => {
    await using world = await createWorld();
    const { exitCode, stdout } = await cli(world, "run", "--quiet", "--output", "json").finished;
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual(await world.results());
  });

  it("gives events to a program, one JSON object per line", async () => {
    await using world = await createWorld("mute");
    const { exitCode, stdout, stderr } = await cli(world, "run", "--output=ndjson").finished;
    expect([exitCode, stderr.includes("deploying")]).toEqual([1, true]);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const results = await world.results();
    const { checks, causes, phases } = Results.parse(results);
    const named = (event: string) => events.filter((one) => one.event === event);
    expect(events[0]).toMatchObject({ event: "phase-started", phase: expect.any(String) });
    expect(named("phase-ended").map(({ phase }) => phase)).toEqual(phases.map(({ name }) => name));
    expect(named("phase-started")).toHaveLength(phases.length);
    const decided = (list: readonly { id: string; status: string }[]) =>
      list.map(({ id, status }) => `${id} ${status}`).toSorted();
    expect(decided(named("check"))).toEqual(decided(checks));
    expect(named("cause").map(({ id, fix }) => [id, fix])).toEqual(causes.map(({ id, fix }) => [id, fix]));
    expect(causes.length).toBeGreaterThan(0);
    expect(events.at(-1)).toEqual({
      event: "verdict",
      at: expect.any(String),
      mode: "run",
      verified: false,
      exitCode: 1,
      text: expect.stringContaining("not verified"),
      report: join(world.folder, "report"),
    });
  });

  it("counts the passed checks, and names them with --verbose", async () => {
    await using world = await createWorld();
    const normal = await cli(world, "run").finished;
    const passed = /^ {4}pass {5}\S+/gm;
    expect([normal.stdout.match(passed), /✓|skipped/.test(normal.stderr)]).toEqual([null, false]);
    expect(normal.stdout).toMatch(/^ {2}\d+ checks: 2 passed, \d+ skipped$/m);
    const verbose = await cli(world, "run", "-v").finished;
    expect([verbose.stdout.match(passed)?.length, verbose.stderr.includes("· ✓")]).toEqual([2, true]);
    const quiet = await cli(world, "run", "-q").finished;
    expect([quiet.stderr, quiet.stdout.split("\n").length]).toEqual(["", 3]);
  });

  it("starts its forwarder, of the bundle too, and down ends it", async () => {
    await using world = await createWorld("mute");
    try {
      const up = await cli(world, "up").finished;
      expect([up.exitCode, up.stderr.includes("error")]).toEqual([0, false]);
      const stack = JSON.parse((await world.read("state/stack.json")) ?? "");
      const { port } = new URL(stack.services.prometheus.url);
      expect(await isFree(Number(port))).toBe(false);
      const verify = await cli(world, "verify").finished;
      expect(verify.exitCode).toBe(1);
      await cli(world, "down").finished;
      expect(await isFree(Number(port))).toBe(true);
    } finally {
      await cli(world, "down").finished;
    }
  });

  it("tears down at the first Ctrl-C, and ends with 130", async () => {
    await using world = await createWorld();
    world.cluster.hang = /\/version$/;
    const { child, finished } = cli(world, "up");
    await expect.poll(() => world.cluster.requests, { timeout: 15_000 }).toContain("GET /version");
    child.kill("SIGINT");
    const { exitCode, stderr } = await finished;
    expect(exitCode).toBe(130);
    expect(stderr).toContain("warning: interrupted: tearing down (once more ends monstack at once)");
    expect(existsSync(world.stateDir)).toBe(false);
    expect((await world.results())["teardown"]).toMatchObject({ leaks: [] });
  });

  it("tears down after an error that nothing handles, and reports it", async () => {
    await using world = await createWorld();
    const fault = join(world.folder, "fault.mjs");
    await writeFile(
      fault,
      'process.once("SIGUSR2", () => { Promise.reject(new Error("nobody awaits this")); });\n',
    );
    world.cluster.hang = /\/version$/;
    const env = { ...envOf(world), NODE_OPTIONS: `--import=${fault}` };
    const { child, finished } = startBundle("cli.js", ["up"], { cwd: world.folder, env });
    await expect.poll(() => world.cluster.requests, { timeout: 15_000 }).toContain("GET /version");
    child.kill("SIGUSR2");
    const { exitCode, stderr } = await finished;
    expect(stderr).toContain("ending the run after an error that was not handled: nobody awaits this");
    expect(exitCode).toBe(1);
    expect(existsSync(world.stateDir)).toBe(false);
    const { failure, teardown } = await world.results();
    expect(failure).toMatchObject({ message: expect.stringContaining("nobody awaits this") });
    expect(teardown).toMatchObject({ leaks: [] });
  });

  it("ends at once at the second Ctrl-C, with the journal there for the next down", async () => {
    await using world = await createWorld();
    expect((await cli(world, "up").finished).exitCode).toBe(0);
    world.cluster.hang = /^GET .*\/persistentvolumeclaims$/;
    const { child, finished } = cli(world, "down");
    await expect
      .poll(() => world.cluster.requests.join(), { timeout: 15_000 })
      .toMatch(/persistentvolumeclaims$/);
    child.kill("SIGINT");
    await new Promise((resolve) =>
      child.stderr?.on("data", (text) => text.includes("once more") && resolve(true)),
    );
    child.kill("SIGINT");
    const { exitCode, stderr } = await finished;
    expect(exitCode).toBe(130);
    expect(stderr).toContain("error: interrupted again: what is left can be taken away with `monstack down`");
    expect(world.cluster.namespaces).toEqual(["monitoring"]);
    world.cluster.hang = undefined;
    expect((await cli(world, "down").finished).exitCode).toBe(0);
    expect(world.cluster.namespaces).toEqual([]);
  });
});

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
