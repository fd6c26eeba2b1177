import type { Token } from "./template-tokens.ts";

type Path = readonly string[];
/** The key paths of the values that a pipeline's result may be; empty when it is none of them. */
export type Refs = readonly Path[];

/** Where a pipeline stands. */
export interface Scope {
  dot: Refs;
  readonly variables: Map<string, Refs>;
  /** The texts that a variable goes through: `range $key := list "a" "b"`. */
  readonly texts: Map<string, readonly string[]>;
  /** Is told what is named; `whole` when everything below it is used. */
  mention(refs: Refs, whole: boolean): void;
}

interface Operand {
  readonly refs: Refs;
  /** What it may be, where that is written there. */
  readonly texts: readonly string[] | undefined;
}

/** Functions that only look whether something is there or what it is like. */
const tests = new Set(
  "not empty eq ne lt le gt ge len kindIs kindOf typeIs typeOf has contains hasPrefix hasSuffix semverCompare".split(
    " ",
  ),
);
/** Functions whose result is one of their arguments, or a copy of it. */
const passing = new Set("and or default coalesce ternary required deepCopy mustDeepCopy".split(" "));

/** `$x := ...`, `$k, $v := ...` or a pipeline alone; the variables keep what they may be. */
export function runStatement(scope: Scope, tokens: readonly Token[]): { refs: Refs; assigned: boolean } {
  const sign = tokens.findIndex((one) => one.kind === "sign" && (one.text === ":=" || one.text === "="));
  const refs = runPipeline(scope, tokens.slice(sign + 1));
  const names = tokens
    .slice(0, Math.max(sign, 0))
    .flatMap((one) => (one.kind === "field" && one.variable !== undefined ? [one.variable] : []));
  const last = names.at(-1);
  const texts = listedTexts(tokens.slice(sign + 1));
  if (last !== undefined && texts !== undefined) scope.texts.set(last, texts);
  else if (last !== undefined) scope.texts.delete(last);
  for (const name of names)
    scope.variables.set(name, distinct([...(scope.variables.get(name) ?? []), ...refs]));
  return { refs, assigned: names.length > 0 };
}

function listedTexts([first, ...rest]: readonly Token[]): string[] | undefined {
  if (first?.kind !== "word" || (first.text !== "list" && first.text !== "tuple")) return undefined;
  const texts = rest.flatMap((one) => (one.kind === "string" ? [one.text] : []));
  return texts.length === rest.length ? texts : undefined;
}

export function runPipeline(scope: Scope, tokens: readonly Token[]): Refs {
  let piped: Refs | undefined;
  for (const part of split(tokens)) piped = runCommand(scope, part, piped);
  return piped ?? [];
}

/** E.g. `default .Values.a`; `piped` is what comes from the left. */
function runCommand(scope: Scope, tokens: readonly Token[], piped: Refs | undefined): Refs {
  const { args, name } = operandsOf(scope, tokens);
  const refs = [...args.map((arg) => arg.refs), ...(piped === undefined ? [] : [piped])];
  for (const one of refs) scope.mention(one, false);
  if (name === undefined || passing.has(name)) return refs.flat();
  if (tests.has(name)) return [];
  if (name === "index" || name === "get") return stepInto(scope, refs[0] ?? [], args.slice(1));
  if (name === "hasKey") {
    stepInto(scope, refs[0] ?? [], args.slice(1));
    return [];
  }
  // Its arguments: keys, what holds without them, and what they lead into.
  if (name === "dig") return stepInto(scope, refs.at(-1) ?? [], args.slice(0, refs.length - 2));
  // A helper that gets all of them as `Values` names them like any other.
  const isAll = (index: number) =>
    name === "set" || (name === "dict" && args[index - 1]?.texts?.[0] === "Values");
  for (const [index, one] of refs.entries()) if (!isAll(index)) scope.mention(one, true);
  return [];
}

/** `index X "a" "b"`; a key that isn't written there may be any. */
function stepInto(scope: Scope, base: Refs, steps: readonly Operand[]): Refs {
  let refs = base;
  for (const { texts } of steps) {
    if (texts === undefined) {
      scope.mention(refs, true);
      return [];
    }
    refs = refs.flatMap((path) => texts.map((text) => [...path, text]));
    scope.mention(refs, false);
  }
  return refs;
}

function operandsOf(scope: Scope, tokens: readonly Token[]) {
  const args: Operand[] = [];
  let name: string | undefined;
  for (let i = 0; i < tokens.length; i++) {
    const one = tokens[i] as Token;
    if (one.kind === "string") args.push({ refs: [], texts: [one.text] });
    else if (one.kind === "field") args.push(fieldOperand(scope, one));
    else if (one.kind === "word" && i === 0 && /^[a-zA-Z]/.test(one.text)) name = one.text;
    else if (one.kind === "word") args.push({ refs: [], texts: undefined });
    else if (one.text === "(") {
      const end = closing(tokens, i);
      const next = tokens[end + 1];
      const fields = next?.kind === "field" && next.attached ? next.fields : [];
      const inner = runPipeline(scope, tokens.slice(i + 1, end));
      args.push({ refs: inner.map((path) => [...path, ...fields]), texts: undefined });
      i = fields.length > 0 ? end + 1 : end;
    }
  }
  return { args, name };
}

function fieldOperand(scope: Scope, { variable, fields }: Extract<Token, { kind: "field" }>): Operand {
  const values = fields.indexOf("Values");
  if (values !== -1) return { refs: [fields.slice(values + 1)], texts: undefined };
  const base = variable === undefined ? scope.dot : (scope.variables.get(variable) ?? []);
  const texts = variable !== undefined && fields.length === 0 ? scope.texts.get(variable) : undefined;
  return { refs: base.map((path) => [...path, ...fields]), texts };
}

function distinct(refs: Refs): Refs {
  return [...new Map(refs.map((path) => [path.join("\0"), path])).values()];
}

function split(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const one of tokens) {
    if (isSign(one, "(")) depth += 1;
    if (isSign(one, ")")) depth -= 1;
    if (depth === 0 && isSign(one, "|")) parts.push([]);
    else parts.at(-1)?.push(one);
  }
  return parts.filter((part) => part.length > 0);
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const one = tokens[i] as Token;
    if (isSign(one, "(")) depth += 1;
    if (isSign(one, ")")) depth -= 1;
    if (depth === 0) return i;
  }
  return tokens.length;
}

function isSign(token: Token, text: string): boolean {
  return token.kind === "sign" && token.text === text;
}
