import { type CheckFault, type FaultPlace, findGroups, getCause, type Observation } from "./check-fault.ts";

/**
 * Returns the keys to search for: those of the namespace if the check's cause is about the namespace, else those of
 * the labels.
 */
function locateSelector(
  check: Observation,
  keys: { readonly labels: readonly string[]; readonly namespace: readonly string[] },
): Omit<FaultPlace, "values"> {
  return /in namespace/.test(getCause(check))
    ? { keys: keys.namespace, otherwise: ["metadata.namespace", "metadata.name"] }
    : { keys: keys.labels, otherwise: ["metadata.labels", "metadata.name"] };
}

/** Returns where a dashboard or data source that Grafana's sidecar does not collect may come from. */
function locateSidecar(kind: "dashboards" | "datasources", check: Observation): FaultPlace {
  const key = `sidecar.${kind}`;
  const keys = {
    labels: [`${key}.labelValue`, `${key}.label`, `${key}.enabled`],
    namespace: [`${key}.searchNamespace`],
  };
  const values = findGroups(/(?:ConfigMap|Secret) [^/\s]+\/([^:\s]+): /, check);
  return { values, ...locateSelector(check, keys) };
}

/** Faults of objects that the operator or Grafana's sidecar does not select. */
export const selectionFaults: readonly CheckFault[] = [
  {
    id: "rules-not-selected",
    layer: "configuration",
    title: "No Prometheus of the operator selects a PrometheusRule",
    explanation: "A PrometheusRule has no effect",
    fix: "Give it the labels that the Prometheus selects by, or widen ruleSelector and ruleNamespaceSelector.",
    locate: (check) => ({
      values: findGroups(/PrometheusRule [^/\s]+\/(\S+): /, check),
      ...locateSelector(check, {
        labels: ["ruleSelector", "ruleSelectorNilUsesHelmValues"],
        namespace: ["ruleNamespaceSelector"],
      }),
    }),
    detail: getCause,
  },
  {
    id: "rules-refused",
    layer: "configuration",
    title: "The operator refuses a PrometheusRule",
    explanation: "A PrometheusRule has no effect",
    fix: "Correct it: the message is the operator's own.",
    keys: ["additionalPrometheusRulesMap"],
    detail: getCause,
  },
  {
    id: "monitor-not-selected",
    layer: "configuration",
    title: "No Prometheus of the operator selects a monitor",
    explanation: "A monitor has no effect",
    fix: "Give it the labels that the Prometheus selects by, or widen the selectors of the Prometheus.",
    locate: (check) => {
      const [kind = "", name = ""] = findGroups(/(\w{1,60}) [^/\s]{1,253}\/(\S{1,253}) is not in/, check);
      const key = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}`;
      const keys = {
        labels: [`${key}Selector`, `${key}SelectorNilUsesHelmValues`],
        namespace: [`${key}NamespaceSelector`],
      };
      return { values: [name], ...locateSelector(check, keys) };
    },
  },
  {
    id: "dashboard-not-collected",
    layer: "grafana",
    title: "Grafana's sidecar does not collect a ConfigMap with a dashboard",
    explanation: "A dashboard is not in Grafana",
    fix: "Give the ConfigMap the label and value that the sidecar looks for, in a namespace in which it looks (sidecar.dashboards.searchNamespace: ALL).",
    locate: (check) => locateSidecar("dashboards", check),
    detail: getCause,
  },
  {
    id: "datasource-not-collected",
    layer: "grafana",
    title: "Grafana's sidecar does not collect a ConfigMap with a data source",
    explanation: "A data source is not in Grafana",
    fix: "Give the ConfigMap or Secret the label and value that the sidecar looks for, in a namespace in which it looks (sidecar.datasources.searchNamespace: ALL).",
    locate: (check) => locateSidecar("datasources", check),
    detail: getCause,
  },
];
