import { describe, expect, it } from "vitest";
import { Interrupted, UserError } from "../../../src/lib/errors.ts";
import { type Check, type CheckResult, isVerified, type Verdict } from "../../../src/stack/check.ts";
import { sendRequest } from "../../../src/stack/http.ts";
import type { Stack } from "../../../src/stack/stack.ts";
import { runChecks } from "../../../src/verify/runner/run.ts";
import { closedUrl, serve } from "../../support/local-server.ts";
import { healthyWorld } from "../healthy-world.ts";
import { oneResult, stackAt } from "../open-stack.ts";

const pass: Verdict = { status: "pass", seen: "it" };
const fail: Verdict = { status: "fail", expected: "good", seen: "bad" };

function check(id: string, run: Check["run"], severity: Check["severity"] = "error"): Check {
  return { id, title: id, severity, meaning: "m", fix: "fix it", run };
}

/** Verdicts one after the other; an Error is thrown. The last one stays. */
function sequence(id: string, ...steps: (Verdict | Error)[]): Check {
  let next = 0;
  return check(id, async () => {
    const step = steps[Math.min(next++, steps.length - 1)];
    if (step instanceof Error || step === undefined) throw step;
    return step;
  });
}

async function noStack(signal?: AbortSignal): Promise<Stack> {
  const url = await closedUrl();
  return stackAt({ prometheus: url, alertmanager: url, grafana: url, kube: url }, healthyWorld(), signal);
}

async function resultsOf(...args: Parameters<typeof runChecks>): Promise<readonly CheckResult[]> {
  return (await runChecks(...args)).results;
}

const fast = { deadlineMs: 300, pauseMs: 10 };

describe("runChecks", () => {
  it("tries again until a check passes", async () => {
    const checks = [sequence("late", fail, new Error("no answer"), pass)];
    const [result] = await resultsOf(await noStack(), { ...fast, checks });
    expect(result).toMatchObject({ status: "pass", attempts: 3, seen: "it" });
  });

  it("gives the last attempt's failure with the check's own way to fix it", async () => {
    const [result] = await resultsOf(await noStack(), {
      ...fast,
      checks: [sequence("never", new Error("x"), fail)],
    });
    expect(result).toMatchObject({ status: "fail", expected: "good", seen: "bad", fix: "fix it" });
    expect(result?.attempts).toBeGreaterThan(2);
  });

  it("calls an exception in the last attempt an error", async () => {
    const broken = sequence("broken", fail, new Error("connection refused"));
    const [result] = await resultsOf(await noStack(), { ...fast, checks: [broken] });
    expect(result).toMatchObject({ status: "error", error: "connection refused", fix: "fix it" });
  });

  it("stops early on a final failure", async () => {
    const checks = [sequence("final", { ...fail, final: true }, pass)];
    const [result] = await resultsOf(await noStack(), { ...fast, checks });
    expect(result).toMatchObject({ status: "fail", attempts: 1 });
  });

  it("ends a check that hangs at the deadline, and lets it be an error", async () => {
    const hangs = check("hangs", () => new Promise(() => {}));
    const started = Date.now();
    const [result] = await resultsOf(await noStack(), { ...fast, checks: [hangs] });
    expect(result).toMatchObject({ status: "error", error: "no response within 0.3 s" });
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  it("keeps the last whole answer when the deadline cuts an attempt off", async () => {
    let calls = 0;
    const slows = check("slows", () => (calls++ === 0 ? Promise.resolve(fail) : new Promise(() => {})));
    const [result] = await resultsOf(await noStack(), { ...fast, checks: [slows] });
    expect(result).toMatchObject({ status: "fail", seen: "bad", attempts: 2 });
  });

  it("runs side by side, reports as they end, and keeps the order of the catalogue", async () => {
    const reported: string[] = [];
    const checks = [sequence("slow", fail, fail, fail, pass), sequence("quick", pass)];
    const onResult = (result: CheckResult) => reported.push(result.id);
    const results = await resultsOf(await noStack(), { ...fast, checks, onResult });
    expect(reported).toEqual(["quick", "slow"]);
    expect(results.map(({ id }) => id)).toEqual(["slow", "quick"]);
  });

  it("leaves out what isn't wanted", async () => {
    const checks = ["a", "b", "c"].map((id) => sequence(id, pass));
    const results = await resultsOf(await noStack(), {
      ...fast,
      checks,
      only: ["c", "b"],
      skip: { c: "not today" },
    });
    expect(results.map(({ id, status }) => `${id} ${status}`)).toEqual(["b pass", "c skipped"]);
    expect(results[1]).toMatchObject({ reason: "not today" });
  });

  it("refuses an unknown id and names the known ones", async () => {
    const checks = [sequence("a", pass)];
    const stack = await noStack();
    const error = await runChecks(stack, { ...fast, checks, skip: { aa: "no" } }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ message: "there is no check named aa", fix: "did you mean a?" });
  });

  it("takes patterns of ids", async () => {
    const checks = ["grafana-a", "grafana-b", "other"].map((id) => sequence(id, pass));
    const options = { ...fast, checks, only: ["grafana-*"], skip: { "*-b": "why" } };
    const results = await resultsOf(await noStack(), options);
    expect(results.map(({ id, status }) => `${id} ${status}`)).toEqual([
      "grafana-a pass",
      "grafana-b skipped",
    ]);
  });

  it("ends on a fault that has lasted for its grace, and starts over when the fault is another", async () => {
    const as = (id: string): Verdict => ({ ...fail, fault: { id, graceMs: 60 } });
    const began = Date.now();
    const [same] = await resultsOf(await noStack(), {
      deadlineMs: 5_000,
      pauseMs: 10,
      checks: [sequence("a", as("x"))],
    });
    expect(same).toMatchObject({ status: "fail", fault: "x" });
    expect(Date.now() - began).toBeGreaterThanOrEqual(60);
    expect(Date.now() - began).toBeLessThan(2_000);
    let turn = 0;
    const changing = check("b", async () => as(`x${turn++ % 2}`));
    const [other] = await resultsOf(await noStack(), { ...fast, checks: [changing] });
    expect(Date.parse(other?.endedAt ?? "") - Date.parse(other?.startedAt ?? "")).toBeGreaterThan(200);
  });

  it("a verdict needs a second observation that began after the grace period, however long the first took", async () => {
    const slow = async (verdict: Verdict) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return verdict;
    };
    const faulty: Verdict = { ...fail, fault: { id: "x", graceMs: 50 } };
    let calls = 0;
    const heals = check("heals", () => slow(calls++ === 0 ? faulty : pass));
    const stays = check("stays", () => slow(faulty));
    const options = { deadlineMs: 5_000, pauseMs: 10, checks: [heals, stays] };
    const [healed, stayed] = await resultsOf(await noStack(), { ...options, lingerMs: 3_000 });
    expect(healed).toMatchObject({ status: "pass", attempts: 2 });
    // The second observation began 10 ms after the end of the first one: within the grace period.
    expect(stayed).toMatchObject({ status: "fail", fault: "x", attempts: 3 });
  });

  it("a verdict needs a second observation also where nothing answers, and where the fault has no grace period", async () => {
    let calls = 0;
    const mute = check("mute", async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (calls++ === 0) throw new Error("no answer");
      return pass;
    });
    const once = sequence("once", { ...fail, fault: { id: "x", graceMs: 0 } }, pass);
    const options = { deadlineMs: 5_000, pauseMs: 10, errorGraceMs: 50, checks: [mute, once] };
    const results = await resultsOf(await noStack(), options);
    expect(results.map(({ status, attempts }) => [status, attempts])).toEqual([
      ["pass", 2],
      ["pass", 2],
    ]);
  });

  it("a request that timed out has observed the silence from its begin", async () => {
    await using silent = await serve(() => new Promise(() => {}));
    let requests = 0;
    const mute = check("mute", async ({ context }) => {
      requests += 1;
      await sendRequest(context, silent.url, {}, 400);
      return pass;
    });
    const options = { deadlineMs: 10_000, pauseMs: 100, errorGraceMs: 700, checks: [mute] };
    const [result] = await resultsOf(await noStack(), options);
    // Requests begin after 0, 0.5 and 1.0 s; counted from the end of the first one, the third would be 0.1 s too early.
    expect(result).toMatchObject({ status: "error", attempts: 3 });
    expect(requests).toBe(3);
  });

  it("says so when the deadline left time for one observation only", async () => {
    const checks = [sequence("seldom", fail), sequence("broken", new Error("boom")), sequence("often", fail)];
    const once = await resultsOf(await noStack(), { deadlineMs: 300, pauseMs: 400, checks });
    const note = "one observation within 0.3 s";
    expect(once.slice(0, 2)).toMatchObject([
      { status: "fail", seen: "bad", note },
      { status: "error", error: "boom", note },
    ]);
    const [often] = await resultsOf(await noStack(), { ...fast, checks: checks.slice(2) });
    expect(often).not.toHaveProperty("note");
    const final = sequence("final", { ...fail, final: true });
    const [sure] = await resultsOf(await noStack(), { ...fast, checks: [final] });
    expect(sure).not.toHaveProperty("note");
  });

  it("ends when nothing has answered for long enough", async () => {
    const broken = sequence("broken", new Error("connection refused"));
    const [result] = await resultsOf(await noStack(), {
      deadlineMs: 5_000,
      pauseMs: 10,
      errorGraceMs: 50,
      checks: [broken],
    });
    expect(result).toMatchObject({ status: "error", error: "connection refused" });
    expect(Date.parse(result?.endedAt ?? "") - Date.parse(result?.startedAt ?? "")).toBeLessThan(2_000);
  });

  it("gives a check the time that it asks for, shorter or longer, with and without an answer", async () => {
    const within = (one: Check, withinMs: number): Check => ({ ...one, withinMs });
    const none = new Error("connection refused");
    const checks = [
      within(sequence("short", fail), 50),
      within(sequence("long", ...Array.from({ length: 30 }, () => none), pass), 5_000),
    ];
    const options = { deadlineMs: 300, pauseMs: 20, errorGraceMs: 50, checks };
    const results = await resultsOf(await noStack(), options);
    expect(results.map(({ status }) => status)).toEqual(["fail", "pass"]);
    expect(results[0]?.attempts).toBeLessThan(5);
  });

  it("waits for the others only a little when one has failed for good, and blames them for nothing", async () => {
    const late = sequence("late", fail, pass);
    const checks = [sequence("broken", { ...fail, final: true }), late, sequence("never", fail)];
    const results = await resultsOf(await noStack(), {
      deadlineMs: 20_000,
      pauseMs: 20,
      lingerMs: 100,
      checks,
    });
    expect(results.map(({ status }) => status)).toEqual(["fail", "pass", "skipped"]);
    expect(results[2]).toMatchObject({
      reason: expect.stringMatching(/^not waited for.*broken had failed for good.*saw bad/),
    });
  });

  it("a warning that is final hurries nobody", async () => {
    const soft = check("soft", async () => ({ ...fail, final: true }), "warning");
    const slow = sequence("slow", ...Array.from({ length: 10 }, () => fail), pass);
    const results = await resultsOf(await noStack(), {
      deadlineMs: 5_000,
      pauseMs: 20,
      lingerMs: 20,
      checks: [soft, slow],
    });
    expect(results.map(({ status }) => status)).toEqual(["warn", "pass"]);
  });

  it("throws Interrupted as soon as the signal fires", async () => {
    const abort = new AbortController();
    const stack = await noStack(abort.signal);
    const run = runChecks(stack, { deadlineMs: 60_000, checks: [sequence("never", fail)] });
    setTimeout(() => abort.abort(), 50);
    await expect(run).rejects.toBeInstanceOf(Interrupted);
  });

  it("makes a failing warning a warn", async () => {
    const checks = [check("soft", async () => fail, "warning")];
    const [result] = await resultsOf(await noStack(), { ...fast, checks });
    expect(result?.status).toBe("warn");
  });

  it("bounds a request to a server that never answers", async () => {
    await using silent = await serve(() => new Promise(() => {}));
    const { url } = silent;
    const stack = await stackAt(
      { prometheus: url, alertmanager: url, grafana: url, kube: url },
      healthyWorld(),
    );
    const result = await oneResult(stack, "prometheus-ready");
    expect(result).toMatchObject({
      status: "error",
      error: expect.stringContaining("no response within 5 s"),
    });
  });
});

describe("isVerified", () => {
  const of = (...statuses: [CheckResult["status"], CheckResult["severity"]][]) =>
    statuses.map(([status, severity]) => ({ status, severity }) as CheckResult);

  it.each([
    [of(["pass", "error"]), true],
    [of(["pass", "error"], ["skipped", "error"], ["warn", "warning"]), true],
    [of(["pass", "error"], ["error", "warning"]), true],
    [of(["pass", "error"], ["fail", "error"]), false],
    [of(["pass", "error"], ["error", "error"]), false],
    [of(["skipped", "error"]), false],
    [of(["pass", "warning"], ["skipped", "error"]), false],
    [[], false],
  ])("%j is %s", (results, verified) => {
    expect(isVerified(results)).toBe(verified);
  });
});
