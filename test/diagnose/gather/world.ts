import { type GatherInput, gatherEvidence } from "../../../src/diagnose/gather/gather.ts";
import type { Stack } from "../../../src/stack/stack.ts";
import type { ApiObject } from "../../support/fake-kube-api.ts";
import { container, healthyWorld, pod, type World } from "../../verify/healthy-world.ts";
import { openStack } from "../../verify/open-stack.ts";

export const nothing: GatherInput = {
  kube: undefined,
  prometheus: undefined,
  alertmanager: undefined,
  grafana: undefined,
  rendered: undefined,
  deployedAt: undefined,
  failure: undefined,
  checks: undefined,
  findings: undefined,
  stateDir: undefined,
};

export function inputOf({
  kube,
  prometheus,
  alertmanager,
  grafana,
  rendered,
  deployedAt,
}: Stack): GatherInput {
  return { ...nothing, kube, prometheus, alertmanager, grafana, rendered, deployedAt };
}

/** The evidence of a healthy world in which something was changed. */
export async function evidenceIn(
  change: (world: World) => void = () => {},
  changeInput: (input: GatherInput) => GatherInput = (input) => input,
) {
  const world = healthyWorld();
  world.kube.logs = logsOf(world.kube.pods);
  world.kube.mayDo = () => true;
  change(world);
  await using open = await openStack(world);
  const evidence = await gatherEvidence(open.stack.context, changeInput(inputOf(open.stack)));
  return { evidence, servers: open.servers };
}

export function logsOf(pods: readonly ApiObject[]): Record<string, string> {
  return Object.fromEntries(
    pods.map(({ metadata }) => [`monitoring/${metadata.name}/main`, `${metadata.name} runs`]),
  );
}

export function object(
  name: string,
  rest: Record<string, unknown> = {},
  meta: Record<string, unknown> = {},
): ApiObject {
  return { metadata: { name, namespace: "monitoring", ...meta }, ...rest };
}

export function podWith(
  name: string,
  labels: Record<string, string>,
  status: Record<string, unknown>,
): ApiObject {
  return { ...pod(name, labels), status: { phase: "Running", containerStatuses: [container(status)] } };
}
