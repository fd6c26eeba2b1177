/** Values of a chart, as helm takes them. */
export type Values = Record<string, unknown>;

/** True if a value is an object, but not null or a list. */
export function isMapping(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Merges values as helm merges several values files: mappings are merged, everything else is replaced by the upper
 * value. A null is kept, because only helm knows the chart's default that it removes.
 */
export function mergeValues(lowerValues: Readonly<Values>, upperValues: Readonly<Values>): Values {
  const merged: Values = { ...lowerValues };
  for (const [key, value] of Object.entries(upperValues)) {
    const lowerValue = Object.hasOwn(lowerValues, key) ? lowerValues[key] : undefined;
    merged[key] = isMapping(lowerValue) && isMapping(value) ? mergeValues(lowerValue, value) : value;
  }
  return merged;
}

/** Returns the value at a key path; undefined if a key is missing. */
export function getValueAt(values: Readonly<Values>, path: readonly string[]): unknown {
  let node: unknown = values;
  for (const key of path) {
    if (!isMapping(node) || !Object.hasOwn(node, key)) return undefined;
    node = node[key];
  }
  return node;
}

/** Returns the mapping at a key path; an empty mapping if a key is missing or the value is not a mapping. */
export function getMappingAt(values: Readonly<Values>, path: readonly string[]): Values {
  const value = getValueAt(values, path);
  return isMapping(value) ? value : {};
}

/** Returns the list at a key path; an empty list if a key is missing or the value is not a list. */
export function getListAt(values: Readonly<Values>, path: readonly string[]): readonly unknown[] {
  const value = getValueAt(values, path);
  return Array.isArray(value) ? value : [];
}

/** True if a value is missing, false, or an empty text, list or mapping. */
export function isEmptyValue(value: unknown): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}

/** Returns the values with a value set at a key path. Mappings are merged; every other previous value is replaced. */
export function withValue(values: Readonly<Values>, path: readonly string[], value: unknown): Values {
  return mergeValues(values, path.reduceRight<unknown>((child, key) => ({ [key]: child }), value) as Values);
}

/**
 * Returns the values with the value at a key path replaced. Unlike a merge, this removes keys that only the previous
 * value had.
 */
export function replaceValueAt(values: Readonly<Values>, path: readonly string[], value: unknown): Values {
  const [key, ...rest] = path;
  if (key === undefined) return value as Values;
  const child = values[key];
  return { ...values, [key]: replaceValueAt(isMapping(child) ? child : {}, rest, value) };
}

/**
 * Returns the values with a value set at a path that may lead through lists, as helm's `--set` does. Gaps in a list
 * become null.
 */
export function withValueAtListPath(
  values: Readonly<Values>,
  path: readonly (string | number)[],
  value: unknown,
): Values {
  return setInNode(values, path, value) as Values;
}

/** Returns a copy of a mapping or list with the value set at the path below it. Another kind of node is replaced. */
function setInNode(
  node: unknown,
  [keyOrIndex, ...rest]: readonly (string | number)[],
  value: unknown,
): unknown {
  if (keyOrIndex === undefined) return value;
  if (typeof keyOrIndex === "string") {
    const mapping = isMapping(node) ? node : {};
    const child = Object.hasOwn(mapping, keyOrIndex) ? mapping[keyOrIndex] : undefined;
    return { ...mapping, [keyOrIndex]: setInNode(child, rest, value) };
  }
  const list: unknown[] = Array.isArray(node) ? [...node] : [];
  while (list.length < keyOrIndex) list.push(null);
  list[keyOrIndex] = setInNode(list[keyOrIndex], rest, value);
  return list;
}

/**
 * True if the values do not set a path, and nothing above it prevents its effect: null, a text, or `enabled: false`.
 */
export function isUnset(values: Readonly<Values>, path: readonly string[]): boolean {
  let node: unknown = values;
  for (const [index, key] of path.entries()) {
    if (!isMapping(node)) return false;
    if (index > 0 && node.enabled === false) return false;
    if (!Object.hasOwn(node, key)) return true;
    node = node[key];
  }
  return false;
}

/** Formats a key path as helm's `--set` does: a dot within a key is escaped with a backslash. */
export function formatKeyPath(path: readonly string[]): string {
  return path.map((key) => key.replaceAll(".", "\\.")).join(".");
}

/** Splits a key path that `formatKeyPath` wrote. */
export function parseKeyPath(text: string): string[] {
  return text.split(/(?<!\\)\./).map((key) => key.replaceAll("\\.", "."));
}

/**
 * Returns the value of an object's own key; undefined if it has none. Inherited keys such as `constructor` do not
 * count, since the key comes from foreign data.
 */
export function getOwnValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The deepest nesting that recursive functions accept. Dashboards have about ten levels. */
export const maxLevels = 200;

/** True if data is nested deeper than `most` levels. Not recursive itself, since the data may be too deep for that. */
export function isTooDeep(data: unknown, most = maxLevels): boolean {
  let nodes: unknown[] = [data];
  for (let depth = 0; nodes.length > 0; depth++) {
    if (depth > most) return true;
    nodes = nodes.flatMap((node) => (typeof node === "object" && node !== null ? Object.values(node) : []));
  }
  return false;
}
