import type { PrometheusConfig } from "../model/prometheus-config.ts";
import { objectsOf, renderedConfig } from "../model/rendered.ts";
import { listAllPods, listEndpointSlices, listNodes, listServices } from "../stack/kube.ts";
import type { Target } from "../stack/prometheus.ts";
import type { Stack } from "../stack/types.ts";
import { count } from "../stack/verdicts.ts";
import { type ExpectedTargets, expectedTargets } from "./expected.ts";

/** Milliseconds: discovery takes up to 5 s to report, and the API server's watches some more on a loaded machine. */
export const missingMs = 15_000;

/** Compares the targets that Prometheus has with those that its configuration and the cluster lead one to expect. */
export async function compareTargets(
  stack: Stack,
  running: PrometheusConfig,
  targets: readonly Target[],
): Promise<{ readonly expected: readonly ExpectedTargets[]; readonly missing: readonly ExpectedTargets[] }> {
  const cluster = await discoverable(stack);
  const expected = expectedTargets(renderedConfig(stack.rendered) ?? running, cluster);
  return { expected, missing: expected.filter((one) => matching(one, targets) < one.atLeast) };
}

async function discoverable(stack: Stack) {
  const [nodes, services, endpointSlices, pods] = await Promise.all([
    listNodes(stack),
    listServices(stack),
    listEndpointSlices(stack),
    listAllPods(stack),
  ]);
  const own = objectsOf(stack.rendered).filter(({ kind }) => kind === "Service");
  const ownServices = new Set(own.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  return { nodes, services, endpointSlices, pods, ownServices };
}

/** What is scraped through several labels at one address is one target. */
function matching({ job, matches }: ExpectedTargets, targets: readonly Target[]): number {
  const found = targets.filter((target) => target.job === job && matches(target));
  return new Set(found.map(({ scrapeUrl }) => scrapeUrl)).size;
}

/** A line for each: `job x has 0 of 1 target for service monitoring/y`. */
export function describeMissing(missing: readonly ExpectedTargets[], targets: readonly Target[]): string[] {
  return missing.map(
    (one) =>
      `job ${one.job} has ${matching(one, targets)} of ${count(one.atLeast, "target")} for ${one.what}`,
  );
}
