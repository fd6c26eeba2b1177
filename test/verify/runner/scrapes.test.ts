import { describe, expect, it } from "vitest";
import { createTracer } from "../../../src/lib/trace.ts";
import { recordScrapes } from "../../../src/verify/runner/scrapes.ts";
import { closedUrl, serve } from "../../support/local-server.ts";
import { healthyWorld } from "../healthy-world.ts";
import { stackAt } from "../open-stack.ts";

/** A Prometheus whose process started 5 s ago, and whose samples of `up` are these, in milliseconds since that start. */
async function startPrometheus(samples: Record<string, readonly [ms: number, value: string][]>) {
  const startedMs = Date.now() - 5_000;
  const result = Object.entries(samples).map(([instance, values]) => ({
    metric: { __name__: "up", job: "node", instance },
    values: values.map(([ms, value]) => [(startedMs + ms) / 1_000, value]),
  }));
  const server = await serve(({ path }) =>
    path === "/metrics"
      ? { contentType: "text/plain", body: `process_start_time_seconds ${startedMs / 1_000}\n` }
      : { body: { status: "success", data: { resultType: "matrix", result } } },
  );
  const { url } = server;
  const world = { ...healthyWorld(), deployedAt: new Date(startedMs - 2_000).toISOString() };
  const stack = await stackAt({ prometheus: url, alertmanager: url, grafana: url, kube: url }, world);
  return { server, stack, startedMs };
}

describe("the first scrapes", () => {
  it("are the first two samples of `up` that are 1, after Prometheus' container", async () => {
    const { server, stack, startedMs } = await startPrometheus({
      a: [
        [100, "0"],
        [1_000, "1"],
        [3_000, "1"],
        [4_000, "1"],
      ],
      b: [[2_000, "1"]],
      down: [[2_000, "0"]],
    });
    await using _ = server;
    const tracer = createTracer(Date.now);
    const phase = tracer.root.start({ kind: "phase", name: "verify" });
    const start = { startedMs: startedMs - 1_000, endedMs: startedMs + 400 };
    phase.add({ kind: "container", name: "start prometheus-server-configmap-reload", ...start });
    const container = phase.add({ kind: "container", name: "start prometheus-server", ...start });
    const check = phase.start({ kind: "check", name: "targets-up" });
    const early = phase.start({ kind: "check", name: "query-cpu" });
    await recordScrapes(stack, {
      span: phase,
      targets: 3,
      recorded: tracer.read().spans,
      waiting: [
        { span: check, endedMs: startedMs + 2_500 },
        { span: early, endedMs: startedMs + 500 },
      ],
    });
    const { spans } = tracer.read();
    const scrapes = spans.filter(({ kind }) => kind === "scrape");
    expect(
      scrapes.map(({ name, ...span }) => [name, span.startedMs - startedMs, span.endedMs - startedMs]),
    ).toEqual([
      ["first scrape of node a", 400, 1_000],
      ["second scrape of node a", 1_000, 3_000],
      ["first scrape of node b", 400, 2_000],
    ]);
    expect(scrapes[0]?.after).toEqual([container.id]);
    // The last scrape before a check's end is what it waited for.
    expect(spans.find(({ name }) => name === "targets-up")?.after).toEqual([scrapes[2]?.id]);
    expect(spans.find(({ name }) => name === "query-cpu")?.after).toEqual([]);
  });

  it("are not asked for with many targets or an unknown number, or of a stack that runs for long", async () => {
    const { server, stack } = await startPrometheus({ a: [[1_000, "1"]] });
    await using _ = server;
    const tracer = createTracer(Date.now);
    const span = tracer.root.start({ kind: "phase", name: "verify" });
    const options = { span, recorded: [], waiting: [] };
    await recordScrapes(stack, { ...options, targets: 0 });
    await recordScrapes(stack, { ...options, targets: 201 });
    await recordScrapes({ ...stack, deployedAt: "2026-01-01T00:00:00.000Z" }, { ...options, targets: 1 });
    await recordScrapes(stack, { ...options, span: undefined, targets: 1 });
    expect(server.received).toEqual([]);
    expect(tracer.read().spans[1]?.attributes).toEqual({ targetsWithoutScrapes: 201 });
  });

  it("are left out if Prometheus does not tell them", async () => {
    const url = await closedUrl();
    const world = { ...healthyWorld(), deployedAt: new Date().toISOString() };
    const stack = await stackAt({ prometheus: url, alertmanager: url, grafana: url, kube: url }, world);
    const tracer = createTracer(Date.now);
    await recordScrapes(stack, { span: tracer.root, targets: 1, recorded: [], waiting: [] });
    expect(tracer.read().spans).toHaveLength(1);
  });
});
