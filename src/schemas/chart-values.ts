import { isMapping, type Values } from "../lib/object.ts";
import type { ChartSource } from "../model/chart.ts";
import { coalesceValues, type EnabledChart, enableCharts, NoMappingForSubchart } from "./helm-values.ts";
import { isBefore } from "./helm-version.ts";
import type { SchemaProblem } from "./types.ts";
import { compileSchema } from "./validate.ts";

/** A part of an app's values that a chart's values.schema.json refuses; the path is that of the app's values. */
export interface ValuesProblem extends SchemaProblem {
  /** The chart whose schema it is. */
  readonly chart: string;
}

/**
 * What helm would refuse of an app's values by the schemas of its chart and of the subcharts that take part.
 * @param helm its version, where it is known: older ones read schemas in another way
 */
export async function judgeChartValues(
  source: ChartSource,
  given: Values,
  helm?: string,
): Promise<ValuesProblem[]> {
  try {
    const traits = { keepsNulls: isBefore(helm, [3, 20, 1]) || isBefore(helm, [4, 2, 0]) };
    const chart = enableCharts(source, given, traits);
    return await judge(chart, coalesceValues(chart, given, { traits }), [], helm);
  } catch (error) {
    if (!(error instanceof NoMappingForSubchart)) throw error;
    const name = error.path.at(-1) ?? "";
    const problem = `the values of the subchart ${name} are not a mapping`;
    return [{ path: error.path, on: "value", problem, chart: source.name }];
  }
}

async function judge(
  chart: EnabledChart,
  values: Values,
  at: readonly string[],
  helm: string | undefined,
): Promise<ValuesProblem[]> {
  const validate = await compileSchema(chart.source.schema, { helm });
  const own = (validate?.(values) ?? []).map((one) => ({
    ...one,
    path: [...at, ...one.path],
    chart: chart.source.name,
  }));
  const below = await Promise.all(
    chart.charts.map((subchart) => {
      const inner = values[subchart.name];
      return isMapping(inner) ? judge(subchart, inner, [...at, subchart.name], helm) : [];
    }),
  );
  return [...own, ...below.flat()];
}
