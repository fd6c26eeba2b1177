import { getValueAt, isMapping, type Values } from "../../lib/object.ts";
import { parseDocuments } from "../../lib/yaml-text.ts";
import { getChartName, getGrafanaValuesPath, isStackChart } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";

/** A container beside Grafana that collects ConfigMaps and Secrets with a label: https://github.com/kiwigrid/k8s-sidecar. */
export interface Sidecar {
  readonly isOn: boolean;
  /** Key path of its values in the app's. */
  readonly path: readonly string[];
  readonly label: string;
  /** Empty: any. */
  readonly labelValue: string;
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  readonly kinds: readonly string[];
}

const labels = { dashboards: "grafana_dashboard", datasources: "grafana_datasource" } as const;

/** Returns the sidecar that the chart sets up for dashboards or for data sources. */
export function readSidecar(grafana: PlannedApp, kind: keyof typeof labels): Sidecar {
  const grafanaPath = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
  const path = [...grafanaPath, "sidecar", kind];
  const isStack = isStackChart(grafana);
  const settingOf = (key: string) => getValueAt(grafana.values, [...path, key]) ?? undefined;
  const home = getValueAt(grafana.values, [...grafanaPath, "namespaceOverride"]) || grafana.namespace;
  const everywhere = isStack && kind === "dashboards" ? "ALL" : undefined;
  const searched = [settingOf("searchNamespace") ?? everywhere]
    .flat()
    .flatMap((namespaces) => String(namespaces ?? "").split(","));
  const named = searched.map((name) => name.trim()).filter((name) => name !== "");
  const isOpen = named.some((name) => name === "ALL" || name.includes("{{"));
  const resource = settingOf("resource");
  return {
    isOn: (settingOf("enabled") ?? isStack) === true,
    path,
    label: String(settingOf("label") ?? labels[kind]),
    labelValue: String(settingOf("labelValue") ?? (isStack ? "1" : "")),
    namespaces: isOpen ? undefined : named.length > 0 ? named : [String(home)],
    kinds:
      resource === "configmap" ? ["ConfigMap"] : resource === "secret" ? ["Secret"] : ["ConfigMap", "Secret"],
  };
}

/** Returns the value of the sidecar's label on an object; undefined if the object has no such label. */
function findLabel({ label }: Sidecar, { object }: BroughtObject): string | undefined {
  const metadata = isMapping(object["metadata"]) ? object["metadata"] : {};
  const value = isMapping(metadata["labels"]) ? metadata["labels"][label] : undefined;
  return value === undefined ? undefined : String(value);
}

/** True if the sidecar collects the object: it has the label and is in a namespace that the sidecar searches. */
export function isCollected(sidecar: Sidecar, brought: BroughtObject): boolean {
  return (
    sidecar.isOn &&
    findLabel(sidecar, brought) !== undefined &&
    explainNotCollected(sidecar, brought) === undefined
  );
}

/**
 * Returns why an object with the sidecar's label is not collected; undefined if it is collected, or has no such label.
 */
export function explainNotCollected(sidecar: Sidecar, brought: BroughtObject): string | undefined {
  const { isOn, label, labelValue, namespaces, kinds } = sidecar;
  const value = findLabel(sidecar, brought);
  const kind = String(brought.object["kind"]);
  const key = (name: string) => [...sidecar.path, name].join(".");
  if (value === undefined || !/^(?:ConfigMap|Secret)$/.test(kind)) return undefined;
  if (!isOn) return `the sidecar that collects it is off; expected ${key("enabled")}: true`;
  if (!kinds.includes(kind)) return `the sidecar collects ${kinds.join(", ")} only (${key("resource")})`;
  if (labelValue !== "" && !labelValue.includes("{{") && value !== labelValue)
    return `its label ${label} is ${JSON.stringify(value)}, and the sidecar collects ${JSON.stringify(labelValue)} (${key("labelValue")})`;
  if (namespaces !== undefined && !namespaces.includes(brought.namespace))
    return `it is in namespace ${brought.namespace}, and the sidecar looks in ${namespaces.join(", ")} (${key("searchNamespace")})`;
  return undefined;
}

/** An object that the user brings along, and where it is written. */
export interface BroughtObject {
  readonly app: string;
  readonly namespace: string;
  readonly object: Values;
  /** Key path in the app's values; empty for one of a manifest. */
  readonly path: readonly (string | number)[];
  readonly where?: string | undefined;
}

const extraObjectKeys = ["extraObjects", "extraManifests", "extraDeploy"];

/** Returns the Kubernetes objects in an app's values that charts deploy unchanged: mappings, or texts of YAML. */
export function findExtraObjects({ name: app, namespace, values }: PlannedApp): BroughtObject[] {
  const objects: BroughtObject[] = [];
  const look = (node: unknown, path: readonly (string | number)[]): void => {
    if (!isMapping(node)) return;
    for (const [key, value] of Object.entries(node)) {
      if (!extraObjectKeys.includes(key)) {
        if (path.length < 2) look(value, [...path, key]);
        continue;
      }
      const items: [string | number, unknown][] = Array.isArray(value)
        ? [...value.entries()]
        : Object.entries(isMapping(value) ? value : {});
      for (const [itemPath, item] of items)
        for (const object of readObjects(item))
          objects.push({
            app,
            namespace: findNamespace(object, namespace),
            object,
            path: [...path, key, itemPath],
          });
    }
  };
  look(values, []);
  return objects;
}

/** Returns the namespace of an object. A templated namespace counts as the release's, because only helm can render it. */
export function findNamespace(object: Values, release: string): string {
  const namespace = isMapping(object["metadata"]) ? object["metadata"]["namespace"] : undefined;
  return typeof namespace === "string" && namespace !== "" && !namespace.includes("{{") ? namespace : release;
}

function readObjects(item: unknown): Values[] {
  if (isMapping(item)) return [item];
  return typeof item === "string" ? readYamlDocuments(item).filter(isMapping) : [];
}

/**
 * Returns the YAML documents of a text in values. A text with templates gives none, and invalid documents are left out.
 */
export function readYamlDocuments(text: string): unknown[] {
  if (text.includes("{{")) return [];
  return parseDocuments(text).flatMap((document): unknown[] =>
    document.errors.length > 0 ? [] : [document.toJS()],
  );
}
