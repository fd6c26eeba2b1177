import { namespacesOf } from "../../model/rendered.ts";
import { listPods } from "../../stack/kube.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, pass, skipped } from "../../stack/verdicts.ts";

export const nothingRestarted: Check = {
  id: "nothing-restarted",
  title: "Nothing of the stack restarted since it was verified",
  severity: "error",
  meaning: "A part of the stack fell over meanwhile: the metrics have a gap, and it will happen again.",
  fix: "kubectl logs --previous of the container that is named; kubectl describe of its pod tells the reason of its end",
  run,
};

async function run(stack: Stack): Promise<Verdict> {
  const { baseline } = stack;
  if (baseline === undefined)
    return skipped("the stack was not verified before, so there is nothing to compare with");
  const namespaces = namespacesOf(stack.rendered);
  const pods = (await Promise.all(namespaces.map((namespace) => listPods(stack, namespace)))).flat();
  const wrong = baseline.containers.flatMap(({ namespace, pod, uid, container, restarts }) => {
    const where = `container ${container} of pod ${namespace}/${pod}`;
    const now = pods.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === pod);
    if (now === undefined) return [`pod ${namespace}/${pod} is gone`];
    if (uid !== undefined && now.metadata?.uid !== uid)
      return [`pod ${namespace}/${pod} was replaced by another of the same name`];
    const status = now.status?.containerStatuses?.find(({ name }) => name === container);
    if (status === undefined) return [`${where} is not there`];
    const more = status.restartCount - restarts;
    if (more <= 0) return [];
    const { reason, exitCode } = status.lastState?.terminated ?? {};
    const why = reason === undefined ? "" : ` (${reason}, exit code ${exitCode})`;
    return [`${where} restarted ${more === 1 ? "once" : `${more} times`}${why}`];
  });
  const expected = `${count(baseline.containers.length, "container")} run on as at ${baseline.takenAt}`;
  if (baseline.containers.length === 0) return skipped("there was no container when the stack was verified");
  if (wrong.length === 0) return pass(expected);
  return { status: "fail", expected, seen: listOf([...new Set(wrong)]), final: true };
}
