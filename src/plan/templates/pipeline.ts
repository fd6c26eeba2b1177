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
  /** Called for the key paths that a command names; `whole` if everything below them is used. */
  mention(refs: Refs, whole: boolean): void;
  /** Renders the named templates with a value as the dot. `names` is undefined if only helm knows the name. */
  call(names: readonly string[] | undefined, value: PossibleValue): void;
}

interface Operand {
  readonly value: PossibleValue;
  /** The variable's name, if the operand is a variable without fields. */
  readonly variable: string | undefined;
  /** The number, if the operand is one. */
  readonly index: number | undefined;
  /** The operand names a file of the chart's templates, which is rendered anyway. */
  readonly isFile: boolean;
  /** The operand is a new mapping, so that a change of it does not change the values. */
  readonly isCopy: boolean;
}

const splitToSet = (text: string): ReadonlySet<string> => new Set(text.split(" "));
/** Functions that only test a value. Their result is none of their arguments. */
const testFunctions = splitToSet(
  "not empty eq ne lt le gt ge len kindIs kindOf typeIs typeOf has contains hasPrefix hasSuffix semverCompare",
);
/** Functions whose result is one of their arguments, or a copy of it. */
const passingFunctions = splitToSet(
  "and or default coalesce ternary required deepCopy mustDeepCopy omit first last initial rest reverse uniq compact concat " +
    "mustFirst mustLast mustUniq append prepend mustAppend mustPrepend",
);
/** Functions that merge all their arguments into the first one. */
const mergingFunctions = splitToSet("merge mergeOverwrite mustMerge mustMergeOverwrite");
/** Functions whose result is a new mapping, so that a change of it does not change the values. */
const copyingFunctions = splitToSet(
  "deepCopy mustDeepCopy dict pick omit merge mergeOverwrite mustMerge mustMergeOverwrite",
);
/** Functions whose result is one item of a list. */
const pickingFunctions = splitToSet("first last mustFirst mustLast");

/**
 * Runs `$x := ...`, `$k, $v := ...` or a pipeline alone, and returns its possible value. A variable keeps every value
 * that it may have, because an assignment can be in a branch that is not rendered.
 */
export function runStatement(scope: Scope, { variables, isDeclaration, pipeline }: Statement): PossibleValue {
  const value = runPipeline(scope, pipeline);
  for (const name of variables) {
    const previousValue = scope.variables.get(name) ?? noValue;
    const texts = isDeclaration
      ? value.texts
      : previousValue.texts && value.texts && [...previousValue.texts, ...value.texts];
    scope.variables.set(name, { ...joinValues(previousValue, value), texts });
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
 * Returns the possible value of a command, for example `default .Values.a`, and reports the values that the command
 * uses. A function that is not listed here uses its arguments completely.
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
    const passedValues = values.filter((_, index) => name !== "omit" || index === 0);
    return {
      ...joinAllValues(passedValues),
      ...(passedValues.some(({ texts }) => !texts) && { texts: undefined }),
    };
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

/**
 * Returns the value of mappings that are merged into the first one. The merge changes the first mapping itself: its
 * variable gets the result. If the first mapping is not a variable or a copy, the others become part of it and count
 * as used.
 */
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

/**
 * Returns the mapping that `dict "key" value ...` creates. A value whose key is unknown counts as used completely.
 */
function makeDict(scope: Scope, keysAndValues: readonly PossibleValue[]): PossibleValue {
  const fields = new Map<string, PossibleValue>();
  for (let index = 0; index < keysAndValues.length; index += 2) {
    const value = keysAndValues[index + 1] ?? noValue;
    const names = keysAndValues[index]?.texts;
    if (names === undefined) scope.mention(collectRefs(value), true);
    for (const name of names ?? []) fields.set(name, joinValues(fields.get(name) ?? noValue, value));
  }
  return { refs: [], fields };
}

/** Returns the list that `list a b ...` creates. */
function makeList(values: readonly PossibleValue[]): PossibleValue {
  const textLists = values.map((value) => value.texts);
  const knownTexts = textLists.every((texts) => texts !== undefined) ? textLists.flat() : undefined;
  return { refs: [], items: values, texts: knownTexts };
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

/**
 * Runs `set X "key" Y`: sets a key of a mapping and returns the mapping. If the key is unknown, or the mapping is
 * part of the chart's values, Y counts as used completely: no command shows which part of it is used.
 */
function setKey(scope: Scope, args: readonly Operand[]): PossibleValue {
  const [target, key, value = createOperand(noValue)] = args;
  const mapping = target?.value ?? noValue;
  const names = key?.value.texts;

  if (names === undefined || mapping.refs.length > 0) {
    scope.mention(collectRefs(value.value), true);
    return mapping;
  }
  const result = joinValues(mapping, { refs: [], fields: new Map(names.map((name) => [name, value.value])) });
  if (target?.variable !== undefined) scope.variables.set(target.variable, result);
  return result;
}

/**
 * Returns the possible value of `index X "a" "b"`. A key that is not a literal can be any key, so everything below
 * counts as used.
 */
function followIndex(scope: Scope, base: PossibleValue, keys: readonly Operand[]): PossibleValue {
  let value = base;
  for (const { value: key, index } of keys) {
    if (value.items !== undefined && index !== undefined) {
      value = value.items[index] ?? joinAllValues(value.items);
      continue;
    }
    const parent = value;
    if (key.texts === undefined) {
      scope.mention(collectRefs(parent), true);
      return noValue;
    }
    value = joinAllValues(key.texts.map((text) => getFieldValue(parent, text)));
    scope.mention(value.refs, false);
  }
  return value;
}

function createOperand(value: PossibleValue, details: Partial<Operand> = {}): Operand {
  return { value, variable: undefined, index: undefined, isFile: false, isCopy: false, ...details };
}

/** Returns the operand for a term: its possible value, and its details that some commands need. */
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
