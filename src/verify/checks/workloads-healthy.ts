import type { V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import { namespacesOf, objectsOf, selects, type Workload, workloadsOf } from "../../model/rendered.ts";
import { lastWarning, listClaims, listPods } from "../../stack/kube.ts";
import { type PodProblem, problemsOf, restartsOf } from "../../stack/pods.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, pass, skipped } from "../../stack/verdicts.ts";

export const workloadsHealthy: Check = {
  id: "workloads-healthy",
  title: "All pods run, and all volumes are bound",
  severity: "error",
  meaning: "A part of the stack does not run, restarts again and again, or has no storage.",
  fix: "kubectl describe the pod or PVC that is named; its events and the container's log tell the rest",
  run,
};

interface Problem {
  readonly fault: "pod-unhealthy" | "pvc-unbound" | "pods-missing";
  readonly namespace: string;
  /** Of the pod or PVC, for its events; empty when there is no such object. */
  readonly name: string;
  readonly line: string;
}

/** Milliseconds: a container that came back is taken to be well after 10 s. */
const graceMs = 12_000;

async function run(stack: Stack): Promise<Verdict> {
  const workloads = workloadsOf(stack.rendered).filter(({ replicas }) => replicas !== 0);
  if (workloads.length === 0) return skipped("the charts render no workload");
  const namespaces = namespacesOf(stack.rendered);
  const pods = (await Promise.all(namespaces.map((namespace) => listPods(stack, namespace)))).flat();
  const own = pods.filter((pod) => workloads.some((workload) => belongs(pod, workload)));
  const claims = (await Promise.all(namespaces.map((namespace) => listClaims(stack, namespace)))).flat();
  const wanted = claimNames(stack, own);
  const now = stack.context.host.now();
  const problems = [
    ...unboundClaims(wanted, claims),
    ...workloads.flatMap((workload) => missingPods(workload, own)),
    ...own.flatMap((pod) => problemsOf(pod, stack.deployedAt, now).map(toProblem)),
  ];
  if (problems.length === 0) {
    const healthy = `${count(workloads.length, "workload")}, ${count(own.length, "pod")}, ${count(wanted.size, "PVC")}`;
    return pass([`${healthy}: all well`, ...restartsOf(own)].join("; "));
  }
  return {
    status: "fail",
    expected: "every pod's containers run and are ready, and every PVC is Bound",
    seen: listOf(problems.map(({ line }) => line)),
    ...(await causeOf(stack, problems)),
    fault: { id: problems[0]?.fault ?? "", graceMs },
  };
}

function belongs(pod: V1Pod, { namespace, matchLabels }: Workload): boolean {
  return pod.metadata?.namespace === namespace && selects(matchLabels, pod.metadata.labels);
}

/** A DaemonSet may be meant for no node at all, but the stack's are not: at least one. */
function missingPods(workload: Workload, pods: readonly V1Pod[]): Problem[] {
  const wanted = workload.replicas ?? 1;
  const found = pods.filter((pod) => belongs(pod, workload) && !pod.metadata?.deletionTimestamp).length;
  if (found >= wanted) return [];
  const { kind, namespace, name } = workload;
  return [
    {
      fault: "pods-missing",
      namespace,
      name,
      line: `${kind} ${namespace}/${name} has ${found} of ${count(wanted, "pod")}`,
    },
  ];
}

/** `namespace/name` of the PVCs that pods use or that the charts make. */
function claimNames({ rendered }: Stack, pods: readonly V1Pod[]): Set<string> {
  const used = pods.flatMap((pod) =>
    (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
      persistentVolumeClaim ? [`${pod.metadata?.namespace}/${persistentVolumeClaim.claimName}`] : [],
    ),
  );
  const made = objectsOf(rendered)
    .filter(({ kind }) => kind === "PersistentVolumeClaim")
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return new Set([...used, ...made]);
}

function unboundClaims(wanted: ReadonlySet<string>, claims: readonly V1PersistentVolumeClaim[]): Problem[] {
  return [...wanted].flatMap((id) => {
    const [namespace = "", name = ""] = id.split("/");
    const claim = claims.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name);
    const phase = claim?.status?.phase ?? (claim ? "Pending" : "missing");
    return phase === "Bound"
      ? []
      : [{ fault: "pvc-unbound", namespace, name, line: `PVC ${id} is ${phase}` }];
  });
}

function toProblem({ namespace, pod, what }: PodProblem): Problem {
  return { fault: "pod-unhealthy", namespace, name: pod, line: `pod ${namespace}/${pod}: ${what}` };
}

/** The cluster's own last warning about the first of them that it has one for: a PVC may only wait for its pod. */
async function causeOf(stack: Stack, problems: readonly Problem[]): Promise<{ cause?: string }> {
  for (const { namespace, name } of problems.slice(0, 5)) {
    const warning = await lastWarning(stack, namespace, name);
    if (warning !== undefined) return { cause: `${name}: ${warning}` };
  }
  return {};
}
