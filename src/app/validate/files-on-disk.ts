import { findImageArchives } from "../../cluster/prepare.ts";
import { getChartName } from "../../model/chart.ts";
import type { Plan } from "../../model/plan.ts";
import { filterOperatorObjects, type OperatorObject, setDefaultNamespace } from "../../monitors/monitors.ts";
import { type RenderedObjects, refuseUnread, type Unread } from "../../monitors/refusal.ts";
import { type BroughtObject, findNamespace } from "../../plan/grafana/sidecar.ts";
import { hasNoOperator, showAppDir } from "../../plan/settings/monitors.ts";
import { readManifests } from "../../sources/charts/objects.ts";
import { checkAuthorities } from "../../sources/registries.ts";
import { checkLocalDashboards } from "../dashboards.ts";
import type { Session } from "../session/session.ts";
import { judgeValues } from "./value-mistakes.ts";

/**
 * What a run would refuse of files that are on this machine: archives of images, registries' authorities, dashboards, and
 * the manifests of apps without a chart.
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
  const apps = await readObjectsOnDisk(session, plan);
  const others = plan.apps.filter(({ chart }) => chart.kind !== "manifests");
  // What other charts bring is known once they are rendered.
  if (loaded.config.cluster.kind !== "k3s" || !others.every(hasNoOperator)) return;
  const prometheusApp = others.find(({ chart }) => getChartName(chart) === "prometheus")?.name;
  refuseUnread(apps, listOperatorPlaces(apps), { prometheusApp, appDir: showAppDir(loaded) });
}

/**
 * Refuses values that the stack could not work with, whatever the charts are.
 * @throws UserError that names each with its place
 */
export async function refuseValues(session: Session, plan: Plan): Promise<void> {
  judgeValues(session, plan, listBroughtObjects(await readObjectsOnDisk(session, plan), plan));
}

/** An app's objects as its manifests have them. */
export interface ObjectsOnDisk extends RenderedObjects {
  readonly placed: readonly Unread[];
}

/** The objects of every app of manifests. @throws UserError for a file that isn't there or holds something else */
export async function readObjectsOnDisk(
  { context, loaded }: Pick<Session, "context" | "loaded">,
  plan: Plan,
): Promise<ObjectsOnDisk[]> {
  const each = plan.apps.map(async ({ name, chart, namespace }): Promise<ObjectsOnDisk[]> => {
    if (chart.kind !== "manifests") return [];
    const placed = (await readManifests(context, chart, loaded.cwd)).flatMap(({ start, object }): Unread[] =>
      isObject(object) ? [{ where: start, object: setDefaultNamespace(object, namespace) }] : [],
    );
    return [{ app: { name }, objects: placed.map(({ object }) => object), placed }];
  });
  return (await Promise.all(each)).flat();
}

/** Each object with its app, namespace and place. */
function listBroughtObjects(apps: readonly ObjectsOnDisk[], plan: Plan): BroughtObject[] {
  return apps.flatMap(({ app, placed }) => {
    const release = plan.apps.find(({ name }) => name === app.name)?.namespace ?? "";
    return placed.map(({ where, object }) => ({
      app: app.name,
      namespace: findNamespace(object as Record<string, unknown>, release),
      object: object as Record<string, unknown>,
      path: [],
      where,
    }));
  });
}

/** Where the objects stand that only the operator reads. */
export function listOperatorPlaces(apps: readonly ObjectsOnDisk[]): Unread[] {
  return apps.flatMap(({ placed }) =>
    placed.filter(({ object }) => filterOperatorObjects([object]).length > 0),
  );
}

function isObject(value: { readonly [key: string]: unknown }): value is OperatorObject {
  const { apiVersion, kind, metadata } = value as Partial<OperatorObject>;
  return typeof apiVersion === "string" && typeof kind === "string" && Boolean(metadata?.name);
}
