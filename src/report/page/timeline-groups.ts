import type { Results } from "../results-schema.ts";
import type { TraceSpan } from "../trace/schema.ts";

/** A bar of the timeline. */
export interface Bar {
  readonly name: string;
  /** Milliseconds since the begin of the run. */
  readonly fromMs: number;
  /** Milliseconds since the begin of the run. */
  readonly toMs: number;
  /** True if it is on the critical path. */
  readonly isCritical: boolean;
  /** Size, verdict and the like. */
  readonly note: string;
}

export interface BarGroup {
  readonly id: string;
  readonly title: string;
  readonly bars: readonly Bar[];
}

const titles: readonly (readonly [TraceSpan["kind"], string])[] = [
  ["phase", "Phases"],
  ["tool", "Tools"],
  ["chart", "Charts"],
  ["image", "Images"],
  ["cluster", "Cluster"],
  ["release", "Releases"],
  ["workload", "Workloads"],
  ["pod", "Pods"],
  ["container", "Containers"],
  ["scrape", "Scrapes"],
  ["check", "Checks"],
  ["teardown", "Teardown"],
];

/** Returns the bars of the timeline: the critical path first, then a group for each kind of work. */
export function groupBars(results: Results): BarGroup[] {
  const { trace, phases, startedAt } = results;
  const spans = trace?.spans ?? [];
  if (trace === undefined || spans.length === 0) {
    const bars = phases.map((phase) => toBar(phase, startedAt, false));
    return bars.length === 0 ? [] : [{ id: "phase", title: "Phases", bars }];
  }
  const path = new Set(trace.criticalPath);
  const byId = new Map(spans.map((span) => [span.id, span]));
  const beganAt = spans.find(({ parent }) => parent === undefined)?.startedAt ?? startedAt;
  const onPath = trace.criticalPath.flatMap((id) => byId.get(id) ?? []);
  const groups = titles.map(([kind, title]) => ({
    id: kind,
    title,
    bars: spans
      .filter((span) => span.kind === kind)
      .map((span) => toBar({ ...span, name: nameSpan(span, byId) }, beganAt, path.has(span.id)))
      .toSorted((a, b) => a.fromMs - b.fromMs),
  }));
  const critical = onPath.map((span) =>
    toBar({ ...span, name: addKind(span.kind, nameSpan(span, byId)) }, beganAt, true),
  );
  return [{ id: "critical", title: "Critical path", bars: critical }, ...groups].filter(
    ({ bars }) => bars.length > 0,
  );
}

/** Returns a name that begins with its kind of work. */
function addKind(kind: TraceSpan["kind"], name: string): string {
  return name.startsWith(`${kind} `) ? name : `${kind}: ${name}`;
}

/** Returns the name of a span with that of the work it belongs to, where its own says too little. */
function nameSpan(span: TraceSpan, byId: ReadonlyMap<number, TraceSpan>): string {
  const parent = span.parent === undefined ? undefined : byId.get(span.parent);
  const needsParent = parent !== undefined && ["pod", "container", "scrape"].includes(parent.kind);
  return needsParent ? `${parent.name}: ${span.name}` : span.name;
}

function toBar(
  span: Pick<TraceSpan, "name" | "startedAt" | "endedAt" | "attributes">,
  beganAt: string,
  isCritical: boolean,
): Bar {
  const began = Date.parse(beganAt);
  return {
    name: span.name,
    fromMs: Math.max(0, Date.parse(span.startedAt) - began),
    toMs: Math.max(0, Date.parse(span.endedAt) - began),
    isCritical,
    note: Object.entries(span.attributes ?? {})
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
  };
}

/** Returns round marks of an axis from 0 to `toMs`, at most eight beside 0. */
export function listTicks(toMs: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 21_600, 86_400].map(
    (step) => step * 1000,
  );
  const step = steps.find((candidate) => toMs / candidate <= 8) ?? Math.ceil(toMs / 8);
  return Array.from({ length: Math.floor(toMs / step) + 1 }, (_, index) => index * step);
}
