import { z } from "zod";
import type { KubeObject } from "../../../kube/manifest.ts";
import { formatList } from "../../../lib/text.ts";
import { listRenderedObjects, type RenderedApp } from "../../../model/rendered.ts";
import { formatLabels } from "../../../monitors/selection.ts";

/** A container in Grafana's pod that turns ConfigMaps and Secrets with a label into Grafana's files. */
export interface Sidecar {
  readonly label: string;
  /** The label's value; undefined for any value. */
  readonly value: string | undefined;
  /** The namespaces that it watches; undefined for all. */
  readonly namespaces: readonly string[] | undefined;
}

/** The kind of file that a sidecar writes. */
type CollectedKind = "dashboards" | "datasources";

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

/** Returns the sidecars of the Grafana chart for one kind of file, read from their variables. */
export function listSidecars(rendered: readonly RenderedApp[], kind: CollectedKind): Sidecar[] {
  const containerPattern = { dashboards: /sc-dashboard/, datasources: /sc-datasource/ }[kind];
  return listRenderedObjects(rendered).flatMap((object) => {
    const pods = podsSchema.safeParse(object).data?.spec.template.spec;
    const containers = [...(pods?.containers ?? []), ...(pods?.initContainers ?? [])];
    return containers
      .filter((container) => containerPattern.test(container.name))
      .flatMap(({ env }) => {
        const readVariable = (variableName: string) =>
          (env ?? []).find((variable) => variable.name === variableName)?.value || undefined;
        const label = readVariable("LABEL");
        const namespaces = (readVariable("NAMESPACE") ?? object.metadata.namespace ?? "").split(",");
        if (label === undefined) return [];
        const watchesAll = namespaces.includes("ALL");
        return [
          { label, value: readVariable("LABEL_VALUE"), namespaces: watchesAll ? undefined : namespaces },
        ];
      });
  });
}

/**
 * Returns why no sidecar collects a ConfigMap or Secret, with a fix: there is no sidecar, it does not watch the
 * namespace, or it searches for another label. Undefined if a sidecar collects the object.
 */
export function explainNotCollected(
  { kind, metadata: { name, namespace = "", labels = {} } }: KubeObject,
  sidecars: readonly Sidecar[],
  collectedKind: CollectedKind,
): { cause: string; fix: string } | undefined {
  const objectName = `${kind} ${namespace}/${name}`;
  const settingPath = `sidecar.${collectedKind}`;
  const [firstSidecar] = sidecars;
  if (firstSidecar === undefined)
    return {
      cause: `${objectName}: Grafana has no sidecar that collects ${collectedKind}`,
      fix: `set ${settingPath}.enabled: true in the values of Grafana's chart, or give it the ${collectedKind} in its values`,
    };
  const matchesLabel = (sidecar: Sidecar) =>
    labels[sidecar.label] !== undefined &&
    (sidecar.value === undefined || labels[sidecar.label] === sidecar.value);
  const watchesNamespace = ({ namespaces }: Sidecar) => namespaces?.includes(namespace) ?? true;
  if (sidecars.some((sidecar) => matchesLabel(sidecar) && watchesNamespace(sidecar))) return undefined;
  const labelledSidecar = sidecars.find(matchesLabel);
  if (labelledSidecar !== undefined)
    return {
      cause: `${objectName}: Grafana's sidecar looks only in namespace ${formatList(labelledSidecar.namespaces ?? [])}`,
      fix: `set ${settingPath}.searchNamespace: ALL (or name ${namespace} too) in the values of Grafana's chart, or put the ${kind} there`,
    };
  const { label, value } = firstSidecar;
  return {
    cause: `${objectName}: Grafana's sidecar collects only what has the label ${label}${value === undefined ? "" : `=${value}`}; this one has ${formatLabels(labels)}`,
    fix: `give the ${kind} the label ${label}: "${value ?? "1"}", or set ${settingPath}.label and ${settingPath}.labelValue in the values of Grafana's chart`,
  };
}
