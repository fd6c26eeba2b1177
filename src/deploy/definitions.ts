import type { KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import type { Journal } from "../journal/journal.ts";
import { ApiError, createApi } from "../kube/api.ts";
import { definitionsOf } from "../kube/kinds.ts";
import { InstallError } from "../lib/errors.ts";
import type { RenderedApp } from "../model/rendered.ts";

const base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const readMs = 15_000;

/**
 * Writes to the journal which of the apps' custom resource definitions the cluster doesn't have yet: helm never deletes
 * those of a chart's folder crds, and one that was there before is somebody else's.
 * @throws InstallError when that can't be found out
 */
export async function noteDefinitions(
  context: Context,
  kube: KubeConfig,
  apps: readonly RenderedApp[],
  journal: Journal,
): Promise<void> {
  const names = [
    ...new Set(apps.flatMap(({ objects }) => definitionsOf(objects).map(({ metadata }) => metadata.name))),
  ];
  if (names.length === 0) return;
  const api = createApi(kube);
  const there = await Promise.all(names.map((name) => isThere(context, api, name)));
  const missing = names.filter((_, index) => !there[index]);
  if (missing.length === 0) return;
  await journal.append({ kind: "crds", at: new Date(context.host.now()).toISOString(), names: missing });
}

async function isThere(
  { signal }: Context,
  api: ReturnType<typeof createApi>,
  name: string,
): Promise<boolean> {
  const path = `${base}/${name}`;
  const { status, body } = await api.ask(path, AbortSignal.any([signal, AbortSignal.timeout(readMs)]));
  if (status === 200) return true;
  if (status === 404) return false;
  const cause = new ApiError(path, status, body);
  throw new InstallError(
    `whether the cluster has the custom resource definition ${name} can't be found out: ${cause.message}`,
    { cause, fix: "Use a kubeconfig whose user may get custom resource definitions." },
  );
}
