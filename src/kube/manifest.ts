import { isScalar, LineCounter, visit } from "yaml";
import { parseDocuments } from "../lib/yaml-text.ts";
import { isOperated } from "./operator-made.ts";

/** Built-in kinds without a namespace. */
const clusterScoped: ReadonlySet<string> = new Set([
  "APIService",
  "CSIDriver",
  "CSINode",
  "ClusterRole",
  "ClusterRoleBinding",
  "CustomResourceDefinition",
  "FlowSchema",
  "IngressClass",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionPolicyBinding",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "PriorityLevelConfiguration",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
  "VolumeAttachment",
]);

/** True for a built-in kind without a namespace. Custom kinds count as namespaced. */
export function isClusterScoped(kind: string): boolean {
  return clusterScoped.has(kind);
}

/** Returns the events at which helm runs an object as a hook; undefined if the object is not a hook. */
export function getHookEvents({ metadata }: KubeObject): readonly string[] | undefined {
  return metadata.annotations?.["helm.sh/hook"]?.split(",").map((event) => event.trim());
}

/**
 * Returns the objects in the output of `helm template`: without empty documents, with the items of Lists, and with the
 * default namespace set.
 * @throws Error with the document's position if one is not YAML or not a Kubernetes object
 */
export function parseManifest(text: string, namespace: string): KubeObject[] {
  // Helm uses the last of two equal keys, and some charts rely on that.
  const documents = parseDocuments(text, { uniqueKeys: false, merge: true });
  return [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const value: unknown = document.toJS();
    return value === null || value === undefined
      ? []
      : flattenList(value).map((object) => setDefaultNamespace(object, namespace));
  });
}

/**
 * Returns the first merge key or tag in a chart's output; undefined if there is none. YAML parsers read these
 * differently. Helm's own parser decides what is installed, so output that another parser checks must not contain
 * them.
 */
export function findAmbiguousYaml(text: string): string | undefined {
  if (!/<<|!/.test(text)) return undefined;
  const lines = new LineCounter();
  for (const document of parseDocuments(text, { uniqueKeys: false, lineCounter: lines })) {
    let ambiguity: string | undefined;
    const recordAmbiguity = (what: string, position: number | undefined) => {
      ambiguity = `${what} (line ${lines.linePos(position ?? 0).line} of what the chart renders)`;
      return visit.BREAK;
    };
    visit(document, {
      Pair: (_, { key }) =>
        isScalar(key) && key.value === "<<" ? recordAmbiguity("a merge key", key.range?.[0]) : undefined,
      Node: (_, node) =>
        node.tag === undefined ? undefined : recordAmbiguity(`the tag ${node.tag}`, node.range?.[0]),
    });
    if (ambiguity !== undefined) return ambiguity;
  }
  return undefined;
}

/** Returns the objects in a List, or the object itself. @throws Error if a value is not a Kubernetes object */
function flattenList(value: unknown): KubeObject[] {
  const object = value as Partial<KubeObject> & { items?: unknown };
  if (typeof object.kind === "string" && object.kind.endsWith("List") && Array.isArray(object.items))
    return object.items.flatMap(flattenList);
  if (typeof object.kind !== "string" || typeof object.apiVersion !== "string" || !object.metadata?.name)
    throw new Error(`not a Kubernetes object: ${JSON.stringify(value).slice(0, 120)}`);
  return [object as KubeObject];
}

/** Returns the object with a namespace, unless its kind has none or it has one already. */
function setDefaultNamespace(object: KubeObject, namespace: string): KubeObject {
  if (clusterScoped.has(object.kind) || object.metadata.namespace) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** Returns the images of every container of every pod template in these objects, sorted, each once. */
export function listImages(objects: readonly KubeObject[]): string[] {
  const images = objects.flatMap((object) => [
    ...listPodSpecs(object).flatMap(listPodImages),
    ...(isOperated(object) ? listPodImages({ containers: [object["spec"] as { image?: unknown }] }) : []),
  ]);
  return [...new Set(images)].sort();
}

/** A container, as far as its image matters. */
interface Container {
  name?: unknown;
  image?: unknown;
  imagePullPolicy?: unknown;
}

interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
}

/** Returns the images of a pod's containers and init containers. */
function listPodImages(pod: PodSpec): string[] {
  const images = [...(pod.initContainers ?? []), ...(pod.containers ?? [])].map(({ image }) => image);
  return images.filter((image): image is string => typeof image === "string" && image !== "");
}

/** Returns the pod specs in an object; empty for a kind that has none. */
export function listPodSpecs(object: KubeObject): PodSpec[] {
  type Templated = {
    spec?: PodSpec & {
      template?: { spec?: PodSpec };
      jobTemplate?: { spec?: { template?: { spec?: PodSpec } } };
    };
  };
  const { spec } = object as Templated;
  if (object.kind === "Pod") return spec ? [spec] : [];
  return [spec?.template?.spec, spec?.jobTemplate?.spec?.template?.spec].filter(
    (pod): pod is PodSpec => typeof pod === "object" && pod !== null,
  );
}

/** A Kubernetes object as its manifest or the API gives it. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [key: string]: unknown;
}
