import type { Dashboard, Datasource, Panel, Values } from "../../dashboards/dashboard.ts";
import { parseInterval } from "../../dashboards/options.ts";
import { applyLibraryModel } from "../../dashboards/panels.ts";
import { listVariablesIn } from "../../dashboards/variables.ts";
import { formatList, shorten } from "../../lib/text.ts";
import type { Expressions } from "../../promql/promql.ts";
import type { PanelFinding } from "../../stack/check.ts";
import { type GrafanaClient, LoginRefused, type QueryOutcome } from "../../stack/grafana.ts";
import { HttpError } from "../../stack/http.ts";
import type { SourceClient } from "./datasource.ts";
import { explainEmptyQuery, formatReasons, type Reason } from "./empty-queries.ts";
import {
  applyAdhocFilters,
  listRepeats,
  type PreparedQuery,
  prepareQueries,
  type TimeWindow,
} from "./queries.ts";
import { type Choice, type FilledVariables, type FillWithChoice, findChoiceWithData } from "./variables.ts";

/** Everything that the queries of a panel need. */
export interface QueryContext {
  readonly client: GrafanaClient;
  readonly expressions: Expressions;
  readonly datasources: readonly Datasource[];
  /** Returns the client of the Prometheus behind a data source. */
  readonly sourceOf: (uid: string) => SourceClient;
  readonly dashboard: Dashboard;
  readonly filled: FilledVariables;
  readonly window: TimeWindow;
  /** True if other values of the dashboard's variables are tried for an empty panel. */
  readonly triesOtherValues: boolean;
  readonly fillWithChoice: FillWithChoice;
  /** Choices that have helped other panels of the dashboard. */
  readonly helpfulChoices: Choice[];
  /** Called with the queries of a panel that had data. */
  readonly onData: (panel: Panel, queries: readonly PreparedQuery[]) => void;
}

/** What the queries of a panel have shown. */
type PanelOutcome = Pick<PanelFinding, "status" | "why" | "queries">;

/**
 * Sends a panel's queries through Grafana and returns what the panel shows. A failed request makes its status `error`.
 * @throws LoginRefused if Grafana refuses the login
 */
export async function assessPanel(panel: Panel, context: QueryContext): Promise<PanelFinding> {
  const { id, title, row, type } = panel;
  try {
    const outcome = await queryPanelData(panel, context);
    const queries = outcome.status === "data" ? outcome.queries.map(shortenQuery) : outcome.queries;
    return { id, title, row, type, known: false, ...outcome, queries };
  } catch (error) {
    if (!(error instanceof HttpError) || error instanceof LoginRefused) throw error;
    return { id, title, row, type, known: false, status: "error", why: error.message, queries: [] };
  }
}

/**
 * Returns a query of at most 400 characters: a variable with hundreds of values makes each of thousands of queries long,
 * and nobody reads those that have data. The result is a copy, since a part of a text keeps the whole text in memory.
 */
function shortenQuery(query: string): string {
  return query.length <= 400 ? query : Buffer.from(shorten(query, 400)).toString();
}

/**
 * Returns what a panel shows. A repeated panel is queried once for each repeat, until one has data for all queries or
 * fails; else the best outcome counts.
 */
async function queryPanelData(panel: Panel, context: QueryContext): Promise<PanelOutcome> {
  const panelWithModel = panel.library ? await fillLibraryPanel(panel, context.client) : panel;
  if (panelWithModel === undefined)
    return createUnsupported(
      `its library panel ${panel.library?.name} is not in Grafana (uid ${panel.library?.uid})`,
    );
  const panelToQuery = fillSharedQueries(panelWithModel, context.dashboard);
  if (panelToQuery.queries.length === 0) return { status: "static", why: undefined, queries: [] };
  let partial: PanelOutcome | undefined;
  let lastOutcome: PanelOutcome | undefined;
  for (const values of listRepeats(panelToQuery, context.filled.values)) {
    lastOutcome = await queryWithValues(panelToQuery, values, context);
    if (lastOutcome.status === "partial") partial ??= lastOutcome;
    else if (lastOutcome.status !== "empty") return lastOutcome;
  }
  return partial ?? lastOutcome ?? { status: "static", why: undefined, queries: [] };
}

/** Returns the outcome of a panel that can't be queried here. */
function createUnsupported(why: string): PanelOutcome {
  return { status: "unsupported", why, queries: [] };
}

/**
 * Returns the panel with the model of its library panel; undefined if Grafana does not have it. Only Grafana up to
 * version 9 sends library panels without their model.
 */
async function fillLibraryPanel(panel: Panel, client: GrafanaClient): Promise<Panel | undefined> {
  if (panel.queries.length > 0 || panel.library === undefined) return panel;
  const model = await client.libraryPanel(panel.library.uid);
  return model === undefined ? undefined : applyLibraryModel(panel, model);
}

/** Returns the panel with the queries of the panel whose results it shows; unchanged if it shows its own. */
function fillSharedQueries(panel: Panel, { panels }: Dashboard): Panel {
  const shownPanelId = panel.queries.find(({ ofPanel }) => ofPanel !== undefined)?.ofPanel;
  const shownPanel =
    panel.datasource?.uid === "-- Dashboard --" && panels.find(({ id }) => id === shownPanelId);
  return shownPanel ? { ...panel, queries: shownPanel.queries, datasource: shownPanel.datasource } : panel;
}

/** Sends a panel's queries with one set of variable values and returns the outcome. */
async function queryWithValues(panel: Panel, values: Values, context: QueryContext): Promise<PanelOutcome> {
  const { dashboard, datasources } = context;
  const window = shiftWindow(panel, context.window);
  const filters = dashboard.variables.flatMap((variable) => variable.filters);
  const { prepared, missingSources, otherSources } = prepareQueries(panel, values, datasources, window);
  const preparedQueries = await applyAdhocFilters(prepared, filters, context.expressions);
  const queries = preparedQueries.map(({ filled }) => filled);
  if (missingSources.length > 0) return { status: "error", why: missingSources.join("; "), queries };
  if (preparedQueries.length === 0) {
    if (otherSources.length === 0) return { status: "static", why: undefined, queries };
    return { status: "unsupported", why: `it asks ${otherSources.join(", ")}`, queries };
  }
  const unreachable = await explainDeadSource(preparedQueries, context);
  if (unreachable !== undefined) return { status: "error", why: unreachable, queries };
  const outcomes = await sendPreparedQueries(preparedQueries, window, context);
  const outcome = await judgeQueryOutcomes(panel, preparedQueries, outcomes, context, queries);
  if (outcome.status === "data" || outcome.status === "partial") context.onData(panel, preparedQueries);
  return outcome;
}

/** Sends queries through Grafana. A range that is not shifted ends now by Grafana's own clock. */
async function sendPreparedQueries(
  preparedQueries: readonly PreparedQuery[],
  window: TimeWindow,
  context: QueryContext,
): Promise<QueryOutcome[]> {
  const range = { from: String(window.from), to: String(window.to) };
  const requests = preparedQueries.map(({ request }) => request);
  return await context.client.queryPanel(
    requests,
    window === context.window ? { from: `now-${(window.to - window.from) / 1000}s`, to: "now" } : range,
  );
}

/** True if an empty panel has data with other values of the variables. */
async function hasDataWithValues(panel: Panel, values: Values, context: QueryContext): Promise<boolean> {
  const { dashboard, datasources } = context;
  const window = shiftWindow(panel, context.window);
  const filters = dashboard.variables.flatMap((variable) => variable.filters);
  const { prepared } = prepareQueries(panel, values, datasources, window);
  const preparedQueries = await applyAdhocFilters(prepared, filters, context.expressions);
  return (
    preparedQueries.length > 0 &&
    (await sendPreparedQueries(preparedQueries, window, context)).some(({ hasNumber }) => hasNumber)
  );
}

/** Returns the time range of a panel, shifted back by the panel's `timeShift`. */
function shiftWindow({ timeShift }: Panel, window: TimeWindow): TimeWindow {
  const shift = parseInterval(timeShift);
  return shift === undefined ? window : { from: window.from - shift, to: window.to - shift };
}

/**
 * Returns why a data source of the queries is unreachable; undefined if all are reachable. The panels of a data source
 * share one request.
 */
async function explainDeadSource(
  preparedQueries: readonly PreparedQuery[],
  { sourceOf }: QueryContext,
): Promise<string | undefined> {
  try {
    for (const uid of new Set(preparedQueries.map(({ request }) => request.uid)))
      await sourceOf(uid).metricNames();
    return undefined;
  } catch (error) {
    if (!(error instanceof HttpError) || error instanceof LoginRefused) throw error;
    return `its datasource does not answer: ${error.message}`;
  }
}

/**
 * Returns the outcome of a panel from the results of its queries. Explains an empty panel, and tries other values of
 * its variables unless all its metrics are missing.
 */
async function judgeQueryOutcomes(
  panel: Panel,
  preparedQueries: readonly PreparedQuery[],
  outcomes: readonly QueryOutcome[],
  context: QueryContext,
  queries: readonly string[],
): Promise<PanelOutcome> {
  const errors = await listErrors(preparedQueries, outcomes, context);
  if (errors.length > 0) return { status: "error", why: formatList(errors, 3), queries };
  const isEmpty = (_: unknown, index: number) => outcomes[index]?.hasNumber !== true;
  const emptyQueries = preparedQueries.filter(isEmpty);
  if (emptyQueries.length === 0) return { status: "data", why: undefined, queries };
  const { why, isAbsent } = await explainEmptyPanel(panel, emptyQueries, outcomes.filter(isEmpty), context);
  if (emptyQueries.length < preparedQueries.length) {
    const verb = emptyQueries.length === 1 ? "has" : "have";
    const part = `${emptyQueries.length} of ${preparedQueries.length} queries ${verb} no data`;
    return { status: "partial", why: `${part}: ${why}`, queries };
  }
  const tryValues = (values: Values) => hasDataWithValues(panel, values, context);
  const choiceWithData =
    context.triesOtherValues && !isAbsent
      ? await findChoiceWithData(
          listVariablesIn(preparedQueries.map(({ written }) => written).join(" ")),
          context,
          tryValues,
        )
      : undefined;
  return { status: "empty", why: choiceWithData ?? why, queries };
}

/**
 * Returns the errors of the queries, each once. Grafana 9.4 hides Prometheus' errors behind an empty response, so such
 * queries are sent again directly.
 */
async function listErrors(
  preparedQueries: readonly PreparedQuery[],
  outcomes: readonly QueryOutcome[],
  { sourceOf, filled }: QueryContext,
): Promise<string[]> {
  const errors = await Promise.all(
    preparedQueries.map(async ({ request, filled: query, written }, index) => {
      const outcome = outcomes[index];
      const error =
        outcome?.isBare && outcome.error === undefined
          ? await findRefusal(sourceOf(request.uid), query)
          : outcome?.error;
      if (error === undefined) return [];
      const unknownVariables = listVariablesIn(query).filter(
        (name) => /^[a-zA-Z_]/.test(name) && !filled.values.has(name),
      );
      const areDefined =
        unknownVariables.length === 0 ||
        !listVariablesIn(written).some((name) => unknownVariables.includes(name));
      return [areDefined ? error : `${error} (the dashboard has no variable ${unknownVariables.join(", ")})`];
    }),
  );
  return [...new Set(errors.flat())];
}

/** Returns Prometheus' error for a query; undefined if it accepts the query. */
async function findRefusal(source: SourceClient, query: string): Promise<string | undefined> {
  const samples = await source.samples(query);
  return "refused" in samples ? samples.refused : undefined;
}

/** Returns why the queries have no data, and in `isAbsent` whether all their metrics are missing. */
async function explainEmptyPanel(
  panel: Panel,
  preparedQueries: readonly PreparedQuery[],
  outcomes: readonly QueryOutcome[],
  { sourceOf, filled }: QueryContext,
): Promise<{ readonly why: string; readonly isAbsent: boolean }> {
  const reasons = await Promise.all(
    preparedQueries.map(async ({ request, filled: query }, index): Promise<Reason[]> => {
      const hasOnlyNan = (outcomes[index]?.series ?? 0) > 0;
      if (hasOnlyNan) return [{ kind: "other", text: "all its values are NaN or infinite" }];
      return await explainEmptyQuery(sourceOf(request.uid), query);
    }),
  );
  const allReasons = reasons.flat();
  const usedVariables = new Set(preparedQueries.flatMap(({ written }) => listVariablesIn(written)));
  const emptyVariables = [...filled.emptyReasons].flatMap(([name, why]) =>
    usedVariables.has(name) ? [why] : [],
  );
  const isAbsent = allReasons.every(({ kind }) => kind === "absent");
  // A dashboard for many clusters sends `cluster=""` if there is only one: that matches all series without the label.
  if (emptyVariables.length > 0 && allReasons.some(isEmptyMatcher))
    return { why: formatList(emptyVariables, 2), isAbsent };
  if (panel.timeShift !== undefined && allReasons.every(({ kind }) => kind !== "absent"))
    return { why: `it shows what was ${panel.timeShift} ago, and there was nothing yet`, isAbsent };
  return { why: formatReasons(allReasons), isAbsent };
}

/** True if the reason is a matcher with an empty value or an empty list, which no series fits. */
function isEmptyMatcher(reason: Reason): boolean {
  return reason.kind === "other" && /^no series of \S+ has \S+?=~?"(?:\(\))?";/.test(reason.text);
}
