import { z } from "zod";
import type { ContainerResources } from "../config/resources.ts";
import { type Workload, workloadsOf } from "../model/rendered.ts";
import type { RenderedApp } from "../model/rendered-app.ts";

/** A container whose requests or limits somebody asked for. */
export interface AskedContainer {
  /** Whose pods have it; undefined where that is not in what was rendered. */
  readonly workload: Workload | undefined;
  readonly container: string;
  /** Nothing else is to be there: neither a setting nor the operator's object says so, since others fill in the rest. */
  readonly isWhole: boolean;
  readonly resources: ContainerResources;
  /** `the chart`, or `the setting resources.grafana`. */
  readonly by: string;
}

// YAML makes a number of `cpu: 2`.
const amounts = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));
const schema = z.object({ requests: amounts.nullish(), limits: amounts.nullish() });

/** The containers of the charts' workloads that have requests or limits. */
export function askedContainers(rendered: readonly RenderedApp[]): AskedContainer[] {
  return workloadsOf(rendered).flatMap((workload) =>
    workload.containers.flatMap(({ name, resources }): AskedContainer[] => {
      const { requests, limits } = schema.safeParse(resources ?? {}).data ?? {};
      if (Object.keys({ ...requests, ...limits }).length === 0) return [];
      return [
        {
          workload,
          container: name,
          isWhole: workload.podLabels["app.kubernetes.io/managed-by"] !== "prometheus-operator",
          resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) },
          by: "the chart",
        },
      ];
    }),
  );
}
