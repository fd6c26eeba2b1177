import type { ChartSource } from "../../model/chart.ts";

/** An operand of a Go template's command, or the name of its function. */
export type Term =
  /** A text without its quotes. */
  | { readonly kind: "string"; readonly text: string }
  /** The name of a function, a number, or one of `true`, `false` and `nil`. */
  | { readonly kind: "word"; readonly text: string }
  /** `.a.b`, `$.a.b`, `$x.a`; `.` alone has neither a variable nor fields. */
  | { readonly kind: "field"; readonly variable: string | undefined; readonly fields: readonly string[] }
  /** A pipeline in brackets with the fields behind it: `(index .Values "a").b`. */
  | { readonly kind: "brackets"; readonly pipeline: Pipeline; readonly fields: readonly string[] };

export type Command = readonly Term[];
/** Commands, each of which gets the result of the one before it as its last argument. */
export type Pipeline = readonly Command[];

/** `$x := pipeline`, `$key, $item := pipeline`, or a pipeline alone. */
export interface Statement {
  readonly variables: readonly string[];
  /** The variables are declared here (`:=`), not changed (`=`). */
  readonly isDeclaration: boolean;
  readonly pipeline: Pipeline;
}

/** A branch of a block. The last branch, after `else`, has no head. */
export interface Branch {
  readonly kind: "if" | "with" | "range";
  readonly head: Statement | undefined;
  readonly body: readonly TemplateNode[];
}

/** A part of a Go template. */
export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly statement: Statement }
  | { readonly kind: "define"; readonly name: string; readonly body: readonly TemplateNode[] }
  | { readonly kind: "block"; readonly branches: readonly Branch[] };

/** The templates of each chart that was parsed. */
const parsedTemplates = new WeakMap<ChartSource, readonly (readonly TemplateNode[])[]>();

/** Returns a chart's parsed templates. Each chart is parsed only once. */
export function parseChartTemplates(chart: ChartSource): readonly (readonly TemplateNode[])[] {
  const templates = parsedTemplates.get(chart) ?? chart.templates.map(parseTemplate);
  parsedTemplates.set(chart, templates);
  return templates;
}

/** Named templates by their name. */
export type Definitions = ReadonlyMap<string, readonly TemplateNode[]>;

/** Returns the templates that the nodes define, at any depth. */
export function collectDefinitions(nodes: readonly TemplateNode[]): Definitions {
  const definitions = nodes.flatMap((node): [string, readonly TemplateNode[]][] => {
    if (node.kind === "define") return [[node.name, node.body], ...collectDefinitions(node.body)];
    return node.kind === "block" ? node.branches.flatMap(({ body }) => [...collectDefinitions(body)]) : [];
  });
  return new Map(definitions);
}

/** Returns the nodes of a template. An action without `}}` ends the parsing: the text after it is left out. */
export function parseTemplate(template: string): TemplateNode[] {
  const parts = splitTemplate(template);
  let partIndex = 0;
  /** Returns the nodes up to the `end` or `else` of the open block, and the tokens of that action. */
  const readNodes = (): { nodes: TemplateNode[]; end: readonly Token[] } => {
    const nodes: TemplateNode[] = [];
    while (partIndex < parts.length) {
      const part = parts[partIndex++] ?? "";
      if (typeof part === "string") {
        nodes.push({ kind: "text", text: part });
        continue;
      }
      const [first, ...rest] = part;
      const word = first?.kind === "word" ? first.text : "";
      if (word === "end" || word === "else") return { nodes, end: part };
      if (isBlockWord(word)) nodes.push({ kind: "block", branches: readBranches(word, rest) });
      else if (word === "define" || word === "block") {
        // `block` defines a template and renders it.
        if (word === "block") nodes.push(createAction([{ kind: "word", text: "template" }, ...rest]));
        const name = rest[0]?.kind === "string" ? rest[0].text : "";
        nodes.push({ kind: "define", name, body: readNodes().nodes });
      } else nodes.push(createAction(part));
    }
    return { nodes, end: [] };
  };
  const readBranches = (kind: Branch["kind"], head: readonly Token[]): Branch[] => {
    const { nodes: body, end } = readNodes();
    const branch: Branch = { kind, head: parseStatement(head), body };
    const [first, next, ...rest] = end;
    if (first?.kind !== "word" || first.text !== "else") return [branch];
    if (next?.kind === "word" && isBlockWord(next.text)) return [branch, ...readBranches(next.text, rest)];
    return [branch, { kind, head: undefined, body: readNodes().nodes }];
  };
  const nodesAtTop: TemplateNode[] = [];
  // An `end` without a block ends readNodes early, so it is called until all parts are read.
  while (partIndex < parts.length) nodesAtTop.push(...readNodes().nodes);
  return nodesAtTop;
}

function isBlockWord(word: string): word is Branch["kind"] {
  return word === "if" || word === "with" || word === "range";
}

function createAction(tokens: readonly Token[]): TemplateNode {
  return { kind: "action", statement: parseStatement(tokens) };
}

/** Parses the tokens of an action into its assigned variables and its pipeline. */
function parseStatement(tokens: readonly Token[]): Statement {
  const signIndex = tokens.findIndex(({ kind, text }) => kind === "sign" && (text === ":=" || text === "="));
  const variables = tokens
    .slice(0, Math.max(signIndex, 0))
    .flatMap((token) => (token.kind === "field" ? (token.variable ?? []) : []));
  const pipeline = readPipeline(tokens.slice(signIndex + 1));
  return { variables, isDeclaration: tokens[signIndex]?.text === ":=", pipeline };
}

/**
 * Returns the commands of a pipeline. Removes its tokens, and the bracket that closes it, from the front of the list.
 */
function readPipeline(tokens: Token[]): Pipeline {
  const commands: Term[][] = [[]];
  for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
    if (token.kind !== "sign") commands.at(-1)?.push(token);
    else if (token.text === ")") break;
    else if (token.text === "|") commands.push([]);
    else if (token.text === "(") {
      const pipeline = readPipeline(tokens);
      const [next] = tokens;
      const fields = next?.kind === "field" && next.isAttached ? next.fields : [];
      if (fields.length > 0) tokens.shift();
      commands.at(-1)?.push({ kind: "brackets", pipeline, fields });
    }
  }
  return commands.filter((command) => command.length > 0);
}

type Token =
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "sign"; readonly text: string }
  | {
      readonly kind: "field";
      readonly text: string;
      readonly variable: string | undefined;
      readonly fields: readonly string[];
      /** It follows a closing bracket without a space. */
      readonly isAttached: boolean;
    };

/**
 * Matches one token of an action. The groups are: a string, the variable before fields, the fields, a variable alone,
 * the dot alone, a sign, and a word.
 */
const tokenPattern =
  /("(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])*')|(\$\w*)?((?:\.\w+)+)|(\$\w*)|(\.)|(:=|[()|=,])|([^\s()|=,"`'.$]+)/g;

/** Splits the text of an action into tokens: strings, signs, words and fields. */
function tokenize(action: string): Token[] {
  const tokens: Token[] = [];
  let previousEnd = 0;
  for (const match of action.matchAll(tokenPattern)) {
    const [text, string, fieldOwner, fieldChain, variable, dot, sign, word] = match;
    const isAttached =
      match.index === previousEnd && tokens.at(-1)?.kind === "sign" && tokens.at(-1)?.text === ")";
    if (string !== undefined) tokens.push({ kind: "string", text: string.slice(1, -1) });
    else if (sign !== undefined) tokens.push({ kind: "sign", text });
    else if (word !== undefined) tokens.push({ kind: "word", text });
    else {
      const fields = fieldChain?.slice(1).split(".") ?? [];
      const isField = fieldChain !== undefined || dot !== undefined || variable !== undefined;
      if (isField) tokens.push({ kind: "field", text, variable: fieldOwner ?? variable, fields, isAttached });
    }
    previousEnd = match.index + text.length;
  }
  return tokens;
}

/**
 * Returns the texts of a template and the tokens of the actions between them. `{{-` removes the white space before
 * the action, `-}}` the white space after it. A comment gives no tokens.
 */
function splitTemplate(template: string): (string | readonly Token[])[] {
  const parts: (string | readonly Token[])[] = [];
  let restStart = 0;
  let isTrimmed = false;
  for (let start = template.indexOf("{{"); start !== -1; start = template.indexOf("{{", restStart)) {
    const trimsLeft = /^\{\{-\s/.test(template.slice(start, start + 4));
    const contentStart = start + 2 + (trimsLeft ? 1 : 0);
    const isComment = /^\s*\/\*/.test(template.slice(contentStart, contentStart + 20));
    const commentEnd = isComment ? template.indexOf("*/", contentStart) : contentStart;
    const end =
      commentEnd === -1 ? undefined : findActionEnd(template, isComment ? commentEnd + 2 : contentStart);
    if (end === undefined) return parts;
    const text = template.slice(restStart, start);
    const trimmedText = isTrimmed ? text.trimStart() : text;
    parts.push(trimsLeft ? trimmedText.trimEnd() : trimmedText);
    isTrimmed = /\s-$/.test(template.slice(contentStart, end));
    if (!isComment) parts.push(tokenize(template.slice(contentStart, isTrimmed ? end - 1 : end)));
    restStart = end + 2;
  }
  const text = template.slice(restStart);
  return [...parts, isTrimmed ? text.trimStart() : text];
}

/**
 * Returns the offset of the `}}` that ends an action; undefined if it has no end. A brace within a string does not end
 * it.
 */
function findActionEnd(text: string, start: number): number | undefined {
  let quote = "";
  for (let offset = start; offset < text.length; offset++) {
    const character = text[offset] ?? "";
    if (quote !== "") {
      if (character === "\\" && quote !== "`") offset += 1;
      else if (character === quote) quote = "";
    } else if (`"'\``.includes(character)) quote = character;
    else if (character === "}" && text[offset + 1] === "}") return offset;
  }
  return undefined;
}
