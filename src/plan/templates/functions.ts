import { isMapping } from "../../lib/object.ts";

/** What only helm could tell. */
export const unknown = Symbol("unknown");

export type TemplateFunction = (...args: readonly unknown[]) => unknown;

export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isMapping(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

const text = (value: unknown) => (value === undefined || value === null ? "" : String(value));

/** Of Go's templates and of sprig: those that names and conditions are made of. Others are not known. */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  not: (value) => !isTrue(value),
  eq: (one, ...others) => others.some((other) => text(other) === text(one)),
  ne: (one, other) => text(one) !== text(other),
  empty: (value) => !isTrue(value),
  has: (item, items) => Array.isArray(items) && items.some((one) => text(one) === text(item)),
  gt: (one, other) => Number(one) > Number(other),
  ge: (one, other) => Number(one) >= Number(other),
  lt: (one, other) => Number(one) < Number(other),
  le: (one, other) => Number(one) <= Number(other),
  int: (value) => Math.trunc(Number(value) || 0),
  add: (...values) => values.reduce<number>((sum, one) => sum + Number(one), 0),
  sub: (one, other) => Number(one) - Number(other),
  len: (value) =>
    isMapping(value) ? Object.keys(value).length : Array.isArray(value) ? value.length : text(value).length,
  contains: (part, whole) => text(whole).includes(text(part)),
  hasPrefix: (part, whole) => text(whole).startsWith(text(part)),
  hasSuffix: (part, whole) => text(whole).endsWith(text(part)),
  hasKey: (mapping, key) => isMapping(mapping) && Object.hasOwn(mapping, text(key)),
  trunc: (length, whole) =>
    Number(length) < 0 ? text(whole).slice(Number(length)) : text(whole).slice(0, Number(length)),
  trimSuffix: (end, whole) =>
    text(whole).endsWith(text(end))
      ? text(whole).slice(0, text(whole).length - text(end).length)
      : text(whole),
  trimPrefix: (start, whole) =>
    text(whole).startsWith(text(start)) ? text(whole).slice(text(start).length) : text(whole),
  trim: (whole) => text(whole).trim(),
  upper: (whole) => text(whole).toUpperCase(),
  lower: (whole) => text(whole).toLowerCase(),
  replace: (from, to, whole) => text(whole).replaceAll(text(from), text(to)),
  quote: (value) => JSON.stringify(text(value)),
  squote: (value) => `'${text(value)}'`,
  toString: (value: unknown) => text(value),
  print: (...values) => values.map(text).join(""),
  printf: (format, ...values) => {
    let next = 0;
    return text(format).replace(/%[sdv]/g, () => text(values[next++]));
  },
  tpl: (value) => (text(value).includes("{{") ? unknown : text(value)),
  indent: (width, value) => text(value).replace(/^/gm, " ".repeat(Number(width))),
  nindent: (width, value) => `\n${text(value).replace(/^/gm, " ".repeat(Number(width)))}`,
  required: (_, value) => value,
  ternary: (one, other, isSo) => (isTrue(isSo) ? one : other),
  kindIs: (kind, value) => kind === kindOf(value),
  list: (...values) => values,
  dict: (...pairs) =>
    Object.fromEntries(
      pairs.flatMap((key, index) => (index % 2 === 0 ? [[text(key), pairs[index + 1]]] : [])),
    ),
};

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "invalid";
  if (Array.isArray(value)) return "slice";
  if (isMapping(value)) return "map";
  return { string: "string", boolean: "bool", number: "float64" }[typeof value as string] ?? "";
}
