// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readDashboard } from "../../src/dashboards/dashboard.ts";
import { applyLibraryModel } from "../../src/dashboards/panels.ts";

function read(model: unknown, uid?: string) {
  const result = readDashboard(model, uid);
  if ("problem" in result) throw new Error(result.problem);
  return result.dashboard;
}

describe("rows of schemas up to 15", () => {
  const old = read({
    title: "Old",
    schemaVersion: 12,
    rows: [
      {
        title: "Network",
        repeat: "node",
        panels: [
          { id: 3, type: "graph", title: "In", datasource: "Prom", targets: [{ expr: "a" }, { expr: "b" }] },
          { type: "singlestat", targets: [{ refId: "A", expr: "c", instant: true }] },
        ],
      },
      { panels: [{ id: 4, type: "text", content: "x" }] },
    ],
  });

  it("are read with their titles, repeats and queries", () => {
    expect(old.panels[0]).toMatchObject({
      id: 3,
      title: "In",
      row: "Network",
      repeats: ["node"],
      datasource: { uid: "Prom", type: undefined },
      queries: [
        { refId: "A", expr: "a", range: true, instant: false },
        { refId: "B", expr: "b", range: true },
      ],
    });
    expect(old.panels.map(({ row }) => row)).toEqual(["Network", "Network", undefined]);
  });

  it("gives a panel without an id one that is free, and a name", () => {
    expect(old.panels[1]).toMatchObject({
      id: 5,
      title: "panel 5",
      queries: [{ instant: true, range: false }],
    });
  });
});

describe("panels of later schemas", () => {
  it("belong to the row before them, collapsed or not", () => {
    const { panels } = read({
      panels: [
        { id: 1, type: "stat", title: "first" },
        { id: 2, type: "row", title: "Open", panels: [] },
        { id: 3, type: "stat", title: "in open" },
        {
          id: 4,
          type: "row",
          title: "Shut",
          collapsed: true,
          repeat: "v",
          panels: [{ id: 5, title: "in shut" }],
        },
      ],
    });
    expect(panels.map(({ id, row, repeats }) => [id, row, repeats])).toEqual([
      [1, undefined, []],
      [3, "Open", []],
      [5, "Shut", ["v"]],
    ]);
  });

  it("are not those that a repeat made when it was saved", () => {
    const { panels } = read({
      panels: [
        { id: 1, repeat: "v" },
        { id: 2, repeatPanelId: 1 },
      ],
    });
    expect(panels.map(({ id }) => id)).toEqual([1]);
  });

  it("may be library panels, whose model takes their place", () => {
    const [panel] = read({
      panels: [{ id: 7, title: "Mine", repeat: "v", libraryPanel: { uid: "lib", name: "Shared" } }],
    }).panels;
    expect(panel?.library).toEqual({ uid: "lib", name: "Shared" });
    const whole =
      panel && applyLibraryModel(panel, { id: 99, type: "stat", title: "Theirs", targets: [{ expr: "up" }] });
    expect(whole).toMatchObject({
      id: 7,
      title: "Mine",
      type: "stat",
      repeats: ["v"],
      queries: [{ expr: "up" }],
    });
  });
});

describe("inputs", () => {
  it("that were never filled in are named, in rows, variables and expressions", () => {
    const unfilled = read({
      __inputs: [{ name: "DS_THEMIS" }, { name: "constant" }],
      panels: [{ id: 1, datasource: "${DS_THEMIS}", targets: [{ expr: 'up{job="${constant}"}' }] }],
      templating: { list: [{ name: "Node", datasource: { uid: "${DS_OTHER}" } }] },
    }).unfilled;
    expect(unfilled).toEqual(["${DS_OTHER}", "${DS_THEMIS}", "${constant}"]);
  });

  it("are none where a variable has that name, or where only the declaration is left", () => {
    const { unfilled } = read({
      __inputs: [{ name: "DS_PROMETHEUS", label: "${DS_PROMETHEUS}" }],
      panels: [{ id: 1, datasource: { uid: "${DS_X}" }, targets: [{ expr: 'up{a="${b}"}' }] }],
      templating: { list: [{ name: "DS_X", type: "datasource", query: "prometheus" }] },
    });
    expect(unfilled).toEqual([]);
  });
});

describe("a model that is none", () => {
  it.each([
    [{ elements: { "panel-1": {} }, layout: {} }, /schema v2/],
    [{ panels: "none" }, /panels: /],
    ["text", /can't be read/],
  ])("%j has a problem", (model, problem) => {
    expect(readDashboard(model)).toEqual({ problem: expect.stringMatching(problem) });
  });
});

describe("the lab's stand-ins for the guide's dashboards", () => {
  it.each([
    ["1860", 7, 0],
    ["315", 6, 1],
    ["3662", 6, 1],
    ["6417", 6, 1],
  ])("%s has %i panels and %i inputs to fill in", (id, panels, inputs) => {
    const file = new URL(`../../lab/dashboards/${id}.json`, import.meta.url);
    const board = read(JSON.parse(readFileSync(file, "utf8")));
    expect([board.panels.length, board.unfilled.length]).toEqual([panels, inputs]);
  });
});
