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
import { type Container, NoProgram, nameOf, runInPod } from "./exec.ts";
import type { Target } from "./target.ts";

/** Where commands find the data of one of Prometheus' pods. */
interface DataFolder {
  /** A container with a shell and tar. */
  readonly at: Container;
  /** As that container sees it, without a slash at its end. */
  readonly path: string;
  /** Ends what was started for it. */
  close(): Promise<void>;
}

/**
 * The data folders of all of Prometheus' pods.
 * @param dataDir as Prometheus' own container sees it
 * @throws InstallError when a pod has no container that can read it
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
    await closeAll(folders);
    throw error;
  }
  return folders;
}

export async function closeAll(folders: readonly DataFolder[]): Promise<void> {
  await Promise.all(folders.map((folder) => folder.close()));
}

async function openDataFolder(target: Target, pod: V1Pod, path: string): Promise<DataFolder> {
  const container = findServerContainer(pod);
  const at = {
    namespace: pod.metadata?.namespace ?? "",
    pod: pod.metadata?.name ?? "",
    container: container.name,
  };
  try {
    await runInPod(target.context, target.kube, at, ["sh", "-c", "exit 0"]);
    return { at, path, close: async () => {} };
  } catch (error) {
    if (!(error instanceof NoProgram)) throw error;
    return await startHelper(target, { container, at, path, error });
  }
}

/** Without a shell of its own, Prometheus' pod gets an ephemeral container that has one, and mounts the same volume. */
interface Shellless {
  readonly container: V1Container;
  readonly at: Container;
  readonly path: string;
  readonly error: NoProgram;
}

/** Seconds after which it ends by itself, should nobody come to end it. */
const helperLivesSeconds = 3_600;
const helperFolder = "/monstack";
/** Milliseconds until it must run; its image may have to be pulled. */
const startMs = 90_000;
const pollMs = 500;

async function startHelper(target: Target, { container, at, path, error }: Shellless): Promise<DataFolder> {
  const { context, kube } = target;
  // The one that goes deepest.
  const mount = (container.volumeMounts ?? [])
    .filter(({ mountPath }) => `${path}/`.startsWith(`${mountPath.replace(/(?<!\/)\/+$/, "")}/`))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0];
  const image = await findImageWithShell(target);
  if (mount === undefined || mount.subPathExpr !== undefined || image === undefined) throw error;
  const name = `monstack-${randomBytes(4).toString("hex")}`;
  const helper: V1EphemeralContainer = {
    name,
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["sh", "-c", `trap 'exit 0' TERM; sleep ${helperLivesSeconds} & wait`],
    // A mount of an ephemeral container can't lead into a folder of the volume.
    volumeMounts: [{ name: mount.name, mountPath: helperFolder }],
    securityContext: createSecurityContext(container.securityContext),
  };
  context.log.info(
    `${nameOf(at)} has no shell: a container with one, of ${image}, is added to its pod, to reach its data`,
  );
  await addEphemeralContainer(target, at, helper);
  const inHelper = { ...at, container: name };
  await untilRuns(target, inHelper);
  const below = path.slice(mount.mountPath.replace(/(?<!\/)\/+$/, "").length);
  const subPath = mount.subPath?.replace(/^\/*|\/*$/g, "");
  return {
    at: inHelper,
    path: `${helperFolder}${subPath ? `/${subPath}` : ""}${below}`,
    close: async () => {
      const calm = { ...context, signal: new AbortController().signal };
      // It ends by itself, only later.
      await runInPod(calm, kube, inHelper, ["kill", "1"]).catch(() => undefined);
    },
  };
}

/** Grafana's: it has a shell, and is on the machine already, offline and where every image is locked too. */
async function findImageWithShell({ kube, grafana, context }: Target): Promise<string | undefined> {
  if (grafana === undefined) return undefined;
  const [pod] = await listReadyPods(kube, grafana, context.signal);
  const containers = pod?.spec?.containers ?? [];
  return (containers.find(({ name }) => name === "grafana") ?? containers[0])?.image;
}

/** As the user that the files belong to, and no more than the strictest namespace allows. */
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

async function untilRuns({ context, kube }: Target, at: Container): Promise<void> {
  const { host, signal } = context;
  const core = kube.makeApiClient(CoreV1Api);
  const deadline = host.now() + startMs;
  for (;;) {
    const { status } = await core.readNamespacedPod(
      { namespace: at.namespace, name: at.pod },
      limitCallTime(requestTimeoutMs, signal),
    );
    const state = status?.ephemeralContainerStatuses?.find(({ name }) => name === at.container)?.state;
    if (state?.running !== undefined) return;
    const { terminated, waiting } = state ?? {};
    if (terminated !== undefined || host.now() >= deadline) {
      const why = terminated
        ? `it ended with exit code ${terminated.exitCode}`
        : `after ${startMs / 1_000} s it does not run: ${waiting?.message ?? waiting?.reason ?? "the kubelet does not say why"}`;
      throw new InstallError(`${nameOf(at)}, which was added to reach Prometheus' data: ${why}`, {
        fix: "give Prometheus an image with a shell, one that is not called distroless",
      });
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
  const ask = async <T>(what: string, call: Promise<T>): Promise<T> =>
    call.catch((cause: unknown) => {
      throw new InstallError(`${what} can't be read: ${describeApiError(cause)}`, { cause });
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
 * Returns the container that Prometheus runs in: the one with the flag for the storage path, not a reloader beside it.
 * @throws InstallError if several containers exist and none has the flag
 */
function findServerContainer({ metadata, spec }: V1Pod): V1Container {
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
