import { type Document, isCollection, isMap, isPair } from "yaml";

/** Where a template stands that is not in quotes, from 0, and what to do about it. */
export interface ForeignTemplate {
  readonly offset: number;
  readonly problem: string;
}

/**
 * Finds a template of Jinja, Helmfile or another tool that is not in quotes. To YAML `{{ x }}` is a mapping with a mapping as
 * its key, which neither helm nor Prometheus takes; `{% if x %}` is an error.
 */
export function foreignTemplate(document: Document, text: string): ForeignTemplate | undefined {
  const [error] = document.errors;
  const offset = error === undefined ? templateKey(document, text) : templateInLine(text, error.pos[0]);
  if (offset === undefined) return undefined;
  const shown = /^(?:\{\{.*?\}\}|\{%.*?%\}|<%.*?%>)|^.*/.exec(text.slice(offset, offset + 60))?.[0].trimEnd();
  return {
    offset,
    problem:
      `${shown} is a template without quotes, and this file is read as it is: render it with the tool that it is for ` +
      "(Jinja, Helmfile, ...) first, or put the value into quotes",
  };
}

/** A mapping as the only key of a mapping, both in braces. */
function templateKey({ contents }: Document, text: string): number | undefined {
  const found: number[] = [];
  const open: unknown[] = [contents];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isPair(node)) {
      const [start = 0, end = 0] = (isMap(node.key) && node.key.range) || [];
      if (start > 0 && text.startsWith("{{", start - 1) && text[end] === "}") found.push(start - 1);
      open.push(node.value, node.key);
    } else if (isCollection(node)) open.push(...node.items);
  }
  return found.length > 0 ? Math.min(...found) : undefined;
}

function templateInLine(text: string, at: number): number | undefined {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const [line = ""] = text.slice(start, start + 1000).split("\n", 1);
  const item = /^[ \t]*(?:- +)*/.exec(line)?.[0].length ?? 0;
  const inItem = line.slice(item).search(/\{\{|\{%|\{#|<%/);
  return inItem !== -1 && isKey(line.slice(item, item + inItem)) ? start + item + inItem : undefined;
}

/** `key: `, or nothing: a value, an item or a line begins behind it. */
function isKey(text: string): boolean {
  if (text === "") return true;
  return text.endsWith(" ") && text.trimEnd().endsWith(":") && !/["'{}]|^[\s#]/.test(text);
}
