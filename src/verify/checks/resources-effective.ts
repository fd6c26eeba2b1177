import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { type Amounts, type Component, type ContainerResources, components } from "../../config/resources.ts";
import { parseQuantity } from "../../lib/quantity.ts";
import { namespacesOf, selects } from "../../model/rendered.ts";
import { listPods } from "../../stack/kube.ts";
import type { Check, Stack, Verdict } from "../../stack/types.ts";
import { count, listOf, pass, skipped } from "../../stack/verdicts.ts";
import { type AskedContainer, askedContainers } from "../asked-resources.ts";
import { mainContainer, podsOf } from "../components.ts";

export const resourcesEffective: Check = {
  id: "resources-effective",
  title: "Containers have the requests and limits that were asked",
  severity: "error",
  meaning:
    "A container may take more or less than was meant: it is killed or throttled too early, or starves the others.",
  fix: "set resources in one place only, and look for a LimitRange or an admission webhook in the namespace",
  run,
};

interface Running {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly asked: AskedContainer;
}

async function run(stack: Stack): Promise<Verdict> {
  const running = [...(await ofWorkloads(stack)), ...(await ofSettings(stack))];
  const isAsked =
    askedContainers(stack.rendered).length > 0 || Object.keys(stack.plan.config.resources).length > 0;
  if (!isAsked) return skipped("nobody asks for requests or limits");
  if (running.length === 0) {
    return {
      status: "fail",
      expected: "running containers with the requests and limits that were asked",
      seen: "none of these containers runs",
      fault: { id: "resources-without-pods", graceMs: 12_000 },
    };
  }
  const wrong = running.flatMap((one) => differencesOf(one).map((line) => ({ line, one })));
  const [first] = wrong;
  if (first === undefined) return pass(`${count(running.length, "container")} as asked`);
  return {
    status: "fail",
    expected: `${first.one.container.name} has ${format(first.one.asked.resources)}, as ${first.one.asked.by} has it`,
    seen: listOf(wrong.map(({ line }) => line)),
    cause: causeOf(first.one.pod),
    fault: { id: "resources-ignored", graceMs: 12_000 },
  };
}

/** What the charts render, against the pods of the same workloads. */
async function ofWorkloads(stack: Stack): Promise<Running[]> {
  const asked = askedContainers(stack.rendered);
  if (asked.length === 0) return [];
  const pods = (await Promise.all(namespacesOf(stack.rendered).map((one) => listPods(stack, one)))).flat();
  return asked.flatMap((one) => {
    const own = pods.filter(
      ({ metadata }) =>
        metadata?.namespace === one.workload?.namespace &&
        !metadata?.deletionTimestamp &&
        selects(one.workload?.matchLabels ?? {}, metadata?.labels),
    );
    return own.flatMap((pod) => {
      const container = pod.spec?.containers.find(({ name }) => name === one.container);
      return container ? [{ pod, container, asked: one }] : [];
    });
  });
}

/** What the settings ask, against the component's pods, whoever makes them. */
async function ofSettings(stack: Stack): Promise<Running[]> {
  const each = components.map(async (component: Component): Promise<Running[]> => {
    const resources = stack.plan.config.resources[component];
    const pods = resources && (await podsOf(stack, component));
    return (pods ?? []).flatMap((pod) => {
      const container = mainContainer(component, pod);
      if (container === undefined || resources === undefined) return [];
      const by = `the setting resources.${component}`;
      const asked = { workload: undefined, container: container.name, isWhole: false, resources, by };
      return [{ pod, container, asked }];
    });
  });
  return (await Promise.all(each)).flat();
}

function differencesOf({ pod, container, asked }: Running): string[] {
  const where = `${pod.metadata?.name}/${container.name}`;
  // What a setting leaves open may be the values' affair; what a chart renders is all that there is to be.
  const wanted = asked.isWhole ? withDefaults(asked.resources) : asked.resources;
  return (["requests", "limits"] as const).flatMap((kind) => {
    const live: Readonly<Record<string, string>> = container.resources?.[kind] ?? {};
    const wrong = Object.entries(wanted[kind] ?? {}).flatMap(([name, quantity]) =>
      isSame(quantity, live[name]) ? [] : [`${where} has ${kind}.${name} ${live[name] ?? "unset"}`],
    );
    const more = asked.isWhole ? Object.keys(live).filter((name) => !(name in (wanted[kind] ?? {}))) : [];
    return [
      ...wrong,
      ...more.map((name) => `${where} has ${kind}.${name} ${live[name]}, which nobody asked for`),
    ];
  });
}

/** As the API server does: a request that is missing is its limit. */
function withDefaults({ requests, limits }: ContainerResources): ContainerResources {
  return { ...(limits ? { limits } : {}), requests: { ...limits, ...requests } };
}

function isSame(asked: string, live: string | undefined): boolean {
  if (live === undefined) return false;
  const [a, b] = [parseQuantity(asked), parseQuantity(live)];
  // The API server rounds up to whole milli-units.
  return asked === live || (a !== undefined && b !== undefined && Math.abs(a - b) < 0.0009);
}

/** The admission plugin notes down what it set. */
function causeOf({ metadata }: V1Pod): string {
  const noted = metadata?.annotations?.["kubernetes.io/limit-ranger"];
  if (noted !== undefined) return `a LimitRange of namespace ${metadata?.namespace}: ${noted}`;
  return "the running pod is not what the chart renders from the settings: another value, a webhook or an autoscaler changed it, or the pod is of an earlier deployment";
}

function format({ requests, limits }: ContainerResources): string {
  const part = (name: string, amounts: Amounts | undefined) =>
    Object.entries(amounts ?? {}).map(([key, quantity]) => `${name}.${key} ${quantity}`);
  return [...part("requests", requests), ...part("limits", limits)].join(", ");
}
