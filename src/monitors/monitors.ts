import { z } from "zod";
import { labelSelectorSchema } from "./label-selector.ts";

/** What is needed of a Kubernetes object here; those of the plan and of rendered charts are such. */
export interface OperatorObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

const portSchema = z.union([z.string(), z.number()]);

const endpointSchema = z.looseObject({
  port: z.string().nullish(),
  targetPort: portSchema.nullish(),
  portNumber: z.number().nullish(),
});

const specSchema = z.looseObject({
  selector: labelSelectorSchema.nullish(),
  namespaceSelector: z
    .looseObject({ any: z.boolean().nullish(), matchNames: z.array(z.string()).nullish() })
    .nullish(),
  endpoints: z.array(endpointSchema).nullish(),
  podMetricsEndpoints: z.array(endpointSchema).nullish(),
  jobLabel: z.string().nullish(),
});

export type MonitorEndpoint = z.infer<typeof endpointSchema>;

/** A ServiceMonitor or PodMonitor, as far as it says what is scraped. */
export interface Monitor {
  readonly kind: "ServiceMonitor" | "PodMonitor";
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: z.infer<typeof labelSelectorSchema>;
  /** Where it looks for services or pods; undefined: everywhere. */
  readonly namespaces: readonly string[] | undefined;
  readonly endpoints: readonly MonitorEndpoint[];
  readonly jobLabel: string | undefined;
}

export const operatorGroup = "monitoring.coreos.com";

/** Kinds that say what is scraped or evaluated. */
export const operatorKinds: readonly string[] = [
  "ServiceMonitor",
  "PodMonitor",
  "PrometheusRule",
  "ScrapeConfig",
  "Probe",
];

/** Objects that say what is scraped or evaluated, and that only the operator reads. */
export function forOperator<T extends OperatorObject>(objects: readonly T[]): T[] {
  return objects.filter(
    ({ apiVersion, kind }) => apiVersion.startsWith(`${operatorGroup}/`) && operatorKinds.includes(kind),
  );
}

/** helm puts what has no namespace into that of the release. */
export function inNamespace<T extends OperatorObject>(object: T, namespace: string): T {
  return object.metadata.namespace ? object : { ...object, metadata: { ...object.metadata, namespace } };
}

/** The monitors among these objects; one that can't be read is left to the operator's own words. */
export function monitorsOf(objects: readonly OperatorObject[], namespace = "default"): Monitor[] {
  return forOperator(objects).flatMap((object) => {
    if (object.kind !== "ServiceMonitor" && object.kind !== "PodMonitor") return [];
    const spec = specSchema.safeParse(object["spec"]).data;
    if (spec === undefined) return [];
    const own = object.metadata.namespace ?? namespace;
    const { any, matchNames } = spec.namespaceSelector ?? {};
    return [
      {
        kind: object.kind,
        namespace: own,
        name: object.metadata.name,
        labels: object.metadata.labels ?? {},
        selector: spec.selector ?? {},
        namespaces: any ? undefined : matchNames?.length ? matchNames : [own],
        endpoints: (object.kind === "ServiceMonitor" ? spec.endpoints : spec.podMetricsEndpoints) ?? [],
        jobLabel: spec.jobLabel ?? undefined,
      },
    ];
  });
}

/** The names of the scrape pools that the operator makes of a monitor, one for each endpoint. */
export function scrapePoolsOf({ kind, namespace, name, endpoints }: Monitor): string[] {
  const prefix = kind === "ServiceMonitor" ? "serviceMonitor" : "podMonitor";
  return endpoints.map((_, index) => `${prefix}/${namespace}/${name}/${index}`);
}
