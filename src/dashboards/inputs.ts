import { z } from "zod";

/** A dashboard as it is exported: what differs from one Grafana to the next is declared as an input. */
const exported = z.looseObject({
  __inputs: z
    .array(
      z.looseObject({
        name: z.string(),
        type: z.string().optional(),
        pluginId: z.string().optional(),
        value: z.unknown().optional(),
      }),
    )
    .nullish(),
  templating: z
    .looseObject({ list: z.array(z.looseObject({ name: z.string().optional() })).nullish() })
    .nullish(),
});

export type Filled =
  | { readonly model: Record<string, unknown> }
  /** Why it can't be shown as it is, each in a sentence. */
  | { readonly problems: readonly string[] };

export interface InputValues {
  /** Uid (or name) of the datasource that Prometheus is in this Grafana. */
  readonly prometheus: string;
  /** What the user says, by the input's name. */
  readonly given: Readonly<Record<string, string>>;
}

/**
 * A dashboard with its inputs filled in, as Grafana's own import does it: those that want a Prometheus get the stack's,
 * whatever they are called; constants keep their value. What the export says about itself (`__inputs`, `__requires`, `id`)
 * is left out.
 */
export function fillInputs(model: Readonly<Record<string, unknown>>, values: InputValues): Filled {
  const parsed = exported.safeParse(model);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problems: [`its model can't be read: ${issue?.path.join(".")}: ${issue?.message}`] };
  }
  const inputs = parsed.data.__inputs ?? [];
  const found = new Map<string, string>(Object.entries(values.given));
  const problems: string[] = [];
  for (const { name, type, pluginId, value } of inputs) {
    if (found.has(name)) continue;
    if (type === "datasource" && (pluginId ?? "prometheus") === "prometheus")
      found.set(name, values.prometheus);
    else if (type === "constant" && typeof value === "string") found.set(name, value);
    else
      problems.push(
        `its input ${name} wants ${type === "datasource" ? `a datasource of type ${pluginId}` : "a value"}, and this stack has none: name one with inputs: { ${name}: ... }`,
      );
  }
  const strangers = Object.keys(values.given).filter((name) => !inputs.some((input) => input.name === name));
  const declared = inputs.map(({ name }) => name).join(", ") || "none";
  for (const name of strangers) problems.push(`it has no input ${name}; it has ${declared}`);
  if (problems.length > 0) return { problems };
  // Exports that somebody edited have the placeholder and lack the declaration.
  const variables = new Set((parsed.data.templating?.list ?? []).map(({ name }) => name));
  const { __inputs, __requires, id, ...rest } = model;
  const filled = deep(rest, (text) =>
    text.replaceAll(/\$\{([A-Za-z0-9_-]+)\}/g, (whole, name: string) => {
      const known = found.get(name);
      if (known !== undefined) return known;
      return /^DS_[A-Z0-9_-]*PROMETHEUS[A-Z0-9_-]*$/.test(name) && !variables.has(name)
        ? values.prometheus
        : whole;
    }),
  );
  return { model: filled as Record<string, unknown> };
}

function deep(node: unknown, change: (text: string) => string): unknown {
  if (typeof node === "string") return change(node);
  if (Array.isArray(node)) return node.map((one) => deep(one, change));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, deep(value, change)]));
}
