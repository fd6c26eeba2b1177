import type { Node, Pod } from "../kube/objects.ts";
import { parseQuantity } from "../lib/quantity.ts";

/** The id of the failure that the scheduler's message about the obstacle matches. */
type Obstacle =
  | "unschedulable-cpu"
  | "unschedulable-memory"
  | "unschedulable-selector"
  | "unschedulable-taint";

/** Effects of a taint with which the scheduler leaves a node out. */
const repellingEffects: readonly string[] = ["NoSchedule", "NoExecute"];

/**
 * Returns why a node can never take a pod, even if it were empty; an empty list if nothing speaks against it. Affinity and
 * spread constraints are not looked at.
 */
export function listObstacles(pod: Pod, node: Node): Obstacle[] {
  const labels = node.metadata.labels ?? {};
  const lacksLabel = Object.entries(pod.spec?.nodeSelector ?? {}).some(
    ([key, value]) => labels[key] !== value,
  );
  return [
    ...(requestsTooMuch(pod, node, "cpu") ? ["unschedulable-cpu" as const] : []),
    ...(requestsTooMuch(pod, node, "memory") ? ["unschedulable-memory" as const] : []),
    ...(lacksLabel ? ["unschedulable-selector" as const] : []),
    ...(repels(node, pod) ? ["unschedulable-taint" as const] : []),
  ];
}

/** True if the containers together, or one of the init containers, request more than all that the node has. */
function requestsTooMuch(pod: Pod, node: Node, resource: "cpu" | "memory"): boolean {
  const readRequest = ({ resources }: { resources?: { requests?: Record<string, string> } }) =>
    parseQuantity(resources?.requests?.[resource] ?? "") ?? 0;
  const allocatable = parseQuantity(node.status?.allocatable?.[resource] ?? "");
  if (allocatable === undefined) return false;
  const together = (pod.spec?.containers ?? []).reduce((sum, container) => sum + readRequest(container), 0);
  return Math.max(together, ...(pod.spec?.initContainers ?? []).map(readRequest)) > allocatable;
}

/** True if the node has a taint that the pod does not tolerate and that Kubernetes does not remove by itself. */
function repels(node: Node, pod: Pod): boolean {
  const tolerations = pod.spec?.tolerations ?? [];
  return (node.spec?.taints ?? []).some(
    ({ key, value = "", effect }) =>
      repellingEffects.includes(effect) &&
      // The node controller and cloud providers add and remove these: a full disk, a node that is not ready.
      !/^node(\.cloudprovider)?\.kubernetes\.io\//.test(key) &&
      !tolerations.some(
        (toleration) =>
          (toleration.effect ?? effect) === effect &&
          (toleration.operator === "Exists"
            ? (toleration.key ?? key) === key
            : toleration.key === key && (toleration.value ?? "") === value),
      ),
  );
}
