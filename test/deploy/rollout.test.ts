import { describe, expect, test } from "vitest";
import { judgeWorkload } from "../../src/deploy/judge.ts";
import { judgeRollout } from "../../src/deploy/rollout.ts";
import type { Workload } from "../../src/kube/objects.ts";
import { available, deployment, pod, view } from "./recorded.ts";

const state = (kind: string, object: Partial<Workload>, usableNodes = 1) =>
  judgeRollout(
    view({ kind, object: { kind, metadata: { name: "x", generation: 2 }, ...object }, usableNodes }),
  ).state;

describe("a Deployment", () => {
  test("is ready when every replica is updated and available", () => {
    expect(judgeRollout(view({ object: deployment(available) }))).toEqual({ state: "ready" });
  });

  test.each<[string, Workload["status"]]>([
    ["its controller has not seen the change", { ...available, observedGeneration: 0 }],
    ["an old pod still runs", { ...available, replicas: 2 }],
    ["a replica is not updated", { ...available, updatedReplicas: 0 }],
    ["a replica is not ready", { ...available, readyReplicas: 0 }],
    ["a replica is not available yet", { ...available, availableReplicas: 0 }],
    ["it is not Available", { ...available, conditions: [] }],
  ])("waits when %s", (_, status) => {
    expect(judgeRollout(view({ object: deployment(status) })).state).toBe("waiting");
  });

  test("with no replicas wanted is ready; one that doesn't exist is not", () => {
    expect(
      judgeRollout(
        view({
          object: deployment({ observedGeneration: 1, replicas: 0, updatedReplicas: 0 }, { replicas: 0 }),
        }),
      ).state,
    ).toBe("ready");
    expect(judgeRollout(view({ object: undefined }))).toEqual({
      state: "waiting",
      missing: "does not exist yet",
    });
  });

  test("fails at its progress deadline", () => {
    const object = deployment({
      conditions: [
        {
          type: "Progressing",
          status: "False",
          reason: "ProgressDeadlineExceeded",
          message: 'ReplicaSet "x" has timed out progressing.',
        },
      ],
    });
    expect(judgeWorkload(view({ object }), () => 0)).toMatchObject({
      state: "failed",
      reason: "ProgressDeadlineExceeded",
    });
  });
});

describe("a container without a readiness probe", () => {
  const running = (restartCount: number, probe: object = {}) => {
    const seen = pod({ state: { running: { startedAt: "2026-11-01T12:00:30Z" } }, restartCount });
    const spec = { ...seen.spec, containers: [{ name: "grafana", ...probe }] };
    return view({ object: deployment(available), pods: [{ ...seen, spec }] });
  };
  const after = (seconds: number, seen: ReturnType<typeof running>) =>
    judgeWorkload(seen, () => seconds * 1_000).state;

  test("is ready the moment it runs, even in a crash loop, so it has to stay up", () => {
    expect(after(2, running(0))).toBe("waiting");
    expect(after(3, running(0))).toBe("ready");
    expect(after(11, running(1))).toBe("waiting");
    expect(after(12, running(1))).toBe("ready");
  });

  test("one with a probe is believed at once", () => {
    expect(after(0, running(0, { readinessProbe: { httpGet: { path: "/" } } }))).toBe("ready");
    expect(after(0, running(3, { startupProbe: {} }))).toBe("ready");
  });
});

describe("a DaemonSet", () => {
  const full = { currentNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2, numberReady: 2 };
  const of = (status: Workload["status"], usableNodes = 1) =>
    state("DaemonSet", { status: { observedGeneration: 2, ...status } }, usableNodes);

  test("counts desired against scheduled, updated, available and ready", () => {
    expect(of({ desiredNumberScheduled: 2, ...full })).toBe("ready");
    expect(of({ desiredNumberScheduled: 2, ...full, numberReady: 1 })).toBe("waiting");
    expect(of({ desiredNumberScheduled: 2, ...full, updatedNumberScheduled: 1 })).toBe("waiting");
    expect(of({})).toBe("waiting");
  });

  test("with 0 desired is ready, but not while no node is usable", () => {
    expect(of({ desiredNumberScheduled: 0 })).toBe("ready");
    expect(of({ desiredNumberScheduled: 0 }, 0)).toBe("waiting");
  });

  test("with 0 desired is believed only after a moment: its controller sees a new node a little later", () => {
    const object = {
      kind: "DaemonSet",
      metadata: { name: "x", generation: 1 },
      status: { observedGeneration: 1, desiredNumberScheduled: 0 },
    };
    const seen = view({ kind: "DaemonSet", object });
    expect(judgeWorkload(seen, () => 1_000).state).toBe("waiting");
    expect(judgeWorkload(seen, () => 3_000).state).toBe("ready");
  });
});

describe("a StatefulSet", () => {
  const full = {
    observedGeneration: 2,
    replicas: 1,
    readyReplicas: 1,
    currentRevision: "a",
    updateRevision: "a",
  };
  test("wants its replicas ready and of the current revision", () => {
    expect(state("StatefulSet", { status: full })).toBe("ready");
    expect(state("StatefulSet", { status: { ...full, readyReplicas: 0 } })).toBe("waiting");
    expect(state("StatefulSet", { status: { ...full, updateRevision: "b" } })).toBe("waiting");
    expect(state("StatefulSet", { status: { ...full, observedGeneration: 1 } })).toBe("waiting");
  });
});

describe("a Job", () => {
  test("is ready when complete, failed when failed", () => {
    expect(state("Job", { status: { active: 1 } })).toBe("waiting");
    expect(state("Job", { status: { conditions: [{ type: "Complete", status: "True" }] } })).toBe("ready");
    expect(
      state("Job", {
        status: { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] },
      }),
    ).toBe("failed");
  });
});
