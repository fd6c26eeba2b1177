import { randomBytes } from "node:crypto";
import {
  CoreV1Api,
  DiscoveryV1Api,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Container,
  type V1EphemeralContainer,
  type V1Pod,
  type V1SecurityContext,
} from "@kubernetes/client-node";
import { describeApiError, getErrorStatus, limitCallTime } from "../kube/api.ts";
import { InstallError } from "../lib/errors.ts";
import { requestTimeoutMs } from "../stack/http.ts";
import type { HttpEndpoint } from "../stack/stack.ts";
import { type Container, formatContainer, NoProgram, runInPod } from "./exec.ts";
import type { Target } from "./target.ts";

/** Access to the data folder of one of Prometheus' pods. */
interface DataFolder {
  /** A container with a shell and tar. */
  readonly container: Container;
  /** Path of the data folder in that container, without a slash at its end. */
  readonly path: string;
  /** Ends the helper container, if one was started. */
  close(): Promise<void>;
}

/**
 * Returns access to the data folder of each of Prometheus' pods. Adds a helper container to a pod without a shell.
 * @param dataDir path of the data folder in Prometheus' own container
 * @throws InstallError if a pod has no container that can read the folder
 */
export async function openDataFolders(
  target: Target,
  prometheus: HttpEndpoint,
  dataDir: string,
): Promise<DataFolder[]> {
  const folders: DataFolder[] = [];
  try {
    for (const pod of await listReadyPods(target.kube, prometheus, target.context.signal))
      folders.push(await openDataFolder(target, pod, dataDir.replace(/(?<!\/)\/+$/, "")));
  } catch (error) {
    await closeDataFolders(folders);
    throw error;
  }
  return folders;
}

/** Ends the helper containers of the data folders. */
export async function closeDataFolders(folders: readonly DataFolder[]): Promise<void> {
  await Promise.all(folders.map((folder) => folder.close()));
}

/**
 * Returns access to a pod's data folder: through Prometheus' container if it has a shell, else through a helper
 * container.
 */
async function openDataFolder(target: Target, pod: V1Pod, path: string): Promise<DataFolder> {
  const server = findServerContainer(pod);
  const container = {
    namespace: pod.metadata?.namespace ?? "",
    pod: pod.metadata?.name ?? "",
    name: server.name,
  };
  try {
    await runInPod(target.context, target.kube, container, ["sh", "-c", "exit 0"]);
    return { container, path, close: async () => {} };
  } catch (error) {
    if (!(error instanceof NoProgram)) throw error;
    return await startHelper(target, { server, container, path, error });
  }
}

/**
 * A Prometheus container without a shell. Its pod gets an ephemeral container that has one and mounts the same volume.
 */
interface Shellless {
  /** Prometheus' container in the pod's specification. */
  readonly server: V1Container;
  readonly container: Container;
  readonly path: string;
  readonly error: NoProgram;
}

/** Seconds after which the helper container ends by itself, in case monstack is killed before it ends the helper. */
const helperLifetimeSeconds = 3_600;
const helperFolder = "/monstack";
/** Milliseconds in which the helper container must run. Its image may have to be pulled. */
const startMs = 90_000;
const pollMs = 500;

/**
 * Adds an ephemeral container with a shell to a pod of Prometheus, and returns access to the data folder through it.
 * @throws the error of the missing shell if no image or volume can be used
 */
async function startHelper(
  target: Target,
  { server, container, path, error }: Shellless,
): Promise<DataFolder> {
  const { context, kube } = target;
  // The innermost mount that contains the data folder.
  const mount = (server.volumeMounts ?? [])
    .filter(({ mountPath }) => `${path}/`.startsWith(`${mountPath.replace(/(?<!\/)\/+$/, "")}/`))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0];
  const image = await findImageWithShell(target);
  if (mount === undefined || mount.subPathExpr !== undefined || image === undefined) throw error;
  const name = `monstack-${randomBytes(4).toString("hex")}`;
  const helper: V1EphemeralContainer = {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["sh", "-c", `trap 'exit 0' TERM; sleep ${helperLifetimeSeconds} & wait`],
    // An ephemeral container can mount only the whole volume, without a subPath.
    volumeMounts: [{ name: mount.name, mountPath: helperFolder }],
    securityContext: createSecurityContext(server.securityContext),
  };
  context.log.info(
    `${formatContainer(container)} has no shell: a container with one, of ${image}, is added to its pod, to reach its data`,
  );
  await addEphemeralContainer(target, container, helper);
  const helperContainer = { ...container, name };
  await waitUntilRunning(target, helperContainer);
  const pathInMount = path.slice(mount.mountPath.replace(/(?<!\/)\/+$/, "").length);
  const subPath = mount.subPath?.replace(/^\/*|\/*$/g, "");
  return {
    container: helperContainer,
    path: `${helperFolder}${subPath ? `/${subPath}` : ""}${pathInMount}`,
    close: async () => {
      const uninterruptedContext = { ...context, signal: new AbortController().signal };
      // If this fails, the helper ends by itself after an hour.
      await runInPod(uninterruptedContext, kube, helperContainer, ["kill", "1"]).catch(() => undefined);
    },
  };
}

/**
 * Returns the image of the stack's Grafana; undefined without Grafana. It has a shell, and is on the machine already,
 * so that it works offline and with locked images.
 */
async function findImageWithShell({ kube, grafana, context }: Target): Promise<string | undefined> {
  if (grafana === undefined) return undefined;
  const [pod] = await listReadyPods(kube, grafana, context.signal);
  const containers = pod?.spec?.containers ?? [];
  return (containers.find(({ name }) => name === "grafana") ?? containers[0])?.image;
}

/**
 * Returns a security context with the user that owns the files, and with no more rights than the strictest namespace
 * allows.
 */
function createSecurityContext({
  runAsUser,
  runAsGroup,
  runAsNonRoot,
  seccompProfile,
}: V1SecurityContext = {}): V1SecurityContext {
  return {
    ...(runAsUser !== undefined && { runAsUser }),
    ...(runAsGroup !== undefined && { runAsGroup }),
    ...(runAsNonRoot !== undefined && { runAsNonRoot }),
    ...(seccompProfile !== undefined && { seccompProfile }),
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
  };
}

/** Adds the helper container to a pod. @throws InstallError if the API server refuses it */
async function addEphemeralContainer(
  { context, kube }: Target,
  { namespace, pod }: Container,
  helper: V1EphemeralContainer,
): Promise<void> {
  const limits = limitCallTime(requestTimeoutMs, context.signal);
  const type = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
  const options = { ...limits, middleware: [...(type.middleware ?? []), ...(limits.middleware ?? [])] };
  const body = { spec: { ephemeralContainers: [helper] } };
  try {
    const core = kube.makeApiClient(CoreV1Api);
    await core.patchNamespacedPodEphemeralcontainers({ namespace, name: pod, body }, options);
  } catch (cause) {
    const fix =
      getErrorStatus(cause) === 403
        ? "the kubeconfig's user needs the verb patch on pods/ephemeralcontainers: `monstack rbac --also backup,restore` prints the roles; or give Prometheus an image with a shell"
        : "give Prometheus an image with a shell, one that is not called distroless";
    throw new InstallError(
      `no container can be added to pod ${namespace}/${pod}: ${describeApiError(cause)}`,
      {
        fix,
        cause,
      },
    );
  }
}

/** Waits until the helper container runs. @throws InstallError if it ends, or does not run in time */
async function waitUntilRunning({ context, kube }: Target, helper: Container): Promise<void> {
  const { host, signal } = context;
  const core = kube.makeApiClient(CoreV1Api);
  const deadline = host.now() + startMs;
  for (;;) {
    const { status } = await core.readNamespacedPod(
      { namespace: helper.namespace, name: helper.pod },
      limitCallTime(requestTimeoutMs, signal),
    );
    const state = status?.ephemeralContainerStatuses?.find(({ name }) => name === helper.name)?.state;
    if (state?.running !== undefined) return;
    const { terminated, waiting } = state ?? {};
    if (terminated !== undefined || host.now() >= deadline) {
      const reason = terminated
        ? `it ended with exit code ${terminated.exitCode}`
        : `after ${startMs / 1_000} s it does not run: ${waiting?.message ?? waiting?.reason ?? "the kubelet does not say why"}`;
      throw new InstallError(
        `${formatContainer(helper)}, which was added to reach Prometheus' data: ${reason}`,
        {
          fix: "give Prometheus an image with a shell, one that is not called distroless",
        },
      );
    }
    await host.sleep(pollMs, signal);
  }
}

/**
 * Returns the ready pods behind a service, sorted by name.
 * @throws InstallError if no pod is ready
 */
async function listReadyPods(
  kube: KubeConfig,
  { service: { namespace, name } }: Pick<HttpEndpoint, "service">,
  signal: AbortSignal,
): Promise<V1Pod[]> {
  const options = limitCallTime(requestTimeoutMs, signal);
  const readOrThrow = async <T>(what: string, call: Promise<T>): Promise<T> =>
    call.catch((cause: unknown) => {
      throw new InstallError(`${what} can't be read: ${describeApiError(cause)}`, { cause });
    });
  const labelSelector = `kubernetes.io/service-name=${name}`;
  const slices = await readOrThrow(
    `the endpoints of service ${namespace}/${name}`,
    kube.makeApiClient(DiscoveryV1Api).listNamespacedEndpointSlice({ namespace, labelSelector }, options),
  );
  const names = slices.items
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.kind === "Pod")
    .flatMap(({ targetRef }) => targetRef?.name ?? []);
  const uniqueNames = [...new Set(names)].sort();
  if (uniqueNames.length === 0) throw new InstallError(`service ${namespace}/${name} has no ready pod`);
  const core = kube.makeApiClient(CoreV1Api);
  return await Promise.all(
    uniqueNames.map((pod) =>
      readOrThrow(`pod ${namespace}/${pod}`, core.readNamespacedPod({ namespace, name: pod }, options)),
    ),
  );
}

/**
 * Returns the container that Prometheus runs in: the one with the flag for the storage path, not a reloader beside it.
 * @throws InstallError if several containers exist and none has the flag
 */
function findServerContainer({ metadata, spec }: V1Pod): V1Container {
  const containers = spec?.containers ?? [];
  const listArguments = ({ command = [], args = [] }: V1Container) => [...command, ...args];
  const storingContainer = containers.find((container) =>
    listArguments(container).some((argument) => /^--?storage\.tsdb\.path(=|$)/.test(argument)),
  );
  const serverContainer = storingContainer ?? (containers.length === 1 ? containers[0] : undefined);
  if (serverContainer !== undefined) return serverContainer;
  throw new InstallError(
    `pod ${metadata?.namespace}/${metadata?.name} has ${containers.length} containers, and none of them has --storage.tsdb.path`,
    { fix: "name Prometheus' storage path on its command line" },
  );
}
