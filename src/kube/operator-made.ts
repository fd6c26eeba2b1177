import type { KubeObject } from "./manifest.ts";

/** The API group of the Prometheus operator's objects. */
export const operatorGroup = "monitoring.coreos.com";

/** A StatefulSet that the operator creates for one of its objects. The chart does not render it. */
interface OperatorMade {
  /** Kind of the operator's object: `Prometheus`, `Alertmanager`. */
  readonly from: string;
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** The pods' labels by which Services and other objects select them. */
  readonly podLabels: Readonly<Record<string, string>>;
  /** The container that the operator's object describes. The operator adds others. */
  readonly container: { readonly name: string; readonly resources?: unknown };
}

/** How the operator names and labels the workloads of one kind. */
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

/** True if the operator creates workloads for the object. */
export function isOperated(object: KubeObject): boolean {
  return isOperatorObject(object) && object.kind in operatorKinds && getSpec(object).paused !== true;
}

/** True if the object is of any kind of the operator. */
function isOperatorObject({ apiVersion }: KubeObject): boolean {
  return apiVersion.startsWith(`${operatorGroup}/`);
}

/**
 * Returns the StatefulSets that the operator (v0.93) will create for the rendered objects. The name is
 * `prometheus-NAME`; further shards are `prometheus-NAME-shard-1` and so on.
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
 * Returns the images that the operator adds to its pods and that no object names. They are arguments of the operator's
 * deployment (`--prometheus-config-reloader=IMAGE`); the defaults for other images only count if an object names no
 * image.
 */
export function listOperatorImages(objects: readonly KubeObject[]): string[] {
  return objects
    .filter(({ kind }) => kind === "Deployment")
    .flatMap((object) => listContainers(object).flatMap(({ args = [] }) => args))
    .flatMap((arg) => /^--prometheus-config-reloader=(\S+)$/.exec(String(arg))?.[1] ?? []);
}

/** Returns the containers of an object's pod template. */
function listContainers(object: KubeObject): { args?: unknown[] }[] {
  const { template } = (object["spec"] ?? {}) as {
    template?: { spec?: { containers?: { args?: unknown[] }[] } };
  };
  return template?.spec?.containers ?? [];
}

/** Returns an object's spec; empty if it has none. */
function getSpec(object: KubeObject): OperatorSpec {
  return (object["spec"] ?? {}) as OperatorSpec;
}
