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
import type { SourceClient, VectorSample } from "./datasource.ts";
import { explainNoSeries, formatReasons } from "./empty-queries.ts";

/** The value with which a dashboard saves the choice "All". */
const allOption = "$__all";

/** A dashboard's variables as Grafana would fill them now. */
export interface FilledVariables {
  readonly values: Values;
  /** The reason, for each variable that has no value. */
  readonly emptyReasons: ReadonlyMap<string, string>;
  /** The other values that a reader could choose, by variable. */
  readonly otherValues: ReadonlyMap<string, readonly string[]>;
}

/** The data with which variables are filled. */
export interface VariableContext {
  readonly datasources: readonly Datasource[];
  readonly sourceOf: (uid: string) => SourceClient;
  readonly globals: ReadonlyMap<string, string>;
  readonly rangeMs: number;
}

/**
 * Returns the values of a dashboard's variables. Variables that other variables use are filled first.
 * @param choice a variable and the value to use for it, instead of the one that it starts with
 */
export async function fillVariables(
  dashboard: Dashboard,
  context: VariableContext,
  choice?: { readonly name: string; readonly value: string },
): Promise<FilledVariables> {
  const values = new Map<string, Value>();
  const emptyReasons = new Map<string, string>();
  const otherValues = new Map<string, readonly string[]>();
  for (const variable of sortByUse(dashboard.variables)) {
    const { name, type } = variable;
    if (type === "adhoc") continue;
    const { value, why, options } = await fillVariable(variable, values, emptyReasons, context);
    const isChosen = choice?.name === name;
    values.set(name, isChosen ? { ...value, values: [choice.value], texts: [choice.value] } : value);
    if (why !== undefined && !isChosen) emptyReasons.set(name, why);
    const unusedValues = (options ?? [])
      .map((option) => option.value)
      .filter((optionValue) => !value.values.includes(optionValue));
    if (value.values.length === 1 && value.allValue === undefined && unusedValues.length > 0)
      otherValues.set(name, unusedValues);
  }
  return { values, emptyReasons, otherValues };
}

/**
 * Returns the values of the variables that need no query. Leaves out a variable whose regular expression takes too
 * long.
 */
export function resolveFixedValues(
  dashboard: Dashboard,
  datasources: readonly Datasource[],
  rangeMs: number,
): Values {
  return new Map(
    dashboard.variables.flatMap((variable) => {
      const options = catchSlowPattern(() => listFixedOptions(variable, datasources));
      if (options === undefined || options instanceof SlowPattern) return [];
      return [[variable.name, chooseValue(variable, options, rangeMs)] as const];
    }),
  );
}

/** Returns the function's result, or the SlowPattern error if a regular expression of the dashboard took too long. */
function catchSlowPattern<T>(usePattern: () => T): T | SlowPattern {
  try {
    return usePattern();
  } catch (error) {
    if (error instanceof SlowPattern) return error;
    throw error;
  }
}

/** One variable as Grafana would fill it now. */
interface FilledVariable {
  readonly value: Value;
  /** The reason if the variable has no value. */
  readonly why?: string | undefined;
  /** All values that a reader can choose; undefined if there is no choice. */
  readonly options?: readonly Option[];
}

/**
 * Returns the value of a variable, from the first of these sources that it has: options that are written in the
 * dashboard, a saved choice that Grafana does not refresh, the result of its query.
 * @param values the values of the variables that were filled before: the query can contain them
 * @param emptyReasons the reasons of those that have no value: they explain why the query finds nothing
 */
async function fillVariable(
  variable: Variable,
  values: Values,
  emptyReasons: ReadonlyMap<string, string>,
  context: VariableContext,
): Promise<FilledVariable> {
  const { name, current, refreshes } = variable;
  const fixedOptions = catchSlowPattern(() => listFixedOptions(variable, context.datasources));
  if (fixedOptions instanceof SlowPattern)
    return createEmptyVariable(variable, fixedOptions.message, context);
  if (fixedOptions !== undefined) {
    const value = chooseValue(variable, fixedOptions, context.rangeMs);
    const why = isEmptyValue(value) ? `variable $${name} has no value` : undefined;
    // Other values are tried for custom variables only: the other types have one value, an interval or a data source.
    return variable.type === "custom" ? { value, why, options: fixedOptions } : { value, why };
  }
  // "All" is not a value: it stands for all options, which only the query returns.
  if (!refreshes && current.length > 0 && !current.includes(allOption)) {
    const savedOptions = current.map((savedValue) => ({ text: savedValue, value: savedValue }));
    return { value: chooseValue(variable, savedOptions, context.rangeMs) };
  }
  return await queryVariable(variable, values, emptyReasons, context);
}

/** True if the variable has no value. */
function isEmptyValue({ values, allValue }: Value): boolean {
  return values.length === 0 && allValue === undefined;
}

/**
 * Returns the value of a query variable from Prometheus. If it is empty, returns the reason: the one of an empty
 * variable in its query, else that of the query itself.
 */
async function queryVariable(
  variable: Variable,
  values: Values,
  emptyReasons: ReadonlyMap<string, string>,
  context: VariableContext,
): Promise<FilledVariable> {
  const { name, query, datasource } = variable;
  const resolved = resolveDatasource(datasource, values, context.datasources);
  if (resolved.kind === "missing") return createEmptyVariable(variable, resolved.why, context);
  const createEmpty = (why: string): FilledVariable => ({
    value: chooseValue(variable, [], context.rangeMs),
    why,
  });
  if (resolved.kind !== "prometheus") return createEmpty(`variable $${name} is not filled from a Prometheus`);
  const { request, regex } = fillQuery(variable, values, context.globals);
  if (request === undefined) return createEmpty(`variable $${name} has no query`);
  const source = context.sourceOf(resolved.datasource.uid);
  const texts = await queryOptions(source, request);
  if (texts instanceof SlowPattern) return createEmptyVariable(variable, texts.message, context);
  const options = catchSlowPattern(() => filterOptions(texts, variable, regex));
  if (options instanceof SlowPattern) return createEmptyVariable(variable, options.message, context);
  const value = chooseValue(variable, options, context.rangeMs);
  if (!isEmptyValue(value)) return { value, options };
  const emptyVariable = listVariablesIn(query).find((usedName) => emptyReasons.has(usedName));
  const why =
    emptyVariable === undefined
      ? await explainNoOptions(source, request, regex)
      : `$${emptyVariable} found nothing`;
  return {
    value,
    why: `variable $${name} found nothing with ${query}${why === undefined ? "" : `: ${why}`}`,
  };
}

/** Returns a variable without a value, with the reason. */
function createEmptyVariable(variable: Variable, why: string, { rangeMs }: VariableContext): FilledVariable {
  return {
    value: chooseValue(variable, [], rangeMs),
    why: `variable $${variable.name} has no value: ${why}`,
  };
}

/** Sends a variable's query. Returns the texts that its filter is applied to. */
async function queryOptions(
  source: SourceClient,
  request: VariableRequest,
): Promise<readonly string[] | SlowPattern> {
  switch (request.kind) {
    case "label-values":
      return await source.labelValues(request.label, request.match);
    case "label-names":
      return await source.labelNames(request.match);
    case "metrics": {
      const names = await source.metricNames();
      return catchSlowPattern(() => {
        const pattern = compileMetricPattern(request.pattern);
        return names.filter((name) => pattern?.test(name));
      });
    }
    case "series":
      return (await source.series(request.match)).map(formatSeries);
    case "query-result": {
      const samples = await source.samples(request.expr);
      return "refused" in samples ? [] : samples.map(formatSample);
    }
  }
}

/**
 * Returns the compiled pattern; undefined if it is invalid.
 * @throws SlowPattern if it takes too long
 */
function compileMetricPattern(text: string): ForeignPattern | undefined {
  try {
    return compileScriptPattern(text);
  } catch (error) {
    if (error instanceof SlowPattern) throw error;
    return undefined;
  }
}

/** Formats a series as Grafana does: `up{job="app"}`. */
function formatSeries(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).filter(([label]) => label !== "__name__");
  const labelText = pairs.map(([label, value]) => `${label}="${value}"`).join(",");
  return `${labels["__name__"] ?? ""}{${labelText}}`;
}

/** Formats a sample as Grafana does, so that the variable's filter matches it. */
function formatSample({ metric, value: [time, value] }: VectorSample): string {
  return `${formatSeries(metric)} ${value} ${Math.round(time * 1000)}`;
}

/**
 * Returns why a variable's query finds nothing: no series, a missing label, or the variable's regex. Undefined if
 * there is no explanation.
 */
async function explainNoOptions(
  source: SourceClient,
  request: VariableRequest,
  regex: string,
): Promise<string | undefined> {
  const expression = getExpression(request);
  const [parsed] = expression === undefined ? [] : await source.parse([expression]);
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

/** Returns the expression or selector of a variable's request; undefined if it has none. */
function getExpression(request: VariableRequest): string | undefined {
  if (request.kind === "query-result") return request.expr;
  return "match" in request ? request.match : undefined;
}

/** A value of a variable that a reader could choose instead of the one that the dashboard starts with. */
export interface Choice {
  readonly name: string;
  readonly value: string;
}

/** Returns the dashboard's variables with one choice applied. */
export type FillWithChoice = (choice: Choice) => Promise<FilledVariables>;

/** The maximum number of choices that are tried for one panel. */
const maxTries = 10;

/** Creates a function that fills a dashboard's variables with one choice applied. Each choice is filled once. */
export function createChooser(dashboard: Dashboard, context: VariableContext): FillWithChoice {
  const filledByChoice = new Map<string, Promise<FilledVariables>>();
  return (choice) => {
    const key = JSON.stringify([choice.name, choice.value]);
    const filledVariables = filledByChoice.get(key) ?? fillVariables(dashboard, context, choice);
    filledByChoice.set(key, filledVariables);
    return filledVariables;
  };
}

/** The data with which a choice that has data is searched for. */
interface ChoiceContext {
  readonly dashboard: Dashboard;
  readonly filled: FilledVariables;
  readonly fillWithChoice: FillWithChoice;
  /** The choices that had data for other panels. They are tried first, and a new one is added. */
  readonly helpfulChoices: Choice[];
}

/**
 * Tries other values of a panel's variables: a panel can be empty only because of the value that a variable starts
 * with, for example `default` for `$namespace`.
 * @returns `empty for namespace=default; has data for namespace=monitoring`; undefined if no tried value has data
 */
export async function findChoiceWithData(
  usedNames: readonly string[],
  { dashboard, filled, fillWithChoice, helpfulChoices }: ChoiceContext,
  hasData: (values: Values) => Promise<boolean>,
): Promise<string | undefined> {
  const relevantNames = addUsedVariables(usedNames, dashboard);
  const choices = sortByUse(dashboard.variables)
    .filter(({ name }) => relevantNames.has(name))
    .flatMap(({ name }) => (filled.otherValues.get(name) ?? []).map((value) => ({ name, value })));
  const hasHelped = (choice: Choice) =>
    helpfulChoices.some(({ name, value }) => name === choice.name && value === choice.value);
  const helpfulFirst = [...choices.filter(hasHelped), ...choices.filter((choice) => !hasHelped(choice))];
  for (const choice of helpfulFirst.slice(0, maxTries)) {
    if (!(await hasData((await fillWithChoice(choice)).values))) continue;
    if (!hasHelped(choice)) helpfulChoices.push(choice);
    const startValue = filled.values.get(choice.name)?.values[0] ?? "";
    return `empty for ${choice.name}=${startValue}; has data for ${choice.name}=${choice.value}`;
  }
  return undefined;
}

/** Returns the names, and those of the variables that these are filled from, directly or indirectly. */
function addUsedVariables(names: readonly string[], { variables }: Dashboard): Set<string> {
  const allNames = new Set(names);
  for (const name of allNames) {
    const { query = "", regex = "" } = variables.find((variable) => variable.name === name) ?? {};
    for (const usedName of listVariablesIn(`${query} ${regex}`)) allNames.add(usedName);
  }
  return allNames;
}
