import { type Baseline, isKnown } from "../../dashboards/baseline.ts";
import { formatCount, formatList } from "../../lib/text.ts";
import type { DashboardFinding, PanelFinding } from "../../stack/check.ts";

export interface PanelOf {
  readonly board: DashboardFinding;
  readonly panel: PanelFinding;
}

/** How strictly panels without data are taken. */
export interface Terms {
  /** Of one dashboard. */
  readonly maxDead: number | undefined;
  /** Undefined: there is no such file. */
  readonly baseline: Baseline | undefined;
}

export interface Judged {
  /** With `known` filled in. */
  readonly boards: readonly DashboardFinding[];
  readonly asked: number;
  readonly dead: readonly PanelOf[];
  /** They show data, but not for all of their queries. */
  readonly partial: readonly PanelOf[];
  /** Queries that fail, unless the baseline names their panel. */
  readonly failing: readonly PanelOf[];
  /** Dead panels that the terms don't allow. */
  readonly news: readonly PanelOf[];
  /** How many panels the baseline names that show data now. */
  readonly revived: number;
}

/** Judges the panels. Without terms, a panel without data is reported but does not fail; a failing query always does. */
export function judgePanels(findings: readonly DashboardFinding[], { maxDead, baseline }: Terms): Judged {
  const uids = findings.map(({ uid }) => uid);
  const named = (board: DashboardFinding, panel: PanelFinding) =>
    baseline !== undefined && isKnown(baseline, board, panel, uids);
  const boards = findings.map((board) => ({
    ...board,
    panels: board.panels.map((panel) => ({ ...panel, known: isDead(panel) && named(board, panel) })),
  }));
  const all = boards.flatMap((board) => board.panels.map((panel) => ({ board, panel })));
  const dead = all.filter(({ panel }) => isDead(panel));
  const failing = dead.filter(({ panel }) => panel.status === "error" && !panel.known);
  const empty = dead.filter(({ panel }) => panel.status === "empty");
  const overBudget = (board: DashboardFinding) => board.panels.filter(isDead).length > (maxDead ?? Infinity);
  const isNews = ({ board, panel }: PanelOf) =>
    maxDead === undefined ? baseline !== undefined && !panel.known : overBudget(board);
  return {
    boards,
    asked: all.filter(({ panel }) => isAsked(panel)).length,
    dead,
    partial: all.filter(({ panel }) => panel.status === "partial"),
    failing,
    news: empty.filter(isNews),
    revived: all.filter(({ board, panel }) => hasData(panel) && named(board, panel)).length,
  };
}

function isDead({ status }: PanelFinding): boolean {
  return status === "empty" || status === "error";
}

function hasData({ status }: PanelFinding): boolean {
  return status === "data" || status === "partial";
}

function isAsked(panel: PanelFinding): boolean {
  return hasData(panel) || isDead(panel);
}

/** The results have all of them, panel by panel. */
const mostBoards = 10;

/** `3 of 21 panels of Kubernetes show nothing: "Total" (metric x does not exist), ...` for each dashboard. */
export function describe(boards: readonly DashboardFinding[], reported: readonly PanelOf[]): string {
  const lines = boards.flatMap((board) => {
    const mine = reported.filter((one) => one.board.uid === board.uid).map(({ panel }) => panel);
    if (mine.length === 0) return [];
    const asked = board.panels.filter(isAsked).length;
    const which = mine.map(({ title, why }) => `"${title}" (${why ?? "no reason known"})`);
    return [`${mine.length} of ${formatCount(asked, "panel")} of ${board.title}: ${formatList(which)}`];
  });
  const rest = lines.length - mostBoards;
  return [
    ...lines.slice(0, mostBoards),
    ...(rest > 0 ? [`and in ${formatCount(rest, "more dashboard")}`] : []),
  ].join("; ");
}
