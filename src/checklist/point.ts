import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { checklistPoints, type PointId } from "../model/checklist-points.ts";
import { listNamespaces, listWorkloads, matchesSelector } from "../model/rendered.ts";
import type { Check, Verdict } from "../stack/check.ts";
import { isPrometheus } from "../stack/discover.ts";
import { listPods } from "../stack/kube.ts";
import type { Stack } from "../stack/stack.ts";

/** A piece of evidence, and whether it meets the point. */
export interface Line {
  readonly met: boolean;
  readonly text: string;
}

/** The judgement of a point, which is met if every line is. Evidence that can't be read is thrown as an error instead. */
export interface Judgement {
  readonly lines: readonly Line[];
  /** Replaces the point's general fix. */
  readonly fix?: string | undefined;
}

export function toMetLine(text: string): Line {
  return { met: true, text };
}

export function toUnmetLine(text: string): Line {
  return { met: false, text };
}

/** Milliseconds. Measurements and pods may change by waiting; little else does. */
const recheckMs = 2_000;

/** A point as a check. An unmet one is judged a second time before that is final. */
export function pointCheck(
  id: PointId,
  judge: (stack: Stack) => Promise<Judgement>,
  more: Pick<Check, "absence"> = {},
): Check {
  return { ...pointOf(id), ...more, run: async (stack) => toVerdict(id, await judge(stack)) };
}

/** Returns the description of a point's check. */
export function pointOf(id: PointId): Omit<Check, "run"> {
  const point = checklistPoints.find((one) => one.id === id) as (typeof checklistPoints)[number];
  return { ...point, severity: "error" };
}

export function toVerdict(id: PointId, { lines, fix }: Judgement): Verdict {
  const findings = { checklist: [{ id, lines }] };
  const textOf = (wanted: boolean) =>
    lines
      .filter((line) => line.met === wanted)
      .map(({ text }) => text)
      .join("; ");
  // A point without evidence is not met.
  if (lines.length > 0 && lines.every((line) => line.met))
    return { status: "pass", seen: textOf(true), findings };
  return {
    status: "fail",
    expected: "the point to be met",
    seen: textOf(false) || "no evidence at all",
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
  const own = pods.filter(({ metadata, status }) => {
    if (metadata?.deletionTimestamp || status?.phase === "Succeeded" || status?.phase === "Failed")
      return false;
    if (metadata?.labels?.["app.kubernetes.io/managed-by"] === "prometheus-operator") return true;
    return workloads.some(
      (one) => one.namespace === metadata?.namespace && matchesSelector(one.matchLabels, metadata.labels),
    );
  });
  if (own.length === 0)
    throw new Error(`no pod of the stack runs in ${namespaces.join(", ") || "any namespace"}`);
  return own;
}

/** The parts of the stack that keep data. */
export const components = {
  Prometheus: isPrometheus,
  Alertmanager: (labels: Readonly<Record<string, string>>) =>
    labels["app.kubernetes.io/name"] === "alertmanager",
  Grafana: (labels: Readonly<Record<string, string>>) => labels["app.kubernetes.io/name"] === "grafana",
};

export type ComponentName = keyof typeof components;

export function filterPods(component: ComponentName, pods: readonly V1Pod[]): V1Pod[] {
  return pods.filter(({ metadata }) => components[component](metadata?.labels ?? {}));
}

/** Returns e.g. `prometheus-server-7c9/prometheus-server`. */
export function formatContainerName(pod: V1Pod, { name }: Pick<V1Container, "name">): string {
  return `${pod.metadata?.name ?? ""}/${name}`;
}
