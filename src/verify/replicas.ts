import { homeFirst } from "../model/home.ts";
import { workloadsOf } from "../model/rendered.ts";
import type { RenderedApp } from "../model/rendered-app.ts";
import type { HttpEndpoint, Stack } from "../stack/types.ts";
import { isComponent, mainContainer, podsOf } from "./components.ts";

/** How many Alertmanagers the charts request. */
export function requestedReplicas(rendered: readonly RenderedApp[]): number {
  const own = workloadsOf(homeFirst("alertmanager", rendered)).filter(({ podLabels }) =>
    isComponent("alertmanager", podLabels),
  );
  return own[0]?.replicas ?? 0;
}

/** The addresses of Alertmanager's ready pods, each with the scheme and path that it serves below. */
export async function replicaUrls(stack: Stack, { url }: HttpEndpoint): Promise<string[]> {
  const pods = (await podsOf(stack, "alertmanager")) ?? [];
  return pods.flatMap((pod) => {
    const isReady = pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    const ports = mainContainer("alertmanager", pod)?.ports ?? [];
    const port = ports.find(({ name }) => /^(?:http|web|http-web)$/.test(name ?? ""))?.containerPort ?? 9093;
    const ip = pod.status?.podIP;
    if (isReady !== true || ip === undefined) return [];
    const { protocol, pathname } = new URL(url);
    return [`${protocol}//${ip.includes(":") ? `[${ip}]` : ip}:${port}${pathname}`];
  });
}
