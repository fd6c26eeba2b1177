import { z } from "zod";
import type { ResourceCheck } from "../../config/checks/resource.ts";
import { type Api, createApi } from "../../kube/api.ts";
import { encodeUrlPart } from "../../lib/url-part.ts";
import { excerpt, requestTimeoutMs, tryJson } from "../../stack/http.ts";
import type { Stack, Verdict } from "../../stack/types.ts";
import { expectedOf, judgeObjects, type KubeObject } from "./judge-objects.ts";
import { findKind, type Kind } from "./kinds.ts";

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
    const expected = expectedOf(check, namespace);
    if (typeof kind === "string") {
      const fault = { id: "own-kind-unknown", graceMs: withinMs ?? kindGraceMs };
      return { status: "fail", expected, seen: kind, fault };
    }
    known = kind;
    const objects = await read(api, pathOf(kind, check, namespace), signal);
    if (typeof objects === "string") {
      const fault = { id: "own-selector-refused", graceMs: 0 };
      return { status: "fail", expected, seen: objects, final: true, fault };
    }
    const { isRight, seen } = judgeObjects(check, kind.kind, objects);
    return isRight ? { status: "pass", seen } : { status: "fail", expected, seen };
  };
}

function pathOf(
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
  const { status, body } = await api.ask(path, signal);
  const json = tryJson(body);
  if (status === 404 && isStatus(json)) return [];
  if (status === 400 && isStatus(json)) return `HTTP 400: ${json.message}`;
  if (status === 200) {
    const list = z.object({ items: z.array(object) }).safeParse(json);
    if (list.success) return list.data.items;
    const one = object.safeParse(json);
    if (one.success) return [one.data];
  }
  throw new Error(
    `Kubernetes API, ${path}: HTTP ${status}: ${isStatus(json) ? json.message : excerpt(body)}`,
  );
}

function isStatus(json: unknown): json is { message: string } {
  return (
    typeof json === "object" && json !== null && "kind" in json && json.kind === "Status" && "message" in json
  );
}
