import type { KubeObject } from "../../kube/manifest.ts";
import { getValueAt, isMapping } from "../../lib/object.ts";
import { parseYaml } from "../../lib/yaml-text.ts";
import type { ChartFile } from "../../lockfile/tools.ts";
import { isStackChart } from "../../model/chart.ts";
import type { Plan } from "../../model/plan.ts";
import { findPlannedFeatures } from "../../model/prometheus-server.ts";
import { operatorGroup, type PlacedObject, parseObjects } from "../../monitors/monitors.ts";
import { readMonitorDocuments } from "../../plan/settings/monitors.ts";
import type { Definition } from "../../schemas/operator.ts";
import { readChartCrds } from "../../sources/charts/contents.ts";
import { type Mistake, showPath } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";
import { judgeObjects, nameOf, type ObjectMeans } from "./objects.ts";

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

/** Describes the namespace that each of the user's monitors without one gets. */
export function describeNamespaces({ loaded }: Pick<Session, "loaded">): string[] {
  const { namespace } = loaded.config;
  return readMonitorDocuments(loaded)
    .filter(({ object: { metadata } }) => isMapping(metadata) && !metadata["namespace"])
    .map(
      ({ object, start }) =>
        `${start}  ${nameOf(object)}: namespace ${namespace}${formatSelection(object, namespace)}`,
    );
}

function formatSelection({ kind, spec }: PlacedObject["object"], namespace: string): string {
  const what = { ServiceMonitor: "Services", PodMonitor: "pods" }[String(kind)];
  const isOpen = isMapping(spec) && !isMapping(spec["namespaceSelector"]);
  return what !== undefined && isOpen
    ? `; without a namespaceSelector it selects ${what} of ${namespace} only`
    : "";
}

/** Reads the definitions of the operator's kinds in some charts. A file that is not YAML is left to helm. */
export async function readDefinitions(
  { context }: Pick<Session, "context">,
  charts: readonly ChartFile[],
): Promise<Definition[]> {
  const texts = (await Promise.all(charts.map((chart) => readChartCrds(context, chart)))).flat();
  return texts
    .filter((text) => text.includes(`group: ${operatorGroup}`))
    .map((text) => ({
      kind: /^ {4}kind: (\w+)/m.exec(text)?.[1] ?? "",
      release: `v${/operator\.prometheus\.io\/version: "?([\w.-]+)/.exec(text)?.[1] ?? ""}`,
      read: () => {
        try {
          return parseYaml(text, { logLevel: "error" });
        } catch {
          return undefined;
        }
      },
    }));
}

/** Returns the definitions among rendered objects. */
export function listDefinitions(objects: readonly KubeObject[]): Definition[] {
  return objects
    .filter(({ kind }) => kind === "CustomResourceDefinition")
    .flatMap((object) => {
      const { group, names } = (object["spec"] ?? {}) as { group?: unknown; names?: { kind?: unknown } };
      const release = `v${object.metadata.annotations?.["operator.prometheus.io/version"] ?? ""}`;
      return group === operatorGroup ? [{ kind: String(names?.kind), release, read: () => object }] : [];
    });
}
