import { describe, expect, test } from "vitest";
import * as z from "zod";
import { createTracer } from "../../../src/lib/trace.ts";
import { Results } from "../../../src/report/results-schema.ts";
import { buildTrace, joinTraces } from "../../../src/report/trace/build.ts";
import { renderChromeTrace } from "../../../src/report/trace/chrome.ts";
import { goodResults } from "../results.ts";

/**
 * The parts of Chrome's "Trace Event Format" that are used, as its document has them: the JSON object format with
 * `traceEvents`; complete events (`X`) with `ts` and `dur` in microseconds; metadata events (`M`) with the arguments that
 * each of their names has.
 */
const pidAndTid = { pid: z.number().int(), tid: z.number().int() };
const args = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const complete = z.strictObject({
  ph: z.literal("X"),
  name: z.string().min(1),
  cat: z.string().min(1),
  ts: z.number().int().nonnegative(),
  dur: z.number().int().nonnegative(),
  ...pidAndTid,
  args,
});
const named = (name: string) =>
  z.strictObject({
    ph: z.literal("M"),
    name: z.literal(name),
    ...pidAndTid,
    args: z.strictObject({ name: z.string() }),
  });
const sortIndex = z.strictObject({
  ph: z.literal("M"),
  name: z.literal("thread_sort_index"),
  ...pidAndTid,
  args: z.strictObject({ sort_index: z.number().int() }),
});
const traceFile = z.strictObject({
  displayTimeUnit: z.enum(["ms", "ns"]),
  traceEvents: z.array(z.union([complete, named("process_name"), named("thread_name"), sortIndex])),
});
type Complete = z.infer<typeof complete>;

/** A run of ten seconds with pieces that overlap, nest, touch and take no time at all. */
function recordRun() {
  let nowMs = Date.UTC(2026, 10, 23, 12);
  const base = nowMs;
  const tracer = createTracer(() => nowMs);
  const at = (fromMs: number, toMs: number) => ({ startedMs: base + fromMs, endedMs: base + toMs });
  const deploy = tracer.root.add({ kind: "phase", name: "deploy", ...at(0, 6_000) });
  const verify = tracer.root.add({ kind: "phase", name: "verify", ...at(4_000, 10_000) });
  for (const [name, fromMs, toMs] of [
    ["a", 0, 5_000],
    ["b", 1_000, 6_000],
  ] as const) {
    const pod = deploy.add({ kind: "pod", name: `pod ${name}`, ...at(fromMs, toMs) });
    pod.add({ kind: "pod", name: "schedule", ...at(fromMs, fromMs + 500) });
    pod.add({ kind: "container", name: `start ${name}`, ...at(fromMs + 500, toMs) });
    pod.add({ kind: "container", name: `start side of ${name}`, ...at(fromMs + 500, toMs - 500) });
  }
  for (let index = 0; index < 40; index += 1)
    verify.add({ kind: "check", name: `check-${index}`, ...at(4_000, 4_000 + 150 * (index + 1)) });
  nowMs += 10_000;
  return buildTrace(tracer.read(), nowMs);
}

const isComplete = (event: { ph: string }): event is Complete => event.ph === "X";

describe("the trace for a viewer", () => {
  const trace = recordRun();
  const file = traceFile.parse(JSON.parse(renderChromeTrace(goodResults({ trace }))));
  const events = file.traceEvents.filter(isComplete);

  test("is as the format's document says, with every span once beside the critical path", () => {
    const outside = events.filter(({ tid }) => tid !== 1);
    expect(outside).toHaveLength(trace.spans.length);
    expect(new Set(outside.map((event) => event.args["span"])).size).toBe(trace.spans.length);
    const deploy = events.find(({ name }) => name === "deploy");
    expect(deploy).toMatchObject({ cat: "phase", ts: 0, dur: 6_000_000 });
  });

  test("has no two events on a thread that overlap without nesting", () => {
    for (const thread of Map.groupBy(events, ({ tid }) => tid).values())
      for (const one of thread)
        for (const other of thread) {
          const startsWithin = other.ts > one.ts && other.ts < one.ts + one.dur;
          if (startsWithin) expect(other.ts + other.dur).toBeLessThanOrEqual(one.ts + one.dur);
        }
  });

  test("names each thread, the critical path first", () => {
    const names = file.traceEvents.flatMap((event) =>
      event.name === "thread_name" ? [`${event.tid} ${event.args["name"]}`] : [],
    );
    expect(names[0]).toBe("1 critical path");
    expect(names).toContain("3 phases");
    expect(names).toContain("4 phases 2");
    for (const { tid } of events) expect(names.filter((name) => name.startsWith(`${tid} `))).toHaveLength(1);
    const path = events.filter(({ tid }) => tid === 1).map(({ args: { span } }) => span);
    expect(path.toSorted()).toEqual([...trace.criticalPath].toSorted());
  });

  test("of a path whose spans overlap has several threads for it", () => {
    const overlapping = { ...trace, criticalPath: [2, 3] };
    const { traceEvents } = traceFile.parse(
      JSON.parse(renderChromeTrace(goodResults({ trace: overlapping }))),
    );
    const names = traceEvents.flatMap(({ name, args }) => (name === "thread_name" ? [args] : []));
    expect(names.slice(0, 2)).toEqual([{ name: "critical path" }, { name: "critical path 2" }]);
  });

  test("of results without a trace has no events", () => {
    expect(traceFile.parse(JSON.parse(renderChromeTrace(goodResults()))).traceEvents).toEqual([]);
  });
});

describe("the trace in the results", () => {
  test("fits the schema, and its path ends with the last check", () => {
    const trace = recordRun();
    expect(Results.parse(JSON.parse(JSON.stringify(goodResults({ trace })))).trace).toEqual(trace);
    const last = trace.spans.find(({ id }) => id === trace.criticalPath.at(-1));
    expect(last?.name).toBe("check-39");
  });

  test("takes in the trace of a later step", () => {
    const first = recordRun();
    const later = recordRun();
    const joined = joinTraces(first, later);
    expect(joined.spans).toHaveLength(2 * first.spans.length);
    expect(new Set(joined.spans.map(({ id }) => id)).size).toBe(joined.spans.length);
    expect(joined.spans.filter(({ parent }) => parent === undefined)).toHaveLength(1);
    expect(joined.criticalPath).toEqual(first.criticalPath);
  });
});
