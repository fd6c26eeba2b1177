import { isMapping, valueAt } from "../lib/values.ts";
import { chartName } from "./chart.ts";
import type { PlannedApp } from "./plan.ts";

/** Returns what an app's Prometheus is started with as `--enable-feature`, as far as its values say. */
export function prometheusFeatures({ chart, values }: Pick<PlannedApp, "chart" | "values">): string[] {
  if (chartName(chart) === "prometheus") {
    const flags = listAt(values, ["server", "extraFlags"]).map(String);
    const args = valueAt(values, ["server", "extraArgs"]);
    const named = isMapping(args)
      ? Object.entries(args).map(([flag, value]) => `${flag}=${String(value)}`)
      : [];
    return featuresIn([
      ...flags,
      ...named,
      ...listAt(values, ["server", "defaultFlagsOverride"]).map(String),
    ]);
  }
  const spec = ["prometheus", "prometheusSpec"];
  return [
    ...listAt(values, [...spec, "enableFeatures"]).map(String),
    ...featuresIn(listAt(values, [...spec, "additionalArgs"]).map(argument)),
  ];
}

/** Returns the features in a Prometheus' command line or in the flags of a chart's values. */
export function featuresIn(args: readonly string[]): string[] {
  return args.flatMap((arg) => /^(?:--?)?enable-feature=(.*)$/.exec(arg)?.[1]?.split(",") ?? []);
}

function argument(one: unknown): string {
  return isMapping(one) ? `${String(one["name"])}=${String(one["value"])}` : "";
}

function listAt(values: PlannedApp["values"], path: readonly string[]): readonly unknown[] {
  const list = valueAt(values, path);
  return Array.isArray(list) ? list : [];
}
