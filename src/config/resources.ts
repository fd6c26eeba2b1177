import * as z from "zod";
import { parseQuantity } from "../lib/quantity.ts";
import { byteQuantity, coreQuantity } from "../yaml/primitives.ts";

/** The parts of the stack whose resources can be set. */
export const components = [
  "prometheus",
  "grafana",
  "alertmanager",
  "node-exporter",
  "kube-state-metrics",
] as const;

export type Component = (typeof components)[number];

/** Kubernetes quantities as the user wrote them. */
export interface Amounts {
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
}

/** The requests and limits of a component's container. */
export interface ContainerResources {
  readonly requests?: Amounts | undefined;
  readonly limits?: Amounts | undefined;
}

export type Resources = Readonly<Partial<Record<Component, ContainerResources>>>;

const amounts = z.strictObject({ cpu: coreQuantity.optional(), memory: byteQuantity.optional() });

const containerResources = z
  .strictObject({ requests: amounts.optional(), limits: amounts.optional() })
  .superRefine(({ requests = {}, limits = {} }, issues) => {
    if (Object.keys({ ...requests, ...limits }).length === 0)
      issues.addIssue("empty; expected for example {requests: {memory: 2Gi}, limits: {memory: 4Gi}}");
    for (const name of ["cpu", "memory"] as const) {
      const [least, most] = [requests[name], limits[name]];
      if (least === undefined || most === undefined || parseAmount(least) <= parseAmount(most)) continue;
      const message = `${least} is more than its limit ${most}`;
      issues.addIssue({ code: "custom", message, path: ["requests", name] });
    }
  });

const byComponent = z.strictObject({
  prometheus: containerResources.optional(),
  grafana: containerResources.optional(),
  alertmanager: containerResources.optional(),
  "node-exporter": containerResources.optional(),
  "kube-state-metrics": containerResources.optional(),
} satisfies Record<Component, z.ZodType>);

/** The schema of the section `resources:`. */
export const resources = z.preprocess((given) => (given === null ? {} : given), byComponent);

function parseAmount(quantity: string): number {
  return parseQuantity(quantity) ?? Number.NaN;
}
