import { z } from "zod";
import type { ContainerResources } from "../../config/resources.ts";
import { listFiles, listWorkloads, type RenderedApp, type Workload } from "../../model/rendered.ts";

const keyRefSchema = z.looseObject({ name: z.string().nullish(), key: z.string() });

const variableSchema = z.looseObject({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  valueFrom: z.looseObject({ configMapKeyRef: keyRefSchema.nullish() }).nullish(),
});

const probeSchema = z.looseObject({
  httpGet: z
    .looseObject({
      scheme: z.string().nullish(),
      httpHeaders: z.array(z.looseObject({ name: z.string(), value: z.string() })).nullish(),
    })
    .nullish(),
});

const containerSchema = z.looseObject({
  name: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(variableSchema).nullish(),
  envFrom: z.array(z.looseObject({})).nullish(),
  readinessProbe: probeSchema.nullish().catch(undefined),
});

/** A container as a chart renders it. */
export interface RequestedContainer {
  readonly workload: Workload;
  readonly name: string;
  readonly args: readonly string[];
  /** Values by name. Undefined if the charts do not contain the value, for example one from a Secret. */
  readonly env: ReadonlyMap<string, string | undefined>;
  /** Names of the variables whose value is written in the container itself (no `valueFrom`). */
  readonly literalNames: ReadonlySet<string>;
  /** True if the container has `envFrom`. Whole Secrets or ConfigMaps may add variables that no chart names. */
  readonly hasEnvFrom: boolean;
  /** The HTTP request of the readiness probe; undefined without a probe, or if the probe is of another kind. */
  readonly probe: z.infer<typeof probeSchema>["httpGet"];
}

/**
 * Returns the containers of the charts' workloads, without those that an operator creates. Values from ConfigMaps of
 * the charts are filled in.
 */
export function listRequestedContainers(rendered: readonly RenderedApp[]): RequestedContainer[] {
  const files = listFiles(rendered).filter(({ object }) => object.kind === "ConfigMap");
  const readConfigMapKey = (namespace: string, { name, key }: z.infer<typeof keyRefSchema>) =>
    files.find(
      (file) =>
        file.key === key &&
        file.object.metadata.name === name &&
        (file.object.metadata.namespace ?? namespace) === namespace,
    )?.content;
  return listWorkloads(rendered).flatMap((workload) =>
    workload.containers.flatMap((container) => {
      const parsed = containerSchema.safeParse(container);
      if (!parsed.success) return [];
      const { name, args, env, envFrom, readinessProbe } = parsed.data;
      const resolveValue = ({ value, valueFrom }: z.infer<typeof variableSchema>) => {
        if (!valueFrom) return String(value ?? "");
        const ref = valueFrom.configMapKeyRef;
        return ref ? readConfigMapKey(workload.namespace, ref) : undefined;
      };
      const variables = env ?? [];
      return [
        {
          workload,
          name,
          args: args ?? [],
          env: new Map(variables.map((variable) => [variable.name, resolveValue(variable)])),
          literalNames: new Set(variables.flatMap((variable) => (variable.valueFrom ? [] : [variable.name]))),
          hasEnvFrom: (envFrom ?? []).length > 0,
          probe: readinessProbe?.httpGet,
        },
      ];
    }),
  );
}

/** Requests and limits of a container that a chart renders. */
export interface RequestedResources {
  readonly workload: Workload;
  /** Of the container. */
  readonly name: string;
  /** True if the container must have exactly these resources. An operator may add others to those of its object. */
  readonly isComplete: boolean;
  readonly resources: ContainerResources;
  /** Where they are requested, for messages: `the chart`. */
  readonly by: string;
}

// YAML reads `cpu: 2` as a number.
const amountsSchema = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));
const resourcesSchema = z.object({ requests: amountsSchema.nullish(), limits: amountsSchema.nullish() });

/** Returns the containers of the charts' workloads that have requests or limits. */
export function listRequestedResources(rendered: readonly RenderedApp[]): RequestedResources[] {
  return listWorkloads(rendered).flatMap((workload) =>
    workload.containers.flatMap(({ name, resources }) => {
      const { requests, limits } = resourcesSchema.safeParse(resources ?? {}).data ?? {};
      if (Object.keys({ ...requests, ...limits }).length === 0) return [];
      // The operator adds defaults to the resources of its objects.
      const isComplete = workload.podLabels["app.kubernetes.io/managed-by"] !== "prometheus-operator";
      const presentResources = { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) };
      return [{ workload, name, isComplete, resources: presentResources, by: "the chart" }];
    }),
  );
}
