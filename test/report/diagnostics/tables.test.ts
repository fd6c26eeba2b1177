import { expect, test } from "vitest";
import type { ContainerState, KubeEvent, Pod } from "../../../src/kube/objects.ts";
import {
  formatEvents,
  formatKubectlAge,
  formatPods,
} from "../../../src/report/diagnostics/kubectl-tables.ts";

const now = "2026-11-23T20:10:00Z";

function pod(name: string, states: Record<string, ContainerState>, more: Partial<Pod["status"]> = {}): Pod {
  const containerStatuses = Object.entries(states).map(([container, state]) => ({
    name: container,
    ready: state.running !== undefined,
    restartCount: state.running === undefined ? 3 : 0,
    state,
  }));
  const status = { phase: "Running", containerStatuses, podIP: "10.42.0.7", ...more };
  return {
    metadata: { name, namespace: "monitoring", creationTimestamp: "2026-11-23T20:00:00Z" },
    spec: { nodeName: "box", containers: containerStatuses.map(({ name }) => ({ name })) },
    status: status as NonNullable<Pod["status"]>,
  };
}

function init(state: ContainerState) {
  return [{ name: "i", ready: false, restartCount: 0, state }];
}

function status(one: Pod): string | undefined {
  return formatPods([one], now).split("\n")[1]?.split(/ {2,}/)[3];
}

test("pods stand in columns, sorted, as kubectl has them", () => {
  const pending: Pod = { metadata: { name: "a", namespace: "default" }, status: { phase: "Pending" } };
  const table = formatPods([pod("web-1", { main: { running: {} }, side: { running: {} } }), pending], now);
  expect(table).toBe(
    [
      "NAMESPACE    NAME    READY   STATUS    RESTARTS   AGE   IP          NODE",
      "default      a       0/0     Pending   0          ?     <none>      <none>",
      "monitoring   web-1   2/2     Running   0          10m   10.42.0.7   box",
      "",
    ].join("\n"),
  );
});

test("a pod's status is what is wrong with it", () => {
  const running = { running: {} };
  expect(status(pod("x", { a: running, b: { waiting: { reason: "CrashLoopBackOff" } } }))).toBe(
    "CrashLoopBackOff",
  );
  expect(status(pod("x", { a: { terminated: { exitCode: 1, reason: "OOMKilled" } } }))).toBe("OOMKilled");
  expect(status(pod("x", { a: { terminated: { exitCode: 2 } } }))).toBe("ExitCode:2");
  expect(status(pod("x", {}, { phase: "Failed", reason: "Evicted" }))).toBe("Evicted");
  expect(status({ ...pod("x", {}), metadata: { name: "x", deletionTimestamp: now } })).toBe("Terminating");
  const initializing = { a: { waiting: { reason: "PodInitializing" } } };
  const failing = { initContainerStatuses: init({ waiting: { reason: "ErrImagePull" } }) };
  expect(status(pod("x", initializing, failing))).toBe("Init:ErrImagePull");
  expect(status(pod("x", initializing, { initContainerStatuses: init({ running: {} }) }))).toBe("Init:0/1");
  expect(
    status(pod("x", { a: running }, { initContainerStatuses: init({ terminated: { exitCode: 0 } }) })),
  ).toBe("Running");
});

test("events stand by their time, whatever field has it, in one line each", () => {
  const event = (reason: string, more: Partial<KubeEvent>): KubeEvent => ({
    metadata: { name: reason, namespace: "monitoring" },
    involvedObject: { kind: "Pod", name: "web-1" },
    type: "Warning",
    reason,
    ...more,
  });
  const events = [
    event("Last", { lastTimestamp: "2026-11-23T20:05:00Z", count: 7, message: "two\n  lines" }),
    event("First", { eventTime: "2026-11-23T20:01:00.123456Z", lastTimestamp: null }),
    event("Middle", { series: { count: 3, lastObservedTime: "2026-11-23T20:03:00Z" }, message: "again" }),
    event("Timeless", {}),
  ];
  const lines = formatEvents(events).split("\n");
  expect(lines.map((line) => line.split(/ {2,}/)[2])).toEqual([
    "REASON",
    "Timeless",
    "First",
    "Middle",
    "Last",
    undefined,
  ]);
  expect(lines[3]).toMatch(
    /^2026-11-23T20:03:00Z +Warning +Middle +Pod\/web-1 +monitoring +again \(3 times\)$/,
  );
  expect(lines[4]).toMatch(/two lines \(7 times\)$/);
});

test("ages are short", () => {
  const since = [
    "2026-11-23T20:09:15Z",
    "2026-11-23T19:00:00Z",
    "2026-11-23T12:00:00Z",
    "2026-11-20T20:00:00Z",
  ];
  expect(since.map((time) => formatKubectlAge(time, now))).toEqual(["45s", "70m", "8h", "3d"]);
  expect([formatKubectlAge(undefined, now), formatKubectlAge("2026-11-23T20:11:00Z", now)]).toEqual([
    "?",
    "0s",
  ]);
});
