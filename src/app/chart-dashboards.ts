import { placeInValues } from "../config/locate.ts";
import type { Datasource } from "../dashboards/dashboard.ts";
import { applyChartChanges, importDashboard, removeEnvelope } from "../dashboards/import.ts";
import { mapLimited } from "../lib/concurrency.ts";
import type { Plan, PlannedDashboard } from "../model/plan.ts";
import { type ChartDashboard, findDashboardsToTakeOver, putModel } from "../plan/grafana/chart-dashboards.ts";
import { findPlannedDatasources } from "../plan/grafana/datasources.ts";
import { hasGrafana } from "../plan/grafana/grafana-values.ts";
import { type DashboardFile, fetchDashboard } from "../sources/published-dashboard.ts";
import type { Session } from "./session/session.ts";

/** grafana.com limits requests: no more at a time. */
const atOnce = 4;
/** A ConfigMap holds 1 MiB of data, and the chart makes one of each provider's. */
const mostOfProvider = 1_000_000;
/** A release keeps its values and its objects in a Secret of 1 MiB, compressed. */
const mostOfRelease = 2_500_000;

/**
 * The plan in which the dashboards that Grafana's chart would download are already in its values. What can't be taken over
 * stays the chart's, with a warning that says why.
 * @throws InstallError when one can't be downloaded: the chart would go on without it
 */
export async function takeOverDashboards(session: Session, plan: Plan): Promise<Plan> {
  const { context, loaded, supply } = session;
  const wanted = findDashboardsToTakeOver(loaded.config, plan.apps);
  const grafana = plan.apps.find(hasGrafana);
  if (wanted.length === 0 || grafana === undefined) return plan;
  const datasources = findPlannedDatasources(grafana);
  const files = await mapLimited(wanted, atOnce, async (one) => {
    const source = { kind: "id", id: one.id, revision: one.revision } as const;
    return await fetchDashboard(context, loaded.config, source, { supply });
  });
  let apps = plan.apps;
  const dashboards: PlannedDashboard[] = [];
  const bytes = new Map<string, number>();
  for (const [index, one] of wanted.entries()) {
    const made = plannedOf(one, files[index] as DashboardFile, datasources);
    if ("problem" in made) {
      leave(session, one, made.problem);
      continue;
    }
    const { planned, unanswered } = made;
    const provider = one.path.slice(0, -1).join("/");
    const size = Buffer.byteLength(JSON.stringify(planned.model));
    const ofProvider = (bytes.get(provider) ?? 0) + size;
    const inAll = [...bytes.values()].reduce((sum, other) => sum + other, size);
    if (ofProvider > mostOfProvider || inAll > mostOfRelease)
      leave(session, one, "a ConfigMap holds no more than the dashboards before it");
    else {
      bytes.set(provider, ofProvider);
      apps = putModel(apps, one, planned.model);
      dashboards.push(planned);
      for (const text of unanswered)
        warn(session, one, `dashboard ${planned.title} (${planned.origin}): ${text}`);
    }
  }
  return { ...plan, apps, dashboards: [...plan.dashboards, ...dashboards] };
}

function plannedOf(
  { id, datasource, title, folder }: ChartDashboard,
  { text, origin, sha256, revision }: DashboardFile,
  datasources: readonly Datasource[],
): { planned: PlannedDashboard; unanswered: readonly string[] } | { problem: string } {
  const exported = removeEnvelope(JSON.parse(text.replace(/^\uFEFF/, "")));
  const { model, inputs } = applyChartChanges(exported, { datasource, title }, datasources);
  const imported = importDashboard(model, {
    inputs,
    mayNameOthers: true,
    datasources,
    fallbackUid: `gnet-${id}`,
  });
  if ("problems" in imported) return { problem: imported.problems.join("; ") };
  const { uid, panels, title: shown, model: filled, unanswered } = imported;
  return {
    planned: { uid, title: shown, folder, origin, sha256, revision, panels, model: filled },
    unanswered,
  };
}

function leave(session: Session, one: ChartDashboard, why: string): void {
  warn(
    session,
    one,
    `dashboard ${one.name} (${one.id} of grafana.com) is left to the chart's own download: ${why}`,
  );
}

function warn({ context, loaded, draft }: Session, { app, path }: ChartDashboard, text: string): void {
  const at = placeInValues(loaded, app, [...path, "gnetId"]);
  context.log.warn(text, { title: "monstack: dashboards", ...at });
  draft.warnings = [...draft.warnings, text];
}
