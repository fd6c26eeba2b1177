import { z } from "zod";
import {
  findUnmetRequirements,
  formatSelector,
  isSelected,
  type LabelSelector,
  labelSelectorSchema,
  type OperatorObject,
} from "./monitors.ts";

const specSchema = z.looseObject({
  serviceMonitorSelector: labelSelectorSchema.nullish(),
  serviceMonitorNamespaceSelector: labelSelectorSchema.nullish(),
  podMonitorSelector: labelSelectorSchema.nullish(),
  podMonitorNamespaceSelector: labelSelectorSchema.nullish(),
  probeSelector: labelSelectorSchema.nullish(),
  probeNamespaceSelector: labelSelectorSchema.nullish(),
  scrapeConfigSelector: labelSelectorSchema.nullish(),
  scrapeConfigNamespaceSelector: labelSelectorSchema.nullish(),
  ruleSelector: labelSelectorSchema.nullish(),
  ruleNamespaceSelector: labelSelectorSchema.nullish(),
});

/** An object that a Prometheus of the operator selects or not. */
export interface Selectable {
  readonly kind: keyof typeof prefixes;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The prefixes of the selectors' names. */
const prefixes = {
  ServiceMonitor: "serviceMonitor",
  PodMonitor: "podMonitor",
  Probe: "probe",
  ScrapeConfig: "scrapeConfig",
  PrometheusRule: "rule",
} as const;

/**
 * Returns the operator's Prometheus objects among these objects.
 * @param wantedKind another kind of server, for example `PrometheusAgent`
 */
export function filterServers(
  objects: readonly OperatorObject[],
  wantedKind = "Prometheus",
): OperatorObject[] {
  return objects.filter(
    ({ kind, apiVersion }) => kind === wantedKind && apiVersion.startsWith("monitoring.coreos.com/"),
  );
}

/** Returns why no Prometheus selects a monitor or a rule, and the fix; undefined if one selects it. */
export function explainNotSelected(
  selectable: Selectable,
  servers: readonly OperatorObject[],
): { cause: string; fix: string } | undefined {
  const reasons = servers.map((server) => explainMismatch(selectable, server));
  return reasons.includes(undefined) ? undefined : reasons[0];
}

/** Returns why a Prometheus does not select a monitor or a rule, and the fix; undefined if it selects it. */
function explainMismatch(
  { kind, labels, namespace }: Selectable,
  server: OperatorObject,
): { cause: string; fix: string } | undefined {
  const spec = specSchema.safeParse(server["spec"]).data;
  // The operator reports a spec that can't be parsed.
  if (spec === undefined) return undefined;
  const key = prefixes[kind];
  const selector = spec[`${key}Selector`];
  const serverName = `${server.kind} ${server.metadata.name}`;
  const values = `prometheus.prometheusSpec.${key}`;
  if (!selector)
    return {
      cause: `${serverName} has no ${key}Selector, so it takes in none`,
      fix: `set ${values}Selector: {}`,
    };
  if (!isSelected(selector, labels))
    return {
      cause: `${serverName} takes in only ${kind}s with ${formatSelector(selector)}; this one has ${formatLabels(labels)}`,
      fix: `give the ${kind} these labels, or set ${values}SelectorNilUsesHelmValues: false`,
    };
  if (isInReach(namespace, spec[`${key}NamespaceSelector`], server.metadata.namespace)) return undefined;
  return {
    cause: `${serverName} does not look for ${kind}s in namespace ${namespace}`,
    fix: `set ${values}NamespaceSelector: {}`,
  };
}

/**
 * True if a namespace selector can select a namespace. The selector's other labels count as matching, because only
 * the label with the namespace's name is known.
 */
function isInReach(
  namespace: string,
  selector: LabelSelector | null | undefined,
  serverNamespace: string | undefined,
): boolean {
  if (!selector) return namespace === serverNamespace;
  const name = "kubernetes.io/metadata.name";
  return findUnmetRequirements(selector, { [name]: namespace }).every(({ key }) => key !== name);
}

/** Returns labels for a message: `app=my-app,tier=web`, or `no labels`. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "no labels" : pairs.join(",");
}
