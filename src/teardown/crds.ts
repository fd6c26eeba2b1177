import type { KubernetesObject } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import type { Step } from "../journal/types.ts";
import { shorten } from "../lib/text.ts";
import { type Api, type Leftover, nameOf, readObject, show } from "./cluster-objects.ts";

interface Definition extends KubernetesObject {
  readonly spec?: {
    readonly group?: string;
    readonly names?: { readonly plural?: string };
    readonly versions?: readonly { readonly name: string; readonly served?: boolean }[];
  };
}

const base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const requestMs = 15_000;

/**
 * Deletes the custom resource definitions that a run brought along. With one go all objects of it, whoever made them: so
 * one of which there are any stays, and is told.
 */
export async function removeDefinitions(
  context: Context,
  api: Api,
  names: readonly string[],
  step: Step,
): Promise<{ kept: string[]; removed: string[] }> {
  const kept = new Map<string, string>();
  await Promise.all(
    names.map((name) =>
      step(`delete custom resource definition ${name}`, async () => {
        const definition: Definition | undefined = await readObject(api.raw, `${base}/${name}`);
        if (definition === undefined) return undefined;
        const [first, ...more] = await objectsOf(api, definition);
        if (first === undefined) return await remove(api, name);
        const others = more.length === 0 ? "" : ` and ${more.length} more`;
        const what = `custom resource definition ${name}, which this run brought along: there is ${first}${others}`;
        context.log.warn(`kept ${what}`);
        kept.set(name, what);
        return undefined;
      }),
    ),
  );
  return { kept: [...kept.values()].sort(), removed: names.filter((name) => !kept.has(name)) };
}

/** Those that were to be deleted and are still there. */
export async function definitionsLeft(api: Api, names: readonly string[]): Promise<Leftover[]> {
  const found = await Promise.all(names.map((name) => readObject(api.raw, `${base}/${name}`)));
  return show(
    "crd",
    found.flatMap((one) => one ?? []),
  );
}

/** Of all namespaces, as `namespace/name`. */
async function objectsOf({ raw }: Api, { spec }: Definition): Promise<string[]> {
  const version = spec?.versions?.find(({ served }) => served !== false)?.name;
  if (spec?.group === undefined || spec.names?.plural === undefined || version === undefined) return [];
  const path = `/apis/${spec.group}/${version}/${spec.names.plural}`;
  const list = (await readObject(raw, path)) as { items?: KubernetesObject[] } | undefined;
  return (list?.items ?? []).map(nameOf);
}

async function remove({ raw }: Api, name: string): Promise<string> {
  const path = `${base}/${name}`;
  const { status, body } = await raw.ask(path, AbortSignal.timeout(requestMs), { method: "DELETE" });
  if (status !== 404 && status >= 300) throw new Error(`${path}: HTTP ${status}: ${shorten(body, 600)}`);
  return `deleted custom resource definition ${name}`;
}
