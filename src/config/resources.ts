import { parseQuantity } from "../lib/quantity.ts";
import { mapping } from "../yaml/mapping.ts";
import { byteQuantity, coreQuantity } from "../yaml/measures.ts";
import { type Parser, type Problem, problem } from "../yaml/parsers.ts";

/** The parts of the stack that settings speak of. */
export const components = [
  "prometheus",
  "grafana",
  "alertmanager",
  "node-exporter",
  "kube-state-metrics",
] as const;

export type Component = (typeof components)[number];

/** Quantities as they are written. */
export interface Amounts {
  readonly cpu?: string;
  readonly memory?: string;
}

/** What a component's container asks for, and what it may take. */
export interface ContainerResources {
  readonly requests?: Amounts;
  readonly limits?: Amounts;
}

export type Resources = Readonly<Partial<Record<Component, ContainerResources>>>;

const names = ["cpu", "memory"] as const;

const amounts: Parser<Amounts> = (given, base) => {
  const parsed = mapping("a mapping with cpu, memory or both", { cpu: coreQuantity, memory: byteQuantity })(
    given,
    base,
  );
  return "problems" in parsed ? parsed : { value: defined(parsed.value) };
};

const fields = mapping("a mapping with requests, limits or both", { requests: amounts, limits: amounts });

const containerResources: Parser<ContainerResources> = (given, base) => {
  const parsed = fields(given, base);
  if ("problems" in parsed) return parsed;
  const { requests, limits } = parsed.value;
  const asked = { ...requests, ...limits };
  if (Object.keys(asked).length === 0)
    return problem("nothing is in it; right would be e.g. {requests: {memory: 2Gi}, limits: {memory: 4Gi}}");
  const problems = names.flatMap((name): Problem[] => {
    const [least, most] = [requests?.[name], limits?.[name]];
    if (least === undefined || most === undefined || amount(least) <= amount(most)) return [];
    return [{ at: ["requests", name], text: `${least} is more than its limit ${most}` }];
  });
  return problems.length > 0 ? { problems } : { value: defined({ requests, limits }) };
};

/** The whole of `resources:`. */
export const resources: Parser<Resources> = (given, base) => {
  if (given === null) return { value: {} };
  const each = Object.fromEntries(components.map((name) => [name, containerResources])) as Record<
    Component,
    Parser<ContainerResources>
  >;
  const parsed = mapping(`a mapping with ${components.join(", ")}`, each)(given, base);
  return "problems" in parsed ? parsed : { value: defined(parsed.value) };
};

function amount(quantity: string): number {
  return parseQuantity(quantity) ?? Number.NaN;
}

function defined<T extends object>(of: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(of).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
