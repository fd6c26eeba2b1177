import type { Dashboard, Datasource, Value, Values, Variable } from "../../dashboards/dashboard.ts";
import {
  chooseValue,
  fillQuery,
  filterOptions,
  listFixedOptions,
  type Option,
  type VariableRequest,
} from "../../dashboards/options.ts";
import { resolveDatasource } from "../../dashboards/unanswered.ts";
import { listVariablesIn, sortByUse } from "../../dashboards/variables.ts";
import { compileScriptPattern, type ForeignPattern, SlowPattern } from "../../lib/pattern.ts";
import type { Source, VectorSample } from "./datasource.ts";
import { explainNoSeries, formatReasons } from "./empty-queries.ts";

/** A dashboard's variables as Grafana would fill them now. */
export interface Filled {
  readonly values: Values;
  /** Of each variable that found nothing: why. */
  readonly empty: ReadonlyMap<string, string>;
  /** By variable with one of several values: the other values that a reader could choose. */
  readonly others: ReadonlyMap<string, readonly string[]>;
}

export interface Surroundings {
  readonly datasources: readonly Datasource[];
  readonly sourceOf: (uid: string) => Source;
  readonly globals: ReadonlyMap<string, string>;
  readonly rangeMs: number;
}

/**
 * Asks the live stack for each variable, in the order in which they need each other.
 * @param choice a variable and the value that a reader chooses for it, instead of the one that it starts with
 */
export async function fillVariables(
  dashboard: Dashboard,
  around: Surroundings,
  choice?: { readonly name: string; readonly value: string },
): Promise<Filled> {
  const values = new Map<string, Value>();
  const empty = new Map<string, string>();
  const others = new Map<string, readonly string[]>();
  for (const variable of sortByUse(dashboard.variables)) {
    const { name, type } = variable;
    if (type === "adhoc") continue;
    const { value, why, options } = await fillOne(variable, values, empty, around);
    const isChosen = choice?.name === name;
    values.set(name, isChosen ? { ...value, values: [choice.value], texts: [choice.value] } : value);
    if (why !== undefined && !isChosen) empty.set(name, why);
    const left = (options ?? []).map((option) => option.value).filter((one) => !value.values.includes(one));
    if (value.values.length === 1 && value.allValue === undefined && left.length > 0) others.set(name, left);
  }
  return { values, empty, others };
}

/** Returns the values of the variables that need no query. */
export function resolveFixedValues(
  dashboard: Dashboard,
  datasources: readonly Datasource[],
  rangeMs: number,
): Values {
  return new Map(
    dashboard.variables.flatMap((variable) => {
      const options = findOptionsInTime(() => listFixedOptions(variable, datasources));
      if (options === undefined || options instanceof SlowPattern) return [];
      return [[variable.name, chooseValue(variable, options, rangeMs)] as const];
    }),
  );
}

function findOptionsInTime<T>(find: () => T): T | SlowPattern {
  try {
    return find();
  } catch (error) {
    if (error instanceof SlowPattern) return error;
    throw error;
  }
}

interface One {
  readonly value: Value;
  readonly why?: string | undefined;
  /** All that it can stand for, where the reader has a choice that matters. */
  readonly options?: readonly Option[];
}

async function fillOne(
  variable: Variable,
  values: Values,
  empty: ReadonlyMap<string, string>,
  around: Surroundings,
): Promise<One> {
  const { name, current, refreshes } = variable;
  const fixed = findOptionsInTime(() => listFixedOptions(variable, around.datasources));
  if (fixed instanceof SlowPattern) return withoutValue(variable, fixed.message, around);
  if (fixed !== undefined) {
    const value = chooseValue(variable, fixed, around.rangeMs);
    const why = isEmptyValue(value) ? `variable $${name} has no value` : undefined;
    return variable.type === "custom" ? { value, why, options: fixed } : { value, why };
  }
  if (!refreshes && current.length > 0 && !current.includes("$__all")) {
    const saved = current.map((one) => ({ text: one, value: one }));
    return { value: chooseValue(variable, saved, around.rangeMs) };
  }
  return await resolveVariable(variable, values, empty, around);
}

function isEmptyValue({ values, allValue }: Value): boolean {
  return values.length === 0 && allValue === undefined;
}

async function resolveVariable(
  variable: Variable,
  values: Values,
  empty: ReadonlyMap<string, string>,
  around: Surroundings,
): Promise<One> {
  const { name, query, datasource } = variable;
  const resolved = resolveDatasource(datasource, values, around.datasources);
  if (resolved.kind === "missing") return withoutValue(variable, resolved.why, around);
  const none = (why: string): One => ({ value: chooseValue(variable, [], around.rangeMs), why });
  if (resolved.kind !== "prometheus") return none(`variable $${name} is not filled from a Prometheus`);
  const { request, regex } = fillQuery(variable, values, around.globals);
  if (request === undefined) return none(`variable $${name} has no query`);
  const source = around.sourceOf(resolved.datasource.uid);
  const answers = await queryOptions(source, request);
  if (answers instanceof SlowPattern) return withoutValue(variable, answers.message, around);
  const options = findOptionsInTime(() => filterOptions(answers, variable, regex));
  if (options instanceof SlowPattern) return withoutValue(variable, options.message, around);
  const value = chooseValue(variable, options, around.rangeMs);
  if (!isEmptyValue(value)) return { value, options };
  const blamed = listVariablesIn(query).find((one) => empty.has(one));
  const why =
    blamed === undefined ? await explainNoOptions(source, request, regex) : `$${blamed} found nothing`;
  return {
    value,
    why: `variable $${name} found nothing with ${query}${why === undefined ? "" : `: ${why}`}`,
  };
}

function withoutValue(variable: Variable, why: string, { rangeMs }: Surroundings): One {
  return {
    value: chooseValue(variable, [], rangeMs),
    why: `variable $${variable.name} has no value: ${why}`,
  };
}

async function queryOptions(
  source: Source,
  request: VariableRequest,
): Promise<readonly string[] | SlowPattern> {
  switch (request.kind) {
    case "label-values":
      return await source.labelValues(request.label, request.match);
    case "label-names":
      return await source.labelNames(request.match);
    case "metrics": {
      const names = await source.metricNames();
      return findOptionsInTime(() => {
        const pattern = toPattern(request.pattern);
        return names.filter((name) => pattern?.test(name));
      });
    }
    case "series":
      return (await source.series(request.match)).map(formatSeries);
    case "query-result": {
      const samples = await source.samples(request.expr);
      return "refused" in samples ? [] : samples.map(sampleText);
    }
  }
}

function toPattern(text: string): ForeignPattern | undefined {
  try {
    return compileScriptPattern(text);
  } catch (error) {
    if (error instanceof SlowPattern) throw error;
    return undefined;
  }
}

function formatSeries(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).filter(([label]) => label !== "__name__");
  const inner = pairs.map(([label, value]) => `${label}="${value}"`).join(",");
  return `${labels["__name__"] ?? ""}{${inner}}`;
}

/** As Grafana writes a result, for the variable's filter to cut. */
function sampleText({ metric, value: [time, value] }: VectorSample): string {
  return `${formatSeries(metric)} ${value} ${Math.round(time * 1000)}`;
}

async function explainNoOptions(
  source: Source,
  request: VariableRequest,
  regex: string,
): Promise<string | undefined> {
  const match =
    request.kind === "query-result" ? request.expr : "match" in request ? request.match : undefined;
  const [parsed] = match === undefined ? [] : await source.parse([match]);
  const [selector] = parsed?.status === "parsed" ? parsed.selectors : [];
  const why = selector === undefined ? undefined : await explainNoSeries(source, selector);
  if (why !== undefined) return formatReasons([why]);
  if (
    request.kind === "label-values" &&
    (await source.labelValues(request.label, request.match)).length === 0
  )
    return selector?.metric === undefined
      ? `no series has a label ${request.label}`
      : `${selector.metric} has no label ${request.label}`;
  return regex === "" ? undefined : `nothing of it fits ${regex}`;
}

/** A value of a variable that a reader could choose instead of the one that the dashboard starts with. */
export interface Choice {
  readonly name: string;
  readonly value: string;
}

export type Choose = (choice: Choice) => Promise<Filled>;

/** How many choices are tried for one panel. */
const mostTries = 10;

/** Fills a dashboard's variables once for each choice. */
export function createChooser(dashboard: Dashboard, around: Surroundings): Choose {
  const filled = new Map<string, Promise<Filled>>();
  return (choice) => {
    const key = JSON.stringify([choice.name, choice.value]);
    const known = filled.get(key) ?? fillVariables(dashboard, around, choice);
    filled.set(key, known);
    return known;
  };
}

interface Choosing {
  readonly dashboard: Dashboard;
  readonly filled: Filled;
  readonly choose: Choose;
  readonly lucky: Choice[];
}

/**
 * A panel can be empty only because of the value that a variable starts with, e.g. `default` of `$namespace`. Tries others.
 * @returns `empty for namespace=default; has data for namespace=monitoring`; undefined if none was found
 */
export async function findChoice(
  used: readonly string[],
  { dashboard, filled, choose, lucky }: Choosing,
  hasData: (values: Values) => Promise<boolean>,
): Promise<string | undefined> {
  const relevant = withThoseBehind(used, dashboard);
  const each = sortByUse(dashboard.variables)
    .filter(({ name }) => relevant.has(name))
    .flatMap(({ name }) => (filled.others.get(name) ?? []).map((value) => ({ name, value })));
  const isLucky = (one: Choice) => lucky.some(({ name, value }) => name === one.name && value === one.value);
  const inOrder = [...each.filter(isLucky), ...each.filter((one) => !isLucky(one))];
  for (const choice of inOrder.slice(0, mostTries)) {
    if (!(await hasData((await choose(choice)).values))) continue;
    if (!isLucky(choice)) lucky.push(choice);
    const start = filled.values.get(choice.name)?.values[0] ?? "";
    return `empty for ${choice.name}=${start}; has data for ${choice.name}=${choice.value}`;
  }
  return undefined;
}

/** The names, and those of the variables that these are filled from. */
function withThoseBehind(names: readonly string[], { variables }: Dashboard): Set<string> {
  const all = new Set(names);
  for (const name of all) {
    const { query = "", regex = "" } = variables.find((one) => one.name === name) ?? {};
    for (const behind of listVariablesIn(`${query} ${regex}`)) all.add(behind);
  }
  return all;
}
