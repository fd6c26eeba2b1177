import {
  CoreV1Api,
  DiscoveryV1Api,
  type KubeConfig,
  type V1Container,
  type V1Pod,
} from "@kubernetes/client-node";
import { bounded, reasonOf } from "../kube/client.ts";
import { InstallError } from "../lib/errors.ts";
import { requestTimeoutMs } from "../stack/http.ts";
import type { HttpEndpoint } from "../stack/stack.ts";

/**
 * The ready pods behind a service, whoever made them, by name.
 * @throws InstallError when there is none
 */
export async function readyPods(
  kube: KubeConfig,
  { service: { namespace, name } }: Pick<HttpEndpoint, "service">,
  signal: AbortSignal,
): Promise<V1Pod[]> {
  const options = bounded(requestTimeoutMs, signal);
  const ask = async <T>(what: string, call: Promise<T>): Promise<T> =>
    call.catch((cause: unknown) => {
      throw new InstallError(`${what} can't be read: ${reasonOf(cause)}`, { cause });
    });
  const labelSelector = `kubernetes.io/service-name=${name}`;
  const slices = await ask(
    `the endpoints of service ${namespace}/${name}`,
    kube.makeApiClient(DiscoveryV1Api).listNamespacedEndpointSlice({ namespace, labelSelector }, options),
  );
  const names = slices.items
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.kind === "Pod")
    .flatMap(({ targetRef }) => targetRef?.name ?? []);
  const unique = [...new Set(names)].sort();
  if (unique.length === 0) throw new InstallError(`service ${namespace}/${name} has no ready pod`);
  const core = kube.makeApiClient(CoreV1Api);
  return await Promise.all(
    unique.map((pod) =>
      ask(`pod ${namespace}/${pod}`, core.readNamespacedPod({ namespace, name: pod }, options)),
    ),
  );
}

/**
 * The container that Prometheus runs in: the one that is told where to store, not a reloader beside it.
 * @throws InstallError when it can't be told which one that is
 */
export function serverContainer({ metadata, spec }: V1Pod): V1Container {
  const containers = spec?.containers ?? [];
  const words = ({ command = [], args = [] }: V1Container) => [...command, ...args];
  const storing = containers.find((one) =>
    words(one).some((word) => /^--?storage\.tsdb\.path(=|$)/.test(word)),
  );
  const found = storing ?? (containers.length === 1 ? containers[0] : undefined);
  if (found !== undefined) return found;
  throw new InstallError(
    `pod ${metadata?.namespace}/${metadata?.name} has ${containers.length} containers, and none of them has --storage.tsdb.path`,
    { fix: "name Prometheus' storage path on its command line" },
  );
}
