import type { Check, Coverage, DashboardFinding, Verdict } from "../stack/check.ts";
import type { Stack } from "../stack/stack.ts";
import { dashboardPanels } from "../verify/checks/grafana/panels.ts";
import { type Judgement, type Line, pointOf, toMetLine, toUnmetLine, toVerdict } from "./point.ts";

const id = "production-dashboards";

/** Judges the panels as `dashboard-panels` does, with its grace period: a panel may need a scrape to fill. */
export const dashboards: Check = { ...pointOf(id), absence: dashboardPanels.absence, run: runPanelCheck };

async function runPanelCheck(stack: Stack, coverage?: Coverage): Promise<Verdict> {
  const verdict = await dashboardPanels.run(stack, coverage);
  if (verdict.status === "skipped") return toVerdict(id, { lines: [toUnmetLine(verdict.reason)] });
  const { dashboards: seen = [] } = verdict.findings ?? {};
  const judgement = judgeDashboards(seen, stack.verify.maxDeadPanels);
  if (verdict.status === "pass") return { ...toVerdict(id, judgement), ...listFindings(seen, judgement) };
  return { ...verdict, ...listFindings(seen, judgement) };
}

function listFindings(seen: readonly DashboardFinding[], { lines }: Judgement) {
  return { findings: { dashboards: seen, checklist: [{ id, lines }] } };
}

/** `maxDead`: how many panels of a dashboard may show nothing; undefined: only those that the baseline file names. */
export function judgeDashboards(seen: readonly DashboardFinding[], maxDead: number | undefined): Judgement {
  if (seen.length === 0) return { lines: [toUnmetLine("Grafana has no dashboards")] };
  return { lines: seen.map((board) => judgeDashboard(board, maxDead)) };
}

function judgeDashboard({ title, panels }: DashboardFinding, maxDead: number | undefined): Line {
  const alive = panels.filter(({ status }) => status === "data" || status === "partial").length;
  const dead = panels.filter(({ status, known }) => (status === "empty" || status === "error") && !known);
  const names = dead
    .slice(0, 3)
    .map((panel) => `${panel.title}${panel.why === undefined ? "" : ` (${panel.why})`}`);
  const more = dead.length > names.length ? ` and ${dead.length - names.length} more` : "";
  const deadPanels = dead.length === 0 ? "" : `, ${dead.length} show nothing: ${names.join(", ")}${more}`;
  if (alive === 0) return toUnmetLine(`${title}: no panel shows data${deadPanels}`);
  const line = `${title}: ${alive} ${alive === 1 ? "panel shows" : "panels show"} data${deadPanels}`;
  return dead.length > (maxDead ?? 0) ? toUnmetLine(line) : toMetLine(line);
}
