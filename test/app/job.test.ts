import { stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Job, runJob } from "../../src/app/job.ts";
import { loadStack, saveStack } from "../../src/app/session/stack-file.ts";
import { createHost } from "../../src/host/create.ts";
import type { Host } from "../../src/host/host.ts";
import { Interrupted } from "../../src/lib/errors.ts";
import { findFreePort } from "../support/free-port.ts";
import { openSession, type SessionOptions } from "./support/session.ts";
import { createWorld, type World } from "./support/world.ts";

const patient = { timeout: 15_000 };
const base: Job = { mode: "run", verifyAfterUp: false, keepOnFailure: false, replace: false };

/** Ends with what a test left up taken away, a forwarder among it, by the code under test. */
async function newWorld(...chart: Parameters<typeof createWorld>): Promise<World> {
  const world = await createWorld(...chart);
  const end = async () => {
    world.cluster.broken = world.cluster.hang = undefined;
    await doJob(world, { mode: "down" });
    await world[Symbol.asyncDispose]();
  };
  return { ...world, [Symbol.asyncDispose]: end };
}

async function doJob(world: World, job: Partial<Job>, extra: SessionOptions = {}) {
  const { session, log } = await openSession(world, extra);
  const outcome = await runJob(session, { ...base, ...job });
  return { ...outcome, log: log.lines.map(({ level, message }) => `${level} ${message}`).join("\n") };
}

describe.concurrent("a run on a stack that is well", () => {
  it("deploys, verifies, takes everything away again, and says so in results.json", async () => {
    await using world = await newWorld();
    const { exitCode, results, error } = await doJob(world, { mode: "run" });
    expect([error, exitCode]).toEqual([undefined, 0]);
    expect(results.teardown).toEqual({ leaks: [], kept: [`the cluster of ${world.folder}/kubeconfig`] });
    expect(await world.results()).toMatchObject({ verified: true, mode: "run", schemaVersion: 2 });
    const passed = results.checks.filter(({ status }) => status === "pass").map(({ id }) => id);
    expect(passed).toEqual(["values-known", "workloads-healthy"]);
    expect(world.cluster.changes).toEqual([
      "POST /api/v1/namespaces",
      "DELETE /api/v1/namespaces/monitoring",
    ]);
    const verbs = (await world.helmCalls()).map((call) => call.split(" ")[0]);
    expect(verbs).toEqual(["version", "template", "upgrade", "uninstall"]);
    // Each change stands in the journal before it is made.
    expect(await world.journalAt("upgrade")).toEqual([
      "file",
      "begin",
      "temporary",
      "cluster",
      "namespace",
      "release",
    ]);
    expect(await world.read("state/journal.jsonl")).toBeUndefined();
  });

  it("records where the time went, and writes it for a viewer", async () => {
    await using world = await newWorld();
    const traceFile = join(world.folder, "trace.json");
    const { results } = await doJob(world, { mode: "run", traceFile });
    const spans = results.trace?.spans ?? [];
    const ofKind = (kind: string) => spans.flatMap((span) => (span.kind === kind ? [span.name] : []));
    expect(ofKind("release")).toEqual(["install thing"]);
    expect(ofKind("chart")).toEqual(["fetch the chart of thing", "render the chart of thing"]);
    expect(ofKind("workload").length).toBeGreaterThan(0);
    const verdicts = new Map(results.checks.map(({ id, status, attempts }) => [id, { status, attempts }]));
    for (const { name, attributes } of spans.filter(({ kind }) => kind === "check"))
      expect([name, attributes]).toEqual([
        name,
        { attempts: verdicts.get(name)?.attempts, verdict: verdicts.get(name)?.status },
      ]);
    expect(ofKind("check")).toHaveLength(verdicts.size);
    expect(ofKind("teardown")).toContain("uninstall thing");
    // The teardown comes after the verdict.
    const path = results.trace?.criticalPath.map((id) => spans.find((span) => span.id === id)?.kind);
    expect(path).toContain("check");
    expect(path).toContain("release");
    expect(path).not.toContain("teardown");
    const { traceEvents } = JSON.parse((await world.read("trace.json")) ?? "") as { traceEvents: unknown[] };
    expect(traceEvents.length).toBeGreaterThan(spans.length);
  });

  it("is a failure when nothing could be checked: all that is skipped proves nothing", async () => {
    await using world = await newWorld("idle");
    const { exitCode, results } = await doJob(world, { mode: "run" });
    expect(exitCode).toBe(1);
    expect(results.verified).toBe(false);
    const ran = results.checks.filter(({ status }) => status !== "skipped").map(({ id }) => id);
    expect(ran).toEqual(["values-known"]);
    expect(results.teardown?.leaks).toEqual([]);
  });
});

describe.concurrent("a run whose stack doesn't verify", () => {
  it("takes it away, and ends with 1", async () => {
    await using world = await newWorld("mute");
    const { exitCode, results, error } = await doJob(world, { mode: "run" });
    expect([error, exitCode]).toEqual([undefined, 1]);
    const ready = results.checks.find(({ id }) => id === "prometheus-ready");
    expect(ready?.status).toBe("error");
    expect(results.teardown?.leaks).toEqual([]);
    expect(world.cluster.namespaces).toEqual([]);
  });

  it("ends with 1, not 4, when something is left too: what failed first is what counts", async () => {
    await using world = await newWorld("mute");
    world.cluster.broken = /^DELETE/;
    const { exitCode, results } = await doJob(world, { mode: "run" });
    expect(results.teardown?.leaks).toEqual([{ kind: "namespace", what: "monitoring" }]);
    expect(exitCode).toBe(1);
  });

  it("leaves it with --keep, to be looked at", async () => {
    await using world = await newWorld("mute");
    const { exitCode, results } = await doJob(world, { mode: "run", keepOnFailure: true });
    expect(exitCode).toBe(1);
    expect(results.teardown).toBeUndefined();
    expect(world.cluster.namespaces).toEqual(["monitoring"]);
    expect((await doJob(world, { mode: "down" })).exitCode).toBe(0);
    expect(world.cluster.namespaces).toEqual([]);
  });
});

describe.concurrent("a verified run that leaves something", () => {
  it("ends with 4 and names it; down does it again", async () => {
    await using world = await newWorld();
    world.cluster.broken = /^DELETE/;
    const { exitCode, results, log } = await doJob(world, { mode: "run" });
    expect([exitCode, results.verified]).toEqual([4, true]);
    expect(results.teardown?.leaks).toEqual([{ kind: "namespace", what: "monitoring" }]);
    expect(log).toContain("error left behind: namespace monitoring");
    world.cluster.broken = undefined;
    expect((await doJob(world, { mode: "down" })).exitCode).toBe(0);
  });
});

describe.concurrent("a deployment that fails", () => {
  it("ends with the error's code, is torn down, and stands in the report", async () => {
    await using world = await newWorld();
    await world.breakHelm("upgrade", "Error: the chart is cursed");
    const { exitCode, results, error } = await doJob(world, { mode: "up" });
    expect(exitCode).toBe(3);
    expect(String(error)).toContain("the chart is cursed");
    expect(results.teardown?.leaks).toEqual([]);
    expect(world.cluster.namespaces).toEqual([]);
    expect(await world.results()).toMatchObject({
      verified: false,
      failure: { message: expect.stringContaining("the chart is cursed") },
    });
  });

  it("is the verdict, also if the verification has begun for the part that is ready", async () => {
    await using world = await newWorld("half");
    const { exitCode, results, error, log } = await doJob(
      world,
      { mode: "run" },
      { flags: { "deploy-timeout": "6s" } },
    );
    expect(exitCode).toBe(3);
    expect(String(error)).toContain("Deployment monitoring/late");
    // What the checks saw of a half deployed stack is no result.
    expect(results.checks).toEqual([]);
    expect(log).not.toContain("✗");
    const { spans = [] } = results.trace ?? {};
    const deploy = spans.find(({ name }) => name === "deploy");
    const check = spans.find(({ name }) => name === "prometheus-ready");
    expect(Date.parse(check?.startedAt ?? "")).toBeLessThan(Date.parse(deploy?.endedAt ?? "") - 1_000);
    expect(spans.map(({ name }) => name)).not.toContain("targets-up");
    expect(await world.read("state/stack.json")).toBeUndefined();
  });

  it("ends with the error's code, not 4, when something is left too", async () => {
    await using world = await newWorld();
    await world.breakHelm("upgrade", "Error: the chart is cursed");
    world.cluster.broken = /^DELETE/;
    const { exitCode, results } = await doJob(world, { mode: "run" });
    expect(results.teardown?.leaks).not.toEqual([]);
    expect(exitCode).toBe(3);
  });

  it("is left as it is for a later teardown when the door asks for that", async () => {
    await using world = await newWorld();
    await world.breakHelm("upgrade", "Error: the chart is cursed");
    const { exitCode, results } = await doJob(world, { mode: "up", keepOnFailure: true });
    expect([exitCode, results.teardown]).toEqual([3, undefined]);
    expect(world.cluster.namespaces).toEqual(["monitoring"]);
    expect(await world.read("state/journal.jsonl")).toContain('"kind":"namespace"');
  });

  it("is told with what the teardown has to say, even if that can't be done at all", async () => {
    await using world = await newWorld();
    await world.breakHelm("upgrade", "Error: the chart is cursed");
    const breakJournal = (host: Host): Host => ({
      ...host,
      // The teardown is the first to read it: nothing was there when it was opened.
      files: { ...host.files, read: failToRead(host.files.read, "journal.jsonl") },
    });
    const { exitCode, results } = await doJob(world, { mode: "up" }, { change: breakJournal });
    expect(exitCode).toBe(3);
    expect(results.failure?.message).toContain("the chart is cursed");
    expect(results.teardown?.leaks).toEqual([
      { kind: "path", what: `everything in the journal of ${world.stateDir}: the disk is gone` },
    ]);
  });
});

describe.concurrent("up", () => {
  it("hides in a later verify what was secret when it was deployed", async () => {
    await using world = await newWorld("idle");
    expect((await doJob(world, { mode: "up" })).exitCode).toBe(0);
    const host = await createHost({ HOME: world.home });
    const stack = await loadStack(host, world.stateDir);
    const words = "is not part of this stack";
    const { secrets } = stack.plan;
    expect(secrets).not.toContain(words);
    await saveStack(host, world.stateDir, {
      ...stack,
      plan: { ...stack.plan, secrets: [...secrets, words] },
    });
    await doJob(world, { mode: "verify" });
    const told = JSON.stringify(await world.results());
    expect(told).not.toContain(words);
    expect(told).toContain("Prometheus ***");
  });

  it("leaves the stack, and verify and down find it", async () => {
    await using world = await newWorld();
    const up = await doJob(world, { mode: "up" });
    expect([up.error, up.exitCode, up.results.teardown]).toEqual([undefined, 0, undefined]);
    expect(up.results.checks).toEqual([]);
    // Grafana's password is in it.
    expect(((await stat(join(world.stateDir, "stack.json"))).mode & 0o777).toString(8)).toBe("600");
    expect(up.stack?.clusterVersion).toBe("v1.36.3");
    const verify = await doJob(world, { mode: "verify" });
    expect([verify.exitCode, verify.results.verified]).toEqual([0, true]);
    expect(world.cluster.namespaces).toEqual(["monitoring"]);
    const down = await doJob(world, { mode: "down" });
    expect([down.exitCode, down.results.teardown?.leaks]).toEqual([0, []]);
    expect(world.cluster.namespaces).toEqual([]);
  });

  it("verifies too when its door wants to know, and ends with 1 without a teardown", async () => {
    await using world = await newWorld("mute");
    const { exitCode, results } = await doJob(world, { mode: "up", verifyAfterUp: true });
    expect([exitCode, results.verified, results.teardown]).toEqual([1, false, undefined]);
    expect(world.cluster.namespaces).toEqual(["monitoring"]);
  });

  it("is refused where a stack is, and leaves that one alone", async () => {
    await using world = await newWorld();
    await doJob(world, { mode: "up" });
    const journal = await world.read("state/journal.jsonl");
    const { exitCode, results, error } = await doJob(world, { mode: "up" });
    expect(exitCode).toBe(3);
    expect(String(error)).toContain("a stack of monstack is here already");
    expect(results.teardown).toBeUndefined();
    expect(world.cluster.namespaces).toEqual(["monitoring"]);
    expect(await world.read("state/journal.jsonl")).toBe(journal);
    expect((await doJob(world, { mode: "verify" })).exitCode).toBe(0);
  });

  it("takes that one down first with --replace", async () => {
    await using world = await newWorld();
    await doJob(world, { mode: "up" });
    const { exitCode, log } = await doJob(world, { mode: "up", replace: true });
    expect(exitCode).toBe(0);
    expect(log).toContain("left a stack behind: taking it down first");
    expect(world.cluster.changes).toEqual([
      "POST /api/v1/namespaces",
      "DELETE /api/v1/namespaces/monitoring",
      "POST /api/v1/namespaces",
    ]);
  });

  it("does not start with --replace when the earlier one can't be taken down", async () => {
    await using world = await newWorld();
    await doJob(world, { mode: "up" });
    world.cluster.broken = /^DELETE/;
    const { exitCode, error } = await doJob(world, { mode: "up", replace: true });
    expect(exitCode).toBe(3);
    expect(String(error)).toContain("could not be taken down: namespace monitoring left");
  });
});

describe.concurrent("a port that is taken", () => {
  it.each(["prometheus", "alertmanager", "grafana"])(
    "for %s is said before anything is begun",
    async (name) => {
      await using world = await newWorld();
      const busy = createServer();
      await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
      const port = (busy.address() as { port: number }).port;
      const file = (await world.read("monstack.yaml")) ?? "";
      const ports = {
        prometheus: await findFreePort(),
        alertmanager: await findFreePort(),
        grafana: await findFreePort(),
      };
      const wanted = JSON.stringify({ ...ports, [name]: port });
      await writeFile(
        join(world.folder, "monstack.yaml"),
        file.replace(/^ports: .*$/m, `ports: ${wanted}`).replaceAll("enabled: false", "enabled: true"),
      );
      const { exitCode, error } = await doJob(world, { mode: "up" });
      busy.close();
      expect(String(error)).toMatch(new RegExp(`^UserError: port ${port} for ${name} is taken`));
      expect(exitCode).toBe(2);
      expect([
        await world.helmCalls(),
        world.cluster.requests,
        await world.read("state/journal.jsonl"),
      ]).toEqual([[], [], undefined]);
    },
  );
});

describe.concurrent("a bug", () => {
  it("is handed on as it is, for its stack, and the exit code says that nothing was brought up", async () => {
    await using world = await newWorld();
    const bug = new TypeError("x is not a function");
    const change = (host: Host): Host => {
      const mkdir: Host["files"]["mkdir"] = async (path, mode) => {
        if (path === world.stateDir) throw bug;
        await host.files.mkdir(path, mode);
      };
      return { ...host, files: { ...host.files, mkdir } };
    };
    const { exitCode, error, results } = await doJob(world, { mode: "up" }, { change });
    expect(error).toBe(bug);
    expect(exitCode).toBe(3);
    expect(results.failure?.message).toBe("x is not a function");
  });
});

describe.concurrent("an interrupted job", () => {
  it("ends with 130 and is torn down, whatever the interruption broke", async () => {
    await using world = await newWorld();
    world.cluster.hang = /^GET \/version/;
    const stop = new AbortController();
    const running = doJob(world, { mode: "up" }, { signal: stop.signal });
    await expect.poll(() => world.cluster.requests, patient).toContain("GET /version");
    stop.abort();
    const { exitCode, error, results } = await running;
    expect(exitCode).toBe(130);
    expect(error).toBeInstanceOf(Interrupted);
    expect(results.teardown?.leaks).toEqual([]);
    expect(await world.read("state/journal.jsonl")).toBeUndefined();
  });

  it("ends with 130, not 4, when something is left too", async () => {
    await using world = await newWorld();
    world.cluster.hang = /^GET .*\/pods/;
    world.cluster.broken = /^DELETE/;
    const stop = new AbortController();
    const running = doJob(world, { mode: "up" }, { signal: stop.signal });
    await expect.poll(() => world.cluster.requests.join(), patient).toMatch(/GET \S+\/pods/);
    stop.abort();
    const { exitCode, results } = await running;
    expect(results.teardown?.leaks).toEqual([{ kind: "namespace", what: "monitoring" }]);
    expect(exitCode).toBe(130);
  });
});

describe.concurrent("verify", () => {
  it("without a stack is the user's mistake, stands in the report, and takes nothing down", async () => {
    await using world = await newWorld();
    const { exitCode, results } = await doJob(world, { mode: "verify" });
    expect([exitCode, results.teardown]).toEqual([2, undefined]);
    expect(await world.results()).toMatchObject({
      failure: { message: expect.stringContaining("no stack is up") },
    });
  });
});

/** A `read` that fails for a file of this name. */
function failToRead(read: Host["files"]["read"], name: string): Host["files"]["read"] {
  return async (path) => {
    if (path.endsWith(name)) throw new Error("the disk is gone");
    return await read(path);
  };
}
