import { z } from "zod";
import type { KubeObject } from "../../../kube/manifest.ts";
import { formatList } from "../../../lib/text.ts";
import { listRenderedObjects, type RenderedApp } from "../../../model/rendered.ts";
import { formatLabels } from "../../../monitors/selection.ts";

/** A container beside Grafana that turns ConfigMaps and Secrets with a label into Grafana's files. */
export interface Sidecar {
  readonly label: string;
  /** Undefined: any. */
  readonly value: string | undefined;
  /** Where it looks; undefined: everywhere. */
  readonly namespaces: readonly string[] | undefined;
}

export type Collected = "dashboards" | "datasources";

const containerSchema = z.looseObject({
  name: z.string(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().nullish() })).nullish(),
});
const podsSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        containers: z.array(containerSchema),
        initContainers: z.array(containerSchema).nullish(),
      }),
    }),
  }),
});

/** The sidecars of the Grafana chart, from the variables that it gives them. */
export function listSidecars(rendered: readonly RenderedApp[], kind: Collected): Sidecar[] {
  const name = { dashboards: /sc-dashboard/, datasources: /sc-datasource/ }[kind];
  return listRenderedObjects(rendered).flatMap((object) => {
    const pods = podsSchema.safeParse(object).data?.spec.template.spec;
    const containers = [...(pods?.containers ?? []), ...(pods?.initContainers ?? [])];
    return containers
      .filter((container) => name.test(container.name))
      .flatMap(({ env }) => {
        const variable = (key: string) => (env ?? []).find((one) => one.name === key)?.value || undefined;
        const label = variable("LABEL");
        const namespaces = (variable("NAMESPACE") ?? object.metadata.namespace ?? "").split(",");
        if (label === undefined) return [];
        const everywhere = namespaces.includes("ALL");
        return [{ label, value: variable("LABEL_VALUE"), namespaces: everywhere ? undefined : namespaces }];
      });
  });
}

/** Why no sidecar collects a ConfigMap or Secret, with what would change it; undefined if one does. */
export function explainNotCollected(
  { kind, metadata: { name, namespace = "", labels = {} } }: KubeObject,
  sidecars: readonly Sidecar[],
  what: Collected,
): { cause: string; fix: string } | undefined {
  const who = `${kind} ${namespace}/${name}`;
  const values = `sidecar.${what}`;
  const [first] = sidecars;
  if (first === undefined)
    return {
      cause: `${who}: Grafana has no sidecar that collects ${what}`,
      fix: `set ${values}.enabled: true in the values of Grafana's chart, or give it the ${what} in its values`,
    };
  const hasLabel = (one: Sidecar) =>
    labels[one.label] !== undefined && (one.value === undefined || labels[one.label] === one.value);
  const looksIn = ({ namespaces }: Sidecar) => namespaces?.includes(namespace) ?? true;
  if (sidecars.some((one) => hasLabel(one) && looksIn(one))) return undefined;
  const labelled = sidecars.find(hasLabel);
  if (labelled !== undefined)
    return {
      cause: `${who}: Grafana's sidecar looks only in namespace ${formatList(labelled.namespaces ?? [])}`,
      fix: `set ${values}.searchNamespace: ALL (or name ${namespace} too) in the values of Grafana's chart, or put the ${kind} there`,
    };
  const { label, value } = first;
  return {
    cause: `${who}: Grafana's sidecar collects only what has the label ${label}${value === undefined ? "" : `=${value}`}; this one has ${formatLabels(labels)}`,
    fix: `give the ${kind} the label ${label}: "${value ?? "1"}", or set ${values}.label and ${values}.labelValue in the values of Grafana's chart`,
  };
}
