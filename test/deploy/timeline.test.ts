import { describe, expect, test } from "vitest";
import { createTimeline, parsePulled, refineTime } from "../../src/deploy/timeline.ts";
import type { KubeEvent, Pod, WorkloadView } from "../../src/kube/objects.ts";
import { createTracer } from "../../src/lib/trace.ts";

const startMs = Date.UTC(2026, 10, 23, 12);
const at = (second: number) => new Date(startMs + second * 1_000).toISOString();
const target = { kind: "Deployment", namespace: "monitoring", name: "grafana" };

function podWith(status: Pod["status"]): Pod {
  return {
    metadata: { name: "grafana-1", uid: "u1", creationTimestamp: at(0) },
    spec: {},
    status: status ?? {},
  };
}

function viewOf(pod: Pod, events: readonly KubeEvent[] = []): WorkloadView {
  return {
    ...{
      id: "Deployment monitoring/grafana",
      kind: "Deployment",
      object: undefined,
      pods: [pod],
      claims: [],
    },
    ...{ events, creators: [], terminating: false, usableNodes: 1, startingNodes: 0 },
  };
}

const condition = (type: string, second: number) =>
  ({ type, status: "True", lastTransitionTime: at(second) }) as const;

describe("the timeline of a rollout", () => {
  test("has the states of each pod one after the other, by this machine's clock", () => {
    let nowMs = startMs + 200;
    const timeline = createTimeline(() => nowMs);
    const waiting = { state: "waiting", missing: "x" } as const;
    const observe = (ms: number, status: Pod["status"], events: readonly KubeEvent[] = []) => {
      nowMs = startMs + ms;
      timeline.observe(target, viewOf(podWith(status), events), waiting);
    };
    const scheduled = [condition("PodScheduled", 0)];
    const prepared = [...scheduled, condition("PodReadyToStartContainers", 1)];
    const initialized = [...prepared, condition("Initialized", 2)];
    const initStatus = {
      ...{ name: "download", ready: true, restartCount: 0 },
      state: { terminated: { exitCode: 0, startedAt: at(1), finishedAt: at(2) } },
    };
    observe(200, {});
    observe(450, { conditions: scheduled });
    observe(1_300, { conditions: prepared });
    // The kubelet tells of both ends of the init container at once, and late.
    observe(3_700, { conditions: initialized, initContainerStatuses: [initStatus] });
    const pulled: KubeEvent = {
      metadata: { name: "e", uid: "e1" },
      involvedObject: { kind: "Pod", name: "grafana-1", uid: "u1" },
      reason: "Pulled",
      message:
        'Successfully pulled image "docker.io/grafana/grafana:13.2.0" in 900ms (1.1s including waiting). Image size: 365000000 bytes.',
      lastTimestamp: at(4),
    };
    const running = {
      ...{ name: "grafana", ready: false, restartCount: 0 },
      state: { running: { startedAt: at(4) } },
    };
    const later = { initContainerStatuses: [initStatus], containerStatuses: [running] };
    observe(4_600, { conditions: initialized, ...later }, [pulled]);
    nowMs = startMs + 9_050;
    const ready = { conditions: [...initialized, condition("Ready", 9)], ...later };
    timeline.observe(target, viewOf(podWith(ready), [pulled]), { state: "ready" });
    const tracer = createTracer(() => startMs);
    timeline.record(tracer.root, []);
    const seen = tracer
      .read()
      .spans.map(({ name, startedMs, endedMs, parent }) => [
        ...[name, startedMs - startMs, endedMs - startMs, parent],
      ]);
    expect(seen.slice(1)).toEqual([
      ["Deployment monitoring/grafana", 200, 9_050, 1],
      ["pod grafana-1", 200, 9_050, 2],
      ["schedule", 200, 450, 3],
      ["prepare volumes and network", 450, 1_300, 3],
      ["pull docker.io/grafana/grafana:13.2.0", 3_500, 4_600, 3],
      ["init container download", 1_999, 2_999, 3],
      ["initialize", 1_300, 2_999, 3],
      ["start grafana", 2_999, 4_600, 3],
      ["become ready", 4_600, 9_050, 3],
    ]);
    expect(tracer.read().spans.find(({ kind }) => kind === "image")?.attributes).toEqual({
      bytes: 365_000_000,
    });
  });

  test("marks a workload that did not get ready, and leaves out what it never reached", () => {
    let nowMs = startMs;
    const timeline = createTimeline(() => nowMs);
    timeline.observe(target, viewOf(podWith({})), { state: "waiting", missing: "x" });
    nowMs += 500;
    const tracer = createTracer(() => nowMs);
    timeline.record(tracer.root, []);
    expect(tracer.read().spans.slice(1)).toMatchObject([
      { kind: "workload", attributes: { failed: true }, endedMs: nowMs },
      { kind: "pod", name: "pod grafana-1", endedMs: nowMs },
    ]);
  });
});

describe("the time of a state", () => {
  test("is when it was seen, at the latest the end of the second that the cluster reports", () => {
    expect(refineTime(startMs + 400, at(0))).toBe(startMs + 400);
    expect(refineTime(startMs + 1_400, at(0))).toBe(startMs + 999);
    // The cluster's clock differs.
    expect(refineTime(startMs + 60_000, at(0))).toBe(startMs + 60_000);
    expect(refineTime(startMs, at(60))).toBe(startMs);
    expect(refineTime(startMs, undefined)).toBe(startMs);
  });
});

describe("the kubelet's message about a pulled image", () => {
  test("is read with its time and size; an image that was there already was not pulled", () => {
    expect(
      parsePulled('Successfully pulled image "a:1" in 2m1.5s (2m3s including waiting). Image size: 5 bytes.'),
    ).toEqual({ image: "a:1", tookMs: 123_000, bytes: 5 });
    expect(parsePulled('Successfully pulled image "a:1" in 1.25s')).toEqual({
      ...{ image: "a:1", tookMs: 1_250, bytes: undefined },
    });
    expect(parsePulled('Container image "a:1" already present on machine')).toBeUndefined();
  });
});
