import type { Dashboard, Datasource, Panel, Values } from "../../dashboards/dashboard.ts";
import { parseInterval } from "../../dashboards/options.ts";
import { applyLibraryModel } from "../../dashboards/panels.ts";
import { listVariablesIn } from "../../dashboards/variables.ts";
import { formatList } from "../../lib/text.ts";
import type { Expressions } from "../../promql/promql.ts";
import type { PanelFinding } from "../../stack/check.ts";
import { type GrafanaClient, LoginRefused, type QueryOutcome } from "../../stack/grafana.ts";
import { HttpError } from "../../stack/http.ts";
import type { Source } from "./datasource.ts";
import { explainEmptyQuery, formatReasons, type Reason } from "./empty-queries.ts";
import { filterAsks, listRepeats, type PreparedQuery, prepareQueries, type Window } from "./queries.ts";
import { type Choice, type Choose, type Filled, findChoice } from "./variables.ts";

/** What the queries of a panel need. */
export interface QueryContext {
  readonly client: GrafanaClient;
  readonly expressions: Expressions;
  readonly datasources: readonly Datasource[];
  readonly sourceOf: (uid: string) => Source;
  readonly dashboard: Dashboard;
  readonly filled: Filled;
  readonly window: Window;
  /** Whether other values of the dashboard's variables are tried where a panel is empty. */
  readonly mayChoose: boolean;
  readonly choose: Choose;
  /** Choices that have helped other panels of the dashboard. */
  readonly lucky: Choice[];
}

type Outcome = Pick<PanelFinding, "status" | "why" | "queries">;

/** Asks a panel's queries through Grafana, and says what it shows. A request that gets no answer makes it an `error`. */
export async function assessPanel(panel: Panel, asking: QueryContext): Promise<PanelFinding> {
  const { id, title, row, type } = panel;
  try {
    return { id, title, row, type, known: false, ...(await queryPanelData(panel, asking)) };
  } catch (error) {
    if (!(error instanceof HttpError) || error instanceof LoginRefused) throw error;
    return { id, title, row, type, known: false, status: "error", why: error.message, queries: [] };
  }
}

async function queryPanelData(panel: Panel, asking: QueryContext): Promise<Outcome> {
  const whole = panel.library ? await fromLibrary(panel, asking.client) : panel;
  if (whole === undefined)
    return toUnsupported(
      `its library panel ${panel.library?.name} is not in Grafana (uid ${panel.library?.uid})`,
    );
  const asked = withShared(whole, asking.dashboard);
  if (asked.queries.length === 0) return { status: "static", why: undefined, queries: [] };
  let partial: Outcome | undefined;
  let last: Outcome | undefined;
  for (const values of listRepeats(asked, asking.filled.values)) {
    last = await sendQueries(asked, values, asking);
    if (last.status === "partial") partial ??= last;
    else if (last.status !== "empty") return last;
  }
  return partial ?? last ?? { status: "static", why: undefined, queries: [] };
}

function toUnsupported(why: string): Outcome {
  return { status: "unsupported", why, queries: [] };
}

/** Versions up to 9 fill a library panel's model in themselves. */
async function fromLibrary(panel: Panel, client: GrafanaClient): Promise<Panel | undefined> {
  if (panel.queries.length > 0 || panel.library === undefined) return panel;
  const model = await client.libraryPanel(panel.library.uid);
  return model === undefined ? undefined : applyLibraryModel(panel, model);
}

/** Replaces the queries of a panel that shows another panel's results by the other's queries. */
function withShared(panel: Panel, { panels }: Dashboard): Panel {
  const of = panel.queries.find(({ ofPanel }) => ofPanel !== undefined)?.ofPanel;
  const shown = panel.datasource?.uid === "-- Dashboard --" && panels.find(({ id }) => id === of);
  return shown ? { ...panel, queries: shown.queries, datasource: shown.datasource } : panel;
}

async function sendQueries(panel: Panel, values: Values, asking: QueryContext): Promise<Outcome> {
  const { dashboard, datasources } = asking;
  const window = shiftWindow(panel, asking.window);
  const filters = dashboard.variables.flatMap((one) => one.filters);
  const { asks: plain, missing, other: others } = prepareQueries(panel, values, datasources, window);
  const asks = await filterAsks(plain, filters, asking.expressions);
  const queries = asks.map(({ filled }) => filled);
  if (missing.length > 0) return { status: "error", why: missing.join("; "), queries };
  if (asks.length === 0) {
    if (others.length === 0) return { status: "static", why: undefined, queries };
    return { status: "unsupported", why: `it asks ${others.join(", ")}`, queries };
  }
  const unreachable = await explainDeadSource(asks, asking);
  if (unreachable !== undefined) return { status: "error", why: unreachable, queries };
  return await judgeOutcomes(panel, asks, await send(asks, window, asking), asking, queries);
}

async function send(
  asks: readonly PreparedQuery[],
  window: Window,
  asking: QueryContext,
): Promise<QueryOutcome[]> {
  const range = { from: String(window.from), to: String(window.to) };
  const requests = asks.map(({ request }) => request);
  // The usual range is left to Grafana's clock.
  return await asking.client.queryPanel(
    requests,
    window === asking.window ? { from: `now-${(window.to - window.from) / 1000}s`, to: "now" } : range,
  );
}

/** Whether a panel that is empty shows something with other values of the variables. */
async function hasData(panel: Panel, values: Values, asking: QueryContext): Promise<boolean> {
  const { dashboard, datasources } = asking;
  const window = shiftWindow(panel, asking.window);
  const filters = dashboard.variables.flatMap((one) => one.filters);
  const { asks: plain } = prepareQueries(panel, values, datasources, window);
  const asks = await filterAsks(plain, filters, asking.expressions);
  return asks.length > 0 && (await send(asks, window, asking)).some(({ hasNumber }) => hasNumber);
}

/** A panel that looks back in time (`timeShift`). */
function shiftWindow({ timeShift }: Panel, window: Window): Window {
  const shift = parseInterval(timeShift);
  return shift === undefined ? window : { from: window.from - shift, to: window.to - shift };
}

/** Returns why a data source of the queries is unreachable. Its panels share one request. */
async function explainDeadSource(
  asks: readonly PreparedQuery[],
  { sourceOf }: QueryContext,
): Promise<string | undefined> {
  try {
    for (const uid of new Set(asks.map(({ request }) => request.uid))) await sourceOf(uid).metricNames();
    return undefined;
  } catch (error) {
    if (!(error instanceof HttpError) || error instanceof LoginRefused) throw error;
    return `its datasource does not answer: ${error.message}`;
  }
}

async function judgeOutcomes(
  panel: Panel,
  asks: readonly PreparedQuery[],
  outcomes: readonly QueryOutcome[],
  asking: QueryContext,
  queries: readonly string[],
): Promise<Outcome> {
  const errors = await listErrors(asks, outcomes, asking);
  if (errors.length > 0) return { status: "error", why: formatList(errors, 3), queries };
  const isEmpty = (_: unknown, index: number) => outcomes[index]?.hasNumber !== true;
  const empty = asks.filter(isEmpty);
  if (empty.length === 0) return { status: "data", why: undefined, queries };
  const { why, isAbsent } = await explainEmptyPanel(panel, empty, outcomes.filter(isEmpty), asking);
  if (empty.length < asks.length) {
    const verb = empty.length === 1 ? "has" : "have";
    const part = `${empty.length} of ${asks.length} queries ${verb} no data`;
    return { status: "partial", why: `${part}: ${why}`, queries };
  }
  const tryValues = (values: Values) => hasData(panel, values, asking);
  const choice =
    asking.mayChoose && !isAbsent
      ? await findChoice(listVariablesIn(asks.map(({ written }) => written).join(" ")), asking, tryValues)
      : undefined;
  return { status: "empty", why: choice ?? why, queries };
}

/** Returns the errors of Prometheus. Grafana 9.4 hides them behind an empty response, so such queries are repeated directly. */
async function listErrors(
  asks: readonly PreparedQuery[],
  outcomes: readonly QueryOutcome[],
  { sourceOf, filled }: QueryContext,
): Promise<string[]> {
  const errors = await Promise.all(
    asks.map(async ({ request, filled: query, written }, index) => {
      const outcome = outcomes[index];
      const error =
        outcome?.isBare && outcome.error === undefined
          ? await findRefusal(sourceOf(request.uid), query)
          : outcome?.error;
      if (error === undefined) return [];
      const unknown = listVariablesIn(query).filter(
        (name) => /^[a-zA-Z_]/.test(name) && !filled.values.has(name),
      );
      const defined =
        unknown.length === 0 || !listVariablesIn(written).some((name) => unknown.includes(name));
      return [defined ? error : `${error} (the dashboard has no variable ${unknown.join(", ")})`];
    }),
  );
  return [...new Set(errors.flat())];
}

async function findRefusal(source: Source, query: string): Promise<string | undefined> {
  const samples = await source.samples(query);
  return "refused" in samples ? samples.refused : undefined;
}

async function explainEmptyPanel(
  panel: Panel,
  asks: readonly PreparedQuery[],
  outcomes: readonly QueryOutcome[],
  { sourceOf, filled }: QueryContext,
): Promise<{ readonly why: string; readonly isAbsent: boolean }> {
  const reasons = await Promise.all(
    asks.map(async ({ request, filled: query }, index): Promise<Reason[]> => {
      const nan = (outcomes[index]?.series ?? 0) > 0;
      if (nan) return [{ kind: "other", text: "all its values are NaN or infinite" }];
      return await explainEmptyQuery(sourceOf(request.uid), query);
    }),
  );
  const all = reasons.flat();
  const used = new Set(asks.flatMap(({ written }) => listVariablesIn(written)));
  const variables = [...filled.empty].flatMap(([name, why]) => (used.has(name) ? [why] : []));
  const isAbsent = all.every(({ kind }) => kind === "absent");
  // `cluster=""` is what a dashboard for many clusters asks of one: that finds all that has no such label.
  if (variables.length > 0 && all.some(isEmptyMatcher)) return { why: formatList(variables, 2), isAbsent };
  if (panel.timeShift !== undefined && all.every(({ kind }) => kind !== "absent"))
    return { why: `it shows what was ${panel.timeShift} ago, and there was nothing yet`, isAbsent };
  return { why: formatReasons(all), isAbsent };
}

/** A matcher with an empty value, or none in its list, is what nothing fits. */
function isEmptyMatcher(reason: Reason): boolean {
  return reason.kind === "other" && /^no series of \S+ has \S+?=~?"(?:\(\))?";/.test(reason.text);
}
