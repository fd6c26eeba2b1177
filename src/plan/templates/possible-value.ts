type Path = readonly string[];
/** The key paths of the values that something may be; empty when it is none of them. */
export type Refs = readonly Path[];

/** What is known of a value in a template. */
export interface PossibleValue {
  readonly refs: Refs;
  /** What it may be, where that is written there. */
  readonly texts?: readonly string[] | undefined;
  /** The parts of a mapping that the template makes: `dict "a" .Values.x`. */
  readonly fields?: ReadonlyMap<string, PossibleValue> | undefined;
  /** The parts of a list that the template makes. */
  readonly items?: readonly PossibleValue[] | undefined;
}

export const noValue: PossibleValue = { refs: [] };

/** What helm gives a chart's templates as the dot. */
export const rootContext: PossibleValue = { refs: [], fields: new Map([["Values", { refs: [[]] }]]) };

/** Returns the possible value of the field `.name` of a value. */
export function getFieldValue(value: PossibleValue, name: string): PossibleValue {
  const refs = value.refs.map((path) => [...path, name]);
  const field = value.fields?.get(name);
  if (field !== undefined) return refs.length === 0 ? field : joinValues(field, { refs });
  // Its container doesn't matter: it is the chart's.
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
 * Returns all references to the chart's values within a value, except the values as a whole: a template that receives the
 * whole values names the keys that it uses.
 */
export function collectRefs(value: PossibleValue): Refs {
  const inFields = [...(value.fields ?? [])].flatMap(([name, field]) =>
    name === "Values" ? field.refs.filter((path) => path.length > 0) : collectRefs(field),
  );
  return [...value.refs, ...inFields, ...(value.items ?? []).flatMap(collectRefs)];
}

/** Returns a key that is equal for equal values. */
export function createValueKey({ refs, texts, fields, items }: PossibleValue): string {
  const inner = [...(fields ?? [])].map(
    ([name, field]) => `${JSON.stringify(name)}:${createValueKey(field)}`,
  );
  return `${JSON.stringify([refs, texts ?? 0])}{${inner.sort().join()}}[${(items ?? []).map(createValueKey).join()}]`;
}

function removeRepeatedPaths(refs: Refs): Refs {
  return [...new Map(refs.map((path) => [path.join("\0"), path])).values()];
}
