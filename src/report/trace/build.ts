import type { Recording } from "../../lib/trace.ts";
import { findCriticalPath } from "./critical-path.ts";
import type { Trace } from "./schema.ts";

/**
 * Returns a recording as the report has it, with its critical path.
 * @param decidedMs when the verdict was known, in milliseconds since the epoch; undefined for a teardown alone:
 *   the path then ends with the run
 */
export function buildTrace({ spans, leftOut }: Recording, decidedMs: number | undefined): Trace {
  const endMs = decidedMs ?? Math.max(...spans.map(({ endedMs }) => endedMs));
  return {
    spans: spans.map(({ id, parent, kind, name, startedMs, endedMs, after, attributes }) => ({
      id,
      ...(parent === undefined ? {} : { parent }),
      kind,
      name,
      startedAt: formatTime(startedMs),
      endedAt: formatTime(endedMs),
      ...(after.length === 0 ? {} : { after }),
      ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    })),
    leftOut,
    ...(decidedMs === undefined ? {} : { decidedAt: formatTime(decidedMs) }),
    criticalPath: findCriticalPath(spans, endMs),
  };
}

/** Returns one trace of two: the spans of the later one are parts of the first one's run. */
export function joinTraces(first: Trace, later: Trace): Trace {
  const highest = Math.max(0, ...first.spans.map(({ id }) => id));
  const shift = (id: number) => id + highest;
  const [root] = first.spans;
  const added = later.spans.map((span) => ({
    ...span,
    id: shift(span.id),
    ...(span.parent === undefined ? root && { parent: root.id } : { parent: shift(span.parent) }),
    ...(span.after && { after: span.after.map(shift) }),
  }));
  return { ...first, spans: [...first.spans, ...added], leftOut: first.leftOut + later.leftOut };
}

function formatTime(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}
