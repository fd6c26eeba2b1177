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

/** Returns what Grafana's chart, or kube-prometheus-stack, sets up for dashboards or for data sources. */
export function readSidecar(grafana: PlannedApp, what: keyof typeof labels): Sidecar {
  const at = getGrafanaValuesPath(getChartName(grafana.chart)) ?? [];
  const path = [...at, "sidecar", what];
  const isStack = isStackChart(grafana);
  const own = (key: string) => getValueAt(grafana.values, [...path, key]) ?? undefined;
  const home = getValueAt(grafana.values, [...at, "namespaceOverride"]) || grafana.namespace;
  const everywhere = isStack && what === "dashboards" ? "ALL" : undefined;
  const searched = [own("searchNamespace") ?? everywhere]
    .flat()
    .flatMap((one) => String(one ?? "").split(","));
  const named = searched.map((one) => one.trim()).filter((one) => one !== "");
  const isOpen = named.some((one) => one === "ALL" || one.includes("{{"));
  const resource = own("resource");
  return {
    isOn: (own("enabled") ?? isStack) === true,
    path,
    label: String(own("label") ?? labels[what]),
    labelValue: String(own("labelValue") ?? (isStack ? "1" : "")),
    namespaces: isOpen ? undefined : named.length > 0 ? named : [String(home)],
    kinds:
      resource === "configmap" ? ["ConfigMap"] : resource === "secret" ? ["Secret"] : ["ConfigMap", "Secret"],
  };
}

/** Returns the value of the sidecar's label on an object; undefined when it has none. */
function findLabel({ label }: Sidecar, { object }: BroughtObject): string | undefined {
  const metadata = isMapping(object["metadata"]) ? object["metadata"] : {};
  const value = isMapping(metadata["labels"]) ? metadata["labels"][label] : undefined;
  return value === undefined ? undefined : String(value);
}

export function isCollected(sidecar: Sidecar, one: BroughtObject): boolean {
  return (
    sidecar.isOn && findLabel(sidecar, one) !== undefined && explainNotCollected(sidecar, one) === undefined
  );
}

/** Returns why an object with the sidecar's label is not collected; undefined if it is, or has no such label. */
export function explainNotCollected(sidecar: Sidecar, one: BroughtObject): string | undefined {
  const { isOn, label, labelValue, namespaces, kinds } = sidecar;
  const value = findLabel(sidecar, one);
  const kind = String(one.object["kind"]);
  const key = (name: string) => [...sidecar.path, name].join(".");
  if (value === undefined || !/^(?:ConfigMap|Secret)$/.test(kind)) return undefined;
  if (!isOn) return `the sidecar that collects it is off; expected ${key("enabled")}: true`;
  if (!kinds.includes(kind)) return `the sidecar collects ${kinds.join(", ")} only (${key("resource")})`;
  if (labelValue !== "" && !labelValue.includes("{{") && value !== labelValue)
    return `its label ${label} is ${JSON.stringify(value)}, and the sidecar collects ${JSON.stringify(labelValue)} (${key("labelValue")})`;
  if (namespaces !== undefined && !namespaces.includes(one.namespace))
    return `it is in namespace ${one.namespace}, and the sidecar looks in ${namespaces.join(", ")} (${key("searchNamespace")})`;
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

/** Returns the objects among an app's values that charts take over as they are: mappings, or texts of YAML. */
export function findExtraObjects({ name: app, namespace, values }: PlannedApp): BroughtObject[] {
  const found: BroughtObject[] = [];
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
      for (const [at, item] of items)
        for (const object of readObjects(item))
          found.push({ app, namespace: findNamespace(object, namespace), object, path: [...path, key, at] });
    }
  };
  look(values, []);
  return found;
}

/** One that a template names is taken for the release's: only helm fills it in. */
export function findNamespace(object: Values, release: string): string {
  const own = isMapping(object["metadata"]) ? object["metadata"]["namespace"] : undefined;
  return typeof own === "string" && own !== "" && !own.includes("{{") ? own : release;
}

function readObjects(item: unknown): Values[] {
  if (isMapping(item)) return [item];
  return typeof item === "string" ? readYamlDocuments(item).filter(isMapping) : [];
}

/** Returns the YAML documents of a text in values; none if it has templates. Invalid documents are left out. */
export function readYamlDocuments(text: string): unknown[] {
  if (text.includes("{{")) return [];
  return parseDocuments(text).flatMap((one): unknown[] => (one.errors.length > 0 ? [] : [one.toJS()]));
}
