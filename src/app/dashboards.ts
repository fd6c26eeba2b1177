import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { AskedDashboard } from "../config/dashboards.ts";
import { placeInFile, placeInValues } from "../config/locate.ts";
import type { Datasource } from "../dashboards/dashboard.ts";
import {
  applyChartChanges,
  type ImportedDashboard,
  importDashboard,
  removeEnvelope,
} from "../dashboards/import.ts";
import { mapLimited } from "../lib/concurrency.ts";
import { UserError } from "../lib/errors.ts";
import type { Plan, PlannedDashboard } from "../model/plan.ts";
import {
  type ChartDashboard,
  findDashboardsToTakeOver,
  replaceEntryWithModel,
} from "../plan/grafana/chart-dashboards.ts";
import { planDashboards } from "../plan/grafana/dashboard-configmaps.ts";
import { findPlannedDatasources } from "../plan/grafana/datasources.ts";
import { hasGrafana } from "../plan/grafana/grafana-values.ts";
import { type DashboardFile, describeNonObject, fetchDashboard } from "../sources/published-dashboard.ts";
import { showPath } from "../yaml/mistakes.ts";
import type { Session } from "./session/session.ts";

/** Limit of requests to grafana.com at a time: the site limits their rate. */
const maximumParallel = 4;

/** A dashboard that can be shown, and the setting that requests it. */
interface ReadyDashboard {
  readonly wish: AskedDashboard;
  readonly imported: ImportedDashboard;
  readonly planned: PlannedDashboard;
}

/** One item of `dashboards` and its problem. */
interface DashboardMistake {
  readonly index: number;
  readonly problem: string;
}

/**
 * Checks the dashboards that are files on this machine, as a run would.
 * @throws UserError as `addDashboards` does
 */
export async function checkLocalDashboards(session: Session, plan: Plan): Promise<void> {
  const isLocal = ({ source }: AskedDashboard) => source.kind === "file";
  await addRequestedDashboards(session, plan, session.loaded.config.dashboards.filter(isLocal));
}

/**
 * Returns the plan with the dashboards that the configuration requests: fetched, with their inputs filled in, as
 * files for Grafana.
 * @throws UserError that names every invalid dashboard with its place in the configuration; InstallError for the
 *   first that can't be downloaded
 */
export async function addDashboards(session: Session, plan: Plan): Promise<Plan> {
  const planWithRequested = await addRequestedDashboards(session, plan, session.loaded.config.dashboards);
  return await takeOverDashboards(session, planWithRequested);
}

/**
 * Fetches and imports the requested dashboards and returns the plan with them. Logs each change as a warning.
 * @throws UserError that names every invalid dashboard
 */
async function addRequestedDashboards(
  session: Session,
  plan: Plan,
  wishes: readonly AskedDashboard[],
): Promise<Plan> {
  const { context, draft } = session;
  const grafana = plan.apps.find(hasGrafana);
  // The plan already warns that they have no effect.
  if (wishes.length === 0 || grafana === undefined) return plan;
  const datasources = findPlannedDatasources(grafana);
  const results = await mapLimited(wishes, maximumParallel, async (wish) =>
    importOne(wish, await readDashboard(session, wish), datasources),
  );
  const ready = results.filter((result): result is ReadyDashboard => "planned" in result);
  const mistakes = results.filter((result): result is DashboardMistake => "problem" in result);
  mistakes.push(...findStrayInputs(ready), ...findClashes(ready));
  if (mistakes.length > 0)
    throw new UserError(mistakes.map((result) => formatMistake(session, result)).join("\n"));
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

/** Returns a dashboard's JSON: of a local file from the loaded texts, of any other source from its download. */
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

/** Fills in a dashboard's inputs. Returns the planned dashboard, or the problem that prevents it. */
function importOne(
  wish: AskedDashboard,
  file: DashboardFile,
  datasources: readonly Datasource[],
): ReadyDashboard | DashboardMistake {
  const { text, origin, sha256, revision } = file;
  const { source, folder, inputs, index, isOneOfMany } = wish;
  const nonDashboard = describeNonObject(text);
  if (nonDashboard !== undefined) return { index, problem: `${origin} is not a dashboard: ${nonDashboard}` };
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

/** Returns a mistake for each folder whose `inputs` name an input that none of its dashboards has. */
function findStrayInputs(ready: readonly ReadyDashboard[]): DashboardMistake[] {
  const folders = Map.groupBy(
    ready.filter(({ wish }) => wish.isOneOfMany),
    ({ wish }) => wish.index,
  );
  return [...folders].flatMap(([index, dashboards]) => {
    const known = new Set(dashboards.flatMap(({ imported }) => imported.inputs));
    const names = Object.keys(dashboards[0]?.wish.inputs ?? {}).filter((name) => !known.has(name));
    if (names.length === 0) return [];
    const knownNames = [...known].join(", ") || "none";
    return [
      { index, problem: `none of its dashboards has an input ${names.join(", ")}; they have ${knownNames}` },
    ];
  });
}

/**
 * Returns a mistake for each dashboard with the uid, or the folder and title, of an earlier one. Grafana refuses
 * both.
 */
function findClashes(ready: readonly ReadyDashboard[]): DashboardMistake[] {
  const seen = new Map<string, PlannedDashboard>();
  return ready.flatMap(({ wish: { index }, planned }) => {
    const { uid, title, folder, origin } = planned;
    for (const [key, sharedPart] of [
      [`uid ${uid}`, ` (uid ${uid})`],
      [`title ${folder ?? ""}/${title.toLowerCase()}`, " in the same folder"],
    ] as const) {
      const earlier = seen.get(key);
      if (earlier === undefined) seen.set(key, planned);
      else
        return [
          {
            index,
            problem: `${origin} and ${earlier.origin} are both dashboard ${title}${sharedPart}; leave one of them out, or give it another uid and title`,
          },
        ];
    }
    return [];
  });
}

/** Formats a problem with the line of its item, if `dashboards` is set in the configuration file. */
function formatMistake({ loaded }: Session, { index, problem }: DashboardMistake): string {
  if (loaded.origins.dashboards !== "file") return problem;
  const place = placeInFile(loaded, ["dashboards", index]) ?? placeInFile(loaded, ["dashboards"]);
  return place ? `${place.file}:${place.line}:${place.column}: ${problem}` : problem;
}

/** Bytes of one provider's dashboards. The chart puts them into one ConfigMap, which holds 1 MiB of data. */
const maximumProviderBytes = 1_000_000;
/** Bytes of all dashboards. A release keeps its values and objects in a Secret of 1 MiB, compressed. */
const maximumReleaseBytes = 2_500_000;

/**
 * Returns the plan with the dashboards in its values that Grafana's chart would otherwise download. A dashboard that
 * can't be taken over is left to the chart, with a warning that says why.
 * @throws InstallError if a download fails: the chart itself would continue without the dashboard
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
    const result = planChartDashboard(one, files[index] as DashboardFile, datasources);
    if ("problem" in result) {
      leaveToChart(session, one, result.problem);
      continue;
    }
    const { planned, unanswered } = result;
    const provider = one.path.slice(0, -1).join("/");
    const size = Buffer.byteLength(JSON.stringify(planned.model));
    const providerBytes = (bytes.get(provider) ?? 0) + size;
    const totalBytes = [...bytes.values()].reduce((sum, other) => sum + other, size);
    if (providerBytes > maximumProviderBytes || totalBytes > maximumReleaseBytes)
      leaveToChart(session, one, "a ConfigMap holds no more than the dashboards before it");
    else {
      bytes.set(provider, providerBytes);
      apps = replaceEntryWithModel(apps, one, planned.model);
      dashboards.push(planned);
      for (const text of unanswered)
        warnAboutDashboard(session, one, `dashboard ${planned.title} (${planned.origin}): ${text}`);
    }
  }
  return { ...plan, apps, dashboards: [...plan.dashboards, ...dashboards] };
}

/** Applies the chart's changes to a downloaded dashboard. Returns it as planned, or the problem that prevents it. */
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
  const { uid, panels, title: importedTitle, model: importedModel, unanswered } = imported;
  return {
    planned: { uid, title: importedTitle, folder, origin, sha256, revision, panels, model: importedModel },
    unanswered,
  };
}

/** Warns that a dashboard is left to the chart's own download, and why. */
function leaveToChart(session: Session, dashboard: ChartDashboard, reason: string): void {
  warnAboutDashboard(
    session,
    dashboard,
    `dashboard ${dashboard.name} (${dashboard.id} of grafana.com) is left to the chart's own download: ${reason}`,
  );
}

/** Logs a warning at the line that names the dashboard, and adds it to the report. */
function warnAboutDashboard(
  { context, loaded, draft }: Session,
  { app, path }: ChartDashboard,
  text: string,
): void {
  const place = placeInValues(loaded, app, [...path, "gnetId"]);
  context.log.warn(text, { title: "monstack: dashboards", ...place });
  draft.warnings = [...draft.warnings, text];
}
