import type { ChartSource } from "../../model/chart.ts";
import { type Token, templateActions, templateTokens } from "./tokens.ts";

/** The actions of a template, or of a part of it that has a name. */
export type Actions = readonly (readonly Token[])[];
/** Named templates by their name. */
export type Templates = ReadonlyMap<string, Actions>;

export interface ParsedTemplate {
  /** Without the parts that have a name. */
  readonly body: Actions;
  readonly defines: Templates;
}

/** Separates what a template renders from the named templates that it defines. */
export function parseTemplate(text: string): ParsedTemplate {
  const body: (readonly Token[])[] = [];
  const defines = new Map<string, (readonly Token[])[]>();
  /** The blocks that are open: the part that a block's actions go to is that of the last which is named. */
  const open: (string | undefined)[] = [];
  const partOf = () => {
    const name = open.findLast((one) => one !== undefined);
    return name === undefined ? body : (defines.get(name) ?? body);
  };
  for (const action of templateActions(text)) {
    const tokens = templateTokens(action);
    const word = tokens[0]?.kind === "word" ? tokens[0].text : "";
    const name = tokens[1]?.kind === "string" ? tokens[1].text : undefined;
    if ((word === "define" || word === "block") && name !== undefined) {
      // `block` defines a template and renders it.
      if (word === "block") partOf().push([{ kind: "word", text: "template" }, ...tokens.slice(1)]);
      defines.set(name, []);
      open.push(name);
      continue;
    }
    if (word === "if" || word === "with" || word === "range") open.push(undefined);
    if (word === "end" && open.pop() !== undefined) continue;
    partOf().push(tokens);
  }
  return { body, defines };
}

const parsed = new WeakMap<ChartSource, readonly ParsedTemplate[]>();

export function templatesOf(chart: ChartSource): readonly ParsedTemplate[] {
  const known = parsed.get(chart) ?? chart.templates.map(parseTemplate);
  parsed.set(chart, known);
  return known;
}

/** The named templates of a chart and all its subcharts, which share them; a parent's replaces a subchart's of the same name. */
export function definesIn(chart: ChartSource): Templates {
  const own = templatesOf(chart).flatMap(({ defines }) => [...defines]);
  return new Map([...chart.charts.flatMap((one) => [...definesIn(one)]), ...own]);
}
