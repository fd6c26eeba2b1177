import type { Command, Pipeline, Statement, Term } from "./parse.ts";
import {
  collectRefs,
  getFieldValue,
  joinAllValues,
  joinValues,
  noValue,
  type PossibleValue,
  type Refs,
} from "./possible-value.ts";

/** The context in which a pipeline is evaluated. */
export interface Scope {
  dot: PossibleValue;
  readonly variables: Map<string, PossibleValue>;
  /** Is given what is named; `whole` when everything below it is used. */
  mention(refs: Refs, whole: boolean): void;
  /** Renders a named template with a value as its dot; undefined: its name is not written there. */
  call(names: readonly string[] | undefined, value: PossibleValue): void;
}

interface Operand {
  readonly value: PossibleValue;
  /** The variable that it is, whole. */
  readonly variable: string | undefined;
  /** A number that is written there. */
  readonly index: number | undefined;
  /** It names a file of the chart's templates, which is rendered anyway. */
  readonly isFile: boolean;
  /** True if nothing else refers to it. */
  readonly isCopy: boolean;
}

const splitToSet = (text: string): ReadonlySet<string> => new Set(text.split(" "));
/** Functions that only look whether something is there or what it is like. */
const testFunctions = splitToSet(
  "not empty eq ne lt le gt ge len kindIs kindOf typeIs typeOf has contains hasPrefix hasSuffix semverCompare",
);
/** Functions whose result is one of their arguments, or a copy of it. */
const passingFunctions = splitToSet(
  "and or default coalesce ternary required deepCopy mustDeepCopy omit first last initial rest reverse uniq compact concat " +
    "mustFirst mustLast mustUniq append prepend mustAppend mustPrepend",
);
const mergingFunctions = splitToSet("merge mergeOverwrite mustMerge mustMergeOverwrite");
const copyingFunctions = splitToSet(
  "deepCopy mustDeepCopy dict pick omit merge mergeOverwrite mustMerge mustMergeOverwrite",
);
/** Those that give one part of a list. */
const pickingFunctions = splitToSet("first last mustFirst mustLast");

/** Runs `$x := ...`, `$k, $v := ...` or a pipeline alone. The variables keep every value that they may have. */
export function runStatement(scope: Scope, { variables, isDeclaration, pipeline }: Statement): PossibleValue {
  const value = runPipeline(scope, pipeline);
  for (const name of variables) {
    const before = scope.variables.get(name) ?? noValue;
    const texts = isDeclaration
      ? value.texts
      : before.texts && value.texts && [...before.texts, ...value.texts];
    scope.variables.set(name, { ...joinValues(before, value), texts });
  }
  return value;
}

/** Runs the commands of a pipeline and returns its possible value. */
export function runPipeline(scope: Scope, pipeline: Pipeline): PossibleValue {
  let piped: PossibleValue | undefined;
  for (const command of pipeline) piped = runCommand(scope, command, piped);
  return piped ?? noValue;
}

/**
 * Runs a command, for example `default .Values.a`.
 * @param piped value of the previous command in the pipeline
 */
function runCommand(scope: Scope, command: Command, piped: PossibleValue | undefined): PossibleValue {
  const [head] = command;
  const name = head?.kind === "word" && /^[a-zA-Z]/.test(head.text) ? head.text : undefined;
  const operands = (name === undefined ? command : command.slice(1)).map((term) => evaluateTerm(scope, term));
  const args = piped === undefined ? operands : [...operands, createOperand(piped)];
  const values = args.map(({ value }) => value);
  const [first = noValue, ...others] = values;
  for (const { refs } of values) scope.mention(refs, false);
  if (name === undefined) return joinAllValues(values);
  if (testFunctions.has(name)) return noValue;
  if (pickingFunctions.has(name))
    return joinValues({ ...first, items: undefined, texts: undefined }, joinAllValues(first.items ?? []));
  if (passingFunctions.has(name)) {
    const passed = values.filter((_, index) => name !== "omit" || index === 0);
    return { ...joinAllValues(passed), ...(passed.some(({ texts }) => !texts) && { texts: undefined }) };
  }
  if (mergingFunctions.has(name)) return mergeMappings(scope, args);
  switch (name) {
    case "index":
    case "get":
      return followIndex(scope, first, args.slice(1));
    case "hasKey":
      followIndex(scope, first, args.slice(1));
      return noValue;
    case "dig":
      // Its arguments: keys, a default, and the mapping.
      return followIndex(scope, values.at(-1) ?? noValue, args.slice(0, values.length - 2));
    case "dict":
      return makeDict(scope, values);
    case "list":
    case "tuple":
      return makeList(values);
    case "pick":
      return pickKeys(scope, first, others);
    case "set":
      return setKey(scope, args);
    case "unset":
      return first;
    case "include":
      // Which file it is does not matter: each is rendered.
      if (!args[0]?.isFile) scope.call(first.texts, others[0] ?? noValue);
      return noValue;
    default:
      for (const value of values) scope.mention(collectRefs(value), true);
      return noValue;
  }
}

/** Merges mappings into the first one. The first one is changed in place. */
function mergeMappings(scope: Scope, args: readonly Operand[]): PossibleValue {
  const [target, ...others] = args;
  const result = joinAllValues(args.map(({ value }) => value));
  if (target?.variable !== undefined) scope.variables.set(target.variable, result);
  else if (target?.isCopy === false)
    scope.mention(
      others.flatMap(({ value }) => collectRefs(value)),
      true,
    );
  return result;
}

/** Returns the mapping that `dict "key" value ...` creates. */
function makeDict(scope: Scope, values: readonly PossibleValue[]): PossibleValue {
  const fields = new Map<string, PossibleValue>();
  for (let index = 0; index < values.length; index += 2) {
    const value = values[index + 1] ?? noValue;
    const names = values[index]?.texts;
    if (names === undefined) scope.mention(collectRefs(value), true);
    for (const name of names ?? []) fields.set(name, joinValues(fields.get(name) ?? noValue, value));
  }
  return { refs: [], fields };
}

/** Returns the list that `list a b ...` creates. */
function makeList(values: readonly PossibleValue[]): PossibleValue {
  const textLists = values.map((value) => value.texts);
  const known = textLists.every((texts) => texts !== undefined) ? textLists.flat() : undefined;
  return { refs: [], items: values, texts: known };
}

/** Returns a mapping with only these keys; the whole mapping if a key is unknown. */
function pickKeys(scope: Scope, mapping: PossibleValue, keys: readonly PossibleValue[]): PossibleValue {
  const names = keys.map(({ texts }) => texts);
  if (names.some((name) => name === undefined)) return mapping;
  const parts = names
    .flatMap((name) => name ?? [])
    .map((name) => [name, getFieldValue(mapping, name)] as const);
  for (const [, { refs }] of parts) scope.mention(refs, false);
  return { refs: [], fields: new Map(parts) };
}

/** Runs `set X "key" Y`: sets a key of a mapping and returns the mapping. */
function setKey(scope: Scope, args: readonly Operand[]): PossibleValue {
  const [target, key, value = createOperand(noValue)] = args;
  const mapping = target?.value ?? noValue;
  const names = key?.value.texts;
  // What becomes part of the chart's values is used by whoever uses these.
  if (names === undefined || mapping.refs.length > 0) {
    scope.mention(collectRefs(value.value), true);
    return mapping;
  }
  const result = joinValues(mapping, { refs: [], fields: new Map(names.map((name) => [name, value.value])) });
  if (target?.variable !== undefined) scope.variables.set(target.variable, result);
  return result;
}

/** Evaluates `index X "a" "b"`. A key that is not a literal can be any key. */
function followIndex(scope: Scope, base: PossibleValue, steps: readonly Operand[]): PossibleValue {
  let value = base;
  for (const { value: step, index } of steps) {
    if (value.items !== undefined && index !== undefined) {
      value = value.items[index] ?? joinAllValues(value.items);
      continue;
    }
    const from = value;
    if (step.texts === undefined) {
      scope.mention(collectRefs(from), true);
      return noValue;
    }
    value = joinAllValues(step.texts.map((text) => getFieldValue(from, text)));
    scope.mention(value.refs, false);
  }
  return value;
}

function createOperand(value: PossibleValue, details: Partial<Operand> = {}): Operand {
  return { value, variable: undefined, index: undefined, isFile: false, isCopy: false, ...details };
}

/** Returns the possible value of a term, and what else commands need to know about it. */
function evaluateTerm(scope: Scope, term: Term): Operand {
  if (term.kind === "string") return createOperand({ refs: [], texts: [term.text] });
  if (term.kind === "word")
    return createOperand(noValue, { index: /^\d+$/.test(term.text) ? Number(term.text) : undefined });
  if (term.kind === "field") {
    const { variable, fields } = term;
    const base = variable === undefined ? scope.dot : (scope.variables.get(variable) ?? noValue);
    return createOperand(fields.reduce(getFieldValue, base), {
      variable: fields.length === 0 ? variable : undefined,
    });
  }
  const { pipeline, fields } = term;
  const [[first] = []] = pipeline;
  return createOperand(fields.reduce(getFieldValue, runPipeline(scope, pipeline)), {
    isFile: pipeline.flat().some((term) => term.kind === "field" && term.fields.at(-1) === "BasePath"),
    isCopy: first?.kind === "word" && copyingFunctions.has(first.text),
  });
}
