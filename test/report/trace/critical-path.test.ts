import { describe, expect, test } from "vitest";
import { findCriticalPath } from "../../../src/report/trace/critical-path.ts";

/** Returns spans from `[id, parent, startedMs, endedMs, after]`. */
function spansOf(...rows: [number, number | undefined, number, number, number[]?][]) {
  return rows.map(([id, parent, startedMs, endedMs, after = []]) => ({
    id,
    parent,
    startedMs,
    endedMs,
    after,
  }));
}

describe("the critical path", () => {
  test("goes back from phase to phase, and into the part that ended last", () => {
    const spans = spansOf(
      [1, undefined, 0, 1_000],
      [2, 1, 0, 300], // two tools side by side
      [3, 1, 0, 200],
      [4, 1, 300, 600], // deploy
      [5, 4, 300, 400],
      [6, 4, 400, 590],
      [7, 4, 400, 500],
      [8, 1, 600, 1_000], // verify
      [9, 8, 600, 700],
      [10, 8, 600, 1_000],
    );
    expect(findCriticalPath(spans, 1_000)).toEqual([2, 5, 6, 10]);
  });

  test("follows what a span names rather than what happened to end just before it", () => {
    const spans = spansOf(
      [1, undefined, 0, 1_000],
      [2, 1, 0, 600], // deploy
      [3, 2, 0, 200], // one workload
      [4, 2, 0, 600], // another one
      [5, 1, 200, 1_000], // verify, which begins before deploy has ended
      [6, 5, 200, 590],
      [7, 5, 600, 1_000, [4]],
    );
    expect(findCriticalPath(spans, 1_000)).toEqual([4, 7]);
    const withoutLink = spans.map((span) => ({ ...span, after: [] }));
    expect(findCriticalPath(withoutLink, 1_000)).toEqual([6, 7]);
  });

  test("goes through what a span waited for while it ran", () => {
    const spans = spansOf(
      [1, undefined, 0, 1_000],
      [2, 1, 0, 100],
      [3, 1, 100, 1_000], // a check
      [4, 1, 100, 800, [2]], // the first scrape
      [5, 1, 800, 900, [4]], // the second one
    );
    const waiting = spans.map((span) => (span.id === 3 ? { ...span, after: [5] } : span));
    expect(findCriticalPath(waiting, 1_000)).toEqual([2, 4, 5, 3]);
  });

  test("ends with the verdict: what begins or ends later is not on it", () => {
    const spans = spansOf(
      [1, undefined, 0, 2_000],
      [2, 1, 0, 1_000],
      [3, 1, 1_000, 2_000], // the teardown
      [4, 1, 500, 1_700], // still open at the verdict
    );
    expect(findCriticalPath(spans, 1_000)).toEqual([2]);
    expect(findCriticalPath(spans, 2_000)).toEqual([2, 3]);
  });

  test("has a span beside its parts where it worked for long after them", () => {
    const spans = spansOf([1, undefined, 0, 1_000], [2, 1, 0, 1_000], [3, 2, 0, 100]);
    expect(findCriticalPath(spans, 1_000)).toEqual([3, 2]);
  });

  test("ends in a circle of links, and is empty without spans", () => {
    const spans = spansOf([1, undefined, 0, 10], [2, 1, 0, 10, [3]], [3, 1, 0, 10, [2]]);
    expect(findCriticalPath(spans, 10)).toEqual([3, 2]);
    expect(findCriticalPath([], 10)).toEqual([]);
  });

  test("takes a moment for 2,000 spans in one chain", () => {
    const chain = Array.from({ length: 2_000 }, (_, index) => index + 2);
    const spans = spansOf(
      [1, undefined, 0, 2_000],
      ...chain.map((id): [number, number, number, number] => [id, 1, id - 2, id - 1]),
    );
    const began = performance.now();
    expect(findCriticalPath(spans, 2_000)).toHaveLength(2_000);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
