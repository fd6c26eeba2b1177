import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { namespacesOf, selects, workloadsOf } from "../model/rendered.ts";
import { isPrometheus } from "../stack/discover.ts";
import { listPods } from "../stack/kube.ts";
import type { Stack } from "../stack/stack.ts";

/**
 * The pods of the stack that run: those of the charts' workloads, and those that an operator of it made.
 * @throws Error when there is none: then nothing can be said of them.
 */
export async function stackPods(stack: Stack): Promise<V1Pod[]> {
  const workloads = workloadsOf(stack.rendered);
  const namespaces = namespacesOf(stack.rendered);
  const pods = (await Promise.all(namespaces.map((namespace) => listPods(stack, namespace)))).flat();
  const own = pods.filter(({ metadata, status }) => {
    if (metadata?.deletionTimestamp || status?.phase === "Succeeded" || status?.phase === "Failed")
      return false;
    if (metadata?.labels?.["app.kubernetes.io/managed-by"] === "prometheus-operator") return true;
    return workloads.some(
      (one) => one.namespace === metadata?.namespace && selects(one.matchLabels, metadata.labels),
    );
  });
  if (own.length === 0)
    throw new Error(`no pod of the stack runs in ${namespaces.join(", ") || "any namespace"}`);
  return own;
}

/** The parts of the stack that keep data. */
export const components = {
  Prometheus: isPrometheus,
  Alertmanager: (labels: Readonly<Record<string, string>>) =>
    labels["app.kubernetes.io/name"] === "alertmanager",
  Grafana: (labels: Readonly<Record<string, string>>) => labels["app.kubernetes.io/name"] === "grafana",
};

export type ComponentName = keyof typeof components;

export function podsOf(component: ComponentName, pods: readonly V1Pod[]): V1Pod[] {
  return pods.filter(({ metadata }) => components[component](metadata?.labels ?? {}));
}

/** `prometheus-server-7c9/prometheus-server`. */
export function containerName(pod: V1Pod, { name }: Pick<V1Container, "name">): string {
  return `${pod.metadata?.name ?? ""}/${name}`;
}
