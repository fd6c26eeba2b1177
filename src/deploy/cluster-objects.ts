import type { KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import type { Journal } from "../journal/journal.ts";
import { ApiError, createApi } from "../kube/api.ts";
import { filterDefinitions } from "../kube/kinds.ts";
import { InstallError } from "../lib/errors.ts";
import type { RenderedApp } from "../model/rendered.ts";

const readMs = 15_000;

/**
 * Writes to the journal which of the apps' custom resource definitions are not in the cluster yet, so that the teardown
 * can delete them: helm never deletes those in a chart's folder crds. A definition that already exists belongs to
 * somebody else.
 * @throws InstallError if the cluster can't be asked
 */
export async function noteDefinitions(
  context: Context,
  kube: KubeConfig,
  apps: readonly RenderedApp[],
  journal: Journal,
): Promise<void> {
  const definitionNames = apps.flatMap(({ objects }) =>
    filterDefinitions(objects).map(({ metadata }) => metadata.name),
  );
  const names = [...new Set(definitionNames)];
  const areInCluster = await Promise.all(
    names.map((name) =>
      isInCluster(context, kube, {
        path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
        description: `the custom resource definition ${name}`,
        fix: "Use a kubeconfig whose user may get custom resource definitions.",
      }),
    ),
  );
  const missingNames = names.filter((_, index) => !areInCluster[index]);
  if (missingNames.length === 0) return;
  await journal.append({ kind: "crds", at: new Date(context.host.now()).toISOString(), names: missingNames });
}

/** A Service that an operator creates, so that it is not among the rendered objects. */
interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Returns the Services that a Prometheus operator among these apps will create for the kubelets. The operator's
 * argument names them. They are in another namespace than the operator, and have no owner.
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
 * Writes to the journal which Services for kubelets are not in the cluster yet, so that the teardown can delete them:
 * the operator leaves them behind.
 * @throws InstallError if the cluster can't be asked
 */
export async function noteKubeletServices(
  context: Context,
  kube: KubeConfig,
  apps: readonly RenderedApp[],
  journal: Journal,
): Promise<void> {
  for (const { namespace, name } of listKubeletServices(apps)) {
    const exists = await isInCluster(context, kube, {
      path: `/api/v1/namespaces/${namespace}/services/${name}`,
      description: `the service ${namespace}/${name}`,
      fix: "Use a kubeconfig whose user may get it, or set prometheusOperator.kubeletService.enabled: false.",
    });
    if (exists) continue;
    const appendedAt = new Date(context.host.now()).toISOString();
    await journal.append({ kind: "service", at: appendedAt, namespace, name });
  }
}

/**
 * True if the API server has an object at this path.
 * @param description the object's name for the message
 * @throws InstallError if the API server responds with another status than 200 or 404
 */
async function isInCluster(
  { signal }: Context,
  kube: KubeConfig,
  { path, description, fix }: { path: string; description: string; fix: string },
): Promise<boolean> {
  const requestSignal = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
  const { status, body } = await createApi(kube).send(path, requestSignal);
  if (status === 200) return true;
  if (status === 404) return false;
  const cause = new ApiError(path, status, body);
  throw new InstallError(`can't find out whether the cluster has ${description}: ${cause.message}`, {
    cause,
    fix,
  });
}
