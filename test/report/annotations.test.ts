import { describe, expect, it } from "vitest";
import { listFindings, rankLogged, selectFindings } from "../../src/report/annotations.ts";
import { failed, goodResults, passed } from "./results.ts";

const cause = {
  id: "a",
  what: "no data source",
  how: [],
  fix: "add one",
  sureness: "certain",
  explains: ["grafana-query"],
} as const;
const at = { file: "values.yaml", line: 3, column: 5 };

describe("the annotations of a step", () => {
  it("are causes with a place, other causes, logged errors, then checks that no cause explains", () => {
    const unexplained = { ...failed, id: "targets-up", title: "Targets" } as const;
    const findings = [
      rankLogged("error", "the teardown failed"),
      ...listFindings({
        checks: [passed, failed, unexplained],
        causes: [cause, { ...cause, id: "b", what: "a typing error", at }],
      }),
    ];
    const selected = selectFindings(findings, "error", 9);
    expect(selected.map(({ message, about }) => [message.split("\n")[0], about.title, about.line])).toEqual([
      ["a typing error", "monstack: b", 3],
      ["no data source", "monstack: a", undefined],
      ["the teardown failed", undefined, undefined],
      [expect.stringMatching(/^Targets: expected frames/), "monstack: targets-up", undefined],
    ]);
    expect(selectFindings(findings, "warning", 9)).toEqual([]);
  });

  it("have a place for what was logged last, if it is at a line of the user's files", () => {
    const others = Array.from({ length: 15 }, (_, index) => rankLogged("warning", `slow ${index}`));
    const titled = rankLogged("warning", "deprecated", { title: "monstack: deprecated chart" });
    const placed = rankLogged("warning", "no such key", { title: "monstack: plan", ...at });
    const selected = selectFindings([...others, titled, placed], "warning", 10).map(({ message }) => message);
    expect(selected.slice(0, 3)).toEqual(["no such key", "deprecated", "slow 0"]);
    expect(selected).toHaveLength(10);
    expect(selected[9]).toBe(
      "8 more warnings are in the report and in the log: GitHub keeps 10 for each step",
    );
  });

  it("keep what is logged and in the results once", () => {
    const [finding] = listFindings({ checks: [], causes: [{ ...cause, at }] });
    const logged = rankLogged("error", finding?.message ?? "", { title: "monstack: a", ...at });
    expect(selectFindings([logged, ...(finding ? [finding] : [])], "error", 9)).toEqual([finding]);
  });

  it("are ten if there are ten, and none if no place is left", () => {
    const ten = Array.from({ length: 10 }, (_, index) => rankLogged("error", `${index}`));
    expect(selectFindings(ten, "error", 10)).toEqual(ten);
    expect(selectFindings(ten, "error", 0)).toEqual([]);
    expect(selectFindings(ten, "error", 1).map(({ message }) => message)).toEqual([
      "10 more errors are in the report and in the log: GitHub keeps 10 for each step",
    ]);
  });

  it("of a good run are none", () => {
    expect(listFindings(goodResults())).toEqual([]);
  });
});
