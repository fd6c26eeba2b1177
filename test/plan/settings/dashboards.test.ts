import { expect, test } from "vitest";
import { planFrom, told } from "./support.ts";

test("dashboards without a Grafana have no effect, and that is said with the place", async () => {
  const files = { "monstack.yaml": "dashboards:\n  - 1860\n" };
  expect(told(await planFrom({ files, flags: { apps: "prometheus" } }))).toEqual([
    "monstack.yaml:2:3: dashboards has no effect: this stack has no Grafana from a chart that it is known for",
  ]);
  expect(told(await planFrom({ files }))).toEqual([]);
});
