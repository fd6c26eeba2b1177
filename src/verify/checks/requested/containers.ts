import type { V1Container, V1Pod } from "@kubernetes/client-node";
import {
  type Amounts,
  type Component,
  type ContainerResources,
  components,
} from "../../../config/resources.ts";
import { formatKeyPath } from "../../../lib/object.ts";
import { parseQuantity } from "../../../lib/quantity.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import { namespacesOf, selects } from "../../../model/rendered.ts";
import { type Check, pass, skipped, type Verdict } from "../../../stack/check.ts";
import { listPods } from "../../../stack/kube.ts";
import type { Stack } from "../../../stack/stack.ts";
import { mainContainer, podsOf } from "../../access/components.ts";
import {
  type AskedContainer,
  askedContainers,
  type RequestedContainer,
  requestedContainers,
} from "../../requested/containers.ts";

export const resourcesEffective: Check = {
  id: "resources-effective",
  title: "Containers have the requests and limits that were asked",
  severity: "error",
  meaning:
    "A container may take more or less than was meant: it is killed or throttled too early, or starves the others.",
  fix: "set resources in one place only, and look for a LimitRange or an admission webhook in the namespace",
  run: checkResourcesEffective,
};

interface Running {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly asked: AskedContainer;
}

async function checkResourcesEffective(stack: Stack): Promise<Verdict> {
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
  const wrong = running.flatMap((one) => findResourceDifferences(one).map((line) => ({ line, one })));
  const [first] = wrong;
  if (first === undefined) return pass(`${formatCount(running.length, "container")} as asked`);
  return {
    status: "fail",
    expected: `${first.one.container.name} has ${format(first.one.asked.resources)}, as ${first.one.asked.by} has it`,
    seen: formatList(wrong.map(({ line }) => line)),
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

function findResourceDifferences({ pod, container, asked }: Running): string[] {
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

export const environmentEffective: Check = {
  id: "environment-effective",
  title: "Containers run with the arguments and variables that were requested",
  severity: "error",
  meaning: "A program runs with other arguments or another environment than the configuration says.",
  fix: "let the pods be replaced, and look for an admission webhook or an operator that changes them",
  run: checkEnvironmentEffective,
};

/** A pod of before may be on its way out. */
const rolloutMs = 12_000;

async function checkEnvironmentEffective(stack: Stack): Promise<Verdict> {
  const requested = requestedContainers(stack.rendered).filter(
    ({ args, env }) => args.length > 0 || env.size > 0,
  );
  if (requested.length === 0) return skipped("the charts render neither arguments nor variables");
  const pods = (await Promise.all(namespacesOf(stack.rendered).map((one) => listPods(stack, one)))).flat();
  const running = requested.flatMap((one) => findRunning(one, pods));
  const fault = { id: "environment-ignored", graceMs: rolloutMs };
  const expected = "the containers run with the arguments and variables that the charts render";
  if (running.length === 0) return { status: "fail", expected, seen: "none of these containers runs", fault };
  const wrong = running.flatMap(findEnvironmentDifferences);
  if (wrong.length === 0) return pass(`${formatCount(running.length, "container")} as requested`);
  return {
    status: "fail",
    expected,
    seen: formatList(wrong),
    cause:
      "the running pod is not what the chart renders: a webhook or an operator changed it, or it is of an earlier deployment",
    fault,
  };
}

interface RunningContainer {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly requested: RequestedContainer;
}

function findRunning(requested: RequestedContainer, pods: readonly V1Pod[]): RunningContainer[] {
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
function findEnvironmentDifferences({ pod, container, requested }: RunningContainer): string[] {
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
    ...missing.map((arg) => `${where} runs without ${shortenArgument(arg)}`),
    ...more.map((arg) => `${where} runs with ${shortenArgument(arg)}, which the chart does not render`),
  ];
}

function shortenArgument(arg: string): string {
  return arg.length > 100 ? `${arg.slice(0, 99)}…` : arg;
}

export const valuesKnown: Check = {
  id: "values-known",
  title: "Each key of your values is one that its chart knows",
  severity: "warning",
  meaning:
    "A key has no effect: it is misspelled, stands at the wrong place, or belongs to another version of the chart. helm says nothing about it.",
  fix: "rename the key as suggested, or take it out; the chart's values.yaml (helm show values) has all that it knows",
  run: checkValuesKnown,
};

async function checkValuesKnown({ rendered }: Stack): Promise<Verdict> {
  const told = rendered.flatMap(({ unknownValues }) => (unknownValues === undefined ? [] : [unknownValues]));
  const untold = rendered.filter(({ unknownValues }) => unknownValues === undefined);
  const unknown = told.flat();
  if (unknown.length > 0) {
    const shown = unknown.map(
      ({ app, path, meant }) =>
        `${app}: ${formatKeyPath(path)}${meant === undefined ? "" : ` (did you mean ${meant}?)`}`,
    );
    return {
      status: "fail",
      expected: "no key of the values that neither the chart nor a subchart reads",
      seen: formatList(shown, 10),
      cause: "nothing in the chart reads these keys, so what stands below them changes nothing",
      final: true,
    };
  }
  if (untold.length > 0) {
    const apps = formatList(
      untold.map(({ app, chart }) => `${app.name} (chart ${chart.name} ${chart.version})`),
    );
    return skipped(`which values are known could not be told of ${apps}`);
  }
  if (told.length === 0) return skipped("no chart is deployed");
  return pass(`every key of the values of ${formatCount(told.length, "app")} is known to its chart`);
}
