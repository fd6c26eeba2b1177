import { getOwnValue, getValueAt, isMapping, type Values } from "../../lib/object.ts";
import { parseDocuments } from "../../lib/yaml-text.ts";
import { getChartName, getGrafanaValuesPath, isStackChart } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";

/** A container beside Grafana that collects ConfigMaps and Secrets with a label: https://github.com/kiwigrid/k8s-sidecar. */
export interface Sidecar {
  readonly isOn: boolean;
  /** Key path of the sidecar's values in the app's values. */
  readonly path: readonly string[];
  readonly label: string;
  /** Empty: any value. */
  readonly labelValue: string;
  /** Undefined: all namespaces. */
  readonly namespaces: readonly string[] | undefined;
  readonly kinds: readonly string[];
}

/** The labels that the charts use by default. */
const defaultLabels = { dashboards: "grafana_dashboard", datasources: "grafana_datasource" } as const;

/**
 * Returns the sidecar that the chart sets up for dashboards or for data sources. By default kube-prometheus-stack
 * switches both on, and searches all namespaces for dashboards.
 */
export function readSidecar(grafana: PlannedApp, kind: keyof typeof defaultLabels): Sidecar {
  const grafanaPath = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
  const path = [...grafanaPath, "sidecar", kind];
  const isStack = isStackChart(grafana);
  const readSetting = (key: string) => getValueAt(grafana.values, [...path, key]) ?? undefined;
  const grafanaNamespace =
    getValueAt(grafana.values, [...grafanaPath, "namespaceOverride"]) || grafana.namespace;
  const defaultNamespace = isStack && kind === "dashboards" ? "ALL" : undefined;
  const searchedNames = [readSetting("searchNamespace") ?? defaultNamespace]
    .flat()
    .flatMap((namespaces) => String(namespaces ?? "").split(","));
  const namespaceNames = searchedNames.map((name) => name.trim()).filter((name) => name !== "");
  const searchesAll = namespaceNames.some((name) => name === "ALL" || name.includes("{{"));
  const searchedNamespaces = namespaceNames.length > 0 ? namespaceNames : [String(grafanaNamespace)];
  const kindsByResource: Readonly<Record<string, readonly string[]>> = {
    configmap: ["ConfigMap"],
    secret: ["Secret"],
  };
  return {
    isOn: (readSetting("enabled") ?? isStack) === true,
    path,
    label: String(readSetting("label") ?? defaultLabels[kind]),
    labelValue: String(readSetting("labelValue") ?? (isStack ? "1" : "")),
    namespaces: searchesAll ? undefined : searchedNamespaces,
    kinds: getOwnValue(kindsByResource, String(readSetting("resource"))) ?? ["ConfigMap", "Secret"],
  };
}

/** Returns the value of the sidecar's label on an object; undefined if the object has no such label. */
function findLabel({ label }: Sidecar, { object }: ExtraObject): string | undefined {
  const metadata = isMapping(object["metadata"]) ? object["metadata"] : {};
  const value = isMapping(metadata["labels"]) ? metadata["labels"][label] : undefined;
  return value === undefined ? undefined : String(value);
}

/** True if the sidecar collects the object: it has the label and is in a namespace that the sidecar searches. */
export function isCollected(sidecar: Sidecar, extraObject: ExtraObject): boolean {
  return (
    sidecar.isOn &&
    findLabel(sidecar, extraObject) !== undefined &&
    explainNotCollected(sidecar, extraObject) === undefined
  );
}

/**
 * Returns why an object with the sidecar's label is not collected; undefined if it is collected, or has no such label.
 */
export function explainNotCollected(sidecar: Sidecar, extraObject: ExtraObject): string | undefined {
  const { isOn, label, labelValue, namespaces, kinds } = sidecar;
  const value = findLabel(sidecar, extraObject);
  const kind = String(extraObject.object["kind"]);
  const formatKey = (name: string) => [...sidecar.path, name].join(".");
  if (value === undefined || !/^(?:ConfigMap|Secret)$/.test(kind)) return undefined;
  if (!isOn) return `the sidecar that collects it is off; expected ${formatKey("enabled")}: true`;
  if (!kinds.includes(kind))
    return `the sidecar collects ${kinds.join(", ")} only (${formatKey("resource")})`;
  if (labelValue !== "" && !labelValue.includes("{{") && value !== labelValue)
    return `its label ${label} is ${JSON.stringify(value)}, and the sidecar collects ${JSON.stringify(labelValue)} (${formatKey("labelValue")})`;
  if (namespaces !== undefined && !namespaces.includes(extraObject.namespace))
    return `it is in namespace ${extraObject.namespace}, and the sidecar looks in ${namespaces.join(", ")} (${formatKey("searchNamespace")})`;
  return undefined;
}

/** An object that the user's values or manifests deploy, and the place where it is written. */
export interface ExtraObject {
  readonly app: string;
  readonly namespace: string;
  readonly object: Values;
  /** Key path in the app's values; empty for an object of a manifest. */
  readonly path: readonly (string | number)[];
  readonly where?: string | undefined;
}

/** Values of a subchart's subchart are two keys below the app's values. */
const maximumSubchartDepth = 2;

/** The charts' keys for objects that they deploy unchanged. */
const extraObjectKeys = ["extraObjects", "extraManifests", "extraDeploy"];

/**
 * Returns the Kubernetes objects in an app's values that charts deploy unchanged: mappings, or texts of YAML. They
 * are below the keys above, at the top or in the values of a subchart and its subchart.
 */
export function findExtraObjects({ name: app, namespace, values }: PlannedApp): ExtraObject[] {
  const objects: ExtraObject[] = [];
  const addObjectsBelow = (node: unknown, path: readonly (string | number)[]): void => {
    if (!isMapping(node)) return;
    for (const [key, value] of Object.entries(node)) {
      if (!extraObjectKeys.includes(key)) {
        if (path.length < maximumSubchartDepth) addObjectsBelow(value, [...path, key]);
        continue;
      }
      const items: [string | number, unknown][] = Array.isArray(value)
        ? [...value.entries()]
        : Object.entries(isMapping(value) ? value : {});
      for (const [itemKey, item] of items)
        for (const object of readObjects(item))
          objects.push({
            app,
            namespace: findNamespace(object, namespace),
            object,
            path: [...path, key, itemKey],
          });
    }
  };
  addObjectsBelow(values, []);
  return objects;
}

/** Returns the namespace of an object. A templated namespace counts as the release's, because only helm can render it. */
export function findNamespace(object: Values, release: string): string {
  const namespace = isMapping(object["metadata"]) ? object["metadata"]["namespace"] : undefined;
  return typeof namespace === "string" && namespace !== "" && !namespace.includes("{{") ? namespace : release;
}

/** Returns the object itself, or the objects in a text of YAML. */
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
