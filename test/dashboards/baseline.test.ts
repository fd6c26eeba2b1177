import { describe, expect, it } from "vitest";
import {
  emptyBaseline,
  formatBaseline,
  isKnownEmptyPanel,
  parseBaseline,
  updateBaseline,
} from "../../src/dashboards/baseline.ts";

const board = { uid: "u1", title: "Nodes" };
const dead = [
  { id: 12, title: "Swap", why: "all its values are NaN" },
  { id: 3, title: "Disk", why: undefined },
];

function parsed(text: string) {
  const read = parseBaseline(text);
  if ("problem" in read) throw new Error(read.problem);
  return read.baseline;
}

describe("a baseline file", () => {
  it("is sorted, a panel a line, and reads back as it was", () => {
    const baseline = updateBaseline(emptyBaseline, [
      { uid: "z", title: "Z", dead },
      { ...board, dead },
    ]);
    const text = formatBaseline(baseline);
    expect(text.indexOf('"u1"')).toBeLessThan(text.indexOf('"z"'));
    expect(
      text
        .split("\n")
        .filter((line) => line.includes('"id"'))[0]
        ?.trim(),
    ).toBe('{"id":3,"title":"Disk"},');
    expect(parsed(text)).toEqual(baseline);
    expect(formatBaseline(parsed(text))).toBe(text);
    expect(parsed(formatBaseline(emptyBaseline)).dashboards).toEqual({});
  });

  it("knows panels by id, or by title where it gives no id", () => {
    const baseline = parsed('{"dashboards": {"u1": {"dead": [{"id": 3}, {"title": "Swap"}]}}}');
    const known = (id: number, title: string) => isKnownEmptyPanel(baseline, board, { id, title }, ["u1"]);
    expect([known(3, "renamed"), known(99, "Swap"), known(4, "Disk")]).toEqual([true, true, false]);
  });

  it("knows a dashboard by its title when its uid is a new one, but not by one that is another's", () => {
    const baseline = updateBaseline(emptyBaseline, [{ ...board, dead }]);
    const again = { uid: "u2", title: "Nodes" };
    expect(isKnownEmptyPanel(baseline, again, { id: 3, title: "Disk" }, ["u2"])).toBe(true);
    expect(isKnownEmptyPanel(baseline, again, { id: 3, title: "Disk" }, ["u1", "u2"])).toBe(false);
    expect(Object.keys(updateBaseline(baseline, [{ ...again, dead }]).dashboards)).toEqual(["u1"]);
  });

  it("keeps dashboards that are not there now, and drops those without dead panels", () => {
    const baseline = updateBaseline(emptyBaseline, [
      { ...board, dead },
      { uid: "other", title: "Other", dead },
    ]);
    expect(Object.keys(updateBaseline(baseline, [{ ...board, dead: [] }]).dashboards)).toEqual(["other"]);
  });

  it.each([
    ["{", /JSON/],
    ["[]", /top level/],
    ['{"dashboards": {"u": {"dead": [3]}}}', /dashboards\.u\.dead\.0/],
  ])("%s has a problem", (text, problem) => {
    expect(parseBaseline(text)).toEqual({ problem: expect.stringMatching(problem) });
  });
});
