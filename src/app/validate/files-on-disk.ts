import { findImageArchives } from "../../cluster/prepare.ts";
import { getChartName } from "../../model/chart.ts";
import type { Plan } from "../../model/plan.ts";
import { filterOperatorObjects, type OperatorObject, setDefaultNamespace } from "../../monitors/monitors.ts";
import { type RenderedObjects, refuseUnreadObjects, type UnreadObject } from "../../monitors/refusal.ts";
import { type ExtraObject, findNamespace } from "../../plan/grafana/sidecar.ts";
import { hasNoOperator, showAppDir } from "../../plan/settings/monitors.ts";
import { readManifests } from "../../sources/charts/objects.ts";
import { checkAuthorities } from "../../sources/registries.ts";
import { checkLocalDashboards } from "../dashboards.ts";
import type { Session } from "../session/session.ts";
import { judgeValues } from "./value-mistakes.ts";

/**
 * Checks the files on this machine as a run would: image archives, certificate authorities of registries, dashboards,
 * and the manifests of apps without a chart.
 * @throws UserError as the run does
 */
export async function checkOnDisk(session: Session, plan: Plan): Promise<void> {
  const { context, loaded } = session;
  if (loaded.config.cluster.kind === "k3s") {
    await findImageArchives(context.host, loaded.config.k3s.images);
    await checkAuthorities(context.host.files, loaded.config.registries);
  }
  await refuseValues(session, plan);
  await checkLocalDashboards(session, plan);
  const objectsOnDisk = await readObjectsOnDisk(session, plan);
  const chartApps = plan.apps.filter(({ chart }) => chart.kind !== "manifests");
  // Another chart may deploy an operator, which only its rendered objects show.
  if (loaded.config.cluster.kind !== "k3s" || !chartApps.every(hasNoOperator)) return;
  const prometheusApp = chartApps.find(({ chart }) => getChartName(chart) === "prometheus")?.name;
  refuseUnreadObjects(objectsOnDisk, listOperatorPlaces(objectsOnDisk), {
    prometheusApp,
    appDir: showAppDir(loaded),
  });
}

/**
 * Refuses values with which the stack could not work, whatever the charts are.
 * @throws UserError that names each with its place
 */
export async function refuseValues(session: Session, plan: Plan): Promise<void> {
  judgeValues(session, plan, listExtraObjects(await readObjectsOnDisk(session, plan), plan));
}

/** The objects in an app's manifests, with their places. */
interface ObjectsOnDisk extends RenderedObjects {
  readonly placed: readonly UnreadObject[];
}

/**
 * Returns the objects of every app of manifests.
 * @throws UserError for a file that is missing or holds something else
 */
export async function readObjectsOnDisk(
  { context, loaded }: Pick<Session, "context" | "loaded">,
  plan: Plan,
): Promise<ObjectsOnDisk[]> {
  const objectsByApp = plan.apps.map(async ({ name, chart, namespace }): Promise<ObjectsOnDisk[]> => {
    if (chart.kind !== "manifests") return [];
    const placedObjects = (await readManifests(context, chart, loaded.cwd)).flatMap(
      ({ start, object }): UnreadObject[] =>
        isObject(object) ? [{ where: start, object: setDefaultNamespace(object, namespace) }] : [],
    );
    return [{ app: { name }, objects: placedObjects.map(({ object }) => object), placed: placedObjects }];
  });
  return (await Promise.all(objectsByApp)).flat();
}

/** Returns each object of the apps with its app, namespace and place. */
function listExtraObjects(apps: readonly ObjectsOnDisk[], plan: Plan): ExtraObject[] {
  return apps.flatMap(({ app, placed }) => {
    const appNamespace = plan.apps.find(({ name }) => name === app.name)?.namespace ?? "";
    return placed.map(({ where, object }) => ({
      app: app.name,
      namespace: findNamespace(object as Record<string, unknown>, appNamespace),
      object: object as Record<string, unknown>,
      path: [],
      where,
    }));
  });
}

/** Returns the objects that only the operator reads, with their places. */
export function listOperatorPlaces(apps: readonly ObjectsOnDisk[]): UnreadObject[] {
  return apps.flatMap(({ placed }) =>
    placed.filter(({ object }) => filterOperatorObjects([object]).length > 0),
  );
}

/** True if a document is a Kubernetes object with a name. */
function isObject(value: { readonly [key: string]: unknown }): value is OperatorObject {
  const { apiVersion, kind, metadata } = value as Partial<OperatorObject>;
  return typeof apiVersion === "string" && typeof kind === "string" && Boolean(metadata?.name);
}
