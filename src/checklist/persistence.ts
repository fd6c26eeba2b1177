import type {
  V1Container,
  V1PersistentVolumeClaim,
  V1Pod,
  V1Volume,
  V1VolumeMount,
} from "@kubernetes/client-node";
import { listClaims } from "../stack/kube.ts";
import type { Stack } from "../stack/stack.ts";
import {
  type ComponentName,
  components,
  createMetLine,
  createPointCheck,
  createUnmetLine,
  type EvidenceLine,
  filterPods,
  type Judgement,
  listStackPods,
} from "./point.ts";

interface PersistenceEvidence {
  readonly pods: readonly V1Pod[];
  readonly claims: readonly V1PersistentVolumeClaim[];
  /** Components that have a service in the stack, even if none of their pods runs. */
  readonly deployed: readonly ComponentName[];
}

export const persistence = createPointCheck("production-persistence", async (stack) =>
  judgePersistence(await gatherVolumes(stack)),
);

/** Reads the stack's pods and the claims of their namespaces. */
export async function gatherVolumes(stack: Stack): Promise<PersistenceEvidence> {
  const pods = await listStackPods(stack);
  const namespaces = [...new Set(pods.map(({ metadata }) => metadata?.namespace ?? ""))];
  const claims = (await Promise.all(namespaces.map((namespace) => listClaims(stack, namespace)))).flat();
  const services = {
    Prometheus: stack.prometheus,
    Alertmanager: stack.alertmanager,
    Grafana: stack.grafana,
  };
  const names = Object.keys(components) as ComponentName[];
  return { pods, claims, deployed: names.filter((name) => services[name] !== undefined) };
}

/** The setting of each component's data folder: a flag or an environment variable (empty: none), else the image's default. */
const dataDirs: Readonly<Record<ComponentName, { flag: string; env: string; byDefault: string }>> = {
  Prometheus: { flag: "storage.tsdb.path", env: "", byDefault: "/prometheus" },
  Alertmanager: { flag: "storage.path", env: "", byDefault: "/alertmanager" },
  Grafana: { flag: "", env: "GF_PATHS_DATA", byDefault: "/var/lib/grafana" },
};

/** Returns a line for each pod that keeps data, and for each required component that is missing. */
export function judgePersistence({ pods, claims, deployed }: PersistenceEvidence): Judgement {
  const missing = (["Prometheus", "Grafana"] as const).filter((name) => !deployed.includes(name));
  return {
    lines: [
      ...missing.map((name) => createUnmetLine(`${name} is not part of this stack`)),
      ...deployed.flatMap((name) => judgeComponent(name, filterPods(name, pods), claims)),
    ],
  };
}

/** Returns for each pod of a component whether its data is on a bound claim. */
function judgeComponent(
  name: ComponentName,
  pods: readonly V1Pod[],
  claims: readonly V1PersistentVolumeClaim[],
): EvidenceLine[] {
  if (pods.length === 0) return [createUnmetLine(`no pod of ${name} runs`)];
  return pods.map((pod) => {
    const volume = findDataVolume(name, pod);
    const podSuffix = pods.length > 1 ? ` (pod ${pod.metadata?.namespace}/${pod.metadata?.name})` : "";
    const subject = `${name}${podSuffix} keeps ${volume.dir}`;
    const claim = claims.find(
      (candidate) => volume.claim !== undefined && isClaimOfPod(candidate, pod, volume.claim),
    );
    if (volume.claim === undefined)
      return createUnmetLine(`${subject} ${volume.where}: it is gone with the pod`);
    const phase = claim?.status?.phase ?? "missing";
    const { storageClassName = "?" } = claim?.spec ?? {};
    const size = claim?.status?.capacity?.["storage"] ?? "?";
    const location = `${subject} on PVC ${pod.metadata?.namespace}/${volume.claim}`;
    if (phase !== "Bound") return createUnmetLine(`${location}, which is ${phase}`);
    return createMetLine(`${location}: Bound, ${size} of class ${storageClassName}`);
  });
}

/** True if a claim has this name and is in the pod's namespace. */
function isClaimOfPod({ metadata }: V1PersistentVolumeClaim, pod: V1Pod, name: string): boolean {
  return metadata?.name === name && metadata.namespace === pod.metadata?.namespace;
}

/** The place of a component's data folder. */
interface DataVolume {
  readonly dir: string;
  /** Describes a place that is not on a claim, e.g. `in the container itself`. */
  readonly where: string;
  /** Name of the claim; undefined if the data is not on one. */
  readonly claim: string | undefined;
}

/**
 * Returns the volume that contains a component's data folder. The folder is the one that a container sets, else the
 * image's default in the container of the component's name, else in the first container.
 */
export function findDataVolume(name: ComponentName, pod: V1Pod): DataVolume {
  const { flag, env, byDefault } = dataDirs[name];
  const containers = pod.spec?.containers ?? [];
  const configuredDirs = containers.map((candidate) => readFlag(candidate, flag) ?? readEnv(candidate, env));
  // A pod has more containers than the component, e.g. config reloaders.
  const settingIndex = configuredDirs.findIndex((dir) => dir !== undefined);
  const namesakeIndex = containers.findIndex((candidate) => candidate.name === name.toLowerCase());
  const index = Math.max(0, settingIndex >= 0 ? settingIndex : namesakeIndex);
  const dir = (configuredDirs[index] ?? byDefault).replace(/(?<!\/)\/+$/, "") || "/";
  // The innermost mount has the longest path.
  const mount = (containers[index]?.volumeMounts ?? [])
    .filter(({ mountPath }) => `${dir}/`.startsWith(`${mountPath.replace(/(?<!\/)\/+$/, "")}/`))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0];
  const volume = pod.spec?.volumes?.find((candidate) => candidate.name === mount?.name);
  const claim = volume?.persistentVolumeClaim?.claimName;
  return { dir, where: describeDataPlace(mount, volume), claim };
}

/** Returns where data is that is not on a claim, for messages. */
function describeDataPlace(mount: V1VolumeMount | undefined, volume: V1Volume | undefined): string {
  if (mount === undefined) return "in the container itself";
  if (volume?.hostPath) return `in ${volume.hostPath.path} of its node`;
  return `in the volume ${mount.name}, which is not a PVC`;
}

/**
 * Returns the value of a flag on a container's command line, `--flag=value` or `--flag value`; undefined if it is not
 * set.
 */
function readFlag({ args = [], command = [] }: V1Container, flag: string): string | undefined {
  if (flag === "") return undefined;
  const commandLine = [...command, ...args].map((argument) => argument.replace(/^--?/, ""));
  const joinedValue = commandLine.find((argument) => argument.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const flagIndex = commandLine.indexOf(flag);
  return joinedValue ?? (flagIndex >= 0 ? commandLine[flagIndex + 1] : undefined);
}

/** Returns the value of a container's environment variable; undefined if it is not set. */
function readEnv({ env = [] }: V1Container, name: string): string | undefined {
  return name === "" ? undefined : env.find((variable) => variable.name === name)?.value;
}
