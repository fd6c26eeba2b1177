import { isMapping, valueAt } from "../../lib/values.ts";
import { chartName } from "../../model/chart.ts";
import type { PlannedApp } from "../../model/plan.ts";
import { grafanaValuesIn, isStackChart } from "../../model/stack-chart.ts";
import type { BroughtObject } from "./extra-objects.ts";

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

/** What Grafana's chart, or kube-prometheus-stack, sets up for dashboards or for data sources. */
export function sidecarOf(grafana: PlannedApp, what: keyof typeof labels): Sidecar {
  const at = grafanaValuesIn(chartName(grafana.chart)) ?? [];
  const path = [...at, "sidecar", what];
  const isStack = isStackChart(grafana);
  const own = (key: string) => valueAt(grafana.values, [...path, key]) ?? undefined;
  const home = valueAt(grafana.values, [...at, "namespaceOverride"]) || grafana.namespace;
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

/** The value of the sidecar's label on an object; undefined when it has none. */
function labelOn({ label }: Sidecar, { object }: BroughtObject): string | undefined {
  const metadata = isMapping(object["metadata"]) ? object["metadata"] : {};
  const value = isMapping(metadata["labels"]) ? metadata["labels"][label] : undefined;
  return value === undefined ? undefined : String(value);
}

export function collects(sidecar: Sidecar, one: BroughtObject): boolean {
  return sidecar.isOn && labelOn(sidecar, one) !== undefined && whyNotCollected(sidecar, one) === undefined;
}

/** Why an object that carries the sidecar's label is not collected; undefined when it is, or is none of the sidecar's. */
export function whyNotCollected(sidecar: Sidecar, one: BroughtObject): string | undefined {
  const { isOn, label, labelValue, namespaces, kinds } = sidecar;
  const value = labelOn(sidecar, one);
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
