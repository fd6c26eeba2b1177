import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { checklistPoints, type PointId } from "../model/checklist-points.ts";
import { listNamespaces, listWorkloads, matchesSelector } from "../model/rendered.ts";
import type { Check, Verdict } from "../stack/check.ts";
import { isPrometheus } from "../stack/discover.ts";
import { listPods } from "../stack/kube.ts";
import type { Stack } from "../stack/stack.ts";

/** A piece of evidence, and whether it meets the point. */
export interface EvidenceLine {
  readonly met: boolean;
  readonly text: string;
}

/**
 * The judgement of a point. The point is met if every line is met. Evidence that can't be read is thrown as an error.
 */
export interface Judgement {
  readonly lines: readonly EvidenceLine[];
  /** Replaces the point's general fix. */
  readonly fix?: string | undefined;
}

/** Returns evidence that meets the point. */
export function createMetLine(text: string): EvidenceLine {
  return { met: true, text };
}

/** Returns evidence that does not meet the point. */
export function createUnmetLine(text: string): EvidenceLine {
  return { met: false, text };
}

/** Milliseconds after which an unmet point is judged again, since measurements and pods can change meanwhile. */
const recheckMs = 2_000;

/** Returns the check of a point. An unmet point is judged a second time before the result is final. */
export function createPointCheck(
  id: PointId,
  judge: (stack: Stack) => Promise<Judgement>,
  options: Pick<Check, "absence"> = {},
): Check {
  return { ...describePoint(id), ...options, run: async (stack) => toVerdict(id, await judge(stack)) };
}

/** Returns the id, title, meaning, fix and severity of a point's check. */
export function describePoint(id: PointId): Omit<Check, "run"> {
  const point = checklistPoints.find((candidate) => candidate.id === id) as (typeof checklistPoints)[number];
  return { ...point, severity: "error" };
}

/** Returns the verdict of a point's check: a failure unless there is evidence and all of it meets the point. */
export function toVerdict(id: PointId, { lines, fix }: Judgement): Verdict {
  const findings = { checklist: [{ id, lines }] };
  const joinLines = (isMet: boolean) =>
    lines
      .filter((line) => line.met === isMet)
      .map(({ text }) => text)
      .join("; ");
  if (lines.length > 0 && lines.every((line) => line.met))
    return { status: "pass", seen: joinLines(true), findings };
  return {
    status: "fail",
    expected: "the point to be met",
    seen: joinLines(false) || "no evidence at all",
    ...(fix === undefined ? {} : { fix }),
    fault: { id, graceMs: recheckMs },
    findings,
  };
}

/**
 * Returns the running pods of the stack: those of the charts' workloads, and those that its operator created.
 * @throws Error if no pod runs, since then nothing can be judged
 */
export async function listStackPods(stack: Stack): Promise<V1Pod[]> {
  const workloads = listWorkloads(stack.rendered);
  const namespaces = listNamespaces(stack.rendered);
  const pods = (await Promise.all(namespaces.map((namespace) => listPods(stack, namespace)))).flat();
  const stackPods = pods.filter(({ metadata, status }) => {
    if (metadata?.deletionTimestamp || status?.phase === "Succeeded" || status?.phase === "Failed")
      return false;
    if (metadata?.labels?.["app.kubernetes.io/managed-by"] === "prometheus-operator") return true;
    return workloads.some(
      (workload) =>
        workload.namespace === metadata?.namespace && matchesSelector(workload.matchLabels, metadata.labels),
    );
  });
  if (stackPods.length === 0)
    throw new Error(`no pod of the stack runs in ${namespaces.join(", ") || "any namespace"}`);
  return stackPods;
}

/** The components that keep data, each with a function that recognises its pods by their labels. */
export const components = {
  Prometheus: isPrometheus,
  Alertmanager: (labels: Readonly<Record<string, string>>) =>
    labels["app.kubernetes.io/name"] === "alertmanager",
  Grafana: (labels: Readonly<Record<string, string>>) => labels["app.kubernetes.io/name"] === "grafana",
};

export type ComponentName = keyof typeof components;

/** Returns the pods of a component. */
export function filterPods(component: ComponentName, pods: readonly V1Pod[]): V1Pod[] {
  return pods.filter(({ metadata }) => components[component](metadata?.labels ?? {}));
}

/** Returns the pod's and the container's name, e.g. `prometheus-server-7c9/prometheus-server`. */
export function formatContainerName(pod: V1Pod, { name }: Pick<V1Container, "name">): string {
  return `${pod.metadata?.name ?? ""}/${name}`;
}
