import { parseInterval } from "../../dashboards/options.ts";
import { mapLimited } from "../../lib/concurrency.ts";
import { describeError } from "../../lib/errors.ts";
import { formatCount, limitLine, shorten } from "../../lib/text.ts";
import type { DrawableDashboard, DrawablePanel, PanelFinding } from "../../stack/check.ts";
import type { GrafanaClient, PanelRequest } from "../../stack/grafana.ts";
import type { TimeRange } from "../../stack/range-query.ts";
import { type KeptData, toSeries, toTable } from "./panel-data.ts";

/** The maximum number of requests to Grafana at the same time. */
const maxConcurrentRequests = 6;

/** The most characters of JSON that all panels together take in results.json. */
const defaultLimit = 1_200_000;

/** Below this number of characters, no more queries are sent. */
const leastRoom = 2_000;

/** The longest text of a text panel. */
const maxTextLength = 4_000;

type PanelData =
  | KeptData["data"]
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "none"; readonly why: string };

interface MeasuredPanel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly grid: DrawablePanel["panel"]["grid"];
  readonly unit?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly thresholds?: DrawablePanel["panel"]["look"]["thresholds"];
  readonly row?: string;
  readonly dead: boolean;
  readonly data: PanelData;
  readonly left?: string;
}

interface MeasuredDashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly MeasuredPanel[];
}

/** What panels need besides Grafana. */
interface PanelOptions {
  readonly range: TimeRange;
  readonly signal: AbortSignal;
  /** The most characters of JSON of all dashboards. */
  readonly limit?: number;
}

/**
 * Reads what the panels of the dashboards show over a time range, each panel that had data with one request. Never
 * throws: a panel whose data could not be read or had no room says so.
 */
export async function readPanels(
  client: Pick<GrafanaClient, "readPanel">,
  dashboards: readonly DrawableDashboard[],
  { range, signal, limit = defaultLimit }: PanelOptions,
): Promise<{ readonly dashboards: readonly MeasuredDashboard[]; readonly left: string | undefined }> {
  let room = limit;
  const measured: MeasuredDashboard[] = [];
  for (const { uid, title, panels } of dashboards) {
    if (room < leastRoom) break;
    const drawn = await mapLimited(panels, maxConcurrentRequests, async (panel) => {
      const hasRoom = room >= leastRoom && !signal.aborted;
      const full = describePanel(panel, hasRoom ? await readData(client, panel, range) : leaveOut(signal));
      const length = JSON.stringify(full).length;
      const kept = length <= room ? full : describePanel(panel, leaveOut(signal));
      room -= Math.min(length, JSON.stringify(kept).length);
      return kept;
    });
    measured.push({ uid, title, panels: drawn });
  }
  const cut = dashboards.slice(measured.length);
  const cutPanels = cut.reduce((sum, { panels }) => sum + panels.length, 0);
  const left = `${formatCount(cut.length, "dashboard")} with ${formatCount(cutPanels, "panel")} are not drawn: the panels' data has at most ${limit / 1e6} MB`;
  return { dashboards: measured, left: cut.length > 0 ? left : undefined };
}

/** A panel's data, and what was cut of it. */
interface ReadData {
  readonly data: PanelData;
  readonly left?: string;
}

/** Returns why a panel was not read. */
function leaveOut({ aborted }: AbortSignal): ReadData {
  const why = aborted ? "there was no time left to read it" : "the report has no room for its data";
  return { data: { kind: "none", why } };
}

/** Returns the data of a panel: its text, or what its queries return. */
async function readData(
  client: Pick<GrafanaClient, "readPanel">,
  { panel, finding, queries }: DrawablePanel,
  range: TimeRange,
): Promise<ReadData> {
  if (panel.type === "text" && panel.look.text !== undefined)
    return { data: { kind: "text", text: shorten(panel.look.text, maxTextLength) } };
  const why = explainNothing(finding);
  if (why !== undefined) return { data: { kind: "none", why: limitLine(why) } };
  if (queries.length === 0) return { data: { kind: "none", why: "its queries are too long to send again" } };
  const isTable = panel.type === "table" || panel.type === "table-old";
  const shiftMs = parseInterval(panel.timeShift) ?? 0;
  try {
    const series = await client.readPanel(
      queries.map(({ request }) => toRangeRequest(request, isTable, range.step)),
      { from: String(range.from * 1000 - shiftMs), to: String(range.to * 1000 - shiftMs) },
    );
    const results = queries.map(({ legend }, index) => ({ legend, series: series[index] ?? [] }));
    return isTable ? toTable(results) : toSeries(results, panel.title);
  } catch (error) {
    return { data: { kind: "none", why: limitLine(`it could not be read: ${describeError(error)}`) } };
  }
}

/** Returns why there is nothing to draw; undefined for a panel with data. */
function explainNothing({ status, why }: PanelFinding): string | undefined {
  switch (status) {
    case "data":
    case "partial":
      return undefined;
    case "static":
      return "it has no queries";
    case "empty":
    case "error":
    case "unsupported":
      return why ?? "it has no data";
  }
}

/** Returns a panel's request for points over the run, or for the last value if that is all that it shows. */
function toRangeRequest(request: PanelRequest, isTable: boolean, step: number): PanelRequest {
  const isInstant = isTable || !request.range;
  const kind = { instant: isInstant, range: !isInstant };
  // With a shorter step, rate() over this variable would have too few samples.
  if (isInstant || request.expr.includes("__interval")) return { ...request, ...kind };
  return { ...request, ...kind, interval: undefined, intervalFactor: undefined, intervalMs: step * 1000 };
}

/** Returns a panel as the report has it. */
function describePanel({ panel, finding }: DrawablePanel, { data, left }: ReadData): MeasuredPanel {
  const { unit, decimals, min, max, thresholds } = panel.look;
  const lefts = [finding.status === "partial" ? finding.why : undefined, left];
  const said = lefts.filter((text) => text !== undefined).join("; ");
  return {
    id: panel.id,
    title: panel.title,
    type: panel.type,
    grid: panel.grid,
    ...(unit === undefined ? {} : { unit }),
    ...(decimals === undefined ? {} : { decimals }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(thresholds.length > 0 ? { thresholds } : {}),
    ...(panel.row === undefined ? {} : { row: panel.row }),
    dead: finding.status === "empty" || finding.status === "error",
    data,
    ...(said === "" ? {} : { left: limitLine(said) }),
  };
}
