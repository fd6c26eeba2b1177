import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { AskedDashboard } from "../config/dashboards.ts";
import { placeInFile, placeInValues } from "../config/locate.ts";
import type { Datasource } from "../dashboards/dashboard.ts";
import { applyChartChanges, type Imported, importDashboard, removeEnvelope } from "../dashboards/import.ts";
import { mapLimited } from "../lib/concurrency.ts";
import { UserError } from "../lib/errors.ts";
import type { Plan, PlannedDashboard } from "../model/plan.ts";
import { type ChartDashboard, findDashboardsToTakeOver, putModel } from "../plan/grafana/chart-dashboards.ts";
import { planDashboards } from "../plan/grafana/dashboard-configmaps.ts";
import { findPlannedDatasources } from "../plan/grafana/datasources.ts";
import { hasGrafana } from "../plan/grafana/grafana-values.ts";
import { type DashboardFile, describeNonObject, fetchDashboard } from "../sources/published-dashboard.ts";
import { showPath } from "../yaml/mistakes.ts";
import type { Session } from "./session/session.ts";

/** grafana.com limits requests: no more at a time. */
const maximumParallel = 4;

/** A dashboard that can be shown, and the setting that requests it. */
interface ReadyDashboard {
  readonly wish: AskedDashboard;
  readonly imported: Imported;
  readonly planned: PlannedDashboard;
}

/** One item of `dashboards` and its problem. */
interface DashboardMistake {
  readonly index: number;
  readonly problem: string;
}

/**
 * What a run would refuse of the dashboards that are files on this machine.
 * @throws UserError as `addDashboards` does
 */
export async function checkLocalDashboards(session: Session, plan: Plan): Promise<void> {
  const isLocal = ({ source }: AskedDashboard) => source.kind === "file";
  await withRequestedDashboards(session, plan, session.loaded.config.dashboards.filter(isLocal));
}

/**
 * The plan with the dashboards that the user wants: fetched, their inputs filled in, as files of Grafana's.
 * @throws UserError that names every dashboard that can't be shown with its place in the configuration, InstallError of
 *   the first that can't be had
 */
export async function addDashboards(session: Session, plan: Plan): Promise<Plan> {
  const own = await withRequestedDashboards(session, plan, session.loaded.config.dashboards);
  return await takeOverDashboards(session, own);
}

async function withRequestedDashboards(
  session: Session,
  plan: Plan,
  wishes: readonly AskedDashboard[],
): Promise<Plan> {
  const { context, draft } = session;
  const grafana = plan.apps.find(hasGrafana);
  // The plan has said that they have no effect.
  if (wishes.length === 0 || grafana === undefined) return plan;
  const datasources = findPlannedDatasources(grafana);
  const each = await mapLimited(wishes, maximumParallel, async (wish) =>
    importOne(wish, await readDashboard(session, wish), datasources),
  );
  const ready = each.filter((one): one is ReadyDashboard => "planned" in one);
  const wrong = each.filter((one): one is DashboardMistake => "problem" in one);
  wrong.push(...findStrayInputs(ready), ...findClashes(ready));
  if (wrong.length > 0) throw new UserError(wrong.map((one) => formatMistake(session, one)).join("\n"));
  const changes = ready.flatMap(({ imported, planned }) =>
    [...imported.changes, ...imported.unanswered].map(
      (text) => `dashboard ${planned.title} (${planned.origin}): ${text}`,
    ),
  );
  for (const change of changes) context.log.warn(change, { title: "monstack: dashboards" });
  draft.warnings = [...draft.warnings, ...changes];
  return planDashboards(
    plan,
    ready.map(({ planned }) => planned),
  );
}

async function readDashboard(
  { context, loaded, supply }: Session,
  { source }: AskedDashboard,
): Promise<DashboardFile> {
  if (source.kind !== "file") return await fetchDashboard(context, loaded.config, source, { supply });
  const text = loaded.texts[source.path];
  if (text === undefined) throw new Error(`the dashboard ${source.path} was not read with the configuration`);
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { text, revision: undefined, sha256, origin: showPath(loaded.cwd, source.path) };
}

function importOne(
  wish: AskedDashboard,
  file: DashboardFile,
  datasources: readonly Datasource[],
): ReadyDashboard | DashboardMistake {
  const { text, origin, sha256, revision } = file;
  const { source, folder, inputs, index, isOneOfMany } = wish;
  const is = describeNonObject(text);
  if (is !== undefined) return { index, problem: `${origin} is not a dashboard: ${is}` };
  const exported = removeEnvelope(JSON.parse(text.replace(/^\uFEFF/, "")));
  const fallbackUid = createUid(source.kind === "id" ? source.id : undefined, origin);
  const imported = importDashboard(exported, {
    inputs,
    mayNameOthers: isOneOfMany,
    datasources,
    fallbackUid,
  });
  if ("problems" in imported) {
    const title = String(exported["title"] ?? basename(origin));
    return { index, problem: `dashboard ${title} (${origin}): ${imported.problems.join("; ")}` };
  }
  const { uid, title, panels, model } = imported;
  return { wish, imported, planned: { uid, title, folder, origin, sha256, revision, panels, model } };
}

/** Creates a stable uid, so that links to the dashboard keep working. */
function createUid(id: number | undefined, origin: string): string {
  return id === undefined
    ? `file-${createHash("sha256").update(origin).digest("hex").slice(0, 16)}`
    : `gnet-${id}`;
}

/** One of a folder's files may lack an input that others have, but not all of them. */
function findStrayInputs(ready: readonly ReadyDashboard[]): DashboardMistake[] {
  const folders = Map.groupBy(
    ready.filter(({ wish }) => wish.isOneOfMany),
    ({ wish }) => wish.index,
  );
  return [...folders].flatMap(([index, all]) => {
    const known = new Set(all.flatMap(({ imported }) => imported.inputs));
    const names = Object.keys(all[0]?.wish.inputs ?? {}).filter((name) => !known.has(name));
    if (names.length === 0) return [];
    const have = [...known].join(", ") || "none";
    return [{ index, problem: `none of its dashboards has an input ${names.join(", ")}; they have ${have}` }];
  });
}

/** Grafana takes the second file of a uid for a mistake, and of two titles in one folder as well. */
function findClashes(ready: readonly ReadyDashboard[]): DashboardMistake[] {
  const seen = new Map<string, PlannedDashboard>();
  return ready.flatMap(({ wish: { index }, planned }) => {
    const { uid, title, folder, origin } = planned;
    for (const [key, what] of [
      [`uid ${uid}`, ` (uid ${uid})`],
      [`title ${folder ?? ""}/${title.toLowerCase()}`, " in the same folder"],
    ] as const) {
      const other = seen.get(key);
      if (other === undefined) seen.set(key, planned);
      else
        return [
          {
            index,
            problem: `${origin} and ${other.origin} are both dashboard ${title}${what}; leave one of them out, or give it another uid and title`,
          },
        ];
    }
    return [];
  });
}

function formatMistake({ loaded }: Session, { index, problem }: DashboardMistake): string {
  if (loaded.origins.dashboards !== "file") return problem;
  const place = placeInFile(loaded, ["dashboards", index]) ?? placeInFile(loaded, ["dashboards"]);
  return place ? `${place.file}:${place.line}:${place.column}: ${problem}` : problem;
}

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
  const files = await mapLimited(wanted, maximumParallel, async (one) => {
    const source = { kind: "id", id: one.id, revision: one.revision } as const;
    return await fetchDashboard(context, loaded.config, source, { supply });
  });
  let apps = plan.apps;
  const dashboards: PlannedDashboard[] = [];
  const bytes = new Map<string, number>();
  for (const [index, one] of wanted.entries()) {
    const made = planChartDashboard(one, files[index] as DashboardFile, datasources);
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

function planChartDashboard(
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
