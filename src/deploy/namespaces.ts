import { ApiException, CoreV1Api, type KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import type { Journal } from "../journal/journal.ts";
import { isTransient, retryTransient } from "../kube/api.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import type { RenderedApp } from "../model/rendered.ts";

/** How long requests are repeated that fail because the API server is starting. */
const startingMs = 30_000;
/** How long the deletion of a namespace is waited for. */
const terminatingMs = 120_000;

/**
 * Returns the namespaces that don't exist. If one is being deleted, waits until it is gone. Changes nothing.
 * @throws InstallError if a namespace can't be read, or is still being deleted after two minutes
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
 * Creates namespaces; each is written to the journal first.
 * @param apps their objects may include some of the namespaces
 * @throws InstallError if a namespace can't be created
 */
export async function createNamespaces(
  context: Context,
  kube: KubeConfig,
  names: readonly string[],
  journal: Journal,
  apps: readonly RenderedApp[] = [],
): Promise<void> {
  const core = kube.makeApiClient(CoreV1Api);
  for (const name of names) {
    const appendedAt = new Date(context.host.now()).toISOString();
    await journal.append({ kind: "namespace", at: appendedAt, name });
    await sendWithRetries(context, () => core.createNamespace({ body: toNamespaceBody(name, apps) })).catch(
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

/**
 * Returns the request to create a namespace. If the namespace is also among an app's objects, it gets helm's labels,
 * since helm refuses to manage objects without them.
 */
function toNamespaceBody(name: string, apps: readonly RenderedApp[]) {
  for (const { app, objects } of apps) {
    const renderedNamespace = objects.find(
      ({ kind, metadata }) => kind === "Namespace" && metadata.name === name,
    );
    if (renderedNamespace === undefined) continue;
    const labels = { ...renderedNamespace.metadata.labels, "app.kubernetes.io/managed-by": "Helm" };
    const annotations = {
      ...renderedNamespace.metadata.annotations,
      "meta.helm.sh/release-name": app.release,
      "meta.helm.sh/release-namespace": app.namespace,
    };
    return { metadata: { name, labels, annotations } };
  }
  return { metadata: { name } };
}

/** Returns whether a namespace exists. If it is being deleted, waits until it is gone: nothing can be created in it. */
async function awaitNamespaceState(
  context: Context,
  core: CoreV1Api,
  name: string,
): Promise<"there" | "missing"> {
  const deadline = context.host.now() + terminatingMs;
  let isReported = false;
  while (context.host.now() < deadline) {
    const namespace = await sendWithRetries(context, () => core.readNamespace({ name })).catch(
      (cause: unknown) => {
        if (getStatusCode(cause) === 404) return undefined;
        // A user without the right to read namespaces: assume that it exists. If not, helm reports it.
        if (getStatusCode(cause) === 403) return { status: { phase: "Active" } };
        throw new InstallError(`namespace ${name} can't be read: ${getApiMessage(cause)}`, {
          cause,
          fix: "Check the cluster's API server.",
        });
      },
    );
    if (!namespace) return "missing";
    if (namespace.status?.phase !== "Terminating") return "there";
    if (!isReported) context.log.info(`namespace ${name} is still being deleted; waiting until it is gone`);
    isReported = true;
    await context.host.sleep(500, context.signal);
  }
  throw new InstallError(`namespace ${name} is still being deleted after ${terminatingMs / 1000} s`, {
    fix: `Check what holds it: kubectl get namespace ${name} -o yaml (conditions, finalizers). Or use another namespace.`,
  });
}

/** Sends a request, and repeats it while the API server is starting or overloaded. */
async function sendWithRetries<T>(context: Context, sendRequest: () => Promise<T>): Promise<T> {
  const shouldRetry = (error: unknown) => {
    const code = getStatusCode(error);
    return code === undefined ? isTransient(describeError(error)) : code === 429 || code >= 500;
  };
  return await retryTransient(context, startingMs, shouldRetry, sendRequest);
}

function getStatusCode(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/** Returns the API server's message. The client's own exception would print all headers. */
function getApiMessage(error: unknown): string {
  if (!(error instanceof ApiException)) return describeError(error);
  const body: unknown = error.body;
  const message =
    typeof body === "string"
      ? /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1]
      : (body as { message?: string })?.message;
  return message ?? `HTTP ${error.code}`;
}
