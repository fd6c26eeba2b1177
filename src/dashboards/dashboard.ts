import { z } from "zod";
import { isTooDeep, maxLevels } from "../lib/object.ts";
import type { Language } from "./languages.ts";
import type { Grid, PanelLook } from "./look.ts";
import { readPanels } from "./panels.ts";
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

type ReadDashboard =
  | { readonly dashboard: Dashboard }
  /** Why the dashboard can't be read. */
  | { readonly problem: string };

/**
 * Parses a dashboard's model: both `panels` and the `rows` of schemas up to 15. Returns a problem if it can't be read.
 * @param uid the uid in Grafana; it overrides that of the model
 */
export function readDashboard(model: unknown, uid?: string): ReadDashboard {
  if (isTooDeep(model)) return { problem: `its model is nested deeper than ${maxLevels} levels` };
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
  const declaredInputs = (parsed.data.__inputs ?? []).map(({ name }) => name);
  return {
    dashboard: { ...dashboard, unfilled: findUnfilledInputs(model, declaredInputs, dashboard.variables) },
  };
}

/**
 * Returns the placeholders without a value: inputs that the export declares, and names that exports give to data
 * sources.
 */
function findUnfilledInputs(
  model: unknown,
  declaredInputs: readonly string[],
  variables: Dashboard["variables"],
): string[] {
  const { __inputs: _, ...rest } = model as Record<string, unknown>;
  const placeholders = JSON.stringify(rest).matchAll(/\$\{((?:DS|VAR)_[A-Z0-9_-]+|[A-Za-z0-9_-]+)\}/g);
  const names = new Set([...placeholders].map(([, name]) => name ?? ""));
  const variableNames = new Set(variables.map(({ name }) => name));
  return [...names]
    .filter((name) => !variableNames.has(name))
    .filter((name) => declaredInputs.includes(name) || /^DS_[A-Z0-9_-]+$/.test(name))
    .map((name) => `\${${name}}`)
    .sort();
}

/** A dashboard's JSON model, read into one shape whatever its schemaVersion (12 to 41). */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly variables: readonly Variable[];
  /** Inputs of an export that have no value, for example `${DS_PROMETHEUS}`. */
  readonly unfilled: readonly string[];
}

/** A panel that is not a row. */
export interface Panel {
  /** Within its dashboard. */
  readonly id: number;
  readonly title: string;
  /** The title of the row that it is in. */
  readonly row: string | undefined;
  readonly type: string;
  readonly datasource: DatasourceRef | undefined;
  readonly queries: readonly PanelQuery[];
  /** Names of the variables for which the panel or its row is repeated. */
  readonly repeats: readonly string[];
  /** The library panel that holds its model. */
  readonly library: { readonly uid: string; readonly name: string } | undefined;
  /** The panel's minimum interval, as written: `30s`, `>1m`, `$interval`. */
  readonly interval: string | undefined;
  /** How far back in time it looks, as written: `1d`. */
  readonly timeShift: string | undefined;
  readonly grid: Grid;
  readonly look: PanelLook;
}

export interface PanelQuery {
  readonly refId: string;
  readonly datasource: DatasourceRef | undefined;
  /** PromQL as written; undefined for a query of another language. */
  readonly expr: string | undefined;
  /** Undefined if its fields do not show it. */
  readonly language?: Language | undefined;
  readonly instant: boolean;
  readonly range: boolean;
  readonly hidden: boolean;
  readonly interval: string | undefined;
  readonly intervalFactor: number | undefined;
  /** Id of the panel whose results this one shows (data source `-- Dashboard --`). */
  readonly ofPanel: number | undefined;
  /** How a series is named, as written: `{{instance}}`, or `__auto`. */
  readonly legendFormat: string | undefined;
}

/** As the model writes it, variables not filled in. Old models have a name where new ones have a uid. */
export interface DatasourceRef {
  readonly uid: string | undefined;
  readonly type: string | undefined;
}

/** A datasource that Grafana has. */
export interface Datasource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly isDefault: boolean;
  /** The scrape interval that it is set to, e.g. `15s`. */
  readonly timeInterval?: string | undefined;
}

/** A template variable as the model writes it. */
export interface Variable {
  readonly name: string;
  /** query, custom, interval, constant, textbox, datasource, adhoc, ... */
  readonly type: string;
  readonly query: string;
  readonly regex: string;
  readonly sort: number;
  readonly datasource: DatasourceRef | undefined;
  readonly multi: boolean;
  readonly includeAll: boolean;
  readonly allValue: string | undefined;
  /** The saved choice; empty: none. */
  readonly current: readonly string[];
  /** False if the saved choice is kept without a new query. */
  readonly refreshes: boolean;
  /** For an interval variable with `auto`: the number of steps in the range, and the smallest step. */
  readonly auto: { readonly count: number; readonly least: string } | undefined;
  /** Of an adhoc variable: matchers that are put into every query, e.g. `job="x"`. */
  readonly filters: readonly AdhocFilter[];
}

export interface AdhocFilter {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** The current value of a variable. */
export interface Value {
  /** Empty only if the variable found nothing. */
  readonly values: readonly string[];
  readonly texts: readonly string[];
  /** The text for "All"; undefined unless "All" is chosen and the variable has such a text. */
  readonly allValue: string | undefined;
  /** Values are put into regular expressions: special characters are escaped. */
  readonly isList: boolean;
}

export type Values = ReadonlyMap<string, Value>;
