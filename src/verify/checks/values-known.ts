import { formatKeyPath } from "../../lib/values.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, pass, skipped } from "../../stack/verdicts.ts";

export const valuesKnown: Check = {
  id: "values-known",
  title: "Each key of your values is one that its chart knows",
  severity: "warning",
  meaning:
    "A key has no effect: it is misspelled, stands at the wrong place, or belongs to another version of the chart. helm says nothing about it.",
  fix: "rename the key as suggested, or take it out; the chart's values.yaml (helm show values) has all that it knows",
  run,
};

async function run({ rendered }: Stack): Promise<Verdict> {
  const told = rendered.flatMap(({ unknownValues }) => (unknownValues === undefined ? [] : [unknownValues]));
  const untold = rendered.filter(({ unknownValues }) => unknownValues === undefined);
  const unknown = told.flat();
  if (unknown.length > 0) {
    const shown = unknown.map(
      ({ app, path, meant }) =>
        `${app}: ${formatKeyPath(path)}${meant === undefined ? "" : ` (did you mean ${meant}?)`}`,
    );
    return {
      status: "fail",
      expected: "no key of the values that neither the chart nor a subchart reads",
      seen: listOf(shown, 10),
      cause: "nothing in the chart reads these keys, so what stands below them changes nothing",
      final: true,
    };
  }
  if (untold.length > 0) {
    const apps = listOf(untold.map(({ app, chart }) => `${app.name} (chart ${chart.name} ${chart.version})`));
    return skipped(`which values are known could not be told of ${apps}`);
  }
  if (told.length === 0) return skipped("no chart is deployed");
  return pass(`every key of the values of ${count(told.length, "app")} is known to its chart`);
}
