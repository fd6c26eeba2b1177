import { describe, expect, test } from "vitest";
import type { PlannedDashboard } from "../../../src/model/plan.ts";
import { planDashboards } from "../../../src/plan/grafana/dashboard-configmaps.ts";
import { planOf, valuesOf } from "../configs.ts";

const board = (uid: string, folder?: string, filler = ""): PlannedDashboard => ({
  uid,
  title: `Board ${uid}`,
  folder,
  origin: `${uid}.json`,
  sha256: "",
  revision: undefined,
  panels: 1,
  model: { uid, title: `Board ${uid}`, filler },
});

describe("withDashboards", () => {
  test("makes ConfigMaps that Grafana mounts, one provider for each folder, and comes before it", async () => {
    const plan = planDashboards(await planOf(""), [board("a"), board("b", "Nodes"), board("c")]);
    expect(plan.apps.map(({ name }) => name)).toEqual(["monstack-dashboards", "prometheus", "grafana"]);
    const app = plan.apps[0];
    expect(app?.chart).toMatchObject({
      kind: "objects",
      objects: [
        {
          kind: "ConfigMap",
          metadata: {
            name: "monstack-dashboards-1",
            labels: { "dashboard-provider": "monstack-dashboards-1" },
          },
          data: { "a.json": expect.stringContaining("Board a"), "c.json": expect.any(String) },
        },
        { metadata: { name: "monstack-dashboards-2" }, data: { "b.json": expect.any(String) } },
      ],
    });
    expect(valuesOf(plan, "grafana")).toMatchObject({
      dashboardProviders: {
        "monstack.yaml": {
          providers: [
            { folder: "", options: { path: "/var/lib/grafana/dashboards/monstack-dashboards-1" } },
            { folder: "Nodes", options: { path: "/var/lib/grafana/dashboards/monstack-dashboards-2" } },
          ],
        },
      },
      dashboardsConfigMaps: { "monstack-dashboards-1": "monstack-dashboards-1" },
    });
    expect(plan.apps[2]?.dependsOn).toContainEqual({ app: "monstack-dashboards", until: "applied" });
  });

  test("leaves the user's own providers, and goes below `grafana` in kube-prometheus-stack", async () => {
    const own = "apps: {grafana: {values: {dashboardProviders: {mine.yaml: {providers: []}}}}}";
    const plan = planDashboards(await planOf(own), [board("a")]);
    expect(Object.keys(valuesOf(plan, "grafana")["dashboardProviders"] as object)).toEqual([
      "mine.yaml",
      "monstack.yaml",
    ]);
    const operator = planDashboards(await planOf("stack: operator"), [board("a")]);
    expect(valuesOf(operator, "kube-prometheus-stack")).toMatchObject({
      grafana: { dashboardsConfigMaps: { "monstack-dashboards-1": "monstack-dashboards-1" } },
    });
  });

  test("splits what doesn't fit into one ConfigMap or one release, and refuses what fits into none", async () => {
    const large = "x".repeat(600_000);
    const plan = planDashboards(await planOf(""), [
      board("a", undefined, large),
      board("b", undefined, large),
    ]);
    const own = plan.apps.filter(({ release }) => release.startsWith("monstack-dashboards"));
    expect(own).toMatchObject([
      { release: "monstack-dashboards", chart: { objects: [{ data: { "a.json": expect.any(String) } }] } },
      { release: "monstack-dashboards-2", chart: { objects: [{ data: { "b.json": expect.any(String) } }] } },
    ]);
    const waits = plan.apps.find(({ name }) => name === "grafana")?.dependsOn;
    for (const { name } of own) expect(waits).toContainEqual({ app: name, until: "applied" });
    const whole = await planOf("");
    expect(() => planDashboards(whole, [board("a", undefined, large + large)])).toThrow(
      /dashboard Board a has 12\d{5} bytes, and a ConfigMap holds no more than 1000000/,
    );
  });

  test("changes nothing in a plan without Grafana", async () => {
    const plan = await planOf("", {}, { apps: "prometheus" });
    expect(planDashboards(plan, [board("a")]).apps).toEqual(plan.apps);
  });
});
