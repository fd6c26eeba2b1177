import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { namespacesOf, selects } from "../../model/rendered.ts";
import { listPods } from "../../stack/kube.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, pass, skipped } from "../../stack/verdicts.ts";
import { type RequestedContainer, requestedContainers } from "../requested-environment.ts";

export const environmentEffective: Check = {
  id: "environment-effective",
  title: "Containers run with the arguments and variables that were requested",
  severity: "error",
  meaning: "A program runs with other arguments or another environment than the configuration says.",
  fix: "let the pods be replaced, and look for an admission webhook or an operator that changes them",
  run,
};

/** A pod of before may be on its way out. */
const rolloutMs = 12_000;

async function run(stack: Stack): Promise<Verdict> {
  const requested = requestedContainers(stack.rendered).filter(
    ({ args, env }) => args.length > 0 || env.size > 0,
  );
  if (requested.length === 0) return skipped("the charts render neither arguments nor variables");
  const pods = (await Promise.all(namespacesOf(stack.rendered).map((one) => listPods(stack, one)))).flat();
  const running = requested.flatMap((one) => runningOf(one, pods));
  const fault = { id: "environment-ignored", graceMs: rolloutMs };
  const expected = "the containers run with the arguments and variables that the charts render";
  if (running.length === 0) return { status: "fail", expected, seen: "none of these containers runs", fault };
  const wrong = running.flatMap(differencesOf);
  if (wrong.length === 0) return pass(`${count(running.length, "container")} as requested`);
  return {
    status: "fail",
    expected,
    seen: listOf(wrong),
    cause:
      "the running pod is not what the chart renders: a webhook or an operator changed it, or it is of an earlier deployment",
    fault,
  };
}

interface Running {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly requested: RequestedContainer;
}

function runningOf(requested: RequestedContainer, pods: readonly V1Pod[]): Running[] {
  const { workload, name } = requested;
  return pods
    .filter(
      ({ metadata }) =>
        metadata?.namespace === workload.namespace &&
        !metadata?.deletionTimestamp &&
        selects(workload.matchLabels, metadata?.labels),
    )
    .flatMap((pod) => {
      const container = pod.spec?.containers.find((one) => one.name === name);
      return container ? [{ pod, container, requested }] : [];
    });
}

/** Values are not shown: a variable can be a secret. */
function differencesOf({ pod, container, requested }: Running): string[] {
  const where = `${pod.metadata?.name}/${container.name}`;
  const live = new Map((container.env ?? []).map((one) => [one.name, one]));
  const variables = [...requested.env].flatMap(([name, value]) => {
    const there = live.get(name);
    if (there === undefined) return [`${where} has no variable ${name}`];
    if (!requested.literal.has(name) || (there.value ?? "") === value) return [];
    return [`${where} has another value of ${name}`];
  });
  const args = container.args ?? [];
  const missing = requested.args.filter((arg) => !args.includes(arg));
  const more = requested.args.length === 0 ? [] : args.filter((arg) => !requested.args.includes(arg));
  return [
    ...variables,
    ...missing.map((arg) => `${where} runs without ${nameOf(arg)}`),
    ...more.map((arg) => `${where} runs with ${nameOf(arg)}, which the chart does not render`),
  ];
}

function nameOf(arg: string): string {
  return arg.length > 100 ? `${arg.slice(0, 99)}…` : arg;
}
