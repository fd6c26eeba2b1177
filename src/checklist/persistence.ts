import type { V1Container, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { listClaims } from "../stack/kube.ts";
import type { Stack } from "../stack/stack.ts";
import {
  type ComponentName,
  components,
  type Judgement,
  type Line,
  met,
  podsOf,
  pointCheck,
  stackPods,
  unmet,
} from "./point.ts";

export interface PersistenceEvidence {
  readonly pods: readonly V1Pod[];
  readonly claims: readonly V1PersistentVolumeClaim[];
  /** What the stack has a service of, whether a pod of it runs or not. */
  readonly deployed: readonly ComponentName[];
}

export const persistence = pointCheck("production-persistence", async (stack) =>
  judgePersistence(await gatherVolumes(stack)),
);

/** The pods with the claims of their namespaces. */
export async function gatherVolumes(stack: Stack): Promise<PersistenceEvidence> {
  const pods = await stackPods(stack);
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

/** Where each keeps its data: told on the command line or in the environment, else as its image has it. */
const dataDirs: Readonly<Record<ComponentName, { flag: string; env: string; byDefault: string }>> = {
  Prometheus: { flag: "storage.tsdb.path", env: "", byDefault: "/prometheus" },
  Alertmanager: { flag: "storage.path", env: "", byDefault: "/alertmanager" },
  Grafana: { flag: "", env: "GF_PATHS_DATA", byDefault: "/var/lib/grafana" },
};

export function judgePersistence({ pods, claims, deployed }: PersistenceEvidence): Judgement {
  const missing = (["Prometheus", "Grafana"] as const).filter((name) => !deployed.includes(name));
  return {
    lines: [
      ...missing.map((name) => unmet(`${name} is not part of this stack`)),
      ...deployed.flatMap((name) => linesOf(name, podsOf(name, pods), claims)),
    ],
  };
}

function linesOf(
  name: ComponentName,
  pods: readonly V1Pod[],
  claims: readonly V1PersistentVolumeClaim[],
): Line[] {
  if (pods.length === 0) return [unmet(`no pod of ${name} runs`)];
  return pods.map((pod) => {
    const at = dataVolume(name, pod);
    const which = pods.length > 1 ? ` (pod ${pod.metadata?.namespace}/${pod.metadata?.name})` : "";
    const what = `${name}${which} keeps ${at.dir}`;
    const claim = claims.find((one) => at.claim !== undefined && isNamed(one, pod, at.claim));
    if (at.claim === undefined) return unmet(`${what} ${at.where}: it is gone with the pod`);
    const phase = claim?.status?.phase ?? "missing";
    const { storageClassName = "?" } = claim?.spec ?? {};
    const size = claim?.status?.capacity?.["storage"] ?? "?";
    const on = `${what} on PVC ${pod.metadata?.namespace}/${at.claim}`;
    if (phase !== "Bound") return unmet(`${on}, which is ${phase}`);
    return met(`${on}: Bound, ${size} of class ${storageClassName}`);
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

/** The volume that the data's folder lies in: the mount that goes deepest. */
export function dataVolume(name: ComponentName, pod: V1Pod): DataVolume {
  const { flag, env, byDefault } = dataDirs[name];
  const containers = pod.spec?.containers ?? [];
  const told = containers.map((one) => flagOf(one, flag) ?? envOf(one, env));
  const teller = told.findIndex((dir) => dir !== undefined);
  const namesake = containers.findIndex((one) => one.name === name.toLowerCase());
  const index = Math.max(0, teller >= 0 ? teller : namesake);
  const dir = (told[index] ?? byDefault).replace(/(?<!\/)\/+$/, "") || "/";
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
        : `in the volume ${mount.name}, which is no PVC`;
  return { dir, where, claim };
}

function flagOf({ args = [], command = [] }: V1Container, flag: string): string | undefined {
  if (flag === "") return undefined;
  const words = [...command, ...args].map((word) => word.replace(/^--?/, ""));
  const joined = words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const next = words.indexOf(flag);
  return joined ?? (next >= 0 ? words[next + 1] : undefined);
}

function envOf({ env = [] }: V1Container, name: string): string | undefined {
  return name === "" ? undefined : env.find((one) => one.name === name)?.value;
}
