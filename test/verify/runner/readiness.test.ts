import { describe, expect, it } from "vitest";
import { Interrupted } from "../../../src/lib/errors.ts";
import { createTracer } from "../../../src/lib/trace.ts";
import type { Check, Verdict } from "../../../src/stack/check.ts";
import type { Stack } from "../../../src/stack/stack.ts";
import type { Server } from "../../../src/verify/access/server-access.ts";
import { allChecks } from "../../../src/verify/catalogue.ts";
import { findNeededServers, isAboutSamples, type Readiness } from "../../../src/verify/runner/needs.ts";
import { runChecks } from "../../../src/verify/runner/run.ts";
import { closedUrl } from "../../support/local-server.ts";
import { healthyWorld } from "../healthy-world.ts";
import { stackAt } from "../open-stack.ts";

const pass: Verdict = { status: "pass", seen: "it" };
const fail: Verdict = { status: "fail", expected: "good", seen: "bad" };
const fast = { deadlineMs: 300, pauseMs: 10 };

function check(id: string, run: Check["run"]): Check {
  return { id, title: id, severity: "error", meaning: "m", fix: "fix it", run };
}

/** A deployment of which a test says what is ready. */
function startDeployment() {
  const complete = Promise.withResolvers<void>();
  const servers: Record<Server, PromiseWithResolvers<void>> = {
    prometheus: Promise.withResolvers(),
    alertmanager: Promise.withResolvers(),
    grafana: Promise.withResolvers(),
  };
  const readiness: Readiness = {
    complete: complete.promise,
    waitFor: async (needed) => {
      await Promise.all(needed.map((server) => servers[server].promise));
    },
  };
  return { readiness, complete: complete.resolve, ready: (server: Server) => servers[server].resolve() };
}

async function noStack(signal?: AbortSignal): Promise<Stack> {
  const url = await closedUrl();
  return stackAt({ prometheus: url, alertmanager: url, grafana: url, kube: url }, healthyWorld(), signal);
}

describe("checks of a stack that is still being deployed", () => {
  it("begin when what they need is ready, those of the whole stack when all is", async () => {
    const { readiness, complete, ready } = startDeployment();
    const begun: string[] = [];
    const note = (id: string) =>
      check(id, async () => {
        begun.push(id);
        return pass;
      });
    const checks = ["targets-up", "alert-delivery", "prometheus-ready", "alerts-quiet"].map(note);
    const ended: string[] = [];
    const options = { ...fast, checks, readiness, onResult: ({ id }: { id: string }) => ended.push(id) };
    const done = runChecks(await noStack(), options);
    ready("prometheus");
    await expect.poll(() => ended).toEqual(["prometheus-ready"]);
    ready("alertmanager");
    await expect.poll(() => ended).toEqual(["prometheus-ready", "alert-delivery"]);
    expect(begun).toEqual(["prometheus-ready", "alert-delivery"]);
    complete();
    await done;
    expect(begun.toSorted()).toEqual(checks.map(({ id }) => id).toSorted());
  });

  it("can't fail before the deployment is complete, however final their failure is", async () => {
    const { readiness, complete, ready } = startDeployment();
    ready("prometheus");
    let attempts = 0;
    const early = check("prometheus-ready", async () => {
      attempts += 1;
      return attempts > 40 ? pass : { ...fail, final: true, fault: { id: "f", graceMs: 0 } };
    });
    const done = runChecks(await noStack(), { ...fast, deadlineMs: 5_000, checks: [early], readiness });
    await expect.poll(() => attempts, { timeout: 5_000 }).toBeGreaterThan(40);
    complete();
    expect((await done).results).toMatchObject([{ status: "pass" }]);
  });

  it("have their grace period and their time limit counted from the completion on", async () => {
    const { readiness, complete, ready } = startDeployment();
    ready("prometheus");
    let completedMs = Number.POSITIVE_INFINITY;
    let observedMs = 0;
    const faulty = check("prometheus-ready", async () => {
      observedMs = Date.now();
      return { ...fail, fault: { id: "f", graceMs: 150 } };
    });
    const stack = await noStack();
    const done = runChecks(stack, { ...fast, deadlineMs: 10_000, checks: [faulty], readiness });
    await expect.poll(() => observedMs).toBeGreaterThan(0);
    // Longer than the grace period.
    await stack.context.host.sleep(400);
    completedMs = Date.now();
    complete();
    const [result] = (await done).results;
    expect(result?.status).toBe("fail");
    expect(Date.parse(result?.endedAt ?? "") - completedMs).toBeGreaterThanOrEqual(150);
  });

  it("are tried until the time limit after the completion", async () => {
    const { readiness, complete, ready } = startDeployment();
    ready("prometheus");
    const stack = await noStack();
    const never = check("prometheus-ready", async () => fail);
    const done = runChecks(stack, { ...fast, checks: [never], readiness });
    await stack.context.host.sleep(600);
    const completedMs = Date.now();
    complete();
    const [result] = (await done).results;
    expect(result?.status).toBe("fail");
    expect(Date.now() - completedMs).toBeGreaterThanOrEqual(200);
  });

  it("do not finish the pause between two attempts when the deployment is complete", async () => {
    const { readiness, complete, ready } = startDeployment();
    ready("prometheus");
    let isGood = false;
    let attempts = 0;
    const late = check("prometheus-ready", async () => {
      attempts += 1;
      return isGood ? pass : fail;
    });
    const done = runChecks(await noStack(), {
      ...{ deadlineMs: 60_000, pauseMs: 30_000, checks: [late], readiness },
    });
    await expect.poll(() => attempts).toBe(1);
    isGood = true;
    complete();
    expect((await done).results).toMatchObject([{ status: "pass", attempts: 2 }]);
  });

  it("have no result before the deployment is complete, even if all of them passed", async () => {
    const { readiness, complete, ready } = startDeployment();
    ready("prometheus");
    let isOver = false;
    const passed = Promise.withResolvers<void>();
    const options = {
      ...{ ...fast, readiness, checks: [check("prometheus-ready", async () => pass)] },
      onResult: () => passed.resolve(),
    };
    const done = runChecks(await noStack(), options).then(() => {
      isOver = true;
    });
    await passed.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    complete();
    await done;
  });

  it("end when the deployment fails", async () => {
    const stop = new AbortController();
    const { readiness, ready } = startDeployment();
    ready("prometheus");
    const checks = [check("prometheus-ready", async () => fail), check("targets-up", async () => pass)];
    const done = runChecks(await noStack(stop.signal), { ...fast, checks, readiness });
    stop.abort();
    await expect(done).rejects.toBeInstanceOf(Interrupted);
  });

  it("are recorded with their attempts and their verdict", async () => {
    const tracer = createTracer(Date.now);
    const stack = await noStack();
    const traced: Stack = { ...stack, context: { ...stack.context, span: tracer.root } };
    let attempts = 0;
    const second = check("targets-up", async () => (++attempts > 1 ? pass : fail));
    await runChecks(traced, { ...fast, checks: [second], skip: {} });
    expect(tracer.read().spans.slice(1)).toMatchObject([
      { kind: "check", name: "targets-up", parent: 1, attributes: { attempts: 2, verdict: "pass" } },
    ]);
  });
});

describe("what checks need", () => {
  const needs = (id: string) => findNeededServers(id);

  it("is the whole stack for each check of absence", () => {
    const absent = allChecks.filter(({ absence }) => absence !== undefined).map(({ id }) => id);
    expect(absent.length).toBeGreaterThan(3);
    expect(absent.filter((id) => needs(id) !== undefined)).toEqual([]);
  });

  it("is known by ids that exist; everything else needs the whole stack", () => {
    const early = allChecks.filter(({ id }) => needs(id) !== undefined).map(({ id }) => id);
    expect(early).toContain("alert-delivery");
    expect(early).not.toContain("targets-up");
    expect(early).toHaveLength(15);
    expect(needs("own/shop")).toBeUndefined();
    expect(needs("toString")).toBeUndefined();
    expect(isAboutSamples("own/shop")).toBe(true);
    expect(isAboutSamples("grafana-healthy")).toBe(false);
  });
});
