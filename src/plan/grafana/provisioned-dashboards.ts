import { withoutEnvelope } from "../../dashboards/import.ts";
import type { Datasource } from "../../dashboards/types.ts";
import { findUnanswered } from "../../dashboards/unanswered.ts";
import { messageOf } from "../../lib/errors.ts";
import { isMapping, valueAt } from "../../lib/values.ts";
import { chartName } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import { grafanaValuesIn } from "../../model/stack-chart.ts";
import type { ValueMistake } from "../values/value-mistake.ts";
import type { BroughtObject } from "./extra-objects.ts";
import { collects, type Sidecar } from "./sidecar.ts";

/** A dashboard that Grafana reads as it is written, inputs and all. */
interface WrittenDashboard extends Omit<ValueMistake, "problem"> {
  readonly name: string;
  readonly text: string;
}

/** What Grafana can't show of the dashboards that are in its values, or in ConfigMaps that its sidecar collects. */
export function unansweredDashboards(
  grafana: PlannedApp,
  sidecar: Sidecar,
  objects: readonly BroughtObject[],
  datasources: readonly Datasource[],
): ValueMistake[] {
  const collected = objects.filter((one) => collects(sidecar, one)).flatMap(inObject);
  return [...inValues(grafana), ...collected].flatMap(({ name, text, ...at }) =>
    problemsOf(text, datasources).map((problem) => ({ ...at, problem: `dashboard ${name}: ${problem}` })),
  );
}

function problemsOf(text: string, datasources: readonly Datasource[]): string[] {
  // Only helm, or the sidecar, knows what comes of these.
  if (text.trim() === "" || text.includes("{{ .") || text.includes("{{- ")) return [];
  try {
    const model: unknown = JSON.parse(text);
    if (!isMapping(model)) return ["it is JSON, but not an object: Grafana never shows it"];
    return findUnanswered(withoutEnvelope(model), { datasources, given: [] });
  } catch (error) {
    return [`it is not JSON (${messageOf(error)}): Grafana never shows it`];
  }
}

function inValues({ name: app, chart, values }: PlannedApp): WrittenDashboard[] {
  const at = [...(grafanaValuesIn(chartName(chart)) ?? []), "dashboards"];
  const providers = valueAt(values, at);
  return Object.entries(isMapping(providers) ? providers : {}).flatMap(([provider, held]) =>
    Object.entries(isMapping(held) ? held : {}).flatMap(([name, entry]): WrittenDashboard[] => {
      const text = isMapping(entry) ? entry["json"] : undefined;
      return typeof text === "string" ? [{ app, path: [...at, provider, name, "json"], name, text }] : [];
    }),
  );
}

function inObject({ app, object, path, where }: BroughtObject): WrittenDashboard[] {
  return Object.entries(isMapping(object["data"]) ? object["data"] : {}).flatMap(([name, text]) =>
    name.endsWith(".json") && typeof text === "string" ? [{ app, path, where, name, text }] : [],
  );
}
