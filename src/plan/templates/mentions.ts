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

/** A key path of the values that a template names; `whole` if it uses everything below it. */
interface Mention {
  readonly path: readonly string[];
  readonly whole: boolean;
}

/**
 * Returns the named templates of a chart and all its subcharts, which share them. A parent's template replaces a
 * subchart's of the same name.
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
  const inValues = listTemplateTexts(chart.values).map(parseTemplate);
  const run = createMentionRun(definitions);
  for (const template of [...templates, ...inValues]) run.render(template, rootContext, 0);
  // A name that only the values know may be that of any of them.
  if (run.callsUnknownName())
    for (const [name, body] of templates.flatMap((template) => [...collectDefinitions(template)]))
      run.renderOnce(name, body, noValue, 0);
  return run.mentions();
}

function listTemplateTexts(values: unknown): string[] {
  if (typeof values === "string") return values.includes("{{") ? [values] : [];
  return typeof values === "object" && values !== null
    ? Object.values(values).flatMap(listTemplateTexts)
    : [];
}

/** Deeper than any chart's helpers call each other. */
const maximumDepth = 25;

/**
 * Creates a run over templates that collects the paths of `.Values` in use. Each named template is rendered once for each
 * distinct value.
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

/** Follows template nodes and reports every use of a value to the scope. */
function renderNodes(nodes: readonly TemplateNode[], scope: Scope): void {
  for (const node of nodes) {
    if (node.kind === "block") renderBranches(node.branches, scope);
    if (node.kind !== "action") continue;
    const { statement } = node;
    const [[first, name, ...rest] = []] = statement.pipeline;
    const word = first?.kind === "word" ? first.text : "";
    if (word === "template")
      scope.call(name?.kind === "string" ? [name.text] : undefined, runPipeline(scope, [rest]));
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
 * Returns the scope within a branch: `if X` keeps the dot, `with X` makes X the dot, and `range X` makes the dot any item
 * of X.
 */
function enterBranch({ kind, head }: Branch, scope: Scope): void {
  if (head === undefined) return;
  const value = runStatement(scope, head);
  scope.mention(value.refs, kind === "range");
  if (kind === "with") scope.dot = value;
  if (kind !== "range") return;
  // What the template put together itself is gone through part by part.
  const parts = [...(value.items ?? []), ...(value.fields?.values() ?? [])];
  const texts = value.texts === undefined ? noValue : { refs: [], texts: value.texts };
  scope.dot = parts.length > 0 ? joinAllValues(parts) : texts;
  const [index] = head.variables;
  const last = head.variables.at(-1);
  if (last !== undefined) scope.variables.set(last, scope.dot);
  const keys = value.fields && !value.fields.has("Values") ? [...value.fields.keys()] : undefined;
  if (head.variables.length > 1 && index !== undefined) scope.variables.set(index, { refs: [], texts: keys });
}
