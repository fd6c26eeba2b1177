import { ApiException, CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import type { Journal } from "../journal/journal.ts";
import { isTransient, retryTransient } from "../kube/api.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import type { RenderedApp } from "../model/rendered.ts";

const startingMs = 30_000;
const terminatingMs = 120_000;

/**
 * Of these namespaces those that have to be made; one that is being deleted is waited for. Changes nothing.
 * @throws InstallError when one can't be read, or is still being deleted after two minutes.
 */
export async function findMissingNamespaces(
  context: Context,
  kube: KubeConfig,
  names: readonly string[],
): Promise<string[]> {
  const core = kube.makeApiClient(CoreV1Api);
  const missing: string[] = [];
  for (const name of new Set(names))
    if ((await awaitNamespaceState(context, core, name)) === "missing") missing.push(name);
  return missing;
}

/**
 * Makes namespaces, each written to the journal before. `apps` may bring some of them along themselves.
 * @throws InstallError when one can't be made.
 */
export async function createNamespaces(
  context: Context,
  kube: KubeConfig,
  missing: readonly string[],
  journal: Journal,
  apps: readonly RenderedApp[] = [],
): Promise<void> {
  const core = kube.makeApiClient(CoreV1Api);
  for (const name of missing) {
    const at = new Date(context.host.now()).toISOString();
    await journal.append({ kind: "namespace", at, name });
    await request(context, () => core.createNamespace({ body: toNamespaceBody(name, apps) })).catch(
      (cause: unknown) => {
        if (getStatusCode(cause) === 409) return;
        throw new InstallError(`namespace ${name} can't be created: ${getApiMessage(cause)}`, {
          cause,
          fix: "Create it beforehand, or use a kubeconfig whose user may create namespaces.",
        });
      },
    );
  }
}

/** One that is among an app's own objects too is made as that app's: helm takes over no other. */
function toNamespaceBody(name: string, apps: readonly RenderedApp[]) {
  for (const { app, objects } of apps) {
    const own = objects.find(({ kind, metadata }) => kind === "Namespace" && metadata.name === name);
    if (own === undefined) continue;
    const labels = { ...own.metadata.labels, "app.kubernetes.io/managed-by": "Helm" };
    const annotations = {
      ...own.metadata.annotations,
      "meta.helm.sh/release-name": app.release,
      "meta.helm.sh/release-namespace": app.namespace,
    };
    return { metadata: { name, labels, annotations } };
  }
  return { metadata: { name } };
}

/** A namespace that is being deleted is waited for: nothing can be created in it. */
async function awaitNamespaceState(
  context: Context,
  core: CoreV1Api,
  name: string,
): Promise<"there" | "missing"> {
  const deadline = context.host.now() + terminatingMs;
  let isReported = false;
  while (context.host.now() < deadline) {
    const found = await request(context, () => core.readNamespace({ name })).catch((cause: unknown) => {
      if (getStatusCode(cause) === 404) return undefined;
      // Without the right to read namespaces it is taken as existing; helm reports it if it isn't.
      if (getStatusCode(cause) === 403) return { status: { phase: "Active" } };
      throw new InstallError(`namespace ${name} can't be read: ${getApiMessage(cause)}`, {
        cause,
        fix: "Check the cluster's API server.",
      });
    });
    if (!found) return "missing";
    if (found.status?.phase !== "Terminating") return "there";
    if (!isReported) context.log.info(`namespace ${name} is still being deleted; waiting until it is gone`);
    isReported = true;
    await context.host.sleep(500, context.signal);
  }
  throw new InstallError(`namespace ${name} is still being deleted after ${terminatingMs / 1000} s`, {
    fix: `Check what holds it: kubectl get namespace ${name} -o yaml (conditions, finalizers). Or use another namespace.`,
  });
}

async function request<T>(context: Context, attempt: () => Promise<T>): Promise<T> {
  const again = (error: unknown) => {
    const code = getStatusCode(error);
    return code === undefined ? isTransient(describeError(error)) : code === 429 || code >= 500;
  };
  return await retryTransient(context, startingMs, again, attempt);
}

function getStatusCode(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/** The client's exception prints whole headers; the API server's own sentence is in the body. */
function getApiMessage(error: unknown): string {
  if (!(error instanceof ApiException)) return describeError(error);
  const body: unknown = error.body;
  const status =
    typeof body === "string"
      ? /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1]
      : (body as { message?: string })?.message;
  return status ?? `HTTP ${error.code}`;
}
