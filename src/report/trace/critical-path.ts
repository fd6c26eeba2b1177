import type { SpanRecord } from "../../lib/trace.ts";

type Timed = Pick<SpanRecord, "id" | "parent" | "startedMs" | "endedMs" | "after">;

/** Milliseconds between the end of a span and the begin of the next one that count as none: clocks have no finer ticks. */
const toleranceMs = 2;
/** Milliseconds that a span works by itself, after the last of its parts, until it is on the path beside them. */
const ownWorkMs = 100;

/**
 * Returns the longest chain of spans that ends at the given time, as ids from the first to the last. It is followed
 * backwards: from the part of the run that ended last to what that part waited for, which is what it names in `after`,
 * else the sibling that ended last before it began, else whatever its parent waited for.
 * @param endMs milliseconds since the epoch; spans that begin later are ignored
 */
export function findCriticalPath(spans: readonly Timed[], endMs: number): number[] {
  const begun = spans.filter(({ startedMs }) => startedMs <= endMs);
  const byId = new Map(begun.map((span) => [span.id, span]));
  const partsById = Map.groupBy(begun, ({ parent }) => parent);
  const path: number[] = [];
  const seen = new Set<number>();
  const findParts = (id: number | undefined) =>
    (partsById.get(id) ?? []).filter((part) => !seen.has(part.id));

  /** Returns the innermost span whose end explains that `span` lasted until `untilMs`. */
  const descend = (span: Timed, untilMs: number): Timed => {
    seen.add(span.id);
    const last = findLast(findParts(span.id), untilMs);
    if (last === undefined) return span;
    if (untilMs - last.endedMs > ownWorkMs && span.parent !== undefined) path.push(span.id);
    return descend(last, Math.min(last.endedMs, untilMs));
  };
  /** Returns the span that `span` waited for; undefined at the begin of the run. */
  const findPrevious = (span: Timed): Timed | undefined => {
    const named = span.after.flatMap((id) => byId.get(id) ?? []).filter(({ id }) => !seen.has(id));
    const siblings = span.parent === undefined ? [] : findParts(span.parent);
    const previous = findLast(named, span.endedMs) ?? findLast(siblings, span.startedMs);
    if (previous !== undefined) return descend(previous, Math.min(previous.endedMs, span.endedMs));
    const parent = span.parent === undefined ? undefined : byId.get(span.parent);
    return parent && findPrevious(parent);
  };

  const [root] = partsById.get(undefined) ?? [];
  for (let span = root && descend(root, endMs); span !== undefined; span = findPrevious(span))
    if (span !== root) path.push(span.id);
  return path.reverse();
}

/** Returns the span that ended last, but not after `untilMs`; of several the one that began first. */
function findLast<T extends Timed>(spans: readonly T[], untilMs: number): T | undefined {
  let last: T | undefined;
  for (const span of spans) {
    if (span.endedMs > untilMs + toleranceMs) continue;
    const isLater = last === undefined || span.endedMs > last.endedMs;
    if (isLater || (span.endedMs === last?.endedMs && span.startedMs < last.startedMs)) last = span;
  }
  return last;
}
