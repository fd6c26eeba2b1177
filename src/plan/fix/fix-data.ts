import { isMapping, type Values } from "../../lib/values.ts";

type Path = readonly (string | number)[];

/** What is done with a key that no chart reads; both paths begin at the root of the data. */
export interface Fix {
  readonly from: Path;
  readonly to:
    | { readonly kind: "path"; readonly path: Path; readonly asText: boolean }
    /** What stands in it moves up to where it stands. */
    | { readonly kind: "unwrap" }
    | { readonly kind: "remove" };
}

/** The data after a fix. What is at the target already wins. @param asText makes the text of a list at the target */
export function applyFix(
  data: unknown,
  { from, to }: Fix,
  asText: (list: unknown, before: unknown) => unknown,
): unknown {
  const value = at(data, from);
  const rest = without(data, from);
  if (to.kind === "remove") return rest;
  if (to.kind === "unwrap") return place(rest, from.slice(0, -1), value);
  return place(rest, to.path, to.asText ? asText(value, at(rest, to.path)) : value, to.asText);
}

export function at(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, key) => {
    if (Array.isArray(node)) return node[Number(key)];
    return isMapping(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }, data);
}

export function without(data: unknown, [key, ...deeper]: Path): unknown {
  if (key === undefined) return data;
  if (Array.isArray(data)) return data.map((one, index) => (index === key ? without(one, deeper) : one));
  if (!isMapping(data) || !Object.hasOwn(data, key)) return data;
  if (deeper.length > 0) return { ...data, [key]: without(data[key], deeper) };
  return Object.fromEntries(Object.entries(data).filter(([name]) => name !== key));
}

function place(data: unknown, [key, ...deeper]: Path, value: unknown, replaces = false): unknown {
  if (key === undefined) return replaces ? value : under(data, value);
  if (Array.isArray(data))
    return data.map((one, index) => (index === key ? place(one, deeper, value, replaces) : one));
  const there: Values = isMapping(data) ? data : {};
  return { ...there, [key]: place(there[key], deeper, value, replaces) };
}

/** What is there stays; mappings are merged. */
function under(there: unknown, more: unknown): unknown {
  if (there === undefined) return more;
  if (!isMapping(there) || !isMapping(more)) return there;
  const merged: Values = { ...there };
  for (const [key, value] of Object.entries(more))
    merged[key] = Object.hasOwn(there, key) ? under(there[key], value) : value;
  return merged;
}
