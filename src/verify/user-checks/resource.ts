import { z } from "zod";
import { type Comparison, canBeZero, findValues, isFulfilled } from "../../config/checks/comparison.ts";
import type { ResourceCheck } from "../../config/checks/resource.ts";
import { type Api, createApi } from "../../kube/api.ts";
import { encodeUrlPart, formatList } from "../../lib/text.ts";
import type { Verdict } from "../../stack/check.ts";
import { abridgeBody, requestTimeoutMs, tryParseJson } from "../../stack/http.ts";
import type { Stack } from "../../stack/stack.ts";
import { findKind, type Kind } from "./kinds.ts";
import type { Judgement } from "./series.ts";

/** What the charts bring is there by now; an operator may still be adding kinds. */
const kindGraceMs = 10_000;

const object = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** One attempt at a time of reading objects and judging them. */
export function createResourceRun(
  check: ResourceCheck,
  defaultNamespace: string,
  withinMs: number | undefined,
): (stack: Stack) => Promise<Verdict> {
  const { resource } = check;
  let known: Kind | undefined;
  return async ({ kube, context }) => {
    const api = createApi(kube);
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(requestTimeoutMs)]);
    const kind = known ?? (await findKind(api, resource.kind, resource.apiVersion, signal));
    const namespace = resource.namespace ?? defaultNamespace;
    const expected = describeExpectation(check, namespace);
    if (typeof kind === "string") {
      const fault = { id: "own-kind-unknown", graceMs: withinMs ?? kindGraceMs };
      return { status: "fail", expected, seen: kind, fault };
    }
    known = kind;
    const objects = await read(api, buildPath(kind, check, namespace), signal);
    if (typeof objects === "string") {
      const fault = { id: "own-selector-refused", graceMs: 0 };
      return { status: "fail", expected, seen: objects, final: true, fault };
    }
    const { isRight, seen } = judgeObjects(check, kind.kind, objects);
    return isRight ? { status: "pass", seen } : { status: "fail", expected, seen };
  };
}

function buildPath(
  { base, plural, isNamespaced }: Kind,
  { resource }: ResourceCheck,
  namespace: string,
): string {
  const folder =
    isNamespaced && namespace !== "*" ? `${base}/namespaces/${namespace}/${plural}` : `${base}/${plural}`;
  if (resource.name !== undefined) return `${folder}/${encodeUrlPart(resource.name)}`;
  const { selector } = resource;
  return selector === undefined ? folder : `${folder}?${new URLSearchParams({ labelSelector: selector })}`;
}

/** A text says why the API server doesn't understand the question. @throws Error when it doesn't answer it. */
async function read(api: Api, path: string, signal: AbortSignal): Promise<readonly KubeObject[] | string> {
  const { status, body } = await api.send(path, signal);
  const json = tryParseJson(body);
  if (status === 404 && isStatus(json)) return [];
  if (status === 400 && isStatus(json)) return `HTTP 400: ${json.message}`;
  if (status === 200) {
    const list = z.object({ items: z.array(object) }).safeParse(json);
    if (list.success) return list.data.items;
    const one = object.safeParse(json);
    if (one.success) return [one.data];
  }
  throw new Error(
    `Kubernetes API, ${path}: HTTP ${status}: ${isStatus(json) ? json.message : abridgeBody(body)}`,
  );
}

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

/** Judges all that were found: one that is as it should be says nothing about the others. */
export function judgeObjects(check: ResourceCheck, kind: string, objects: readonly KubeObject[]): Judgement {
  const { resource, exists, count = atLeastOne, condition, fields } = check;
  if (!exists) {
    if (objects.length === 0) return toPassed(`no ${describeResource(check, kind)}`);
    return toFailed(`there is ${formatList(objects.map(nameOf))}`);
  }
  const leaving = objects.filter(({ metadata }) => metadata["deletionTimestamp"] !== undefined);
  const staying = objects.filter((one) => !leaving.includes(one));
  const besides = leaving.length === 0 ? "" : `, and ${formatList(leaving.map(nameOf))} being deleted`;
  if (staying.length === 0 && (resource.name !== undefined || !canBeZero(count)))
    return toFailed(`no ${describeResource(check, kind)}${besides}`);
  if (resource.name === undefined && !isFulfilled(count, staying.length))
    return toFailed(`${staying.length}: ${formatList(staying.map(nameOf))}${besides}`);
  const faults = staying.flatMap((one) => {
    const fault = findWrongCondition(one, condition) ?? findWrongField(one, fields, kind);
    return fault === undefined ? [] : [`${nameOf(one)}: ${fault}`];
  });
  if (faults.length > 0) return toFailed(formatList(faults, 3));
  const [first] = staying;
  const what =
    staying.length === 1 && first ? `${kind} ${nameOf(first)}` : `${staying.length} of kind ${kind}`;
  const met = [condition?.type, ...fields.map(({ path, comparison }) => `${path.text} ${comparison.text}`)];
  return toPassed([what, ...met.filter((one) => one !== undefined)].join(", "));
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
  const met = parts.length === 0 ? "" : ` with ${parts.join(", ")}`;
  return `${exists ? "" : "no "}${describeResource(check, resource.kind)} in ${where}${met}`;
}

function describeResource({ resource }: ResourceCheck, kind: string): string {
  if (resource.name !== undefined) return `${kind} ${resource.name}`;
  return resource.selector === undefined ? kind : `${kind} with ${resource.selector}`;
}

function toPassed(seen: string): Judgement {
  return { isRight: true, seen };
}

function toFailed(seen: string): Judgement {
  return { isRight: false, seen };
}

function nameOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

interface Condition {
  readonly type?: unknown;
  readonly status?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly observedGeneration?: unknown;
}

function findWrongCondition(one: KubeObject, wanted: ResourceCheck["condition"]): string | undefined {
  if (wanted === undefined) return undefined;
  const status = (one["status"] ?? {}) as { conditions?: Condition[]; observedGeneration?: unknown };
  const found = status.conditions?.find(({ type }) => type === wanted.type);
  if (found === undefined) {
    const types = status.conditions?.map(({ type }) => String(type)) ?? [];
    return `no condition ${wanted.type}${types.length === 0 ? "" : ` among ${formatList(types)}`}`;
  }
  // A controller that has not processed the newest generation still shows the status of the previous one.
  const looked = Math.min(toNumber(status.observedGeneration), toNumber(found.observedGeneration));
  const generation = one.metadata["generation"];
  if (typeof generation === "number" && looked < generation)
    return `${wanted.type} is of generation ${looked}, and the object is at ${generation}`;
  if (found.status === wanted.status) return undefined;
  const why = [found.reason, found.message]
    .filter((text) => typeof text === "string" && text !== "")
    .join(": ");
  return `${wanted.type} is ${String(found.status)}${why === "" ? "" : ` (${abridgeBody(why)})`}`;
}

function toNumber(value: unknown): number {
  return typeof value === "number" ? value : Number.POSITIVE_INFINITY;
}

function findWrongField(one: KubeObject, fields: ResourceCheck["fields"], kind: string): string | undefined {
  for (const { path, comparison } of fields) {
    const found = findValues(path, one);
    if (found.length === 0) return `nothing at ${path.text}`;
    const bad = found.find(({ value }) => !isFulfilled(comparison, value));
    // The content of a Secret must not get into the report.
    if (bad)
      return `${path.text} is ${kind === "Secret" ? "another (not shown)" : abridgeBody(JSON.stringify(bad.value))}`;
  }
  return undefined;
}
