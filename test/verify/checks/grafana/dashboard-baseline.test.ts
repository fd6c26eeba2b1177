import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeGrafana } from "../../../support/fake-grafana.ts";
import { type Model, panel, type Tried, tried } from "../../board.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "panels-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** The check on a board, with this folder's baseline, if there is one. */
function judged({ verify, ...more }: Tried) {
  return tried({ ...more, verify: { dashboardBaseline: join(folder, "baseline.json"), ...verify } });
}

describe("what it comes to", () => {
  const dead = () => panel("node_cpu", { id: 71, title: "CPU" });
  const baseline = (panels: readonly Model[], uid = "b") =>
    writeFile(
      join(folder, "baseline.json"),
      JSON.stringify({ dashboards: { [uid]: { title: "Board", dead: panels } } }),
    );

  it("is a pass with a list when nothing says what may be empty, once nothing changes any more", async () => {
    const { result } = await judged({ panels: [panel("up"), dead()], deadlineMs: 60_000, speed: 10 });
    expect(result).toMatchObject({
      status: "pass",
      seen: '1 of 2 panels of 1 dashboard show data; nothing in 1 of 2 panels of Board: "CPU" (metric node_cpu does not exist; the nearest is node_cpu_seconds_total)',
    });
    const { startedAt = "", endedAt = "" } = result ?? {};
    expect(Date.parse(endedAt) - Date.parse(startedAt)).toBeGreaterThanOrEqual(5_000);
  });

  it("fails on a dead panel that the baseline doesn't name, and names it", async () => {
    await baseline([{ id: 70 }]);
    const { result } = await judged({ panels: [panel("up"), dead()] });
    expect(result).toMatchObject({
      status: "fail",
      fault: "dashboard-panels-dead",
      seen: 'nothing is shown in 1 of 2 panels of Board: "CPU" (metric node_cpu does not exist; the nearest is node_cpu_seconds_total)',
    });
  });

  it.each([
    ["its id", [{ id: 71 }], "b"],
    ["its title", [{ title: "CPU" }], "b"],
    ["the dashboard's title", [{ id: 71 }], "a uid of yesterday"],
  ])("passes at once on one that the baseline names by %s", async (_, entries, uid) => {
    await baseline(entries, uid);
    const { result, panels } = await judged({ panels: [panel("up"), dead()] });
    expect(result).toMatchObject({
      status: "pass",
      attempts: 1,
      seen: expect.stringMatching(/1 without data are in the baseline/),
    });
    expect(panels.map(({ known: isKnown }) => isKnown)).toEqual([false, true]);
  });

  it("says when a panel of the baseline shows data again", async () => {
    await baseline([{ id: 72 }]);
    const { result } = await judged({ panels: [panel("up", { id: 72 })] });
    expect(result).toMatchObject({
      status: "pass",
      seen: expect.stringMatching(/1 that the baseline file names show data again/),
    });
  });

  it("fails on a query that fails though nothing says what may be empty, unless the baseline names it", async () => {
    const failing = panel("up{", { id: 73, title: "Broken" });
    const { result } = await judged({ panels: [failing] });
    expect(result).toMatchObject({
      status: "fail",
      fault: "dashboard-query-error",
      seen: expect.stringMatching(/queries fail in .*"Broken"/),
    });
    await baseline([{ id: 73 }]);
    expect((await judged({ panels: [failing] })).result).toMatchObject({ status: "pass" });
  });

  it.each([
    [1, "pass"],
    [0, "fail"],
  ])("allows %i dead panels of a dashboard: %s", async (maxDeadPanels, status) => {
    const { result } = await judged({ panels: [panel("up"), dead()], verify: { maxDeadPanels } });
    expect(result).toMatchObject({ status });
  });

  it("is final after the grace", async () => {
    await baseline([]);
    const { result } = await judged({ panels: [dead()], deadlineMs: 30_000, speed: 10 });
    const { startedAt = "", endedAt = "" } = result ?? {};
    expect(result?.status).toBe("fail");
    expect(Date.parse(endedAt) - Date.parse(startedAt)).toBeLessThan(25_000);
  });

  it("asks an empty panel again, and only that one", async () => {
    await baseline([]);
    const late = panel("late_metric", { title: "Late" });
    const { result, asked } = await judged({
      panels: [panel("up"), late],
      deadlineMs: 10_000,
      change: ({ series }) => {
        setTimeout(() => series.series.push({ __name__: "late_metric" }), 600);
      },
    });
    expect(result).toMatchObject({ status: "pass", seen: "all 2 panels of 1 dashboard show data" });
    const exprs = asked.flatMap(({ path, body }) =>
      path === "/api/ds/query" ? JSON.parse(body).queries.map(({ expr }: { expr: string }) => expr) : [],
    );
    expect(exprs.filter((expr) => expr === "up")).toHaveLength(1);
    expect(exprs.filter((expr) => expr === "late_metric").length).toBeGreaterThan(1);
  }, 15_000);

  it("writes the baseline when asked to, and passes with it afterwards", async () => {
    const { result } = await judged({
      panels: [panel("up"), dead()],
      verify: { updateBaseline: true },
      deadlineMs: 60_000,
      speed: 4,
    });
    expect(result).toMatchObject({
      status: "pass",
      seen: expect.stringMatching(/^1 panel without data written to .*baseline\.json$/),
    });
    const text = await readFile(join(folder, "baseline.json"), "utf8");
    expect(JSON.parse(text).dashboards).toEqual({
      b: {
        title: "Board",
        dead: [{ id: 71, title: "CPU", why: expect.stringMatching(/node_cpu does not exist/) }],
      },
    });
    expect((await judged({ panels: [panel("up"), dead()], deadlineMs: 5_000 })).result).toMatchObject({
      status: "pass",
      attempts: 1,
    });
  });

  it("fails at once on a baseline that can't be read", async () => {
    await writeFile(join(folder, "baseline.json"), "{");
    const { result } = await judged({ panels: [panel("up")], deadlineMs: 10_000 });
    expect(result).toMatchObject({ status: "fail", fault: "dashboard-baseline-broken", attempts: 1 });
  });

  it("is skipped without dashboards, but fails when the charts bring some", async () => {
    const change = (grafana: FakeGrafana) => {
      grafana.dashboards = [];
    };
    const { result } = await judged({ panels: [], change });
    expect(result).toMatchObject({ status: "fail", cause: "see dashboards-whole" });
  });
});
