import { describe, expect, it } from "vitest";
import { judgeDashboards } from "../../src/checklist/dashboards.ts";
import type { DashboardFinding, PanelFinding } from "../../src/stack/check.ts";
import { against, inFavour } from "./evidence.ts";

function board(...statuses: (PanelFinding["status"] | "known")[]): DashboardFinding {
  const panels = statuses.map((status, index) => ({
    id: index,
    title: `P${index}`,
    row: undefined,
    type: "timeseries",
    status: status === "known" ? ("empty" as const) : status,
    why: status === "empty" ? "there is no such metric" : undefined,
    queries: [],
    known: status === "known",
  }));
  return { uid: "u", title: "Nodes", folder: undefined, panels };
}

describe("dashboards", () => {
  it("are alive when each panel shows data, or is known not to", () => {
    const judged = judgeDashboards([board("data", "data", "static", "unsupported", "known")], undefined);
    expect(against(judged)).toEqual([]);
    expect(inFavour(judged)).toEqual(["Nodes: 2 panels show data"]);
  });

  it("are not when there is none, none shows anything, or some panels don't", () => {
    expect(against(judgeDashboards([], undefined))).toEqual(["Grafana has no dashboards"]);
    expect(against(judgeDashboards([board("static", "known")], undefined))).toEqual([
      "Nodes: no panel shows data",
    ]);
    const half = board("data", "empty", "error");
    expect(against(judgeDashboards([half], undefined))).toEqual([
      "Nodes: 1 panel shows data, 2 show nothing: P1 (there is no such metric), P2",
    ]);
    expect(against(judgeDashboards([half], 1))).toHaveLength(1);
    expect(against(judgeDashboards([half], 2))).toEqual([]);
  });
});
