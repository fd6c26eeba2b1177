import type { Check, Coverage, DashboardFinding, Verdict } from "../stack/check.ts";
import type { Stack } from "../stack/stack.ts";
import { dashboardPanels } from "../verify/checks/grafana/panels.ts";
import { describePoint, type Judgement, type Line, toMetLine, toUnmetLine, toVerdict } from "./point.ts";

const id = "production-dashboards";

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
  if (verdict.status === "skipped") return toVerdict(id, { lines: [toUnmetLine(verdict.reason)] });
  const { dashboards: boards = [] } = verdict.findings ?? {};
  const judgement = judgeDashboards(boards, stack.verify.maxDeadPanels);
  if (verdict.status === "pass") return { ...toVerdict(id, judgement), ...toFindings(boards, judgement) };
  return { ...verdict, ...toFindings(boards, judgement) };
}

/** Returns the findings of the panels and of the point. */
function toFindings(boards: readonly DashboardFinding[], { lines }: Judgement) {
  return { findings: { dashboards: boards, checklist: [{ id, lines }] } };
}

/**
 * Returns a line for each dashboard. @param maxDead how many panels of a dashboard may show nothing; undefined: only
 * those in the baseline file
 */
export function judgeDashboards(boards: readonly DashboardFinding[], maxDead: number | undefined): Judgement {
  if (boards.length === 0) return { lines: [toUnmetLine("Grafana has no dashboards")] };
  return { lines: boards.map((board) => judgeDashboard(board, maxDead)) };
}

/** Returns whether a dashboard shows data in at least one panel, and has no more empty panels than allowed. */
function judgeDashboard({ title, panels }: DashboardFinding, maxDead: number | undefined): Line {
  const aliveCount = panels.filter(({ status }) => status === "data" || status === "partial").length;
  const deadPanels = panels.filter(
    ({ status, known }) => (status === "empty" || status === "error") && !known,
  );
  const names = deadPanels
    .slice(0, 3)
    .map((panel) => `${panel.title}${panel.why === undefined ? "" : ` (${panel.why})`}`);
  const others = deadPanels.length > names.length ? ` and ${deadPanels.length - names.length} more` : "";
  const deadText =
    deadPanels.length === 0 ? "" : `, ${deadPanels.length} show nothing: ${names.join(", ")}${others}`;
  if (aliveCount === 0) return toUnmetLine(`${title}: no panel shows data${deadText}`);
  const line = `${title}: ${aliveCount} ${aliveCount === 1 ? "panel shows" : "panels show"} data${deadText}`;
  return deadPanels.length > (maxDead ?? 0) ? toUnmetLine(line) : toMetLine(line);
}
