import type { LoadedConfig } from "../../config/load.ts";
import { placeInValues } from "../../config/locate.ts";
import type { ChartSource } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import type { Locate } from "../../plan/values/value-contents.ts";
import { validateChartValues } from "../../schemas/helm-values.ts";
import { formatPath, type Mistake } from "../../yaml/mistakes.ts";

/** What helm would refuse of an app's values by the schemas of its chart and subcharts, at the user's lines. */
export async function schemaMistakes(
  loaded: LoadedConfig,
  { name, values }: Pick<PlannedApp, "name" | "values">,
  source: ChartSource,
): Promise<Mistake[]> {
  const where = placesInValues(loaded, name);
  const found = await validateChartValues(source, values, loaded.config.helm.version);
  return found.map(({ path, on, problem, chart }) => ({
    where: where(path, on),
    path: formatPath(path),
    problem: `${problem} (values.schema.json of the chart ${chart})`,
  }));
}

/** In the user's files; of what isn't in them the nearest part above. */
export function placesInValues(loaded: LoadedConfig, app: string): Locate {
  return (path, on, character) => {
    const within = character === undefined ? {} : { character };
    // What a subchart sees as its globals was written at the top.
    const global = path.indexOf("global");
    const whole = [path, ...(global > 0 ? [path.slice(global)] : [])].map((one) =>
      placeInValues(loaded, app, one, { what: on, ...within }),
    );
    const above = path
      .map((_, index) => path.slice(0, path.length - 1 - index))
      .filter(({ length }) => length > 0);
    for (const found of whole) if (found) return `${found.file}:${found.line}:${found.column}`;
    for (const one of above) {
      const found = placeInValues(loaded, app, one, { what: "key" });
      if (found) return `${found.file}:${found.line}:${found.column}`;
    }
    return `app ${app}`;
  };
}
