import type { V1Container, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { listClaims } from "../stack/kube.ts";
import type { Stack } from "../stack/stack.ts";
import {
  type ComponentName,
  components,
  filterPods,
  type Judgement,
  type Line,
  listStackPods,
  pointCheck,
  toMetLine,
  toUnmetLine,
} from "./point.ts";

interface PersistenceEvidence {
  readonly pods: readonly V1Pod[];
  readonly claims: readonly V1PersistentVolumeClaim[];
  /** Components with a service in the stack, whether a pod of them runs or not. */
  readonly deployed: readonly ComponentName[];
}

export const persistence = pointCheck("production-persistence", async (stack) =>
  judgePersistence(await gatherVolumes(stack)),
);

/** Returns the pods and the claims of their namespaces. */
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

/** Where each component keeps its data: set by a flag or an environment variable, else the image's default. */
const dataDirs: Readonly<Record<ComponentName, { flag: string; env: string; byDefault: string }>> = {
  Prometheus: { flag: "storage.tsdb.path", env: "", byDefault: "/prometheus" },
  Alertmanager: { flag: "storage.path", env: "", byDefault: "/alertmanager" },
  Grafana: { flag: "", env: "GF_PATHS_DATA", byDefault: "/var/lib/grafana" },
};

export function judgePersistence({ pods, claims, deployed }: PersistenceEvidence): Judgement {
  const missing = (["Prometheus", "Grafana"] as const).filter((name) => !deployed.includes(name));
  return {
    lines: [
      ...missing.map((name) => toUnmetLine(`${name} is not part of this stack`)),
      ...deployed.flatMap((name) => judgeComponent(name, filterPods(name, pods), claims)),
    ],
  };
}

function judgeComponent(
  name: ComponentName,
  pods: readonly V1Pod[],
  claims: readonly V1PersistentVolumeClaim[],
): Line[] {
  if (pods.length === 0) return [toUnmetLine(`no pod of ${name} runs`)];
  return pods.map((pod) => {
    const at = findDataVolume(name, pod);
    const which = pods.length > 1 ? ` (pod ${pod.metadata?.namespace}/${pod.metadata?.name})` : "";
    const what = `${name}${which} keeps ${at.dir}`;
    const claim = claims.find((one) => at.claim !== undefined && isNamed(one, pod, at.claim));
    if (at.claim === undefined) return toUnmetLine(`${what} ${at.where}: it is gone with the pod`);
    const phase = claim?.status?.phase ?? "missing";
    const { storageClassName = "?" } = claim?.spec ?? {};
    const size = claim?.status?.capacity?.["storage"] ?? "?";
    const on = `${what} on PVC ${pod.metadata?.namespace}/${at.claim}`;
    if (phase !== "Bound") return toUnmetLine(`${on}, which is ${phase}`);
    return toMetLine(`${on}: Bound, ${size} of class ${storageClassName}`);
  });
}

function isNamed({ metadata }: V1PersistentVolumeClaim, pod: V1Pod, claim: string): boolean {
  return metadata?.name === claim && metadata.namespace === pod.metadata?.namespace;
}

interface DataVolume {
  readonly dir: string;
  readonly where: string;
  /** Undefined: it is on no claim. */
  readonly claim: string | undefined;
}

/** Returns the volume with the component's data folder: that of the deepest mount above it. */
export function findDataVolume(name: ComponentName, pod: V1Pod): DataVolume {
  const { flag, env, byDefault } = dataDirs[name];
  const containers = pod.spec?.containers ?? [];
  const configured = containers.map((one) => readFlag(one, flag) ?? readEnv(one, env));
  const withSetting = configured.findIndex((dir) => dir !== undefined);
  const namesake = containers.findIndex((one) => one.name === name.toLowerCase());
  const index = Math.max(0, withSetting >= 0 ? withSetting : namesake);
  const dir = (configured[index] ?? byDefault).replace(/(?<!\/)\/+$/, "") || "/";
  const mount = (containers[index]?.volumeMounts ?? [])
    .filter(({ mountPath }) => `${dir}/`.startsWith(`${mountPath.replace(/(?<!\/)\/+$/, "")}/`))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0];
  const volume = pod.spec?.volumes?.find((one) => one.name === mount?.name);
  const claim = volume?.persistentVolumeClaim?.claimName;
  const where =
    mount === undefined
      ? "in the container itself"
      : volume?.hostPath
        ? `in ${volume.hostPath.path} of its node`
        : `in the volume ${mount.name}, which is not a PVC`;
  return { dir, where, claim };
}

function readFlag({ args = [], command = [] }: V1Container, flag: string): string | undefined {
  if (flag === "") return undefined;
  const words = [...command, ...args].map((word) => word.replace(/^--?/, ""));
  const joined = words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const next = words.indexOf(flag);
  return joined ?? (next >= 0 ? words[next + 1] : undefined);
}

function readEnv({ env = [] }: V1Container, name: string): string | undefined {
  return name === "" ? undefined : env.find((one) => one.name === name)?.value;
}
