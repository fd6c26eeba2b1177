import { describe, expect, it } from "vitest";
import { readDashboard } from "../../src/dashboards/dashboard.ts";
import { importDashboard } from "../../src/dashboards/import.ts";
import { isTooDeep } from "../../src/lib/object.ts";
import { listNodes } from "../../src/promql/promql.ts";
import { describeNonObject } from "../../src/sources/published-dashboard.ts";
import { parseQuery } from "../support/expressions.ts";
import { startProcessorClock } from "../support/processor-clock.ts";

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

describe("what is nested thousands of levels deep is refused in words", () => {
  const text = `{"title": "x", "panels": [${nested(20_000)}]}`;
  const data: unknown = JSON.parse(text);
  const options = { inputs: {}, mayNameOthers: true, datasources: [], fallbackUid: "x" };

  it("a dashboard's file", () => {
    expect(describeNonObject(text)).toBe("it is JSON, but nested deeper than 200 levels");
    expect(describeNonObject(nested(100))).toBeUndefined();
  });

  it("a dashboard that is imported, or that Grafana has", () => {
    expect(importDashboard(data, options)).toEqual({ problems: ["it is nested deeper than 200 levels"] });
    expect(readDashboard(data)).toEqual({ problem: "its model is nested deeper than 200 levels" });
  });

  it("lists and mappings alike", () => {
    expect(isTooDeep(JSON.parse("[".repeat(150) + "]".repeat(150)))).toBe(false);
    expect(isTooDeep(JSON.parse("[".repeat(250) + "]".repeat(250)))).toBe(true);
  });

  it("a query, and one without end", async () => {
    expect((await parseQuery("(".repeat(20_000) + ")".repeat(20_000))).status).toBe("invalid");
    for (const deep of [`${"(".repeat(5_000)}1${")".repeat(5_000)}`, `a${"+a".repeat(5_000)}`])
      expect(await parseQuery(deep)).toMatchObject({
        status: "invalid",
        error: { message: "not judged: its parts are nested deeper than 2000 levels" },
      });
    const parsed = await parseQuery(`a${"+a".repeat(300)}`);
    if (parsed.status === "invalid") throw new Error(parsed.error.message);
    expect(listNodes(parsed.tree)).toHaveLength(601);
    const processorMs = startProcessorClock();
    expect(await parseQuery("(".repeat(10_000_000))).toMatchObject({ status: "invalid" });
    expect(processorMs()).toBeLessThan(500);
  });
});
