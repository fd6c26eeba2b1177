import type { Results } from "../results-schema.ts";
import type { Trace, TraceSpan } from "./schema.ts";

/** One event of Chrome's trace event format, of the two kinds that are used here. */
type TraceEvent =
  | {
      /** A complete event: a name, a begin and a duration. */
      readonly ph: "X";
      readonly name: string;
      readonly cat: string;
      /** Microseconds since the run began. */
      readonly ts: number;
      /** Microseconds. */
      readonly dur: number;
      readonly pid: number;
      readonly tid: number;
      readonly args: Readonly<Record<string, string | number | boolean>>;
    }
  | {
      /** Metadata: the name or the place of a process or thread. */
      readonly ph: "M";
      readonly name: "process_name" | "thread_name" | "thread_sort_index";
      readonly pid: number;
      readonly tid: number;
      readonly args: Readonly<Record<string, string | number>>;
    };

/** Viewers draw one band for each; a kind that is not here shares the band of its parent. */
const bands: Readonly<Partial<Record<TraceSpan["kind"], string>>> = {
  run: "run",
  phase: "phases",
  tool: "tools",
  chart: "charts",
  image: "images",
  cluster: "cluster",
  release: "releases",
  workload: "workloads",
  pod: "pods",
  scrape: "scrapes",
  check: "checks",
  teardown: "teardown",
};

/** monstack itself: the format has processes and threads, a trace has kinds of work. */
const pid = 1;

/**
 * Renders a trace in Chrome's trace event format, which Perfetto, chrome://tracing and speedscope open. The first band
 * is the critical path; each kind of work has a band of its own.
 *
 * Events of a thread must nest (https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU), so spans
 * that overlap become threads of their own.
 * @param results redacted
 */
export function renderChromeTrace({ trace, monstack, mode }: Results): string {
  const events = trace === undefined ? [] : listEvents(trace, `monstack ${mode} ${monstack}`);
  return `${JSON.stringify({ displayTimeUnit: "ms", traceEvents: events })}\n`;
}

function listEvents(trace: Trace, processName: string): TraceEvent[] {
  const byId = new Map(trace.spans.map((span) => [span.id, span]));
  const path = new Set(trace.criticalPath);
  const onPath = trace.criticalPath.flatMap((id) => byId.get(id) ?? []);
  const grouped = Map.groupBy(trace.spans, (span) => findBand(span, byId));
  const threads = [
    ...toLanes("critical path", onPath),
    ...Object.values(bands).flatMap((band) => toLanes(band, grouped.get(band) ?? [])),
  ];
  const beganMs = Math.min(...trace.spans.map(({ startedAt }) => Date.parse(startedAt)));
  return [
    { ph: "M", name: "process_name", pid, tid: 0, args: { name: processName } },
    ...threads.flatMap(({ name, spans }, index): TraceEvent[] => {
      const tid = index + 1;
      return [
        { ph: "M", name: "thread_name", pid, tid, args: { name } },
        { ph: "M", name: "thread_sort_index", pid, tid, args: { sort_index: tid } },
        ...spans.map((span) => toEvent(span, { tid, beganMs, isCritical: path.has(span.id) })),
      ];
    }),
  ];
}

function findBand(span: TraceSpan, byId: ReadonlyMap<number, TraceSpan>): string {
  const parent = span.parent === undefined ? undefined : byId.get(span.parent);
  return bands[span.kind] ?? (parent ? findBand(parent, byId) : "run");
}

interface Lane {
  readonly name: string;
  readonly spans: TraceSpan[];
}

/** Distributes the spans of a band over as few threads as possible, so that those of each thread nest. */
function toLanes(band: string, spans: readonly TraceSpan[]): Lane[] {
  const lanes: { readonly spans: TraceSpan[]; readonly open: TraceSpan[] }[] = [];
  const ordered = spans.toSorted(
    (a, b) => a.startedAt.localeCompare(b.startedAt) || b.endedAt.localeCompare(a.endedAt),
  );
  for (const span of ordered) {
    for (const { open } of lanes)
      while (open.length > 0 && (open.at(-1)?.endedAt ?? "") <= span.startedAt) open.pop();
    const lane = lanes.find(({ open }) => fits(span, open.at(-1)));
    if (lane === undefined) lanes.push({ spans: [span], open: [span] });
    else {
      lane.spans.push(span);
      lane.open.push(span);
    }
  }
  return lanes.map((lane, index) => ({
    name: index === 0 ? band : `${band} ${index + 1}`,
    spans: lane.spans,
  }));
}

/** True if a span can be drawn below the one that is open: as a part of it, and within it. */
function fits(span: TraceSpan, open: TraceSpan | undefined): boolean {
  return open === undefined || (span.parent === open.id && span.endedAt <= open.endedAt);
}

function toEvent(
  { id, name, kind, startedAt, endedAt, attributes }: TraceSpan,
  {
    tid,
    beganMs,
    isCritical,
  }: { readonly tid: number; readonly beganMs: number; readonly isCritical: boolean },
): TraceEvent {
  const ts = (Date.parse(startedAt) - beganMs) * 1000;
  const dur = (Date.parse(endedAt) - Date.parse(startedAt)) * 1000;
  const args = { ...attributes, span: id, ...(isCritical ? { critical: true } : {}) };
  return { ph: "X", name, cat: kind, ts, dur, pid, tid, args };
}
