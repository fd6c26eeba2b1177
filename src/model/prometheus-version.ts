import { valueAt } from "../lib/values.ts";
import { chartName } from "./chart.ts";
import type { PlannedApp } from "./plan.ts";

/** The first version of each chart that brings Prometheus 3. */
const first3: Readonly<Record<string, number>> = { prometheus: 26, "kube-prometheus-stack": 67 };

/** Returns the version of an app's Prometheus as far as the plan knows it; `2` for any before 3; undefined: not known. */
export function plannedPrometheusVersion({
  chart,
  values,
}: Pick<PlannedApp, "chart" | "values">): string | undefined {
  const name = chartName(chart);
  const spec = ["prometheus", "prometheusSpec"];
  const tags =
    name === "prometheus"
      ? [["server", "image", "tag"]]
      : [
          [...spec, "image", "tag"],
          [...spec, "version"],
        ];
  const written = tags
    .map((path) => /^v?(\d+\.\d+)/.exec(String(valueAt(values, path) ?? ""))?.[1])
    .find(Boolean);
  if (written !== undefined) return written;
  const ofChart =
    "version" in chart ? Number(/^v?(\d+)\./.exec(chart.version ?? "")?.[1] ?? Number.NaN) : Number.NaN;
  return ofChart < (first3[name] ?? 0) ? "2" : undefined;
}
