import { type Document, isCollection, isMap, isPair, isScalar } from "yaml";

/** A template that is not in quotes: its offset from 0, and the message about it. */
interface ForeignTemplate {
  readonly offset: number;
  readonly problem: string;
}

/**
 * Returns the first template of Jinja, Helmfile or another tool that is not in quotes; undefined if there is none.
 * YAML reads `{{ x }}` as a mapping with a mapping as its key, which neither helm nor Prometheus accepts; `{% if x
 * %}` is an error.
 */
export function findForeignTemplate(document: Document, text: string): ForeignTemplate | undefined {
  const [error] = document.errors;
  const offset =
    error === undefined ? findTemplateKey(document, text) : findTemplateInLine(text, error.pos[0]);
  if (offset === undefined) return undefined;
  const shown = /^(?:\{\{.*?\}\}|\{%.*?%\}|<%.*?%>|\$\{.*?\})|^.*/
    .exec(text.slice(offset, offset + 60))?.[0]
    .trimEnd();
  return {
    offset,
    problem:
      `${shown} is a template without quotes, and this file is read as it is: render it with the tool that it is for ` +
      "(Jinja, Helmfile, ...) first, or put the value into quotes",
  };
}

/**
 * Returns the offset of a mapping in braces whose only key is a mapping in braces, or of a value in ERB's tags;
 * undefined if there is none.
 */
function findTemplateKey({ contents }: Document, text: string): number | undefined {
  const offsets: number[] = [];
  const nodesToVisit: unknown[] = [contents];
  for (let node = nodesToVisit.pop(); node !== undefined; node = nodesToVisit.pop()) {
    if (isPair(node)) {
      const [start = 0, end = 0] = (isMap(node.key) && node.key.range) || [];
      if (start > 0 && text.startsWith("{{", start - 1) && text[end] === "}") offsets.push(start - 1);
      nodesToVisit.push(node.value, node.key);
    } else if (isCollection(node)) nodesToVisit.push(...node.items);
    else if (isScalar(node) && node.type === "PLAIN" && /^<%.*%>$/.test(node.source ?? ""))
      offsets.push(node.range?.[0] ?? 0);
  }
  return offsets.length > 0 ? Math.min(...offsets) : undefined;
}

/** Returns the offset of a template in the line of an error; undefined if there is none. */
function findTemplateInLine(text: string, errorOffset: number): number | undefined {
  const start = text.lastIndexOf("\n", errorOffset - 1) + 1;
  const [line = ""] = text.slice(start, start + 1000).split("\n", 1);
  const templateStart = findTemplateStart(line);
  return templateStart === undefined ? undefined : start + templateStart;
}

const templateOpenings = ["{{", "{%", "{#", "<%", "${"];

/** Returns the offset of `{{ x }}`, `{% if x %}`, `<%= x %>` or `${X}` in a line, outside of quoted text and comments. */
function findTemplateStart(line: string): number | undefined {
  for (let index = 0; index < line.length; index++) {
    const previousCharacter = line[index - 1] ?? " ";
    const character = line[index] ?? "";
    if (templateOpenings.some((opening) => line.startsWith(opening, index))) return index;
    if (character === "#" && /\s/.test(previousCharacter)) return undefined;
    if ((character === '"' || character === "'") && !/\w/.test(previousCharacter)) {
      const end = findQuoteEnd(line, index);
      if (end === undefined) return undefined;
      index = end;
    }
  }
  return undefined;
}

/** Returns the index of the closing quote; undefined if there is none. */
function findQuoteEnd(line: string, start: number): number | undefined {
  const quote = line[start];
  for (let index = start + 1; index < line.length; index++) {
    if (quote === '"' && line[index] === "\\") index++;
    else if (line[index] === quote) return index;
  }
  return undefined;
}
