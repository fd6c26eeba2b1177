import { type Baseline, isKnownEmptyPanel } from "../../dashboards/baseline.ts";
import { formatCount, formatList } from "../../lib/text.ts";
import type { DashboardFinding, PanelFinding } from "../../stack/check.ts";

/** A panel with its dashboard. */
interface DashboardPanel {
  readonly board: DashboardFinding;
  readonly panel: PanelFinding;
}

/** The limits for panels without data. */
interface PanelTerms {
  /** Number of dead panels that each dashboard may have; undefined: no limit. */
  readonly maxDead: number | undefined;
  /** Undefined if there is no baseline file. */
  readonly baseline: Baseline | undefined;
}

/** The result of judging all panels. */
export interface JudgedPanels {
  /** With `known` filled in. */
  readonly boards: readonly DashboardFinding[];
  readonly queriedCount: number;
  readonly dead: readonly DashboardPanel[];
  /** They show data, but not for all of their queries. */
  readonly partial: readonly DashboardPanel[];
  /** Queries that fail, unless the baseline names their panel. */
  readonly failing: readonly DashboardPanel[];
  /** Dead panels that the terms don't allow. */
  readonly unexpected: readonly DashboardPanel[];
  /** How many panels the baseline names that show data now. */
  readonly revivedCount: number;
}

/**
 * Judges the panels. Without a baseline and a limit, a panel without data is reported but does not fail. A query that
 * fails always does, unless the baseline names its panel.
 */
export function judgePanels(
  findings: readonly DashboardFinding[],
  { maxDead, baseline }: PanelTerms,
): JudgedPanels {
  const uids = findings.map(({ uid }) => uid);
  const isInBaseline = (board: DashboardFinding, panel: PanelFinding) =>
    baseline !== undefined && isKnownEmptyPanel(baseline, board, panel, uids);
  const boards = findings.map((board) => ({
    ...board,
    panels: board.panels.map((panel) => ({ ...panel, known: isDead(panel) && isInBaseline(board, panel) })),
  }));
  const allPanels = boards.flatMap((board) => board.panels.map((panel) => ({ board, panel })));
  const deadPanels = allPanels.filter(({ panel }) => isDead(panel));
  const failingPanels = deadPanels.filter(({ panel }) => panel.status === "error" && !panel.known);
  const emptyPanels = deadPanels.filter(({ panel }) => panel.status === "empty");
  const exceedsLimit = (board: DashboardFinding) =>
    board.panels.filter(isDead).length > (maxDead ?? Infinity);
  const isUnexpected = ({ board, panel }: DashboardPanel) =>
    maxDead === undefined ? baseline !== undefined && !panel.known : exceedsLimit(board);
  return {
    boards,
    queriedCount: allPanels.filter(({ panel }) => wasQueried(panel)).length,
    dead: deadPanels,
    partial: allPanels.filter(({ panel }) => panel.status === "partial"),
    failing: failingPanels,
    unexpected: emptyPanels.filter(isUnexpected),
    revivedCount: allPanels.filter(({ board, panel }) => hasData(panel) && isInBaseline(board, panel)).length,
  };
}

/** True if the panel shows nothing. */
function isDead({ status }: PanelFinding): boolean {
  return status === "empty" || status === "error";
}

/** True if the panel shows something. */
function hasData({ status }: PanelFinding): boolean {
  return status === "data" || status === "partial";
}

/** True if the panel's queries were sent. */
function wasQueried(panel: PanelFinding): boolean {
  return hasData(panel) || isDead(panel);
}

/** The maximum number of dashboards in a message. The results file lists all of them, panel by panel. */
const maxBoards = 10;

/**
 * Returns a sentence for each dashboard: `3 of 21 panels of Kubernetes show nothing: "Total" (metric x does not exist),
 * ...`.
 */
export function describePanels(
  boards: readonly DashboardFinding[],
  panels: readonly DashboardPanel[],
): string {
  const lines = boards.flatMap((board) => {
    const panelsOfBoard = panels
      .filter((candidate) => candidate.board.uid === board.uid)
      .map(({ panel }) => panel);
    if (panelsOfBoard.length === 0) return [];
    const queriedCount = board.panels.filter(wasQueried).length;
    const descriptions = panelsOfBoard.map(({ title, why }) => `"${title}" (${why ?? "no reason known"})`);
    return [
      `${panelsOfBoard.length} of ${formatCount(queriedCount, "panel")} of ${board.title}: ${formatList(descriptions)}`,
    ];
  });
  const omitted = lines.length - maxBoards;
  return [
    ...lines.slice(0, maxBoards),
    ...(omitted > 0 ? [`and in ${formatCount(omitted, "more dashboard")}`] : []),
  ].join("; ");
}
