import type { V1Container, V1Pod } from "@kubernetes/client-node";
import type { Component } from "../../config/resources.ts";
import { findComponentApp, sortByComponentApp } from "../../model/chart-keys.ts";
import { listWorkloads, type RenderedApp } from "../../model/rendered.ts";
import { isPrometheus } from "../../stack/discover.ts";
import { listPods } from "../../stack/kube.ts";
import type { HttpEndpoint, Stack } from "../../stack/stack.ts";

type Labels = Readonly<Record<string, string>>;

const nameLabel = "app.kubernetes.io/name";
/** Returns a predicate for labels of this name. */
const hasNameLabel = (name: string) => (labels: Labels) => labels[nameLabel] === name;

/** Recognises the pods and the container of a component. */
interface ComponentMatcher {
  /** True if a pod's labels are those of the component. */
  readonly isPod: (labels: Labels) => boolean;
  /** True if a container is the component itself, not a reloader or another sidecar. */
  readonly isMain: (container: V1Container) => boolean;
}

const componentMatchers: Readonly<Record<Component, ComponentMatcher>> = {
  prometheus: {
    isPod: isPrometheus,
    isMain: ({ name, ports }) =>
      name === "prometheus" || (ports ?? []).some((port) => port.containerPort === 9090),
  },
  grafana: { isPod: hasNameLabel("grafana"), isMain: ({ name }) => name === "grafana" },
  alertmanager: { isPod: hasNameLabel("alertmanager"), isMain: ({ name }) => name === "alertmanager" },
  "node-exporter": {
    isPod: hasNameLabel("prometheus-node-exporter"),
    isMain: ({ name }) => name === "node-exporter",
  },
  "kube-state-metrics": {
    isPod: hasNameLabel("kube-state-metrics"),
    isMain: ({ name }) => name === "kube-state-metrics",
  },
};

/** Returns the component's pods without those being deleted; undefined if the stack has no app for it. */
export async function listComponentPods(stack: Stack, component: Component): Promise<V1Pod[] | undefined> {
  const app = findComponentApp(
    component,
    stack.rendered.map(({ app }) => app),
  );
  if (app === undefined) return undefined;
  const pods = await listPods(stack, app.namespace);
  return pods.filter(
    ({ metadata }) =>
      !metadata?.deletionTimestamp && componentMatchers[component].isPod(metadata?.labels ?? {}),
  );
}

/** True if a pod's labels are those of the component. */
export function isComponent(component: Component, labels: Labels): boolean {
  return componentMatchers[component].isPod(labels);
}

/** Returns the container of a pod that is the component itself, not a sidecar; undefined if there is none. */
export function findMainContainer(component: Component, pod: V1Pod): V1Container | undefined {
  const containers = pod.spec?.containers ?? [];
  return containers.find(componentMatchers[component].isMain);
}

/** Returns the number of Alertmanager replicas that the charts request; 0 if they have no Alertmanager. */
export function countRequestedReplicas(rendered: readonly RenderedApp[]): number {
  const workloads = listWorkloads(sortByComponentApp("alertmanager", rendered)).filter(({ podLabels }) =>
    isComponent("alertmanager", podLabels),
  );
  return workloads[0]?.replicas ?? 0;
}

/** Returns the URLs of Alertmanager's ready pods, with the scheme and path of the service. */
export async function listReplicaUrls(stack: Stack, { url }: HttpEndpoint): Promise<string[]> {
  const pods = (await listComponentPods(stack, "alertmanager")) ?? [];
  return pods.flatMap((pod) => {
    const isReady = pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    const ports = findMainContainer("alertmanager", pod)?.ports ?? [];
    const port = ports.find(({ name }) => /^(?:http|web|http-web)$/.test(name ?? ""))?.containerPort ?? 9093;
    const ip = pod.status?.podIP;
    if (isReady !== true || ip === undefined) return [];
    const { protocol, pathname } = new URL(url);
    return [`${protocol}//${ip.includes(":") ? `[${ip}]` : ip}:${port}${pathname}`];
  });
}
