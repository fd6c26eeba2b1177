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
import { formatObjectName, judgeObjects, type ObjectMeans } from "./objects.ts";

/**
 * Returns the mistakes in the files of `monitors` and in the manifests of apps for which the API server, the operator
 * or Prometheus would refuse an object. They are sorted by their places.
 */
export async function findMonitorMistakes(
  means: ObjectMeans,
  { context, loaded }: Pick<Session, "context" | "loaded">,
  plan: Plan,
): Promise<Mistake[]> {
  const paths = plan.apps.flatMap(({ chart }) => (chart.kind === "manifests" ? chart.paths : []));
  const manifestPaths = [...new Set(paths)].filter((path) => !loaded.config.monitors.includes(path));
  const objectsInManifests = await Promise.all(
    manifestPaths.map(async (path) =>
      parseObjects((await context.host.files.read(path)) ?? "", showPath(loaded.cwd, path)),
    ),
  );
  const stackApp = plan.apps.find(isStackChart);
  const interval =
    stackApp && getValueAt(stackApp.values, ["prometheus", "prometheusSpec", "scrapeInterval"]);
  const mistakes = await judgeObjects(
    means,
    [...readMonitorDocuments(loaded), ...objectsInManifests.flat()],
    {
      global: { scrape_interval: typeof interval === "string" && interval !== "" ? interval : "30s" },
      rules: { features: stackApp === undefined ? [] : findPlannedFeatures(stackApp) },
    },
  );
  return mistakes.sort((a, b) => a.where.localeCompare(b.where, "en", { numeric: true }));
}

/** Returns a line for each of the user's monitors without a namespace, with the namespace that it gets. */
export function describeNamespaces({ loaded }: Pick<Session, "loaded">): string[] {
  const { namespace } = loaded.config;
  return readMonitorDocuments(loaded)
    .filter(({ object: { metadata } }) => isMapping(metadata) && !metadata["namespace"])
    .map(
      ({ object, start }) =>
        `${start}  ${formatObjectName(object)}: namespace ${namespace}${formatSelection(object, namespace)}`,
    );
}

/** Returns the part of the line that says which namespace a monitor without a namespaceSelector selects. */
function formatSelection({ kind, spec }: PlacedObject["object"], namespace: string): string {
  const selectedKind = { ServiceMonitor: "Services", PodMonitor: "pods" }[String(kind)];
  const hasNoSelector = isMapping(spec) && !isMapping(spec["namespaceSelector"]);
  return selectedKind !== undefined && hasNoSelector
    ? `; without a namespaceSelector it selects ${selectedKind} of ${namespace} only`
    : "";
}

/**
 * Returns the definitions of the operator's kinds in some charts. A file that is not valid YAML has no content here,
 * because helm reports it.
 */
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

/** Returns the definitions of the operator's kinds among rendered objects. */
export function listDefinitions(objects: readonly KubeObject[]): Definition[] {
  return objects
    .filter(({ kind }) => kind === "CustomResourceDefinition")
    .flatMap((object) => {
      const { group, names } = (object["spec"] ?? {}) as { group?: unknown; names?: { kind?: unknown } };
      const release = `v${object.metadata.annotations?.["operator.prometheus.io/version"] ?? ""}`;
      return group === operatorGroup ? [{ kind: String(names?.kind), release, read: () => object }] : [];
    });
}
