import { z } from "zod";
import type { KubeObject } from "../kube/manifest.ts";
import { predictOperatorObjects } from "../kube/operator-made.ts";
import { parseDocuments } from "../lib/yaml-text.ts";
import type { ChartFile } from "../lockfile/tools.ts";
import { sortByComponentApp } from "./chart-keys.ts";
import type { PlannedApp, UnknownValue } from "./plan.ts";
import { type PrometheusConfig, parsePrometheusConfig } from "./prometheus-config.ts";

type Labels = Readonly<Record<string, string>>;

const containerSchema = z.looseObject({
  name: z.string(),
  args: z.array(z.string()).nullish(),
  resources: z.unknown().optional(),
});

const volumeSchema = z.looseObject({
  configMap: z.looseObject({ name: z.string().nullish() }).nullish(),
  secret: z.looseObject({ secretName: z.string().nullish() }).nullish(),
});

const workloadSchema = z.looseObject({
  spec: z.looseObject({
    replicas: z.number().nullish(),
    selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).nullish() }),
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()).nullish() }).nullish(),
      spec: z.looseObject({
        containers: z.array(containerSchema),
        volumes: z.array(volumeSchema).nullish().catch(undefined),
      }),
    }),
  }),
});

/** A Deployment, StatefulSet or DaemonSet of the stack that a chart renders, or that an operator will create. */
export interface Workload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly matchLabels: Labels;
  readonly podLabels: Labels;
  /** Undefined for a DaemonSet. */
  readonly replicas: number | undefined;
  readonly args: readonly string[];
  readonly containers: readonly { readonly name: string; readonly resources?: unknown }[];
  /** Names of the ConfigMaps and Secrets that its pods mount. */
  readonly mounted: readonly string[];
}

/** Returns all objects of all apps. */
export function listRenderedObjects(rendered: readonly RenderedApp[]): KubeObject[] {
  return rendered.flatMap((app) => [...app.objects]);
}

/** Returns the namespaces that the stack's workloads are in, sorted. */
export function listNamespaces(rendered: readonly RenderedApp[]): string[] {
  return [...new Set(listWorkloads(rendered).map((workload) => workload.namespace))].sort();
}

/** Returns the workloads that the charts deploy, with the StatefulSets that the operator will create. */
export function listWorkloads(rendered: readonly RenderedApp[]): Workload[] {
  return rendered.flatMap((app) => [
    ...app.objects.flatMap((object) => parseWorkload(object, app.app.namespace)),
    ...predictOperatorObjects(app.objects).map(({ from: _, podLabels, container, ...predicted }) => ({
      kind: "StatefulSet",
      ...predicted,
      podLabels,
      matchLabels: podLabels,
      args: [],
      containers: [container],
      mounted: [],
    })),
  ]);
}

/** Returns the workload of a Deployment, StatefulSet or DaemonSet; an empty list for any other object. */
function parseWorkload(object: KubeObject, namespace: string): Workload[] {
  if (!["Deployment", "StatefulSet", "DaemonSet"].includes(object.kind)) return [];
  const parsed = workloadSchema.safeParse(object);
  if (!parsed.success) return [];
  const { replicas, selector, template } = parsed.data.spec;
  return [
    {
      kind: object.kind,
      namespace: object.metadata.namespace ?? namespace,
      name: object.metadata.name,
      matchLabels: selector.matchLabels ?? {},
      podLabels: template.metadata?.labels ?? {},
      replicas: object.kind === "DaemonSet" ? undefined : (replicas ?? 1),
      args: template.spec.containers.flatMap((container) => container.args ?? []),
      containers: template.spec.containers,
      mounted: (template.spec.volumes ?? []).flatMap(
        ({ configMap, secret }) => configMap?.name ?? secret?.secretName ?? [],
      ),
    },
  ];
}

/** Returns the workloads whose pods have this value of the label `app.kubernetes.io/name`. */
export function findWorkloadsByName(rendered: readonly RenderedApp[], name: string): Workload[] {
  return listWorkloads(rendered).filter(({ podLabels }) => podLabels["app.kubernetes.io/name"] === name);
}

/** True if the labels contain every label of the selector. An empty selector selects nothing. */
export function matchesSelector(selector: Labels, labels: Labels | undefined): boolean {
  const selectorEntries = Object.entries(selector);
  return selectorEntries.length > 0 && selectorEntries.every(([key, value]) => labels?.[key] === value);
}

/**
 * Returns the prometheus.yml that the charts rendered; undefined if there is none, because an operator generates it
 * later.
 */
export function findPrometheusConfig(rendered: readonly RenderedApp[]): PrometheusConfig | undefined {
  for (const { content, key } of listFiles(sortByComponentApp("prometheus", rendered))) {
    if (!/prometheus\.ya?ml$/.test(key)) continue;
    const config = parsePrometheusConfig(content);
    if (config?.scrape_configs?.length) return config;
  }
  return undefined;
}

const provisionedSchema = z.looseObject({
  name: z.string(),
  type: z.string(),
  url: z.string().optional(),
  uid: z.string().optional(),
  isDefault: z.boolean().optional(),
  access: z.string().nullish(),
  orgId: z.number().nullish(),
  jsonData: z.looseObject({}).nullish(),
});

export type ProvisionedDatasource = z.infer<typeof provisionedSchema>;

/** Returns the data sources in the provisioning files that the charts render for Grafana. */
export function listProvisionedDatasources(rendered: readonly RenderedApp[]): ProvisionedDatasource[] {
  return listFiles(rendered)
    .filter(({ key }) => /\.ya?ml$/.test(key))
    .flatMap(({ content }) => parseDatasources(content));
}

const fileSchema = z.looseObject({ datasources: z.array(provisionedSchema) });

/** Returns the data sources in a provisioning file; an empty list for any other file. */
export function parseDatasources(content: string): ProvisionedDatasource[] {
  if (!/^[ \t]*datasources:/m.test(content)) return [];
  return parseDocuments(content).flatMap((document) => {
    if ("errors" in document && document.errors.length > 0) return [];
    return fileSchema.safeParse(document.toJS()).data?.datasources ?? [];
  });
}

/** Returns the files in ConfigMaps and Secrets. */
export function listFiles(rendered: readonly RenderedApp[]): RenderedFile[] {
  const textsSchema = z.record(z.string(), z.string());
  return listRenderedObjects(rendered).flatMap((object) => {
    const plainData =
      textsSchema.safeParse(object["kind"] === "Secret" ? object["stringData"] : object["data"]).data ?? {};
    const encodedData = object.kind === "Secret" ? (textsSchema.safeParse(object["data"]).data ?? {}) : {};
    return [
      ...Object.entries(plainData).map(([key, content]) => ({ object, key, content })),
      ...Object.entries(encodedData).map(([key, content]) => ({
        object,
        key,
        content: Buffer.from(content, "base64").toString("utf8"),
      })),
    ].filter(() => ["ConfigMap", "Secret"].includes(object.kind));
  });
}

export interface RenderedFile {
  /** The ConfigMap or Secret. */
  readonly object: KubeObject;
  readonly key: string;
  readonly content: string;
}

/** A chart that is rendered with its values before the cluster exists. Readiness and verification derive their expectations from it. */
export interface RenderedApp {
  readonly app: PlannedApp;
  readonly chart: ChartFile;
  /** Every object of the release except hooks, with its namespace. */
  readonly objects: readonly KubeObject[];
  /** Hooks that helm runs before or after it installs, upgrades or uninstalls; without tests. */
  readonly hooks?: readonly KubeObject[];
  /** Hooks that only `helm test` runs, which monstack never calls. */
  readonly tests?: readonly KubeObject[];
  /** A part of the chart's output that helm may parse differently than monstack. */
  readonly unclear?: string;
  /** Images of all containers and init containers, sorted. */
  readonly images: readonly string[];
  /** Keys of the user's values that have no effect; undefined if the chart's known keys could not be read. */
  readonly unknownValues?: readonly UnknownValue[] | undefined;
}

/** The state of a workload, by the rules of kstatus. */
export type WorkloadStatus =
  | { readonly state: "ready" }
  | { readonly state: "waiting"; readonly missing: string }
  | ({ readonly state: "failed" } & WorkloadFailure);

/** A state that does not end by waiting. */
export interface WorkloadFailure {
  /** e.g. `Deployment monitoring/grafana`. */
  readonly workload: string;
  readonly pod?: string | undefined;
  readonly container?: string | undefined;
  /** Id of the rule that recognized it, for example `image-not-found`; undefined for a timeout. */
  readonly rule?: string | undefined;
  /** Former ids of the rule. */
  readonly aliases?: readonly string[] | undefined;
  /** Kubernetes' name for the reason: ImagePullBackOff, CrashLoopBackOff, FailedMount, Unschedulable, ... */
  readonly reason: string;
  /** The complete message of the cluster. */
  readonly message: string;
  /** The way to fix it, one line. */
  readonly fix: string;
}

export interface DeployedApp {
  readonly name: string;
  readonly release: string;
  readonly namespace: string;
  readonly chart: ChartFile;
  /** Milliseconds from helm's response until all workloads were ready. */
  readonly readyAfterMs: number;
}
