import { describe, expect, test } from "vitest";
import { judgeWorkload } from "../../src/deploy/judge.ts";
import type { KubeEvent } from "../../src/kube/objects.ts";
import { event, pod, view } from "./recorded.ts";

const running = { running: { startedAt: "2026-11-01T12:00:05Z" } };
const after = (seconds: number, events: KubeEvent[], slowStartMs?: number) =>
  judgeWorkload(
    view({ pods: [pod({ state: running, restartCount: 0 })], events }),
    () => seconds * 1_000,
    slowStartMs,
  );

function unhealthy(message: string, options: { at?: number; container?: string } = {}): KubeEvent {
  const { at = 10, container = "grafana" } = options;
  const one = event("Unhealthy", message, { at });
  return { ...one, involvedObject: { ...one.involvedObject, fieldPath: `spec.containers{${container}}` } };
}

describe("a probe that fails", () => {
  test.each([
    ["Readiness probe failed: HTTP probe failed with statuscode: 404", 9, "probe-rejected"],
    ["Startup probe failed: HTTP probe failed with statuscode: 401", 9, "probe-rejected"],
    [
      'Readiness probe failed: Get "https://10.42.0.7:3000/api/health": http: server gave HTTP response to HTTPS client',
      9,
      "probe-scheme",
    ],
    [
      'Readiness probe failed: Get "http://10.42.0.7:3001/api/health": dial tcp 10.42.0.7:3001: connect: connection refused',
      60,
      "probe-failing",
    ],
    ["Readiness probe failed: HTTP probe failed with statuscode: 503", 120, "probe-failing"],
  ])("%s is final after %i s", (message, seconds, rule) => {
    const final = after(seconds, [unhealthy(message)]);
    expect(final).toMatchObject({ state: "failed", reason: "Unhealthy", rule, message });
    expect(after(seconds - 1, [unhealthy(message)])).toMatchObject({
      state: "waiting",
      missing: expect.stringContaining("Unhealthy: "),
    });
  });

  test.each([
    ["connection refused", 299, 300],
    ["HTTP probe failed with statuscode: 503", 299, 300],
    ["HTTP probe failed with statuscode: 404", 8, 9],
  ])("whose app has five minutes of its own: %s, waiting at %i s, final at %i s", (words, waits, final) => {
    const seen = [unhealthy(`Readiness probe failed: ${words}`)];
    expect(after(waits, seen, 300_000).state).toBe("waiting");
    expect(after(final, seen, 300_000).state).toBe("failed");
  });

  test("a short time of its own makes nothing final sooner", () => {
    const seen = [unhealthy("Readiness probe failed: HTTP probe failed with statuscode: 503")];
    expect(after(119, seen, 15_000).state).toBe("waiting");
    expect(after(120, seen, 15_000).state).toBe("failed");
  });

  const rejected = "Readiness probe failed: HTTP probe failed with statuscode: 404";
  test.each([
    ["of another container", unhealthy(rejected, { container: "sidecar" })],
    ["of the container's run before", unhealthy(rejected, { at: 1 })],
    [
      "of liveness, which restarts instead",
      unhealthy("Liveness probe failed: HTTP probe failed with statuscode: 404"),
    ],
  ])("one %s doesn't count", (_, seen) => {
    expect(after(1_000, [seen]).state).toBe("waiting");
  });
});
