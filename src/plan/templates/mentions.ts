import type { ChartSource } from "../../model/chart.ts";
import { type Actions, parseTemplate, type Templates, templatesOf } from "./parts.ts";
import { runPipeline, runStatement, type Scope } from "./pipeline.ts";
import type { Token } from "./tokens.ts";
import { joinAll, keyOfValue, nothing, partsOf, rootContext, type TemplateValue } from "./value.ts";

/** A key path of the values that a template names; `whole` when it uses everything below it. */
export interface Mention {
  readonly path: readonly string[];
  readonly whole: boolean;
}

/**
 * The key paths below `.Values` in a chart's template or helper, also such as are named by way of `with`, variables, `index`
 * and other named templates. In doubt a path counts as used whole, so that nothing that has an effect is ever called unknown.
 */
export function mentionsIn(template: string, defines: Templates = new Map()): Mention[] {
  const { body, defines: own } = parseTemplate(template);
  return mentionsOf([body], new Map([...defines, ...own]), own);
}

/** What a chart's own templates name, and the texts of its default values that are templates. */
export function chartMentions(chart: ChartSource, defines: Templates): Mention[] {
  const libraries = chart.charts.filter(({ isLibrary }) => isLibrary);
  const parts = [chart, ...libraries].flatMap(templatesOf);
  const inValues = textsIn(chart.values).map((text) => parseTemplate(text).body);
  const own = new Map(parts.flatMap((one) => [...one.defines]));
  return mentionsOf([...parts.map(({ body }) => body), ...inValues], defines, own);
}

function textsIn(values: unknown): string[] {
  if (typeof values === "string") return values.includes("{{") ? [values] : [];
  return typeof values === "object" && values !== null ? Object.values(values).flatMap(textsIn) : [];
}

/** Deeper than any chart's helpers call each other. */
const deepest = 25;

/** @param own what may be called by a name that only the values know */
function mentionsOf(bodies: readonly Actions[], defines: Templates, own: Templates): Mention[] {
  const mentions = new Map<string, Mention>();
  const done = new Set<string>();
  let isOpen = false;
  const mention = (refs: TemplateValue["refs"], whole: boolean) => {
    for (const path of refs)
      if (path.length > 0 || whole) mentions.set(`${whole}\0${path.join("\0")}`, { path, whole });
  };
  const call = (names: readonly string[] | undefined, value: TemplateValue, depth: number): void => {
    if (names === undefined) isOpen = true;
    for (const name of names ?? [""]) {
      const actions = defines.get(name);
      if (actions === undefined || depth > deepest) mention(partsOf(value), true);
      else runOnce(name, actions, value, depth);
    }
  };
  const runOnce = (name: string, actions: Actions, value: TemplateValue, depth: number) => {
    const key = `${name}\0${keyOfValue(value)}`;
    if (done.has(key)) return;
    done.add(key);
    run(actions, value, depth);
  };
  const run = (actions: Actions, dot: TemplateValue, depth: number) => {
    const scope: Scope = {
      dot,
      variables: new Map([["$", dot]]),
      mention,
      call: (names, value) => call(names, value, depth + 1),
    };
    const outer: TemplateValue[] = [];
    for (const tokens of actions) runAction(scope, outer, tokens);
  };
  for (const body of bodies) run(body, rootContext, 0);
  if (isOpen) for (const [name, actions] of own) runOnce(name, actions, nothing, 0);
  return [...mentions.values()];
}

/** @param outer what the dot was outside of each block that is open */
function runAction(scope: Scope, outer: TemplateValue[], tokens: readonly Token[]): void {
  const [first, ...rest] = tokens;
  switch (first?.kind === "word" ? first.text : "") {
    case "if":
    case "with":
    case "range":
      outer.push(scope.dot);
      runHead(scope, tokens);
      return;
    case "else":
      scope.dot = outer.at(-1) ?? nothing;
      runHead(scope, rest);
      return;
    case "end":
      scope.dot = outer.pop() ?? nothing;
      return;
    case "template": {
      const [name, ...value] = rest;
      scope.call(name?.kind === "string" ? [name.text] : undefined, runPipeline(scope, value));
      return;
    }
    case "break":
    case "continue":
      return;
    default: {
      const { value, assigned } = runStatement(scope, tokens);
      scope.mention(assigned ? value.refs : partsOf(value), !assigned);
    }
  }
}

/** `if X` only looks at X, `with X` makes it the dot, and what `range X` goes through may be anything. */
function runHead(scope: Scope, tokens: readonly Token[]): void {
  const [first, ...rest] = tokens;
  if (first?.kind !== "word") return;
  if (first.text === "range") {
    runRange(scope, rest);
    return;
  }
  const { value } = runStatement(scope, rest);
  scope.mention(value.refs, false);
  if (first.text === "with") scope.dot = value;
}

/** What the template put together itself is gone through part by part. */
function runRange(scope: Scope, tokens: readonly Token[]): void {
  const { value, names } = runStatement(scope, tokens);
  scope.mention(value.refs, true);
  const parts = [...(value.items ?? []), ...(value.fields?.values() ?? [])];
  const texts = value.texts === undefined ? nothing : { refs: [], texts: value.texts };
  const each = parts.length > 0 ? joinAll(parts) : texts;
  scope.dot = each;
  const last = names.at(-1);
  if (last !== undefined) scope.variables.set(last, each);
  const keys = value.fields && !value.fields.has("Values") ? [...value.fields.keys()] : undefined;
  const [index] = names;
  if (names.length > 1 && index !== undefined) scope.variables.set(index, { refs: [], texts: keys });
}
