import { expect, test } from "vitest";
import { planOf, valuesOf } from "./configs.ts";

const logins = "logins: {chart: ./logins}";

test.each(["[logins]", "[]"])(
  "Grafana keeps its data source when its depends_on is the user's: %s",
  async (list) => {
    const usual = await planOf("");
    const plan = await planOf(`apps: {${logins}, grafana: {depends_on: ${list}}}`);
    expect(valuesOf(plan, "grafana")["datasources"]).toEqual(valuesOf(usual, "grafana")["datasources"]);
    expect(valuesOf(plan, "grafana")["datasources"]).toBeDefined();
    expect(plan.notices).toMatchObject([
      {
        id: "dependency-dropped",
        text: expect.stringMatching(
          /depends_on .* no longer waits for prometheus; its data source still points to/,
        ),
        inApp: { app: "grafana", path: ["depends_on"] },
      },
    ]);
  },
);

test("nothing is said where prometheus is still in the list or waited for through another app, is no app, or where the data source is the user's", async () => {
  for (const yaml of [
    `apps: {${logins}, grafana: {depends_on: [logins, prometheus]}}`,
    "apps: {logins: {chart: ./logins, depends_on: [prometheus]}, grafana: {depends_on: [logins]}}",
    "apps: {prometheus: {enabled: false}, grafana: {depends_on: []}}",
    "apps: {grafana: {depends_on: [], values: {datasources: {d.yaml: {datasources: []}}}}}",
  ])
    expect((await planOf(yaml)).notices.map(({ id }) => id)).not.toContain("dependency-dropped");
});
