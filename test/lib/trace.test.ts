import { describe, expect, test } from "vitest";
import { createTracer, inSpan } from "../../src/lib/trace.ts";

/** A clock that a test sets. */
function createClock(startMs = 1_000) {
  const clock = { nowMs: startMs, now: () => clock.nowMs };
  return clock;
}

describe("a tracer", () => {
  test("records spans with their parents, times and attributes", () => {
    const clock = createClock();
    const tracer = createTracer(clock.now);
    const phase = tracer.root.start({ kind: "phase", name: "deploy" });
    clock.nowMs = 1_500;
    const install = phase.start({ kind: "release", name: "install grafana", attributes: { version: "1" } });
    clock.nowMs = 2_000;
    install.end({ bytes: 7 });
    install.end();
    const workload = phase.add({
      ...{ kind: "workload", name: "Deployment x/y", after: [install] },
      ...{ startedMs: 2_000, endedMs: 2_400 },
    });
    expect(workload.id).toBe(4);
    clock.nowMs = 3_000;
    expect(tracer.read()).toEqual({
      leftOut: 0,
      spans: [
        {
          ...{ id: 1, parent: undefined, kind: "run", name: "run", startedMs: 1_000, endedMs: 3_000 },
          ...{ after: [], attributes: {} },
        },
        {
          ...{ id: 2, parent: 1, kind: "phase", name: "deploy", startedMs: 1_000, endedMs: 3_000 },
          ...{ after: [], attributes: {} },
        },
        {
          ...{ id: 3, parent: 2, kind: "release", name: "install grafana", startedMs: 1_500, endedMs: 2_000 },
          ...{ after: [], attributes: { version: "1", bytes: 7 } },
        },
        {
          ...{ id: 4, parent: 2, kind: "workload", name: "Deployment x/y", startedMs: 2_000, endedMs: 2_400 },
          ...{ after: [3], attributes: {} },
        },
      ],
    });
  });

  test("keeps at most 2,000 spans, counts the others, and always has places for checks", () => {
    const tracer = createTracer(createClock().now);
    const pods = Array.from({ length: 3_000 }, (_, index) => {
      const pod = tracer.root.start({ kind: "pod", name: `pod ${index}` });
      pod.end();
      return pod;
    });
    expect(tracer.read()).toMatchObject({ leftOut: 1_501 });
    expect(pods.at(-1)?.id).toBeUndefined();
    // What is a part of it is counted, too.
    pods.at(-1)?.start({ kind: "check", name: "part" }).end();
    expect(tracer.read().leftOut).toBe(1_502);
    const checks = Array.from({ length: 600 }, () => tracer.root.start({ kind: "check", name: "x" }));
    expect(checks.filter(({ id }) => id !== undefined)).toHaveLength(500);
    expect(tracer.read().spans).toHaveLength(2_000);
    expect(tracer.read().leftOut).toBe(1_602);
  });

  test("marks the span of work that fails, and passes the error on", async () => {
    const tracer = createTracer(createClock().now);
    const failing = inSpan(tracer.root, { kind: "tool", name: "download k3s" }, () =>
      Promise.reject(new Error("no route")),
    );
    await expect(failing).rejects.toThrow("no route");
    expect(tracer.read().spans[1]).toMatchObject({ name: "download k3s", attributes: { failed: true } });
    expect(await inSpan(undefined, { kind: "tool", name: "x" }, async (span) => span ?? "nothing")).toBe(
      "nothing",
    );
  });
});
