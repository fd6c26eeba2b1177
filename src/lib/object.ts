/** Values of a chart, as helm takes them. */
export type Values = Record<string, unknown>;

export function isMapping(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Lays one over the other as helm does with several values files: mappings are merged, everything else is replaced. A
 * null stays, because only helm knows the chart's default that it takes away.
 */
export function mergeValues(under: Readonly<Values>, over: Readonly<Values>): Values {
  const merged: Values = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(under, key) ? under[key] : undefined;
    merged[key] = isMapping(below) && isMapping(value) ? mergeValues(below, value) : value;
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
  const found = getValueAt(values, path);
  return isMapping(found) ? found : {};
}

/** Returns the list at a key path; an empty list if a key is missing or the value is not a list. */
export function getListAt(values: Readonly<Values>, path: readonly string[]): readonly unknown[] {
  const found = getValueAt(values, path);
  return Array.isArray(found) ? found : [];
}

/** True if a value is missing, false, or an empty text, list or mapping. */
export function isEmptyValue(value: unknown): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}

/** Returns the values with a value set at a key path. It replaces the previous value. */
export function withValue(values: Readonly<Values>, path: readonly string[], value: unknown): Values {
  return mergeValues(values, path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values);
}

/** The values with one at a key path. Unlike a merge this takes away what was there and isn't any more. */
export function replaceValueAt(values: Readonly<Values>, path: readonly string[], value: unknown): Values {
  const [key, ...rest] = path;
  if (key === undefined) return value as Values;
  const below = values[key];
  return { ...values, [key]: replaceValueAt(isMapping(below) ? below : {}, rest, value) };
}

/** Returns the values with a value set at a path that may lead through lists, as helm's `--set` does: gaps in a list become null. */
export function withValueAtListPath(
  values: Readonly<Values>,
  path: readonly (string | number)[],
  value: unknown,
): Values {
  return setInNode(values, path, value) as Values;
}

function setInNode(node: unknown, [first, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (first === undefined) return value;
  if (typeof first === "string") {
    const there = isMapping(node) ? node : {};
    const below = Object.hasOwn(there, first) ? there[first] : undefined;
    return { ...there, [first]: setInNode(below, rest, value) };
  }
  const list: unknown[] = Array.isArray(node) ? [...node] : [];
  while (list.length < first) list.push(null);
  list[first] = setInNode(list[first], rest, value);
  return list;
}

/** True if the values don't set a path, and nothing above it is null, a text or switched off. */
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

/** Returns the value of an own key. Inherited ones such as `constructor` do not count: the key comes from foreign data. */
export function getOwnValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Dashboards are about ten levels deep. Recursive functions need a bound. */
export const mostLevels = 200;

/** True if data is nested deeper than `maxDepth` allows. */
export function isTooDeep(data: unknown, most = mostLevels): boolean {
  let level: unknown[] = [data];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}
