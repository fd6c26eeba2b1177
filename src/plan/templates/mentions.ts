import type { ChartSource } from "../../model/chart.ts";
import {
  type Branch,
  collectDefinitions,
  type Definitions,
  parseChartTemplates,
  parseTemplate,
  type TemplateNode,
} from "./parse.ts";
import { runPipeline, runStatement, type Scope } from "./pipeline.ts";
import {
  collectRefs,
  createValueKey,
  joinAllValues,
  noValue,
  type PossibleValue,
  rootContext,
} from "./possible-value.ts";

/** A key path of the values that a template names. */
interface Mention {
  readonly path: readonly string[];
  /** The template uses everything below the path. */
  readonly whole: boolean;
}

/**
 * Returns the named templates of a chart and all its subcharts, which share them. If both have a template of the same
 * name, the parent's counts.
 */
export function collectChartDefinitions(chart: ChartSource): Definitions {
  const subchartDefinitions = chart.charts.flatMap((subchart) => [...collectChartDefinitions(subchart)]);
  return new Map([
    ...subchartDefinitions,
    ...parseChartTemplates(chart).flatMap((template) => [...collectDefinitions(template)]),
  ]);
}

/**
 * Returns the key paths below `.Values` that a chart's templates and its templated default values use, also those used
 * through `with`, variables, `index` and other named templates. In doubt a path counts as used completely, so that no
 * key with an effect is ever reported as unknown.
 * @param definitions the named templates of the whole chart that is deployed
 */
export function findMentions(chart: ChartSource, definitions: Definitions): Mention[] {
  const libraries = chart.charts.filter(({ isLibrary }) => isLibrary);
  const templates = [chart, ...libraries].flatMap(parseChartTemplates);
  const valueTemplates = listTemplateTexts(chart.values).map(parseTemplate);
  const run = createMentionRun(definitions);
  for (const template of [...templates, ...valueTemplates]) run.render(template, rootContext, 0);
  // A template called by a name from the values can be any of them, with any value.
  if (run.callsUnknownName())
    for (const [name, body] of templates.flatMap((template) => [...collectDefinitions(template)]))
      run.renderOnce(name, body, noValue, 0);
  return run.mentions();
}

/** Returns all texts in the values that contain a template. */
function listTemplateTexts(values: unknown): string[] {
  if (typeof values === "string") return values.includes("{{") ? [values] : [];
  return typeof values === "object" && values !== null
    ? Object.values(values).flatMap(listTemplateTexts)
    : [];
}

/** The helpers of known charts call each other less deeply. At this depth a value counts as used completely. */
const maximumDepth = 25;

/**
 * Returns functions that render templates and collect the key paths of `.Values` that the templates use. Each named
 * template is rendered once for each distinct value.
 */
function createMentionRun(definitions: Definitions) {
  const mentions = new Map<string, Mention>();
  const rendered = new Set<string>();
  let hasUnknownName = false;
  const mention = (refs: PossibleValue["refs"], whole: boolean) => {
    for (const path of refs)
      if (path.length > 0 || whole) mentions.set(`${whole}\0${path.join("\0")}`, { path, whole });
  };
  const call = (names: readonly string[] | undefined, value: PossibleValue, depth: number): void => {
    if (names === undefined) hasUnknownName = true;
    for (const name of names ?? [""]) {
      const body = definitions.get(name);
      if (body === undefined || depth > maximumDepth) mention(collectRefs(value), true);
      else renderOnce(name, body, value, depth);
    }
  };
  const renderOnce = (name: string, body: readonly TemplateNode[], value: PossibleValue, depth: number) => {
    const key = `${name}\0${createValueKey(value)}`;
    if (rendered.has(key)) return;
    rendered.add(key);
    render(body, value, depth);
  };
  const render = (nodes: readonly TemplateNode[], dot: PossibleValue, depth: number) =>
    renderNodes(nodes, {
      dot,
      variables: new Map([["$", dot]]),
      mention,
      call: (names, value) => call(names, value, depth + 1),
    });
  return {
    render,
    renderOnce,
    mentions: () => [...mentions.values()],
    callsUnknownName: () => hasUnknownName,
  };
}

/**
 * Follows template nodes and reports every use of a value to the scope. An assigned value is not yet used completely:
 * only a later use of the variable shows which part.
 */
function renderNodes(nodes: readonly TemplateNode[], scope: Scope): void {
  for (const node of nodes) {
    if (node.kind === "block") renderBranches(node.branches, scope);
    if (node.kind !== "action") continue;
    const { statement } = node;
    const [[head, name, ...args] = []] = statement.pipeline;
    const word = head?.kind === "word" ? head.text : "";
    if (word === "template")
      scope.call(name?.kind === "string" ? [name.text] : undefined, runPipeline(scope, [args]));
    else if (word !== "break" && word !== "continue") {
      const value = runStatement(scope, statement);
      const isAssigned = statement.variables.length > 0;
      scope.mention(isAssigned ? value.refs : collectRefs(value), !isAssigned);
    }
  }
}

/** Follows every branch of a block, because each one may be rendered. After the block the dot has its previous value. */
function renderBranches(branches: readonly Branch[], scope: Scope): void {
  const { dot } = scope;
  for (const branch of branches) {
    scope.dot = dot;
    enterBranch(branch, scope);
    renderNodes(branch.body, scope);
  }
  scope.dot = dot;
}

/**
 * Changes the scope for a branch: `if X` keeps the dot, `with X` makes X the dot, and `range X` makes the dot any
 * item of X. With two variables, the last is the item and the first the key.
 */
function enterBranch({ kind, head }: Branch, scope: Scope): void {
  if (head === undefined) return;
  const value = runStatement(scope, head);
  scope.mention(value.refs, kind === "range");
  if (kind === "with") scope.dot = value;
  if (kind !== "range") return;
  // A list or mapping that the template itself created has known parts. The dot may be any of them.
  const parts = [...(value.items ?? []), ...(value.fields?.values() ?? [])];
  const texts = value.texts === undefined ? noValue : { refs: [], texts: value.texts };
  scope.dot = parts.length > 0 ? joinAllValues(parts) : texts;
  const [keyVariable] = head.variables;
  const itemVariable = head.variables.at(-1);
  if (itemVariable !== undefined) scope.variables.set(itemVariable, scope.dot);
  const keys = value.fields && !value.fields.has("Values") ? [...value.fields.keys()] : undefined;
  if (head.variables.length > 1 && keyVariable !== undefined)
    scope.variables.set(keyVariable, { refs: [], texts: keys });
}
