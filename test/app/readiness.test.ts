import { describe, expect, test } from "vitest";
import { trackReadiness } from "../../src/app/readiness.ts";
import { renderedStack } from "../verify/rendered-stack.ts";

const server = { kind: "Deployment", namespace: "monitoring", name: "prometheus-server" };

async function isReady(waiting: Promise<void>): Promise<boolean> {
  return await Promise.race([
    waiting.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
  ]);
}

describe("what of a deployment is ready", () => {
  test("is known for each server by its own workload", async () => {
    const tracker = trackReadiness(renderedStack());
    expect(await isReady(tracker.waitFor([]))).toBe(true);
    expect(await isReady(tracker.waitFor(["prometheus"]))).toBe(false);
    tracker.noteReady(server);
    expect(await isReady(tracker.waitFor(["prometheus"]))).toBe(true);
    expect(await isReady(tracker.waitFor(["prometheus", "grafana"]))).toBe(false);
    tracker.noteReady({ kind: "Deployment", namespace: "monitoring", name: "grafana" });
    expect(await isReady(tracker.waitFor(["prometheus", "grafana"]))).toBe(true);
    expect(await isReady(tracker.complete)).toBe(false);
    tracker.noteComplete();
    expect(await isReady(tracker.complete)).toBe(true);
  });

  test("is the whole deployment for a server without a workload of its own", async () => {
    const tracker = trackReadiness([]);
    expect(await isReady(tracker.waitFor(["grafana"]))).toBe(false);
    tracker.noteComplete();
    expect(await isReady(tracker.waitFor(["grafana"]))).toBe(true);
  });
});
