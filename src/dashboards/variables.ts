import { z } from "zod";
import { datasourceSchema, toRef } from "./panels.ts";
import type { Variable } from "./types.ts";

const text = z.string().nullish().catch(undefined);
const one = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const variableSchema = z.looseObject({
  name: z.string(),
  type: text,
  query: z.unknown().optional(),
  definition: text,
  regex: text,
  sort: z.number().nullish().catch(undefined),
  datasource: datasourceSchema,
  multi: z.boolean().nullish().catch(undefined),
  includeAll: z.boolean().nullish().catch(undefined),
  allValue: text,
  refresh: z.union([z.number(), z.boolean()]).nullish().catch(undefined),
  current: z
    .looseObject({
      value: z
        .union([one.transform((value) => [value]), z.array(one)])
        .nullish()
        .catch(undefined),
    })
    .nullish()
    .catch(undefined),
  auto: z.boolean().nullish().catch(undefined),
  auto_count: z.number().nullish().catch(undefined),
  auto_min: text,
  filters: z
    .array(z.looseObject({ key: z.string(), operator: z.string(), value: z.string() }))
    .nullish()
    .catch(undefined),
});

/** A dashboard's template variables; entries without a name are none. */
export function readVariables(list: readonly unknown[]): Variable[] {
  return list.flatMap((entry) => {
    const parsed = variableSchema.safeParse(entry);
    return parsed.success ? [toVariable(parsed.data)] : [];
  });
}

function toVariable(raw: z.infer<typeof variableSchema>): Variable {
  return {
    name: raw.name,
    type: raw.type ?? "query",
    query: queryOf(raw.query) || raw.definition || "",
    regex: raw.regex ?? "",
    sort: raw.sort ?? 0,
    datasource: toRef(raw.datasource),
    multi: raw.multi ?? false,
    includeAll: raw.includeAll ?? false,
    allValue: raw.allValue || undefined,
    current: (raw.current?.value ?? []).filter((value) => value !== ""),
    refreshes: raw.refresh !== 0 && raw.refresh !== false,
    auto: raw.auto ? { count: raw.auto_count ?? 30, least: raw.auto_min || "10s" } : undefined,
    filters: (raw.filters ?? []).map(({ key, operator, value }) => ({ label: key, operator, value })),
  };
}

/** A text, or since 7.4 an object that holds it. */
function queryOf(query: unknown): string {
  if (typeof query === "string") return query;
  const held = z.looseObject({ query: z.string() }).safeParse(query);
  return held.success ? held.data.query : "";
}

/**
 * The variables in an order in which each one comes after those that its query, filter or datasource names. Of a circle,
 * the first written comes first.
 */
export function inOrderOfUse(variables: readonly Variable[]): Variable[] {
  const left = variables.map((variable) => ({ variable, uses: new Set(usedBy(variable)) }));
  const named = new Map<string, number>();
  for (const { name } of variables) named.set(name, (named.get(name) ?? 0) + 1);
  const ordered: Variable[] = [];
  while (left.length > 0) {
    const isFree = ({ variable, uses }: (typeof left)[number]) =>
      [...uses].every((name) => (named.get(name) ?? 0) === (name === variable.name ? 1 : 0));
    const [next] = left.splice(Math.max(0, left.findIndex(isFree)), 1);
    if (next === undefined) break;
    const { variable } = next;
    ordered.push(variable);
    named.set(variable.name, (named.get(variable.name) ?? 1) - 1);
    // What comes before it already is looked at no more.
    for (const { uses } of left) if (named.get(variable.name) === 0) uses.delete(variable.name);
  }
  return ordered;
}

function usedBy({ query, regex, datasource }: Variable): string[] {
  return namesIn([query, regex, datasource?.uid ?? ""].join(" "));
}

/** Forms of a variable: `$v`, `[[v]]`, `[[v:format]]`, `${v}`, `${v.field}`, `${v:format}`. */
export const variablePattern =
  /\$(\w{1,200})|\[\[(\w{1,200})(?::(\w{1,200}))?\]\]|\$\{(\w{1,200})(?:\.([^:}]{1,200}))?(?::([^}]{1,200}))?\}/g;

/** The names of the variables in a text. */
export function namesIn(source: string): string[] {
  const found = [...source.matchAll(variablePattern)].map((match) => match[1] ?? match[2] ?? match[4] ?? "");
  return [...new Set(found)];
}
