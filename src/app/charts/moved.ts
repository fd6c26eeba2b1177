import type { LoadedConfig } from "../../config/load.ts";
import { locate } from "../../config/locate.ts";
import { formatChart } from "../../model/chart.ts";
import type { Notice, Plan } from "../../model/plan.ts";
import { findNewChart } from "../../plan/moved-charts.ts";

/** A notice for each of the plan's charts that is maintained elsewhere now, at the line that names it. */
export function movedChartNotices(loaded: LoadedConfig, plan: Plan): Notice[] {
  return plan.apps.flatMap(({ name, chart }) => {
    const moved = findNewChart(chart);
    if (moved === undefined) return [];
    const at = locate(loaded, { app: name, keys: ["chart"], values: [] });
    const text = `apps.${name}: chart ${formatChart(chart)} still works, but ${moved.why}; it goes on as ${moved.to}`;
    return [{ id: "chart-moved", text, ...(at ? { at } : {}) }];
  });
}
