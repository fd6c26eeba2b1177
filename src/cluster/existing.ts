import { dirname } from "node:path";
import { AuthorizationV1Api, type KubeConfig, VersionApi } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { describeApiError, getErrorStatus, limitCallTime } from "../kube/api.ts";
import { SharingKubeConfig } from "../kube/kube-config.ts";
import { InstallError, UserError } from "../lib/errors.ts";
import { collectUrlCredentials, showUrl } from "../lib/redact/urls.ts";
import type { Cluster } from "../model/cluster.ts";

const requestMs = 10_000;

interface ExistingOptions {
  readonly kubeconfig: string;
  /** The context's name; undefined: the kubeconfig's current context. */
  readonly context: string | undefined;
}

/**
 * Connects to a cluster that monstack did not create, and returns it.
 * @throws UserError if the kubeconfig or the context is missing; InstallError if the API can't be reached, or refuses
 *   this user
 */
export async function connectToCluster(context: Context, options: ExistingOptions): Promise<Cluster> {
  const kube = await readKubeconfig(context, options.kubeconfig);
  const contextName = chooseContext(kube, options);
  kube.setCurrentContext(contextName);
  const server = kube.getCurrentCluster()?.server;
  if (!server) {
    throw new UserError(
      `${options.kubeconfig}: the context ${contextName} names a cluster that isn't in the file`,
      {
        fix: "correct the file, or choose another context",
      },
    );
  }
  for (const secret of collectKubeSecrets(kube)) context.log.mask(secret);
  const clusterName = `the cluster at ${showUrl(server)} (context ${contextName} in ${options.kubeconfig})`;
  const version = await readVersion(context, kube, clusterName);
  await checkCredentials(context, kube, clusterName);
  return {
    kind: "existing",
    kubeconfig: options.kubeconfig,
    context: contextName,
    kube,
    version,
    reach: "api-server",
  };
}

/** Returns the credentials in a kubeconfig: tokens, passwords, keys, and those in URLs. */
export function collectKubeSecrets(kube: KubeConfig): string[] {
  const logins = kube.getUsers().flatMap(({ token, password, keyData }) => [token, password, keyData]);
  const servers = kube.getClusters().flatMap(({ server }) => collectUrlCredentials(String(server)));
  // The client sets missing values to null.
  return [...logins, ...servers].filter((secret) => typeof secret === "string");
}

/** Reads a kubeconfig. @throws UserError if it is missing or invalid */
async function readKubeconfig({ host }: Context, path: string): Promise<KubeConfig> {
  const fix =
    "name a kubeconfig with cluster.kubeconfig or --kubeconfig; `kubectl config view` shows the one in use";
  const text = await host.files.read(path).catch((cause: unknown) => {
    throw new UserError(`the kubeconfig ${path} can't be read`, { fix, cause });
  });
  if (text === undefined) throw new UserError(`kubeconfig not found: ${path}`, { fix });
  const kube = new SharingKubeConfig();
  try {
    kube.loadFromString(text);
    // The paths of certificates can be relative to the file.
    kube.makePathsAbsolute(dirname(path));
  } catch (cause) {
    throw new UserError(`${path} is not a kubeconfig`, { fix, cause });
  }
  if (kube.getContexts().length === 0) throw new UserError(`the kubeconfig ${path} has no contexts`, { fix });
  return kube;
}

/** Returns the name of the context to use. @throws UserError if the kubeconfig doesn't have it */
function chooseContext(kube: KubeConfig, { kubeconfig, context }: ExistingOptions): string {
  const names = kube.getContexts().map(({ name }) => name);
  const contextName = context ?? kube.getCurrentContext();
  const fix = `choose one of ${names.join(", ")} (cluster.context or --context)`;
  if (!contextName) throw new UserError(`${kubeconfig} has no current context, and none was named`, { fix });
  if (!names.includes(contextName))
    throw new UserError(`${kubeconfig} has no context ${contextName}`, { fix });
  return contextName;
}

/** Returns the cluster's version. @throws InstallError if the API can't be reached */
async function readVersion({ signal }: Context, kube: KubeConfig, clusterName: string): Promise<string> {
  try {
    return (await kube.makeApiClient(VersionApi).getCode({}, limitCallTime(requestMs, signal))).gitVersion;
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw toUnusableError(cause, clusterName);
  }
}

/**
 * Throws if the cluster refuses the user's credentials. Requests something that only an authenticated user may read,
 * since anonymous users may read the version. The user's rights are checked later, when the needed ones are known.
 * @throws InstallError
 */
async function checkCredentials(
  { log, signal }: Context,
  kube: KubeConfig,
  clusterName: string,
): Promise<void> {
  const body = { spec: { resourceAttributes: { verb: "get", resource: "pods" } } };
  await kube
    .makeApiClient(AuthorizationV1Api)
    .createSelfSubjectAccessReview({ body }, limitCallTime(requestMs, signal))
    .catch((cause: unknown) => {
      if (signal.aborted) throw cause;
      if (getErrorStatus(cause) !== 403 || isAnonymous(cause)) throw toUnusableError(cause, clusterName);
      log.debug(`${clusterName} doesn't let this user ask what they may do: ${describeApiError(cause)}`);
    });
}

/** True if the cluster treated the user as anonymous. */
function isAnonymous(cause: unknown): boolean {
  return describeApiError(cause).includes("system:anonymous");
}

/** Returns the error for a cluster that can't be reached, responds with an error, or refuses the credentials. */
function toUnusableError(cause: unknown, clusterName: string): InstallError {
  const status = getErrorStatus(cause);
  const reason = describeApiError(cause);
  if (status === 401 || status === 403) {
    return new InstallError(`${clusterName} doesn't accept this user's credentials: ${reason}`, {
      fix: "renew them (log in again, or fetch a new kubeconfig), or choose another context",
      cause,
    });
  }
  if (status !== undefined)
    return new InstallError(`${clusterName} answered with an error: ${reason}`, { cause });
  const fix = /certificate|self.signed/i.test(reason)
    ? "the certificate doesn't belong to this kubeconfig's certificate-authority-data: fetch a new kubeconfig"
    : "check that it runs and that this machine can reach it (kubectl get nodes)";
  return new InstallError(`${clusterName} can't be reached: ${reason}`, { fix, cause });
}
