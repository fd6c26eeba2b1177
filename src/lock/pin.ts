import { chartIn } from "../lockfile/find.ts";
import type { Lock } from "../lockfile/lock.ts";
import type { ChartRef, Plan } from "../model/plan.ts";
import type { Wanted } from "./wanted.ts";

/** The plan with the versions of charts that the lock has, for what the plan wants. */
export function pinCharts(plan: Plan, lock: Lock, { charts }: Wanted): Plan {
  const pin = (app: string, chart: ChartRef): ChartRef => {
    if (chart.kind !== "repo" && chart.kind !== "oci") return chart;
    const wanted = charts.find((one) => one.app === app);
    const locked = wanted && chartIn(lock, wanted);
    return locked ? { ...chart, version: locked.version } : chart;
  };
  return { ...plan, apps: plan.apps.map((app) => ({ ...app, chart: pin(app.name, app.chart) })) };
}
