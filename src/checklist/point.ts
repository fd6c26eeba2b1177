import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { checklistPoints, type PointId } from "../model/checklist-points.ts";
import { listNamespaces, listWorkloads, matchesSelector } from "../model/rendered.ts";
import type { Check, Verdict } from "../stack/check.ts";
import { isPrometheus } from "../stack/discover.ts";
import { listPods } from "../stack/kube.ts";
import type { Stack } from "../stack/stack.ts";

/** A piece of evidence, and whether the point holds as far as it goes. */
export interface Line {
  readonly met: boolean;
  readonly text: string;
}

/** What a point came to: met when every line is. What can't be asked is thrown, and so is neither. */
export interface Judgement {
  readonly lines: readonly Line[];
  /** More exact than the point's own. */
  readonly fix?: string | undefined;
}

export function met(text: string): Line {
  return { met: true, text };
}

export function unmet(text: string): Line {
  return { met: false, text };
}

/** Milliseconds: hardly anything of what the points judge changes by waiting, but measurements and pods do. */
const lookAgainMs = 2_000;

/** A point as a check. An unmet one is judged a second time before that is final. */
export function pointCheck(
  id: PointId,
  judge: (stack: Stack) => Promise<Judgement>,
  more: Pick<Check, "absence"> = {},
): Check {
  return { ...pointOf(id), ...more, run: async (stack) => toVerdict(id, await judge(stack)) };
}

/** What a point's check says of itself. */
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
  // Nothing that was seen proves nothing.
  if (lines.length > 0 && lines.every((line) => line.met))
    return { status: "pass", seen: textOf(true), findings };
  return {
    status: "fail",
    expected: "the point to be met",
    seen: textOf(false) || "no evidence at all",
    ...(fix === undefined ? {} : { fix }),
    fault: { id, graceMs: lookAgainMs },
    findings,
  };
}

/**
 * The pods of the stack that run: those of the charts' workloads, and those that an operator of it made.
 * @throws Error when there is none: then nothing can be said of them.
 */
export async function stackPods(stack: Stack): Promise<V1Pod[]> {
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

export function podsOf(component: ComponentName, pods: readonly V1Pod[]): V1Pod[] {
  return pods.filter(({ metadata }) => components[component](metadata?.labels ?? {}));
}

/** `prometheus-server-7c9/prometheus-server`. */
export function containerName(pod: V1Pod, { name }: Pick<V1Container, "name">): string {
  return `${pod.metadata?.name ?? ""}/${name}`;
}
