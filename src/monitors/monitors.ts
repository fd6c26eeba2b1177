import { z } from "zod";
import { UserError } from "../lib/errors.ts";
import { isMapping } from "../lib/object.ts";
import { readDocuments } from "../yaml/documents.ts";

/** The part of a Kubernetes object that this room reads. Objects of the plan and of rendered charts have it. */
export interface OperatorObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

const expressionSchema = z.object({
  key: z.string(),
  operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
  values: z.array(z.string()).nullish(),
});

/** A Kubernetes label selector. */
export const labelSelectorSchema = z.object({
  matchLabels: z.record(z.string(), z.string()).nullish(),
  matchExpressions: z.array(expressionSchema).nullish(),
});

const portSchema = z.union([z.string(), z.number()]);

const endpointSchema = z.looseObject({
  port: z.string().nullish(),
  targetPort: portSchema.nullish(),
  portNumber: z.number().nullish(),
});

const specSchema = z.looseObject({
  selector: labelSelectorSchema.nullish(),
  namespaceSelector: z
    .looseObject({ any: z.boolean().nullish(), matchNames: z.array(z.string()).nullish() })
    .nullish(),
  endpoints: z.array(endpointSchema).nullish(),
  podMetricsEndpoints: z.array(endpointSchema).nullish(),
  jobLabel: z.string().nullish(),
});

export type MonitorEndpoint = z.infer<typeof endpointSchema>;

/** The part of a ServiceMonitor or PodMonitor that decides what is scraped. */
export interface Monitor {
  readonly kind: "ServiceMonitor" | "PodMonitor";
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: z.infer<typeof labelSelectorSchema>;
  /** Namespaces of its services or pods; undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  readonly endpoints: readonly MonitorEndpoint[];
  readonly jobLabel: string | undefined;
}

export const operatorGroup = "monitoring.coreos.com";

/** Kinds that define what is scraped or evaluated. */
export const operatorKinds: readonly string[] = [
  "ServiceMonitor",
  "PodMonitor",
  "PrometheusRule",
  "ScrapeConfig",
  "Probe",
];

/** Returns the objects that define scraping or rules and that only the operator reads. */
export function filterOperatorObjects<T extends OperatorObject>(objects: readonly T[]): T[] {
  return objects.filter(
    ({ apiVersion, kind }) => apiVersion.startsWith(`${operatorGroup}/`) && operatorKinds.includes(kind),
  );
}

/** Returns the object with the release's namespace if it has none, as helm does. */
export function setDefaultNamespace<T extends OperatorObject>(object: T, namespace: string): T {
  return object.metadata.namespace ? object : { ...object, metadata: { ...object.metadata, namespace } };
}

/** Returns the monitors among these objects. An unreadable monitor is left out, because the operator reports it. */
export function parseMonitors(objects: readonly OperatorObject[], namespace = "default"): Monitor[] {
  return filterOperatorObjects(objects).flatMap((object) => {
    if (object.kind !== "ServiceMonitor" && object.kind !== "PodMonitor") return [];
    const spec = specSchema.safeParse(object["spec"]).data;
    if (spec === undefined) return [];
    const ownNamespace = object.metadata.namespace ?? namespace;
    const { any, matchNames } = spec.namespaceSelector ?? {};
    return [
      {
        kind: object.kind,
        namespace: ownNamespace,
        name: object.metadata.name,
        labels: object.metadata.labels ?? {},
        selector: spec.selector ?? {},
        namespaces: any ? undefined : matchNames?.length ? matchNames : [ownNamespace],
        endpoints: (object.kind === "ServiceMonitor" ? spec.endpoints : spec.podMetricsEndpoints) ?? [],
        jobLabel: spec.jobLabel ?? undefined,
      },
    ];
  });
}

/** Returns the names of the scrape pools that the operator creates for a monitor, one for each endpoint. */
export function listScrapePools({ kind, namespace, name, endpoints }: Monitor): string[] {
  const prefix = kind === "ServiceMonitor" ? "serviceMonitor" : "podMonitor";
  return endpoints.map((_, index) => `${prefix}/${namespace}/${name}/${index}`);
}

export type LabelSelector = z.infer<typeof labelSelectorSchema>;
type Expression = z.infer<typeof expressionSchema>;
type Labels = Readonly<Record<string, string>>;

/** Returns every requirement of a selector as an expression. A label with a value becomes `In` with one value. */
export function listRequirements({ matchLabels, matchExpressions }: LabelSelector): Expression[] {
  const labels = Object.entries(matchLabels ?? {}).map(
    ([key, value]): Expression => ({ key, operator: "In", values: [value] }),
  );
  return [...labels, ...(matchExpressions ?? [])];
}

/** True if a selector selects these labels. As in the API server, an empty selector selects everything. */
export function isSelected(selector: LabelSelector, labels: Labels): boolean {
  return findUnmetRequirements(selector, labels).length === 0;
}

/** Returns the requirements that these labels do not meet. */
export function findUnmetRequirements(selector: LabelSelector, labels: Labels): Expression[] {
  return listRequirements(selector).filter(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === "Exists") return value === undefined;
    if (operator === "DoesNotExist") return value !== undefined;
    const isListed = value !== undefined && (values ?? []).includes(value);
    return operator === "In" ? !isListed : isListed;
  });
}

/** Returns a selector in the notation of `kubectl -l`: `app=my-app,tier in (a,b),!old`. */
export function formatSelector(selector: LabelSelector): string {
  const requirements = listRequirements(selector).map(({ key, operator, values }) => {
    const texts = values ?? [];
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    if (texts.length === 1) return `${key}${operator === "In" ? "=" : "!="}${texts[0]}`;
    return `${key} ${operator === "In" ? "in" : "notin"} (${texts.join(",")})`;
  });
  return requirements.join(",") || "(everything)";
}

type Path = readonly (string | number)[];

/** An object in one of the user's files, with its place. */
export interface PlacedObject {
  readonly object: Readonly<Record<string, unknown>>;
  /** The place where the object begins: `m.yaml:3:1`. */
  readonly start: string;
  /** Returns the place of the key at a path or of its value. `character` is an offset in the value's text, from 0. */
  where(path: Path, on: "key" | "value", character?: number): string;
}

/**
 * Returns the objects in a file of manifests, also the items of lists.
 * @throws UserError for invalid YAML, or for a document that is not an object
 */
export function parseObjects(text: string, shownAs: string): PlacedObject[] {
  return readDocuments(text).flatMap(({ data, error, start, findPosition }) => {
    const formatPlace = ({ line, column }: { readonly line: number; readonly column: number }) =>
      `${shownAs}:${line}:${column}`;
    if (error) throw new UserError(`${formatPlace(error.position)}: ${error.problem}`);
    const locate: PlacedObject["where"] = (path, part, character) =>
      formatPlace(findPosition(path, part, character));
    return listObjectsIn(data, [], { start: formatPlace(start), where: locate });
  });
}

/**
 * Returns the object in a document, or the items of a list object.
 * @throws UserError if the data is not a mapping
 */
function listObjectsIn(
  data: unknown,
  basePath: Path,
  document: Pick<PlacedObject, "start" | "where">,
): PlacedObject[] {
  const start = basePath.length === 0 ? document.start : document.where(basePath, "value");
  if (!isMapping(data))
    throw new UserError(
      `${start}: this is not a Kubernetes object: expected a mapping with kind and apiVersion`,
    );
  const { kind, items } = data;
  if (String(kind).endsWith("List") && Array.isArray(items))
    return items.flatMap((item: unknown, index) =>
      listObjectsIn(item, [...basePath, "items", index], document),
    );
  return [
    {
      object: data,
      start,
      where: (path, on, character) => document.where([...basePath, ...path], on, character),
    },
  ];
}
