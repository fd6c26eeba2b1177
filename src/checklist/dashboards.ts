import type { Check, Coverage, DashboardFinding, Findings, Verdict } from "../stack/check.ts";
import type { Stack } from "../stack/stack.ts";
import { dashboardPanels } from "../verify/checks/grafana/panels.ts";
import {
  createMetLine,
  createUnmetLine,
  describePoint,
  type EvidenceLine,
  type Judgement,
  toVerdict,
} from "./point.ts";

const id = "production-dashboards";

/** The maximum number of empty panels that a line names. */
const maxNamedPanels = 3;

/**
 * Judges the panels like the check `dashboard-panels`, with the same grace period: a panel may be empty until the next
 * scrape.
 */
export const dashboards: Check = {
  ...describePoint(id),
  absence: dashboardPanels.absence,
  run: runPanelCheck,
};

/** Runs the check of the panels and returns its verdict for the checklist. */
async function runPanelCheck(stack: Stack, coverage?: Coverage): Promise<Verdict> {
  const verdict = await dashboardPanels.run(stack, coverage);
  if (verdict.status === "skipped") return toVerdict(id, { lines: [createUnmetLine(verdict.reason)] });
  const { dashboards: boards = [] } = verdict.findings ?? {};
  const judgement = judgeDashboards(boards, stack.verify.maxDeadPanels);
  if (verdict.status === "pass") return { ...toVerdict(id, judgement), ...toFindings(boards, judgement) };
  return { ...verdict, ...toFindings(boards, judgement) };
}

/** Returns the findings for the report: the panels of each dashboard, and the evidence for this point. */
function toFindings(boards: readonly DashboardFinding[], { lines }: Judgement): { findings: Findings } {
  return { findings: { dashboards: boards, checklist: [{ id, lines }] } };
}

/**
 * Returns the judgement with a line for each dashboard.
 * @param maxDead the number of panels of a dashboard that may show nothing, besides those in the baseline file; default
 * none
 */
export function judgeDashboards(boards: readonly DashboardFinding[], maxDead: number | undefined): Judgement {
  if (boards.length === 0) return { lines: [createUnmetLine("Grafana has no dashboards")] };
  return { lines: boards.map((board) => judgeDashboard(board, maxDead)) };
}

/**
 * Returns the line of a dashboard: met if at least one panel shows data, and no more panels than allowed show nothing.
 */
function judgeDashboard({ title, panels }: DashboardFinding, maxDead: number | undefined): EvidenceLine {
  const aliveCount = panels.filter(({ status }) => status === "data" || status === "partial").length;
  const deadPanels = panels.filter(
    ({ status, known }) => (status === "empty" || status === "error") && !known,
  );
  const names = deadPanels
    .slice(0, maxNamedPanels)
    .map(({ title: panelTitle, why }) => (why === undefined ? panelTitle : `${panelTitle} (${why})`));
  const others = deadPanels.length > names.length ? ` and ${deadPanels.length - names.length} more` : "";
  const deadText =
    deadPanels.length === 0 ? "" : `, ${deadPanels.length} show nothing: ${names.join(", ")}${others}`;
  if (aliveCount === 0) return createUnmetLine(`${title}: no panel shows data${deadText}`);
  const line = `${title}: ${aliveCount} ${aliveCount === 1 ? "panel shows" : "panels show"} data${deadText}`;
  return deadPanels.length > (maxDead ?? 0) ? createUnmetLine(line) : createMetLine(line);
}
