import { getValueAt, isMapping } from "../lib/object.ts";
import { isStackChart } from "../model/chart.ts";
import type { Plan } from "../model/plan.ts";
import { findPlannedFeatures } from "../model/prometheus-server.ts";
import { type PlacedObject, parseObjects } from "../monitors/monitors.ts";
import { readMonitorDocuments } from "../plan/settings/monitors.ts";
import type { Mistake } from "../yaml/mistakes.ts";
import { showPath } from "../yaml/mistakes.ts";
import { judgeObjects, nameOf, type ObjectMeans } from "./judge-objects.ts";
import type { Session } from "./session/session.ts";

/** What the API server or the operator would refuse in the files of `monitors` and in the manifests of apps. */
export async function monitorMistakes(
  means: ObjectMeans,
  { context, loaded }: Pick<Session, "context" | "loaded">,
  plan: Plan,
): Promise<Mistake[]> {
  const paths = plan.apps.flatMap(({ chart }) => (chart.kind === "manifests" ? chart.paths : []));
  const others = [...new Set(paths)].filter((path) => !loaded.config.monitors.includes(path));
  const inManifests = await Promise.all(
    others.map(async (path) =>
      parseObjects((await context.host.files.read(path)) ?? "", showPath(loaded.cwd, path)),
    ),
  );
  const stack = plan.apps.find(isStackChart);
  const interval = stack && getValueAt(stack.values, ["prometheus", "prometheusSpec", "scrapeInterval"]);
  const found = await judgeObjects(means, [...readMonitorDocuments(loaded), ...inManifests.flat()], {
    global: { scrape_interval: typeof interval === "string" && interval !== "" ? interval : "30s" },
    rules: { features: stack === undefined ? [] : findPlannedFeatures(stack) },
  });
  return found.sort((a, b) => a.where.localeCompare(b.where, "en", { numeric: true }));
}

/** Says of the user's monitors without a namespace where they go. */
export function namespaceLines({ loaded }: Pick<Session, "loaded">): string[] {
  const { namespace } = loaded.config;
  return readMonitorDocuments(loaded)
    .filter(({ object: { metadata } }) => isMapping(metadata) && !metadata["namespace"])
    .map(
      ({ object, start }) =>
        `${start}  ${nameOf(object)}: namespace ${namespace}${selectionOf(object, namespace)}`,
    );
}

function selectionOf({ kind, spec }: PlacedObject["object"], namespace: string): string {
  const what = { ServiceMonitor: "Services", PodMonitor: "pods" }[String(kind)];
  const isOpen = isMapping(spec) && !isMapping(spec["namespaceSelector"]);
  return what !== undefined && isOpen
    ? `; without a namespaceSelector it selects ${what} of ${namespace} only`
    : "";
}
