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
  const found: number[] = [];
  const open: unknown[] = [contents];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isPair(node)) {
      const [start = 0, end = 0] = (isMap(node.key) && node.key.range) || [];
      if (start > 0 && text.startsWith("{{", start - 1) && text[end] === "}") found.push(start - 1);
      open.push(node.value, node.key);
    } else if (isCollection(node)) open.push(...node.items);
    else if (isScalar(node) && node.type === "PLAIN" && /^<%.*%>$/.test(node.source ?? ""))
      found.push(node.range?.[0] ?? 0);
  }
  return found.length > 0 ? Math.min(...found) : undefined;
}

/** Returns the offset of a template in the line of an error; undefined if there is none. */
function findTemplateInLine(text: string, at: number): number | undefined {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const [line = ""] = text.slice(start, start + 1000).split("\n", 1);
  const found = findTemplateStart(line);
  return found === undefined ? undefined : start + found;
}

const templateOpenings = ["{{", "{%", "{#", "<%", "${"];

/** Returns the offset of `{{ x }}`, `{% if x %}`, `<%= x %>` or `${X}` in a line, outside of quoted text and comments. */
function findTemplateStart(line: string): number | undefined {
  for (let at = 0; at < line.length; at++) {
    const before = line[at - 1] ?? " ";
    const character = line[at] ?? "";
    if (templateOpenings.some((opening) => line.startsWith(opening, at))) return at;
    if (character === "#" && /\s/.test(before)) return undefined;
    if ((character === '"' || character === "'") && !/\w/.test(before)) {
      const end = findQuoteEnd(line, at);
      if (end === undefined) return undefined;
      at = end;
    }
  }
  return undefined;
}

/** Returns the index of the closing quote; undefined if there is none. */
function findQuoteEnd(line: string, start: number): number | undefined {
  const quote = line[start];
  for (let at = start + 1; at < line.length; at++) {
    if (quote === '"' && line[at] === "\\") at++;
    else if (line[at] === quote) return at;
  }
  return undefined;
}
