import { beforeEach, describe, expect, test } from "vitest";
import { createProgressReporter } from "../../src/deploy/watch.ts";
import type { WorkloadStatus } from "../../src/model/rendered.ts";

const target = { kind: "Deployment", namespace: "monitoring", name: "grafana" };
const waiting = (missing: string): WorkloadStatus => ({ state: "waiting", missing });
const pulling = waiting("pulling image grafana:13");
const runs = waiting("container grafana runs, not ready yet");

let clock: number;
let progress: string[];
let changes: string[];
let tell: ReturnType<typeof createProgressReporter>;
beforeEach(() => {
  clock = 1_000_000;
  progress = [];
  changes = [];
  tell = createProgressReporter(() => clock, {
    onProgress: (line) => progress.push(line),
    onChange: (line) => changes.push(line),
  });
});

/** The workload stands like this for so long, looked at every 500 ms. */
function lasts(status: WorkloadStatus, ms: number): void {
  for (let passed = 0; passed < ms; passed += 500) {
    tell([{ target, status }]);
    clock += 500;
  }
}

describe("progress", () => {
  test("of a quick rollout is one line; every change is told to who wants it", () => {
    for (const status of [waiting("starting"), waiting("ContainerCreating"), pulling, runs])
      lasts(status, 1_500);
    lasts({ state: "ready" }, 1_500);
    expect(progress).toEqual(["grafana: ready"]);
    expect(changes).toHaveLength(5);
  });

  test("names what it hangs on once that lasts, and nothing twice", () => {
    lasts(pulling, 6_000);
    lasts(waiting("ContainerCreating"), 500);
    lasts(pulling, 6_000);
    lasts(runs, 2_500);
    lasts({ state: "ready" }, 500);
    expect(progress).toEqual([
      "grafana: pulling image grafana:13",
      "grafana: container grafana runs, not ready yet",
      "grafana: ready",
    ]);
  });

  test("a failure is told at once", () => {
    const more = { workload: "", pod: undefined, container: undefined, message: "not found", fix: "" };
    lasts({ state: "failed", reason: "ErrImagePull", ...more }, 500);
    expect(progress).toEqual(["grafana: failed: ErrImagePull"]);
  });

  test("a claim is told from the workload of its name", () => {
    tell([{ target: { ...target, kind: "PersistentVolumeClaim" }, status: { state: "ready" } }]);
    expect(progress).toEqual(["volume claim grafana: ready"]);
  });
});
