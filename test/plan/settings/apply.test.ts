import { describe, expect, test } from "vitest";
import type { PlannedApp } from "../../../src/model/plan.ts";
import { sortByDependencies } from "../../../src/plan/order-apps.ts";
import { applySettings, type PlanSetting } from "../../../src/plan/settings/apply.ts";
import { configOf } from "../configs.ts";

const app = (name: string, values: Record<string, unknown> = {}, dependsOn: string[] = []): PlannedApp => ({
  name,
  release: name,
  namespace: "monitoring",
  chart: { kind: "path", path: `/charts/${name}` },
  values,
  dependsOn: dependsOn.map((one) => ({ app: one, until: "ready" })),
  timeoutMs: 1,
});

async function asked(apps: readonly PlannedApp[], ...parts: PlanSetting[]) {
  return applySettings(parts, { config: await configOf(""), apps, texts: {}, env: {}, cwd: "/work" });
}

describe("applySettings", () => {
  test("lays values over the user's, and says what it took the place of", async () => {
    const before = app("prometheus", { server: { retention: "15d", other: 1 } });
    const one = { app: "prometheus", path: ["server", "retention"], value: "30d", setting: "retention" };
    const { apps, notices, values } = await asked([before, app("grafana")], () => ({ values: [one] }));
    expect(apps[0]?.values).toEqual({ server: { retention: "30d", other: 1 } });
    expect(apps[1]?.values).toEqual({});
    expect(values).toEqual([one]);
    expect(notices).toEqual([
      {
        id: "value-replaced",
        text: "retention: 30d takes the place of prometheus's own value server.retention: 15d",
        about: { app: "prometheus", path: ["server", "retention"] },
      },
    ]);
    const again = await asked([app("prometheus", { server: { retention: "30d" } })], () => ({
      values: [one],
    }));
    expect(again.notices).toEqual([]);
  });

  test("appends to a list, and refuses what is none", async () => {
    const more: PlanSetting = () => ({
      values: [{ app: "a", path: ["list"], value: ["new"], how: "append", setting: "federate" }],
    });
    const { apps } = await asked([app("a", { list: ["old"] })], more, more);
    expect(apps[0]?.values).toEqual({ list: ["old", "new", "new"] });
    await expect(asked([app("a", { list: "text" })], more)).rejects.toThrow(
      "federate: list in the values is not a list, so nothing can be added to it",
    );
  });

  test("brings apps along, which a later part sees, in the order of what depends on what", async () => {
    const seen: string[] = [];
    const { apps } = await asked(
      [app("grafana")],
      () => ({
        apps: [app("boards")],
        dependencies: [{ app: "grafana", on: { app: "boards", until: "applied" } }],
      }),
      ({ apps }) => {
        seen.push(...apps.map(({ name }) => name));
        return {};
      },
    );
    expect(seen).toEqual(["grafana", "boards"]);
    expect(sortByDependencies(apps).map(({ name }) => name)).toEqual(["boards", "grafana"]);
  });

  test("a circle that settings made is an error", () => {
    expect(() => sortByDependencies([app("a", {}, ["b"]), app("b", {}, ["a"])])).toThrow(/in a circle: a, b/);
  });
});
