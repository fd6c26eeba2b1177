import type { Token } from "./tokens.ts";
import { fieldOf, join, joinAll, nothing, partsOf, type Refs, type TemplateValue } from "./value.ts";

/** Where a pipeline stands. */
export interface Scope {
  dot: TemplateValue;
  readonly variables: Map<string, TemplateValue>;
  /** Is given what is named; `whole` when everything below it is used. */
  mention(refs: Refs, whole: boolean): void;
  /** Renders a named template with a value as its dot; undefined: its name is not written there. */
  call(names: readonly string[] | undefined, value: TemplateValue): void;
}

interface Operand {
  readonly value: TemplateValue;
  /** The variable that it is, whole. */
  readonly variable: string | undefined;
  /** A number that is written there. */
  readonly index: number | undefined;
  /** It names a file of the chart's templates, which is rendered anyway. */
  readonly isFile: boolean;
  /** Nothing else holds it. */
  readonly isCopy: boolean;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));
/** Functions that only look whether something is there or what it is like. */
const tests = words(
  "not empty eq ne lt le gt ge len kindIs kindOf typeIs typeOf has contains hasPrefix hasSuffix semverCompare",
);
/** Functions whose result is one of their arguments, or a copy of it. */
const passing = words(
  "and or default coalesce ternary required deepCopy mustDeepCopy omit first last initial rest reverse uniq compact concat " +
    "mustFirst mustLast mustUniq append prepend mustAppend mustPrepend",
);
const merging = words("merge mergeOverwrite mustMerge mustMergeOverwrite");
const copying = words(
  "deepCopy mustDeepCopy dict pick omit merge mergeOverwrite mustMerge mustMergeOverwrite",
);
/** Those that give one part of a list. */
const picking = words("first last mustFirst mustLast");

/** `$x := ...`, `$k, $v := ...` or a pipeline alone; the variables keep what they may be. */
export function runStatement(
  scope: Scope,
  tokens: readonly Token[],
): { value: TemplateValue; assigned: boolean; names: readonly string[] } {
  const sign = tokens.findIndex((one) => one.kind === "sign" && (one.text === ":=" || one.text === "="));
  const value = runPipeline(scope, tokens.slice(sign + 1));
  const names = tokens
    .slice(0, Math.max(sign, 0))
    .flatMap((one) => (one.kind === "field" && one.variable !== undefined ? [one.variable] : []));
  const isNew = tokens[sign]?.kind === "sign" && tokens[sign].text === ":=";
  for (const name of names) {
    const before = scope.variables.get(name) ?? nothing;
    const texts = isNew ? value.texts : before.texts && value.texts && [...before.texts, ...value.texts];
    scope.variables.set(name, { ...join(before, value), texts });
  }
  return { value, assigned: names.length > 0, names };
}

export function runPipeline(scope: Scope, tokens: readonly Token[]): TemplateValue {
  let piped: TemplateValue | undefined;
  for (const part of split(tokens)) piped = runCommand(scope, part, piped);
  return piped ?? nothing;
}

/** E.g. `default .Values.a`; `piped` is what comes from the left. */
function runCommand(scope: Scope, tokens: readonly Token[], piped: TemplateValue | undefined): TemplateValue {
  const { args: own, name } = operandsOf(scope, tokens);
  const args = piped === undefined ? own : [...own, operand(piped)];
  const values = args.map(({ value }) => value);
  const [first = nothing, ...others] = values;
  for (const { refs } of values) scope.mention(refs, false);
  if (name === undefined) return joinAll(values);
  if (tests.has(name)) return nothing;
  if (picking.has(name))
    return join({ ...first, items: undefined, texts: undefined }, joinAll(first.items ?? []));
  if (passing.has(name)) {
    const passed = values.filter((_, index) => name !== "omit" || index === 0);
    return { ...joinAll(passed), ...(passed.some(({ texts }) => !texts) && { texts: undefined }) };
  }
  if (merging.has(name)) return merged(scope, args);
  switch (name) {
    case "index":
    case "get":
      return stepInto(scope, first, args.slice(1));
    case "hasKey":
      stepInto(scope, first, args.slice(1));
      return nothing;
    case "dig":
      // Its arguments: keys, what holds without them, and what they lead into.
      return stepInto(scope, values.at(-1) ?? nothing, args.slice(0, values.length - 2));
    case "dict":
      return dictOf(scope, values);
    case "list":
    case "tuple":
      return listOf(values);
    case "pick":
      return picked(scope, first, others);
    case "set":
      return withKey(scope, args);
    case "unset":
      return first;
    case "include":
      // Which file it is does not matter: each is rendered.
      if (!args[0]?.isFile) scope.call(first.texts, others[0] ?? nothing);
      return nothing;
    default:
      for (const one of values) scope.mention(partsOf(one), true);
      return nothing;
  }
}

/** The first mapping is changed where it is: what holds it then has what the others have, too. */
function merged(scope: Scope, args: readonly Operand[]): TemplateValue {
  const [target, ...others] = args;
  const result = joinAll(args.map(({ value }) => value));
  if (target?.variable !== undefined) scope.variables.set(target.variable, result);
  else if (target?.isCopy === false)
    scope.mention(
      others.flatMap(({ value }) => partsOf(value)),
      true,
    );
  return result;
}

function dictOf(scope: Scope, values: readonly TemplateValue[]): TemplateValue {
  const fields = new Map<string, TemplateValue>();
  for (let i = 0; i < values.length; i += 2) {
    const value = values[i + 1] ?? nothing;
    const names = values[i]?.texts;
    if (names === undefined) scope.mention(partsOf(value), true);
    for (const name of names ?? []) fields.set(name, join(fields.get(name) ?? nothing, value));
  }
  return { refs: [], fields };
}

function listOf(values: readonly TemplateValue[]): TemplateValue {
  const texts = values.map((one) => one.texts);
  const known = texts.every((one) => one !== undefined) ? texts.flat() : undefined;
  return { refs: [], items: values, texts: known };
}

/** Of a mapping only these keys. */
function picked(scope: Scope, from: TemplateValue, keys: readonly TemplateValue[]): TemplateValue {
  const names = keys.map(({ texts }) => texts);
  if (names.some((one) => one === undefined)) return from;
  const parts = names.flatMap((one) => one ?? []).map((name) => [name, fieldOf(from, name)] as const);
  for (const [, { refs }] of parts) scope.mention(refs, false);
  return { refs: [], fields: new Map(parts) };
}

/** `set X "key" Y` */
function withKey(scope: Scope, args: readonly Operand[]): TemplateValue {
  const [target, key, value = operand(nothing)] = args;
  const into = target?.value ?? nothing;
  const names = key?.value.texts;
  // What becomes part of the chart's values is used by whoever uses these.
  if (names === undefined || into.refs.length > 0) {
    scope.mention(partsOf(value.value), true);
    return into;
  }
  const result = join(into, { refs: [], fields: new Map(names.map((name) => [name, value.value])) });
  if (target?.variable !== undefined) scope.variables.set(target.variable, result);
  return result;
}

/** `index X "a" "b"`; a key that isn't written there may be any. */
function stepInto(scope: Scope, base: TemplateValue, steps: readonly Operand[]): TemplateValue {
  let value = base;
  for (const { value: step, index } of steps) {
    if (value.items !== undefined && index !== undefined) {
      value = value.items[index] ?? joinAll(value.items);
      continue;
    }
    const from = value;
    if (step.texts === undefined) {
      scope.mention(partsOf(from), true);
      return nothing;
    }
    value = joinAll(step.texts.map((text) => fieldOf(from, text)));
    scope.mention(value.refs, false);
  }
  return value;
}

function operand(value: TemplateValue, more: Partial<Operand> = {}): Operand {
  return { value, variable: undefined, index: undefined, isFile: false, isCopy: false, ...more };
}

function operandsOf(scope: Scope, tokens: readonly Token[]) {
  const args: Operand[] = [];
  let name: string | undefined;
  for (let i = 0; i < tokens.length; i++) {
    const one = tokens[i] as Token;
    if (one.kind === "string") args.push(operand({ refs: [], texts: [one.text] }));
    else if (one.kind === "field") args.push(fieldOperand(scope, one));
    else if (one.kind === "word" && i === 0 && /^[a-zA-Z]/.test(one.text)) name = one.text;
    else if (one.kind === "word") args.push(operand(nothing, { index: indexIn(one.text) }));
    else if (one.text === "(") {
      const end = closing(tokens, i);
      const next = tokens[end + 1];
      const fields = next?.kind === "field" && next.attached ? next.fields : [];
      const inside = tokens.slice(i + 1, end);
      const isFile = inside.some((part) => part.kind === "field" && part.fields.at(-1) === "BasePath");
      const isCopy = inside[0]?.kind === "word" && copying.has(inside[0].text);
      args.push(operand(fields.reduce(fieldOf, runPipeline(scope, inside)), { isFile, isCopy }));
      i = fields.length > 0 ? end + 1 : end;
    }
  }
  return { args, name };
}

function indexIn(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function fieldOperand(scope: Scope, { variable, fields }: Extract<Token, { kind: "field" }>): Operand {
  const base = variable === undefined ? scope.dot : (scope.variables.get(variable) ?? nothing);
  const value = fields.reduce(fieldOf, base);
  return operand(value, { variable: fields.length === 0 ? variable : undefined });
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
