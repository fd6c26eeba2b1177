import type { V1Container, V1Pod } from "@kubernetes/client-node";
import {
  type Amounts,
  type Component,
  type ContainerResources,
  components,
} from "../../../config/resources.ts";
import { formatKeyPath } from "../../../lib/object.ts";
import { parseQuantity } from "../../../lib/quantity.ts";
import { formatCount, formatList, shorten } from "../../../lib/text.ts";
import { matchesSelector, type Workload } from "../../../model/rendered.ts";
import { type Check, pass, skip, type Verdict } from "../../../stack/check.ts";
import { listOwnPods } from "../../../stack/kube.ts";
import type { Stack } from "../../../stack/stack.ts";
import { findMainContainer, listComponentPods } from "../../access/components.ts";
import {
  listRequestedContainers,
  listRequestedResources,
  type RequestedContainer,
  type RequestedResources,
} from "../../requested/containers.ts";

export const valuesKnown: Check = {
  id: "values-known",
  title: "Each key of your values is one that its chart knows",
  severity: "warning",
  meaning:
    "A key has no effect: it is misspelled, is at the wrong place, or belongs to another version of the chart. helm does not report it.",
  fix: "rename the key as suggested, or remove it; the chart's values.yaml (helm show values) has all known keys",
  run: checkValuesKnown,
};

export const resourcesEffective: Check = {
  id: "resources-effective",
  title: "Containers have the requests and limits that were requested",
  severity: "error",
  meaning:
    "A container may take more or less than intended: it is killed or throttled too early, or starves the others.",
  fix: "set resources in one place only, and look for a LimitRange or an admission webhook in the namespace",
  run: checkResources,
};

export const environmentEffective: Check = {
  id: "environment-effective",
  title: "Containers run with the arguments and variables that were requested",
  severity: "error",
  meaning: "A program runs with other arguments or another environment than the configuration says.",
  fix: "let the pods be replaced, and look for an admission webhook or an operator that changes them",
  run: checkEnvironment,
};

/** Fails if a chart does not know a key of the user's values. */
async function checkValuesKnown({ rendered }: Stack): Promise<Verdict> {
  const unjudgedApps = rendered.filter(({ unknownValues }) => unknownValues === undefined);
  const unknownKeys = rendered.flatMap(({ unknownValues }) => unknownValues ?? []);
  if (unknownKeys.length > 0) {
    const lines = unknownKeys.map(({ app, path, meant }) => {
      const suggestion = meant === undefined ? "" : ` (did you mean ${meant}?)`;
      return `${app}: ${formatKeyPath(path)}${suggestion}`;
    });
    return {
      status: "fail",
      expected: "no key of the values that neither the chart nor a subchart reads",
      seen: formatList(lines, 10),
      cause: "nothing in the chart reads these keys, so what stands below them changes nothing",
      final: true,
    };
  }
  if (unjudgedApps.length > 0) {
    const apps = unjudgedApps.map(({ app, chart }) => `${app.name} (chart ${chart.name} ${chart.version})`);
    return skip(`the known values of ${formatList(apps)} could not be determined`);
  }
  if (rendered.length === 0) return skip("no chart is deployed");
  return pass(`every key of the values of ${formatCount(rendered.length, "app")} is known to its chart`);
}

/** Milliseconds: the previous pod may still be terminating. */
const rolloutMs = 12_000;

/** A running container with the request for it. */
interface RunningContainer<Request> {
  readonly pod: V1Pod;
  readonly container: V1Container;
  readonly request: Request;
}

/** Returns the running containers with this name in the pods of a rendered workload. */
function findRunningContainers<Request>(
  request: Request,
  { workload, name }: { readonly workload: Workload; readonly name: string },
  pods: readonly V1Pod[],
): RunningContainer<Request>[] {
  return pods
    .filter(
      ({ metadata }) =>
        metadata?.namespace === workload.namespace &&
        !metadata?.deletionTimestamp &&
        matchesSelector(workload.matchLabels, metadata?.labels),
    )
    .flatMap((pod) => {
      const container = pod.spec?.containers.find((candidate) => candidate.name === name);
      return container ? [{ pod, container, request }] : [];
    });
}

/** Compares the requests and limits of running containers with those of the charts and of the settings. */
async function checkResources(stack: Stack): Promise<Verdict> {
  const requested = listRequestedResources(stack.rendered);
  if (requested.length === 0 && Object.keys(stack.plan.config.resources).length === 0)
    return skip("no requests or limits are requested");
  const pods = requested.length === 0 ? [] : await listOwnPods(stack);
  const runningContainers = [
    ...requested.flatMap((request) => findRunningContainers<RequestedResources>(request, request, pods)),
    ...(await findContainersOfSettings(stack)),
  ];
  if (runningContainers.length === 0)
    return {
      status: "fail",
      expected: "running containers with the requested requests and limits",
      seen: "none of these containers runs",
      fault: { id: "resources-without-pods", graceMs: rolloutMs },
    };
  const differingContainers = runningContainers
    .map((target) => ({ ...target, lines: findResourceDifferences(target) }))
    .filter(({ lines }) => lines.length > 0);
  const [firstDifferent] = differingContainers;
  if (firstDifferent === undefined)
    return pass(`${formatCount(runningContainers.length, "container")} as requested`);
  const { container, request, pod } = firstDifferent;
  return {
    status: "fail",
    expected: `${container.name} has ${formatResources(request.resources)}, as ${request.by} has it`,
    seen: formatList(differingContainers.flatMap(({ lines }) => lines)),
    cause: explainResources(pod),
    fault: { id: "resources-ignored", graceMs: rolloutMs },
  };
}

type ResourceRequest = Pick<RequestedResources, "isComplete" | "resources" | "by">;

/** Returns the main containers of the components whose resources the settings request. */
async function findContainersOfSettings(stack: Stack): Promise<RunningContainer<ResourceRequest>[]> {
  const lookups = components.map(async (component: Component) => {
    const resources = stack.plan.config.resources[component];
    if (resources === undefined) return [];
    const request = { isComplete: false, resources, by: `the setting resources.${component}` };
    return ((await listComponentPods(stack, component)) ?? []).flatMap((pod) => {
      const container = findMainContainer(component, pod);
      return container === undefined ? [] : [{ pod, container, request }];
    });
  });
  return (await Promise.all(lookups)).flat();
}

/** Returns a line for each request and limit of a container that differs from the requested one. */
function findResourceDifferences({ pod, container, request }: RunningContainer<ResourceRequest>): string[] {
  const containerName = `${pod.metadata?.name}/${container.name}`;
  const { requests, limits } = request.resources;
  // The API server sets a missing request to the limit.
  const requested = request.isComplete ? { limits, requests: { ...limits, ...requests } } : request.resources;
  return (["requests", "limits"] as const).flatMap((kind) => {
    const amounts = requested[kind] ?? {};
    const live: Readonly<Record<string, string>> = container.resources?.[kind] ?? {};
    const differences = Object.entries(amounts).flatMap(([name, quantity]) =>
      isSameQuantity(quantity, live[name])
        ? []
        : [`${containerName} has ${kind}.${name} ${live[name] ?? "unset"}`],
    );
    const unrequested = request.isComplete ? Object.keys(live).filter((name) => !(name in amounts)) : [];
    return [
      ...differences,
      ...unrequested.map(
        (name) => `${containerName} has ${kind}.${name} ${live[name]}, which was not requested`,
      ),
    ];
  });
}

/** The API server rounds quantities up to whole milli-units. */
const roundingError = 0.0009;

/** True if both quantities are equal, apart from rounding. */
function isSameQuantity(requested: string, live: string | undefined): boolean {
  if (live === undefined) return false;
  const [requestedAmount, liveAmount] = [parseQuantity(requested), parseQuantity(live)];
  return (
    requested === live ||
    (requestedAmount !== undefined &&
      liveAmount !== undefined &&
      Math.abs(requestedAmount - liveAmount) < roundingError)
  );
}

/**
 * Returns why a pod has other resources than requested. The LimitRange admission plugin records its changes in
 * an annotation.
 */
function explainResources({ metadata }: V1Pod): string {
  const note = metadata?.annotations?.["kubernetes.io/limit-ranger"];
  if (note !== undefined) return `a LimitRange of namespace ${metadata?.namespace}: ${note}`;
  return "the running pod is not what the chart renders from the settings: another value, a webhook or an autoscaler changed it, or the pod is of an earlier deployment";
}

/** Returns the requests and limits for messages. */
function formatResources({ requests, limits }: ContainerResources): string {
  const format = (kind: string, amounts: Amounts | undefined) =>
    Object.entries(amounts ?? {}).map(([name, quantity]) => `${kind}.${name} ${quantity}`);
  return [...format("requests", requests), ...format("limits", limits)].join(", ");
}

/** Compares the arguments and variables of running containers with those that the charts render. */
async function checkEnvironment(stack: Stack): Promise<Verdict> {
  const requested = listRequestedContainers(stack.rendered).filter(
    ({ args, env }) => args.length > 0 || env.size > 0,
  );
  if (requested.length === 0) return skip("the charts render neither arguments nor variables");
  const pods = await listOwnPods(stack);
  const runningContainers = requested.flatMap((request) => findRunningContainers(request, request, pods));
  const failure = {
    status: "fail",
    expected: "the containers run with the arguments and variables that the charts render",
    fault: { id: "environment-ignored", graceMs: rolloutMs },
  } as const;
  if (runningContainers.length === 0) return { ...failure, seen: "none of these containers runs" };
  const differences = runningContainers.flatMap(findEnvironmentDifferences);
  if (differences.length === 0)
    return pass(`${formatCount(runningContainers.length, "container")} as requested`);
  return {
    ...failure,
    seen: formatList(differences),
    cause:
      "the running pod is not what the chart renders: a webhook or an operator changed it, or it is of an earlier deployment",
  };
}

/**
 * Returns a line for each differing argument and variable of a container. Values of variables are left out, since a
 * variable can be a secret.
 */
function findEnvironmentDifferences({
  pod,
  container,
  request,
}: RunningContainer<RequestedContainer>): string[] {
  const containerName = `${pod.metadata?.name}/${container.name}`;
  const liveVariables = new Map(
    (container.env ?? []).map((variable) => [variable.name, variable.value ?? ""]),
  );
  const variables = [...request.env].flatMap(([name, value]) => {
    if (!liveVariables.has(name)) return [`${containerName} has no variable ${name}`];
    if (!request.literalNames.has(name) || liveVariables.get(name) === value) return [];
    return [`${containerName} has another value of ${name}`];
  });
  const args = container.args ?? [];
  const missingArgs = request.args.filter((arg) => !args.includes(arg));
  const unrequestedArgs = request.args.length === 0 ? [] : args.filter((arg) => !request.args.includes(arg));
  return [
    ...variables,
    ...missingArgs.map((arg) => `${containerName} runs without ${shorten(arg, 100)}`),
    ...unrequestedArgs.map(
      (arg) => `${containerName} runs with ${shorten(arg, 100)}, which the chart does not render`,
    ),
  ];
}
