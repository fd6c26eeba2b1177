import type { KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import type { Journal } from "../journal/journal.ts";
import { ApiError, createApi } from "../kube/api.ts";
import { filterDefinitions } from "../kube/kinds.ts";
import { InstallError } from "../lib/errors.ts";
import type { RenderedApp } from "../model/rendered.ts";

const readMs = 15_000;

/**
 * Writes to the journal which of the apps' custom resource definitions the cluster doesn't have yet: helm never deletes
 * those of a chart's folder crds, and one that was there before is somebody else's.
 * @throws InstallError when that can't be found out
 */
export async function noteDefinitions(
  context: Context,
  kube: KubeConfig,
  apps: readonly RenderedApp[],
  journal: Journal,
): Promise<void> {
  const all = apps.flatMap(({ objects }) => filterDefinitions(objects).map(({ metadata }) => metadata.name));
  const names = [...new Set(all)];
  const found = await Promise.all(
    names.map((name) =>
      isInCluster(context, kube, {
        path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
        description: `the custom resource definition ${name}`,
        fix: "Use a kubeconfig whose user may get custom resource definitions.",
      }),
    ),
  );
  const missing = names.filter((_, index) => !found[index]);
  if (missing.length === 0) return;
  await journal.append({ kind: "crds", at: new Date(context.host.now()).toISOString(), names: missing });
}

/** A Service that no chart renders. */
interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Returns the Services that a Prometheus operator of these apps makes for the kubelets, in another namespace than its own and
 * owned by nobody: its argument names them.
 */
export function listKubeletServices(apps: readonly RenderedApp[]): ServiceName[] {
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
 * Writes to the journal which of these Services the cluster doesn't have yet: the operator leaves its own behind.
 * @throws InstallError when that can't be found out
 */
export async function noteKubeletServices(
  context: Context,
  kube: KubeConfig,
  apps: readonly RenderedApp[],
  journal: Journal,
): Promise<void> {
  for (const { namespace, name } of listKubeletServices(apps)) {
    const isThere = await isInCluster(context, kube, {
      path: `/api/v1/namespaces/${namespace}/services/${name}`,
      description: `the service ${namespace}/${name}`,
      fix: "Use a kubeconfig whose user may get it, or set prometheusOperator.kubeletService.enabled: false.",
    });
    if (isThere) continue;
    const at = new Date(context.host.now()).toISOString();
    await journal.append({ kind: "service", at, namespace, name });
  }
}

async function isInCluster(
  { signal }: Context,
  kube: KubeConfig,
  { path, description, fix }: { path: string; description: string; fix: string },
): Promise<boolean> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
  const { status, body } = await createApi(kube).send(path, bounded);
  if (status === 200) return true;
  if (status === 404) return false;
  const cause = new ApiError(path, status, body);
  throw new InstallError(`can't find out whether the cluster has ${description}: ${cause.message}`, {
    cause,
    fix,
  });
}
