import type { KubeObject } from "./manifest.ts";

/** The API group of the Prometheus operator's objects. */
export const operatorGroup = "monitoring.coreos.com";

/** A StatefulSet that the operator makes of one of its objects; the chart doesn't render it. */
export interface OperatorMade {
  /** The object's own kind: `Prometheus`, `Alertmanager`. */
  readonly from: string;
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** Of the pods, as far as Services and others select them. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** The container that its object describes; the operator adds others. */
  readonly container: { readonly name: string; readonly resources?: unknown };
}

interface OperatorKind {
  readonly prefix: string;
  readonly labels: (name: string, shard: number) => Readonly<Record<string, string>>;
}

const operatorKinds: Readonly<Record<string, OperatorKind>> = {
  Prometheus: {
    prefix: "prometheus",
    labels: (name, shard) => ({
      "operator.prometheus.io/name": name,
      "operator.prometheus.io/shard": String(shard),
      prometheus: name,
    }),
  },
  Alertmanager: { prefix: "alertmanager", labels: (name) => ({ alertmanager: name }) },
};

interface OperatorSpec {
  replicas?: number;
  shards?: number;
  paused?: boolean;
  resources?: unknown;
}

/** True if the operator makes workloads of the object. */
export function isOperated(object: KubeObject): boolean {
  return isOperatorObject(object) && object.kind in operatorKinds && getSpec(object).paused !== true;
}

/** True if the object is one for the operator, of any kind. */
export function isOperatorObject({ apiVersion }: KubeObject): boolean {
  return apiVersion.startsWith(`${operatorGroup}/`);
}

/**
 * Returns the objects that the operator creates from the rendered objects, under the names that it gives (v0.93): `prometheus-NAME`, for more
 * shards also `prometheus-NAME-shard-1` and so on.
 */
export function predictOperatorObjects(objects: readonly KubeObject[]): OperatorMade[] {
  return objects.filter(isOperated).flatMap((object) => {
    const { prefix, labels } = operatorKinds[object.kind] as OperatorKind;
    const { name, namespace = "default" } = object.metadata;
    const { replicas = 1, shards = 1, resources } = getSpec(object);
    return Array.from({ length: Math.max(1, shards) }, (_, shard) => ({
      from: object.kind,
      namespace,
      name: `${prefix}-${name}${shard === 0 ? "" : `-shard-${shard}`}`,
      replicas,
      container: { name: prefix, resources },
      podLabels: {
        "app.kubernetes.io/managed-by": "prometheus-operator",
        "app.kubernetes.io/name": prefix,
        "app.kubernetes.io/instance": name,
        ...labels(name, shard),
      },
    }));
  });
}

/**
 * Returns the images that the operator gives to its pods and that no object names: its own deployment names them as
 * arguments (`--prometheus-config-reloader=IMAGE`; the others' defaults only count where an object names no image).
 */
export function listOperatorImages(objects: readonly KubeObject[]): string[] {
  return objects
    .filter(({ kind }) => kind === "Deployment")
    .flatMap((object) => listContainers(object).flatMap(({ args = [] }) => args))
    .flatMap((arg) => /^--prometheus-config-reloader=(\S+)$/.exec(String(arg))?.[1] ?? []);
}

function listContainers(object: KubeObject): { args?: unknown[] }[] {
  const { template } = (object["spec"] ?? {}) as {
    template?: { spec?: { containers?: { args?: unknown[] }[] } };
  };
  return template?.spec?.containers ?? [];
}

function getSpec(object: KubeObject): OperatorSpec {
  return (object["spec"] ?? {}) as OperatorSpec;
}
