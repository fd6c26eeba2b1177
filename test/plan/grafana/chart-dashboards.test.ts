import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { formatPlan } from "../../../src/plan/format.ts";
import { findDashboardsToTakeOver } from "../../../src/plan/grafana/chart-dashboards.ts";
import { planOf } from "../configs.ts";

const provider = (more: object = {}, path = "/var/lib/grafana/dashboards/default") => ({
  "dashboardproviders.yaml": { apiVersion: 1, providers: [{ name: "default", options: { path }, ...more }] },
});
const nodes = { gnetId: 1860, revision: 27, datasource: "Prometheus" };

async function plan(dashboards: object, providers: object = provider(), more: object = {}, profile = "ci") {
  const values = { dashboardProviders: providers, dashboards: { default: dashboards }, ...more };
  return await planOf(stringify({ profile, apps: { grafana: { values } } }));
}

async function taken(...args: Parameters<typeof plan>) {
  const { config, apps } = await plan(...args);
  return findDashboardsToTakeOver(config, apps);
}

describe("the dashboards that the chart would download", () => {
  test("are taken over where the chart mounts what it is given at the same place", async () => {
    expect(await taken({ nodes, stats: { gnetId: "3662" } }, provider({ folder: "Team" }))).toEqual([
      {
        app: "grafana",
        path: ["dashboards", "default", "nodes"],
        name: "nodes",
        id: 1860,
        revision: 27,
        datasource: "Prometheus",
        title: undefined,
        folder: "Team",
      },
      expect.objectContaining({ id: 3662, revision: 1, datasource: undefined, folder: "Team" }),
    ]);
  });

  test.each([
    ["another folder of the provider's", { nodes }, provider({}, "/srv/dashboards")],
    ["no provider", { nodes }, {}],
    ["a url", { nodes: { ...nodes, url: "https://x" } }],
    ["a way of its own to download it", { nodes: { ...nodes, curlOptions: "-k" } }],
    ["a file", { nodes: { file: "dashboards/x.json" } }],
    ["no such id", { nodes: { gnetId: "1860a" } }],
    [
      "a sidecar, which would provision it twice",
      { nodes },
      provider(),
      { sidecar: { dashboards: { enabled: true } } },
    ],
    ["another profile", { nodes }, provider(), {}, "as-is"],
  ])(
    "are left to the chart with %s",
    async (_, dashboards, providers = provider(), more = {}, profile = "ci") => {
      expect(await taken(dashboards, providers, more, profile)).toEqual([]);
    },
  );

  test("are shown by plan", async () => {
    expect(formatPlan(await plan({ nodes }))).toContain(
      "monstack downloads in the place of Grafana's chart (take-over-dashboards):\n  1860 of grafana.com, revision 27: dashboards.default.nodes\n",
    );
  });
});
