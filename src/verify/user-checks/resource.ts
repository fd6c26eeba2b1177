import { z } from "zod";
import { type Comparison, canBeZero, findValues, isFulfilled } from "../../config/checks/comparison.ts";
import type { ResourceCheck } from "../../config/checks/resource.ts";
import { type Api, createApi } from "../../kube/api.ts";
import { encodeUrlPart, formatList, tryParseJson } from "../../lib/text.ts";
import type { Verdict } from "../../stack/check.ts";
import { abridgeBody, requestTimeoutMs } from "../../stack/http.ts";
import type { Stack } from "../../stack/stack.ts";
import { findKind, type Kind } from "./kinds.ts";
import type { Judgement } from "./series.ts";

/** Grace period for an unknown kind: those of the charts exist by now, but an operator may still add kinds. */
const kindGraceMs = 10_000;

const objectSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** Returns the function that makes one attempt of a check: it reads the objects of the check and judges them. */
export function createResourceRun(
  check: ResourceCheck,
  defaultNamespace: string,
  withinMs: number | undefined,
): (stack: Stack) => Promise<Verdict> {
  const { resource } = check;
  let knownKind: Kind | undefined;
  return async ({ kube, context }) => {
    const api = createApi(kube);
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(requestTimeoutMs)]);
    const kind = knownKind ?? (await findKind(api, resource.kind, resource.apiVersion, signal));
    const namespace = resource.namespace ?? defaultNamespace;
    const expected = describeExpectation(check, namespace);
    if (typeof kind === "string") {
      const fault = { id: "own-kind-unknown", graceMs: withinMs ?? kindGraceMs };
      return { status: "fail", expected, seen: kind, fault };
    }
    knownKind = kind;
    const objects = await readObjects(api, buildPath(kind, check, namespace), signal);
    if (typeof objects === "string") {
      const fault = { id: "own-selector-refused", graceMs: 0 };
      return { status: "fail", expected, seen: objects, final: true, fault };
    }
    const { isAsExpected, seen } = judgeObjects(check, kind.kind, objects);
    return isAsExpected ? { status: "pass", seen } : { status: "fail", expected, seen };
  };
}

/** Returns the API path of the object or of the list that the check names. */
function buildPath(
  { base, plural, isNamespaced }: Kind,
  { resource }: ResourceCheck,
  namespace: string,
): string {
  const collectionPath =
    isNamespaced && namespace !== "*" ? `${base}/namespaces/${namespace}/${plural}` : `${base}/${plural}`;
  if (resource.name !== undefined) return `${collectionPath}/${encodeUrlPart(resource.name)}`;
  const { selector } = resource;
  return selector === undefined
    ? collectionPath
    : `${collectionPath}?${new URLSearchParams({ labelSelector: selector })}`;
}

/**
 * Returns the objects at a path; a text if the API server rejects the request as invalid (HTTP 400).
 * @throws Error on any other response
 */
async function readObjects(
  api: Api,
  path: string,
  signal: AbortSignal,
): Promise<readonly KubeObject[] | string> {
  const { status, body } = await api.send(path, signal);
  const json = tryParseJson(body);
  if (status === 404 && isStatus(json)) return [];
  if (status === 400 && isStatus(json)) return `HTTP 400: ${json.message}`;
  if (status === 200) {
    const list = z.object({ items: z.array(objectSchema) }).safeParse(json);
    if (list.success) return list.data.items;
    const singleObject = objectSchema.safeParse(json);
    if (singleObject.success) return [singleObject.data];
  }
  throw new Error(
    `Kubernetes API, ${path}: HTTP ${status}: ${isStatus(json) ? json.message : abridgeBody(body)}`,
  );
}

/** True if a body is the API server's own error message. */
function isStatus(json: unknown): json is { message: string } {
  return (
    typeof json === "object" && json !== null && "kind" in json && json.kind === "Status" && "message" in json
  );
}

/** An object as the API server sends it. */
export interface KubeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

const atLeastOne: Comparison = { operator: ">=", value: 1, text: ">= 1" };

/** Compares all objects that were found with the expectation. The check fails if one of them differs. */
export function judgeObjects(check: ResourceCheck, kind: string, objects: readonly KubeObject[]): Judgement {
  const { resource, exists, count = atLeastOne, condition, fields } = check;
  if (!exists) {
    if (objects.length === 0) return createFulfilled(`no ${describeResource(check, kind)}`);
    return createUnfulfilled(`there is ${formatList(objects.map(formatObjectName))}`);
  }
  const deletedObjects = objects.filter(({ metadata }) => metadata["deletionTimestamp"] !== undefined);
  const remainingObjects = objects.filter((object) => !deletedObjects.includes(object));
  const deletionNote =
    deletedObjects.length === 0
      ? ""
      : `, and ${formatList(deletedObjects.map(formatObjectName))} being deleted`;
  if (remainingObjects.length === 0 && (resource.name !== undefined || !canBeZero(count)))
    return createUnfulfilled(`no ${describeResource(check, kind)}${deletionNote}`);
  if (resource.name === undefined && !isFulfilled(count, remainingObjects.length))
    return createUnfulfilled(
      `${remainingObjects.length}: ${formatList(remainingObjects.map(formatObjectName))}${deletionNote}`,
    );
  const differences = remainingObjects.flatMap((object) => {
    const difference = findWrongCondition(object, condition) ?? findWrongField(object, fields, kind);
    return difference === undefined ? [] : [`${formatObjectName(object)}: ${difference}`];
  });
  if (differences.length > 0) return createUnfulfilled(formatList(differences, 3));
  const [firstObject] = remainingObjects;
  const subject =
    remainingObjects.length === 1 && firstObject
      ? `${kind} ${formatObjectName(firstObject)}`
      : `${remainingObjects.length} of kind ${kind}`;
  const requirements = [
    condition?.type,
    ...fields.map(({ path, comparison }) => `${path.text} ${comparison.text}`),
  ];
  return createFulfilled(
    [subject, ...requirements.filter((requirement) => requirement !== undefined)].join(", "),
  );
}

/** Returns the expectation in one line. */
export function describeExpectation(check: ResourceCheck, namespace: string): string {
  const { resource, exists, count, condition, fields } = check;
  const where = namespace === "*" ? "any namespace" : namespace;
  const parts = [
    ...(count ? [`count ${count.text}`] : []),
    ...(condition ? [`${condition.type} ${condition.status}`] : []),
    ...fields.map(({ path, comparison }) => `${path.text} ${comparison.text}`),
  ];
  const requirements = parts.length === 0 ? "" : ` with ${parts.join(", ")}`;
  return `${exists ? "" : "no "}${describeResource(check, resource.kind)} in ${where}${requirements}`;
}

/** Returns the kind with the name or selector of the check. */
function describeResource({ resource }: ResourceCheck, kind: string): string {
  if (resource.name !== undefined) return `${kind} ${resource.name}`;
  return resource.selector === undefined ? kind : `${kind} with ${resource.selector}`;
}

/** Returns the judgement that the objects are as expected. */
function createFulfilled(seen: string): Judgement {
  return { isAsExpected: true, seen };
}

/** Returns the judgement that the objects are not as expected. */
function createUnfulfilled(seen: string): Judgement {
  return { isAsExpected: false, seen };
}

/** Returns `namespace/name`, or the name alone for a cluster-scoped object. */
function formatObjectName({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** A condition in the status of an object. */
interface Condition {
  readonly type?: unknown;
  readonly status?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly observedGeneration?: unknown;
}

/**
 * Returns how an object's condition differs from the expected one; undefined if it does not. A condition of an earlier
 * generation of the object differs.
 */
function findWrongCondition(
  kubeObject: KubeObject,
  expectedCondition: ResourceCheck["condition"],
): string | undefined {
  if (expectedCondition === undefined) return undefined;
  const status = (kubeObject["status"] ?? {}) as { conditions?: Condition[]; observedGeneration?: unknown };
  const condition = status.conditions?.find(({ type }) => type === expectedCondition.type);
  if (condition === undefined) {
    const types = status.conditions?.map(({ type }) => String(type)) ?? [];
    return `no condition ${expectedCondition.type}${types.length === 0 ? "" : ` among ${formatList(types)}`}`;
  }
  // A controller that has not processed the newest generation still shows the status of the previous one.
  const observedGeneration = Math.min(
    toNumber(status.observedGeneration),
    toNumber(condition.observedGeneration),
  );
  const generation = kubeObject.metadata["generation"];
  if (typeof generation === "number" && observedGeneration < generation)
    return `${expectedCondition.type} is of generation ${observedGeneration}, and the object is at ${generation}`;
  if (condition.status === expectedCondition.status) return undefined;
  const why = [condition.reason, condition.message]
    .filter((text) => typeof text === "string" && text !== "")
    .join(": ");
  return `${expectedCondition.type} is ${String(condition.status)}${why === "" ? "" : ` (${abridgeBody(why)})`}`;
}

/** Returns the number, or infinity for any other value. */
function toNumber(value: unknown): number {
  return typeof value === "number" ? value : Number.POSITIVE_INFINITY;
}

/** Returns which field of an object differs from the wanted value; undefined if all are as wanted. */
function findWrongField(
  kubeObject: KubeObject,
  fields: ResourceCheck["fields"],
  kind: string,
): string | undefined {
  for (const { path, comparison } of fields) {
    const foundValues = findValues(path, kubeObject);
    if (foundValues.length === 0) return `nothing at ${path.text}`;
    const wrongValue = foundValues.find(({ value }) => !isFulfilled(comparison, value));
    // The content of a Secret must not get into the report.
    if (wrongValue)
      return `${path.text} is ${kind === "Secret" ? "another (not shown)" : abridgeBody(JSON.stringify(wrongValue.value))}`;
  }
  return undefined;
}
