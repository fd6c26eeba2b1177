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
  /** Undefined: the kubeconfig's current one. */
  readonly context: string | undefined;
}

/**
 * Connects to a cluster that existed before, and stays.
 * @throws UserError when the kubeconfig or the context isn't there, InstallError when the API can't be reached, or
 *   doesn't let this user in.
 */
export async function connectToCluster(context: Context, options: ExistingOptions): Promise<Cluster> {
  const kube = await readKubeconfig(context, options.kubeconfig);
  const name = chooseContext(kube, options);
  kube.setCurrentContext(name);
  const server = kube.getCurrentCluster()?.server;
  if (!server) {
    throw new UserError(`${options.kubeconfig}: the context ${name} names a cluster that isn't in the file`, {
      fix: "correct the file, or choose another context",
    });
  }
  for (const secret of collectKubeSecrets(kube)) context.log.mask(secret);
  const where = `the cluster at ${showUrl(server)} (context ${name} in ${options.kubeconfig})`;
  const version = await readVersion(context, kube, where);
  await checkCredentials(context, kube, where);
  return {
    kind: "existing",
    kubeconfig: options.kubeconfig,
    context: name,
    kube,
    version,
    reach: "api-server",
  };
}

/** Returns the credentials in a kubeconfig. */
export function collectKubeSecrets(kube: KubeConfig): string[] {
  const logins = kube.getUsers().flatMap(({ token, password, keyData }) => [token, password, keyData]);
  const servers = kube.getClusters().flatMap(({ server }) => collectUrlCredentials(String(server)));
  // The client fills in null for what the file hasn't.
  return [...logins, ...servers].filter((secret) => typeof secret === "string");
}

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
    // Certificates can be named relative to the file.
    kube.makePathsAbsolute(dirname(path));
  } catch (cause) {
    throw new UserError(`${path} is not a kubeconfig`, { fix, cause });
  }
  if (kube.getContexts().length === 0) throw new UserError(`the kubeconfig ${path} has no contexts`, { fix });
  return kube;
}

function chooseContext(kube: KubeConfig, { kubeconfig, context }: ExistingOptions): string {
  const names = kube.getContexts().map(({ name }) => name);
  const wanted = context ?? kube.getCurrentContext();
  const fix = `choose one of ${names.join(", ")} (cluster.context or --context)`;
  if (!wanted) throw new UserError(`${kubeconfig} has no current context, and none was named`, { fix });
  if (!names.includes(wanted)) throw new UserError(`${kubeconfig} has no context ${wanted}`, { fix });
  return wanted;
}

async function readVersion({ signal }: Context, kube: KubeConfig, where: string): Promise<string> {
  try {
    return (await kube.makeApiClient(VersionApi).getCode({}, limitCallTime(requestMs, signal))).gitVersion;
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw toUnusableError(cause, where);
  }
}

/**
 * Requests something that only a known user may read: anonymous users may read the version, so that a response to that
 * proves nothing. Which rights the user has is looked at when it is known which are needed.
 */
async function checkCredentials({ log, signal }: Context, kube: KubeConfig, where: string): Promise<void> {
  const body = { spec: { resourceAttributes: { verb: "get", resource: "pods" } } };
  await kube
    .makeApiClient(AuthorizationV1Api)
    .createSelfSubjectAccessReview({ body }, limitCallTime(requestMs, signal))
    .catch((cause: unknown) => {
      if (signal.aborted) throw cause;
      if (getErrorStatus(cause) !== 403 || isAnonymous(cause)) throw toUnusableError(cause, where);
      log.debug(`${where} doesn't let this user ask what they may do: ${describeApiError(cause)}`);
    });
}

function isAnonymous(cause: unknown): boolean {
  return describeApiError(cause).includes("system:anonymous");
}

function toUnusableError(cause: unknown, where: string): InstallError {
  const status = getErrorStatus(cause);
  const reason = describeApiError(cause);
  if (status === 401 || status === 403) {
    return new InstallError(`${where} doesn't accept this user's credentials: ${reason}`, {
      fix: "renew them (log in again, or fetch a new kubeconfig), or choose another context",
      cause,
    });
  }
  if (status !== undefined) return new InstallError(`${where} answered with an error: ${reason}`, { cause });
  const fix = /certificate|self.signed/i.test(reason)
    ? "the certificate doesn't belong to this kubeconfig's certificate-authority-data: fetch a new kubeconfig"
    : "check that it runs and that this machine can reach it (kubectl get nodes)";
  return new InstallError(`${where} can't be reached: ${reason}`, { fix, cause });
}
