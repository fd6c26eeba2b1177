import type { KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import type { Journal } from "../journal/journal.ts";
import { ApiError, createApi } from "../kube/api.ts";
import { InstallError } from "../lib/errors.ts";
import type { RenderedApp } from "../model/rendered.ts";

/** A Service that no chart renders. */
export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

const readMs = 15_000;

/**
 * The Services that a Prometheus operator of these apps makes for the kubelets, in another namespace than its own and
 * owned by nobody: its argument says where.
 */
export function kubeletServices(apps: readonly RenderedApp[]): ServiceName[] {
  const argument = /"--kubelet-service=([^/"]+)\/([^"]+)"/g;
  const operators = apps.flatMap(({ objects }) => objects.filter(({ kind }) => kind === "Deployment"));
  return operators.flatMap((object) =>
    [...JSON.stringify(object).matchAll(argument)].map(([, namespace = "", name = ""]) => ({
      namespace,
      name,
    })),
  );
}

/**
 * Writes to the journal which of them are not there yet: the operator leaves its own behind.
 * @throws InstallError when that can't be found out
 */
export async function noteKubeletServices(
  { host, signal }: Context,
  kube: KubeConfig,
  apps: readonly RenderedApp[],
  journal: Journal,
): Promise<void> {
  const api = createApi(kube);
  for (const { namespace, name } of kubeletServices(apps)) {
    const path = `/api/v1/namespaces/${namespace}/services/${name}`;
    const { status, body } = await api.ask(path, AbortSignal.any([signal, AbortSignal.timeout(readMs)]));
    if (status === 200) continue;
    if (status !== 404) {
      const cause = new ApiError(path, status, body);
      throw new InstallError(
        `whether the cluster has the service ${namespace}/${name} can't be found out: ${cause.message}`,
        {
          cause,
          fix: "Use a kubeconfig whose user may get it, or set prometheusOperator.kubeletService.enabled: false.",
        },
      );
    }
    await journal.append({ kind: "service", at: new Date(host.now()).toISOString(), namespace, name });
  }
}
