import { didYouMean } from "../config/suggest.ts";

/** Go's own (text/template) and those of Prometheus (template/template.go, as of 3.13). */
const functions = `and call html index slice js len not or print printf println urlquery eq ge gt le lt ne
query first label value strvalue args reReplaceAll safeHtml match title toUpper toLower graphLink tableLink sortByLabel
stripPort stripDomain humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp toTime toDuration now
pathPrefix externalURL parseDuration urlQueryEscape`.split(/\s+/);

const opening: ReadonlySet<string> = new Set(["if", "range", "with", "define", "block"]);
const keywords: ReadonlySet<string> = new Set([
  ...opening,
  ...["else", "end", "template", "break", "continue", "nil", "true", "false"],
]);

/** What alerting rules' labels and annotations can use. */
const given: readonly string[] = ["$labels", "$externalLabels", "$externalURL", "$value"];

/** Why Prometheus would refuse a template in an alerting rule; undefined when nothing was found. */
export function templateProblem(text: string): string | undefined {
  const actions = actionsOf(text);
  if (typeof actions === "string") return actions;
  const variables = new Set(given);
  let depth = 0;
  for (const action of actions) {
    if (action.startsWith("/*")) continue;
    const words = wordsOf(action);
    if (words === undefined) return `unterminated quoted string in {{${action}}}`;
    const [first = ""] = words;
    if (first === "") return "missing value for command: {{}} is empty";
    if (opening.has(first)) depth += 1;
    if (first === "end") depth -= 1;
    if (depth < 0) return "unexpected {{end}}";
    if (first === "else" && depth === 0) return "unexpected {{else}}";
    for (const name of declared(action)) variables.add(name);
    const wrong = wrongWord(words, variables);
    if (wrong) return wrong;
  }
  return depth > 0 ? "unexpected EOF: an {{end}} is missing" : undefined;
}

/** What stands between the braces, or what is wrong with those. */
function actionsOf(text: string): string[] | string {
  const actions: string[] = [];
  let at = text.indexOf("{{");
  while (at >= 0) {
    const end = closingBraces(text, at + 2);
    if (end < 0) return `unclosed action: no }} after ${JSON.stringify(text.slice(at, at + 30))}`;
    actions.push(
      text
        .slice(at + 2, end)
        .replace(/^-\s/, "")
        .replace(/\s-$/, "")
        .trim(),
    );
    at = text.indexOf("{{", end + 2);
  }
  return actions;
}

/** Braces in a quoted text don't count. */
function closingBraces(text: string, from: number): number {
  if (/^(-\s)?\s*\/\*/.test(text.slice(from))) {
    const end = text.indexOf("*/", from);
    return end < 0 ? -1 : text.indexOf("}}", end);
  }
  const token = /"(?:[^"\\\n]|\\.){0,1000}"|`[^`]{0,1000}`|'(?:[^'\\\n]|\\.){0,1000}'|\}\}/g;
  token.lastIndex = from;
  for (let match = token.exec(text); match; match = token.exec(text))
    if (match[0] === "}}") return match.index;
  return -1;
}

/** Quoted texts, each with its closing quote as a group; also one that is left open, so that each is read once. */
const quotes = /"(?:[^"\\\n]|\\.)*("?)|`[^`]*(`?)|'(?:[^'\\\n]|\\.)*('?)/g;

/** Names, variables and fields; texts and numbers are left out. Undefined when a quote is open. */
function wordsOf(action: string): string[] | undefined {
  const bare = action.replace(quotes, (whole, ...closed: string[]) =>
    closed.slice(0, 3).some(Boolean) ? ' "" ' : whole,
  );
  if (/["`']/.test(bare.replaceAll('""', ""))) return undefined;
  return bare.match(/""|\$?[\p{L}_][\p{L}\p{N}_]*|\$|\.[\p{L}\p{N}_.]*|\d[\w.]*|[^\s\w]/gu) ?? [];
}

function declared(action: string): string[] {
  const before =
    /^(?:if|with|range|else\s+if|else\s+with)?\s*((?:\$\w+\s*,\s*)?\$\w+)\s*:=/.exec(action)?.[1] ?? "";
  return before.match(/\$\w+/g) ?? [];
}

function wrongWord(words: readonly string[], variables: ReadonlySet<string>): string | undefined {
  for (const word of words) {
    if (/^\$\w/.test(word) && !variables.has(word))
      return `undefined variable ${JSON.stringify(word)}; ${didYouMean(word, [...variables])}`;
    if (!/^[\p{L}_]/u.test(word) || keywords.has(word) || functions.includes(word)) continue;
    return `function ${JSON.stringify(word)} not defined; ${mostLikely(word)}`;
  }
  return undefined;
}

function mostLikely(word: string): string {
  if (["labels", "value", "externalLabels", "externalURL"].includes(word)) return `did you mean $${word}?`;
  const suggestion = didYouMean(word, functions);
  return suggestion.startsWith("did you mean")
    ? suggestion
    : "see Prometheus' documentation of template functions";
}
