import { z } from "zod";
import type { KubeObject } from "../kube/manifest.ts";
import { sortByComponentApp } from "../model/chart-keys.ts";
import { listWorkloads, matchesSelector, type RenderedApp } from "../model/rendered.ts";
import type { HttpEndpoint } from "./stack.ts";

export type ServiceRef = HttpEndpoint["service"];

export interface Endpoints {
  readonly prometheus?: ServiceRef;
  readonly alertmanager?: ServiceRef;
  readonly grafana?: ServiceRef;
}

type Labels = Readonly<Record<string, string>>;

const nameLabel = "app.kubernetes.io/name";

const portSchema = z.looseObject({ name: z.string().optional(), port: z.number() });
const serviceSchema = z.looseObject({
  clusterIP: z.string().nullish(),
  selector: z.record(z.string(), z.string()).nullish(),
  ports: z.array(portSchema),
});

/**
 * Returns the Services of Prometheus, Alertmanager and Grafana in the rendered charts. A program that no chart
 * deploys is left out. If several apps deploy the same program, the one that belongs to the stack counts.
 */
export function findEndpoints(rendered: readonly RenderedApp[]): Endpoints {
  const hasName = (name: string) => (labels: Labels) => labels[nameLabel] === name;
  const prometheus = findService(sortByComponentApp("prometheus", rendered), isPrometheus);
  const alertmanager = findService(sortByComponentApp("alertmanager", rendered), hasName("alertmanager"));
  const grafana = findService(sortByComponentApp("grafana", rendered), hasName("grafana"));
  return {
    ...(prometheus ? { prometheus } : {}),
    ...(alertmanager ? { alertmanager } : {}),
    ...(grafana ? { grafana } : {}),
  };
}

/**
 * True if a pod's labels are those of Prometheus. Pods of the operator have a label of the operator instead of a
 * component.
 */
export function isPrometheus(labels: Labels): boolean {
  if (labels[nameLabel] !== "prometheus") return false;
  return labels["app.kubernetes.io/component"] === "server" || "operator.prometheus.io/name" in labels;
}

/**
 * Returns the Service of the pods with matching labels. Each app is searched alone before all apps are searched
 * together, because a Service is rarely in another app than its pods.
 */
function findService(
  rendered: readonly RenderedApp[],
  matchesLabels: (labels: Labels) => boolean,
): ServiceRef | undefined {
  return [...rendered.map((app) => [app]), rendered]
    .map((apps) => findServiceAmong(apps, matchesLabels))
    .find((service) => service !== undefined);
}

/**
 * Returns the first Service whose selector matches the pods, those with a cluster IP before headless ones. If the
 * charts lack the pods, since an operator creates them, the selector itself is matched.
 */
function findServiceAmong(
  rendered: readonly RenderedApp[],
  matchesLabels: (labels: Labels) => boolean,
): ServiceRef | undefined {
  const pods = listWorkloads(rendered).filter(({ podLabels }) => matchesLabels(podLabels));
  const candidates = rendered
    .flatMap((app) => app.objects.flatMap((object) => parseService(object, app.app.namespace)))
    .filter(({ selector, namespace }) => {
      // The charts lack the pods if an operator creates them. Then the Service's selector identifies it.
      if (pods.length === 0) return matchesLabels(selector);
      return pods.some((pod) => pod.namespace === namespace && matchesSelector(selector, pod.podLabels));
    })
    .sort((a, b) => Number(a.isHeadless) - Number(b.isHeadless));
  const firstCandidate = candidates[0];
  return (
    firstCandidate && {
      namespace: firstCandidate.namespace,
      name: firstCandidate.name,
      port: firstCandidate.port,
    }
  );
}

/**
 * Returns an object as a Service with its web port, else its first port; an empty list if the object is not a Service
 * with a port.
 */
function parseService(object: KubeObject, namespace: string) {
  if (object.kind !== "Service") return [];
  const spec = serviceSchema.safeParse(object["spec"]).data;
  const firstPort = spec?.ports[0];
  if (spec === undefined || firstPort === undefined) return [];
  const webPort = spec.ports.find(({ name }) => ["http", "http-web", "web", "service"].includes(name ?? ""));
  return [
    {
      namespace: object.metadata.namespace ?? namespace,
      name: object.metadata.name,
      port: (webPort ?? firstPort).port,
      selector: spec.selector ?? {},
      isHeadless: spec.clusterIP === "None",
    },
  ];
}
