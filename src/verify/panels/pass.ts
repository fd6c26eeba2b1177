import { type Dashboard, type Datasource, type Panel, readDashboard } from "../../dashboards/dashboard.ts";
import { assumedScrapeMs, listGlobals } from "../../dashboards/options.ts";
import { mapLimited } from "../../lib/concurrency.ts";
import type { Expressions } from "../../promql/promql.ts";
import type { DashboardFinding, DrawableDashboard, DrawableQuery, PanelFinding } from "../../stack/check.ts";
import type { GrafanaClient } from "../../stack/grafana.ts";
import type { FindAbsentKind } from "../targets/missing-metrics.ts";
import { assessPanel, type QueryContext } from "./assess.ts";
import { createSourceClient, type SourceClient } from "./datasource.ts";
import type { PreparedQuery } from "./queries.ts";
import { type Choice, createChooser, fillVariables, type VariableContext } from "./variables.ts";

/**
 * The time range of the panels is the last 5 minutes, not that of the dashboard: a new stack has no older data, and
 * over a day its first points fall between two steps.
 */
export const windowMs = 300_000;

/** The maximum number of requests to Grafana at the same time. */
const maxConcurrentRequests = 6;

/** The results of all passes so far. A panel that has shown data is not queried again. */
export interface Progress {
  readonly boards: Map<string, Board>;
  /** The number of passes. */
  passes: number;
  /** When the last pass began, in milliseconds since the epoch. */
  lastPassBegan: number;
  /** When the last pass ended, in milliseconds since the epoch. */
  lastPassAt: number;
  /** When the status of a panel changed last, in milliseconds since the epoch. The first pass changes all. */
  changedAt: number;
  /** The total length of the queries that are kept to be drawn, in characters. */
  keptCharacters: number;
}

/**
 * The most characters of queries that are kept to be drawn. The report has room for the data of some hundred panels, and a
 * variable with hundreds of values makes a query long.
 */
const maxKeptCharacters = 500_000;

/** A dashboard with the results of its panels. */
interface Board {
  readonly dashboard: Dashboard;
  readonly folder: string | undefined;
  readonly panels: Map<number, PanelFinding>;
  /** Values of variables with which an empty panel had data. They are tried first for the next panel. */
  readonly helpfulChoices: Choice[];
  /** The queries of panels that had data, by the panel's id. */
  readonly drawable: Map<number, { readonly panel: Panel; readonly queries: readonly DrawableQuery[] }>;
}

/** Returns the progress before the first pass. */
export function createProgress(): Progress {
  return { boards: new Map(), passes: 0, lastPassBegan: 0, lastPassAt: 0, changedAt: 0, keptCharacters: 0 };
}

/** What a pass needs besides Grafana. */
interface PassContext {
  readonly now: () => number;
  readonly expressions: Expressions;
  readonly findAbsentKind: FindAbsentKind;
}

/**
 * Makes one pass over all dashboards: reads new ones, and queries all panels that have no result yet or not all of
 * their data. Updates `progress`.
 */
export async function queryPendingPanels(
  client: GrafanaClient,
  progress: Progress,
  { now, expressions, findAbsentKind }: PassContext,
): Promise<void> {
  const datasources = (await client.datasources()).map(
    ({ jsonData, ...datasource }): Datasource => ({ ...datasource, timeInterval: jsonData?.timeInterval }),
  );
  await readNewDashboards(client, progress);
  const sources = new Map<string, SourceClient>();
  const nowMs = now();
  const sourceOf = (uid: string) => {
    const source = sources.get(uid) ?? createSourceClient(client, uid, nowMs, expressions, findAbsentKind);
    sources.set(uid, source);
    return source;
  };
  const window = { from: nowMs - windowMs, to: nowMs };
  const timing = { rangeMs: windowMs, intervalMs: assumedScrapeMs, scrapeMs: assumedScrapeMs, ...window };
  const variableContext = {
    datasources,
    sourceOf,
    globals: listGlobals(timing, "filled"),
    rangeMs: windowMs,
  };
  const shared = { client, expressions, datasources, sourceOf, window };
  const boards = [...progress.boards.values()];
  const jobs = await mapLimited(boards, maxConcurrentRequests, (board) =>
    listPanelJobs(
      board,
      { ...shared, onData: (panel, queries) => keepQueries(progress, board, panel, queries) },
      variableContext,
    ),
  );
  const results = await mapLimited(jobs.flat(), maxConcurrentRequests, async ({ board, panel, context }) => ({
    board,
    finding: await assessPanel(panel, context),
  }));
  const changedResults = results.filter(
    ({ board, finding }) => board.panels.get(finding.id)?.status !== finding.status,
  );
  for (const { board, finding } of results) board.panels.set(finding.id, finding);
  if (changedResults.length > 0) progress.changedAt = now();
  progress.lastPassBegan = nowMs;
  progress.lastPassAt = now();
  progress.passes += 1;
}

/** A panel that must be queried, with what its queries need. */
interface PanelJob {
  readonly board: Board;
  readonly panel: Panel;
  readonly context: QueryContext;
}

/** The part of the context that all dashboards have in common. */
type SharedContext = Pick<
  QueryContext,
  "client" | "expressions" | "datasources" | "sourceOf" | "window" | "onData"
>;

/** Keeps the queries of a panel that had data, so that the report can draw it. */
function keepQueries(
  progress: Progress,
  { drawable }: Board,
  panel: Panel,
  preparedQueries: readonly PreparedQuery[],
): void {
  const queries = preparedQueries
    .filter(({ hidden }) => !hidden)
    .map(({ request, legend }) => ({ request, legend }));
  const length = queries.reduce((sum, { request }) => sum + request.expr.length, 0);
  if (progress.keptCharacters + length > maxKeptCharacters) return;
  progress.keptCharacters += length;
  drawable.set(panel.id, { panel, queries });
}

/** Returns the panels of a dashboard that must be queried, with the values of the dashboard's variables. */
async function listPanelJobs(
  board: Board,
  shared: SharedContext,
  variableContext: VariableContext,
): Promise<PanelJob[]> {
  const { dashboard, helpfulChoices } = board;
  const pendingPanels = dashboard.panels.filter(({ id }) => needsQuery(board.panels.get(id)));
  // Without such a panel the variables need no queries either.
  if (pendingPanels.length === 0) return [];
  const filled = await fillVariables(dashboard, variableContext);
  const fillWithChoice = createChooser(dashboard, variableContext);
  const boardContext = { ...shared, dashboard, filled, fillWithChoice, helpfulChoices };
  return pendingPanels.map((panel) => ({
    board,
    panel,
    // A panel that is empty for the first time may only need a scrape.
    context: { ...boardContext, triesOtherValues: board.panels.get(panel.id)?.status === "empty" },
  }));
}

/** True if the panel must be queried (again): it has no result yet, or not all of its data. */
function needsQuery(finding: PanelFinding | undefined): boolean {
  return finding === undefined || ["empty", "partial", "error"].includes(finding.status);
}

/**
 * Reads new dashboards into `progress` and removes deleted ones. The check dashboards-whole reports dashboards that
 * can't be read.
 */
async function readNewDashboards(client: GrafanaClient, { boards }: Progress): Promise<void> {
  const hits = await client.dashboards();
  for (const uid of boards.keys()) if (!hits.some((hit) => hit.uid === uid)) boards.delete(uid);
  const newHits = hits.filter(({ uid }) => !boards.has(uid));
  await mapLimited(newHits, maxConcurrentRequests, async ({ uid, folderTitle }) => {
    const stored = await client.dashboard(uid);
    const result = stored && readDashboard(stored.model, uid);
    if (result && "dashboard" in result)
      boards.set(uid, {
        dashboard: result.dashboard,
        folder: folderTitle,
        panels: new Map(),
        helpfulChoices: [],
        drawable: new Map(),
      });
  });
}

/**
 * Returns the results of all dashboards for the report and the verdict: sorted by title, panels in the dashboard's
 * order.
 */
export function listFindings({ boards }: Progress): DashboardFinding[] {
  return [...boards.values()]
    .map(({ dashboard: { uid, title, panels: dashboardPanels }, folder, panels }) => ({
      uid,
      title,
      folder,
      panels: dashboardPanels.flatMap(({ id }) => panels.get(id) ?? []),
    }))
    .sort((a, b) => a.title.localeCompare(b.title, "en") || (a.uid < b.uid ? -1 : 1));
}

/** Returns all dashboards with what is needed to draw them, in the order of the findings. */
export function listDrawable(
  { boards }: Progress,
  findings: readonly DashboardFinding[],
): DrawableDashboard[] {
  return findings.map(({ uid, title, panels }) => {
    const board = boards.get(uid);
    const models = new Map(board?.dashboard.panels.map((panel) => [panel.id, panel]));
    return {
      uid,
      title,
      panels: panels.flatMap((finding) => {
        const kept = board?.drawable.get(finding.id);
        const panel = kept?.panel ?? models.get(finding.id);
        return panel ? [{ panel, finding, queries: kept?.queries ?? [] }] : [];
      }),
    };
  });
}
