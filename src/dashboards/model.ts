import { z } from "zod";
import { isTooDeep, mostLevels } from "../lib/depth.ts";
import { readPanels } from "./panels.ts";
import type { Dashboard, Panel } from "./types.ts";
import { readVariables } from "./variables.ts";

const objects = z.array(z.looseObject({}));

const modelSchema = z.looseObject({
  uid: z.string().nullish(),
  title: z.string().nullish(),
  panels: objects.nullish(),
  rows: objects.nullish(),
  elements: z.looseObject({}).nullish(),
  templating: z.looseObject({ list: objects.nullish() }).nullish(),
  __inputs: z.array(z.looseObject({ name: z.string() })).nullish(),
});

export type ReadDashboard =
  | { readonly dashboard: Dashboard }
  /** Why it is none that can be read. */
  | { readonly problem: string };

/** Reads a dashboard's model: `rows` of schemas up to 15 as well as `panels`. The uid that Grafana knows it by wins. */
export function readDashboard(model: unknown, uid?: string): ReadDashboard {
  if (isTooDeep(model)) return { problem: `its model is nested deeper than ${mostLevels} levels` };
  const parsed = modelSchema.safeParse(model);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { problem: `its model can't be read: ${issue?.path.join(".")}: ${issue?.message}` };
  }
  const { title, panels, rows, elements, templating } = parsed.data;
  if (elements && !panels && !rows)
    return {
      problem:
        "its model is of schema v2, which Grafana does not take from files; expected the export as Classic, or as V1 Resource",
    };
  const dashboard = {
    uid: uid ?? parsed.data.uid ?? "",
    title: title ?? "",
    panels: readPanels(panels ?? [], rows ?? []),
    variables: readVariables(templating?.list ?? []),
    unfilled: [],
  };
  const declared = (parsed.data.__inputs ?? []).map(({ name }) => name);
  return { dashboard: { ...dashboard, unfilled: unfilledInputs(model, declared, dashboard) } };
}

/** A placeholder is an input's when the export declares it, or when it has the name that exports give to datasources. */
function unfilledInputs(
  model: unknown,
  declared: readonly string[],
  { variables }: { variables: Dashboard["variables"]; panels: readonly Panel[] },
): string[] {
  const { __inputs: _, ...rest } = model as Record<string, unknown>;
  const found = JSON.stringify(rest).matchAll(/\$\{((?:DS|VAR)_[A-Z0-9_-]+|[A-Za-z0-9_-]+)\}/g);
  const names = new Set([...found].map(([, name]) => name ?? ""));
  const known = new Set(variables.map(({ name }) => name));
  return [...names]
    .filter((name) => !known.has(name) && (declared.includes(name) || /^DS_[A-Z0-9_-]+$/.test(name)))
    .map((name) => `\${${name}}`)
    .sort();
}
