type Path = readonly string[];
/** Key paths of the values that an expression may refer to; empty if it refers to none of them. */
export type Refs = readonly Path[];

/** The known facts about a value in a template. */
export interface PossibleValue {
  readonly refs: Refs;
  /** The texts that it may be, if the template contains them all. */
  readonly texts?: readonly string[] | undefined;
  /** The parts of a mapping that the template makes: `dict "a" .Values.x`. */
  readonly fields?: ReadonlyMap<string, PossibleValue> | undefined;
  /** The parts of a list that the template makes. */
  readonly items?: readonly PossibleValue[] | undefined;
}

/** A value that refers to nothing and of which nothing is known. */
export const noValue: PossibleValue = { refs: [] };

/** The dot that helm gives to a chart's templates. */
export const rootContext: PossibleValue = { refs: [], fields: new Map([["Values", { refs: [[]] }]]) };

/** Returns the possible value of the field `.name` of a value. */
export function getFieldValue(value: PossibleValue, name: string): PossibleValue {
  const refs = value.refs.map((path) => [...path, name]);
  const field = value.fields?.get(name);
  if (field !== undefined) return refs.length === 0 ? field : joinValues(field, { refs });
  // `.Values` always means the chart's values, also as a field of another object.
  return name === "Values" && refs.length === 0 ? { refs: [[]] } : { refs };
}

/** Returns a value that may be either of two values. */
export function joinValues(a: PossibleValue, b: PossibleValue): PossibleValue {
  if (a === b || b === noValue) return a;
  if (a === noValue) return b;
  const fields = new Map(a.fields);
  for (const [name, field] of b.fields ?? [])
    fields.set(name, joinValues(fields.get(name) ?? noValue, field));
  const items = [...(a.items ?? []), ...(b.items ?? [])];
  return {
    refs: removeRepeatedPaths([...a.refs, ...b.refs]),
    texts: a.texts && b.texts ? [...new Set([...a.texts, ...b.texts])] : undefined,
    fields: fields.size > 0 ? fields : undefined,
    items: items.length > 0 ? items.slice(0, 50) : undefined,
  };
}

export function joinAllValues(values: readonly PossibleValue[]): PossibleValue {
  return values.reduce(joinValues, noValue);
}

/**
 * Returns all references to the chart's values within a value. The values as a whole are left out: a template that
 * receives them names the keys that it uses.
 */
export function collectRefs(value: PossibleValue): Refs {
  const inFields = [...(value.fields ?? [])].flatMap(([name, field]) =>
    name === "Values" ? field.refs.filter((path) => path.length > 0) : collectRefs(field),
  );
  return [...value.refs, ...inFields, ...(value.items ?? []).flatMap(collectRefs)];
}

/** Returns a text that is equal for equal values. */
export function createValueKey({ refs, texts, fields, items }: PossibleValue): string {
  const inner = [...(fields ?? [])].map(
    ([name, field]) => `${JSON.stringify(name)}:${createValueKey(field)}`,
  );
  return `${JSON.stringify([refs, texts ?? 0])}{${inner.sort().join()}}[${(items ?? []).map(createValueKey).join()}]`;
}

function removeRepeatedPaths(refs: Refs): Refs {
  return [...new Map(refs.map((path) => [path.join("\0"), path])).values()];
}
