import { limitLine } from "../../lib/text.ts";
import type { Place, Results } from "../results-schema.ts";
import { isBad } from "../verdict.ts";
import type { TestCase, TestSuite } from "./suite.ts";

type Panel = Results["dashboards"][number]["panels"][number];

/** What the check of all panels came to, which decides whether a panel without data fails. */
interface PanelRules {
  readonly failsPanels: boolean;
  readonly place: Place | undefined;
}

/**
 * Returns a suite for each dashboard with a case for each panel. A panel without data fails if the check of the panels
 * fails and the baseline file does not name it; else it passes with a warning.
 */
export function listPanelSuites({ dashboards, checks, causes, startedAt }: Results): TestSuite[] {
  const check = checks.find(({ id }) => id === "dashboard-panels");
  const rules: PanelRules = {
    failsPanels: check !== undefined && isBad(check),
    place: causes.find(({ explains }) => explains.includes("dashboard-panels"))?.at,
  };
  return dashboards.map(({ title, panels }) => ({
    name: `dashboard ${title}`,
    startedAt: check?.startedAt ?? startedAt,
    cases: panels.map((panel) => toPanelCase(panel, rules)),
  }));
}

function toPanelCase(panel: Panel, rules: PanelRules): TestCase {
  const { id, title, row } = panel;
  const outcome = toOutcome(panel, rules);
  return {
    name: `${row ? `${row} / ` : ""}${title || "without a title"} (panel ${id})`,
    seconds: 0,
    outcome,
    place: outcome.kind === "failed" ? rules.place : undefined,
  };
}

function toOutcome(panel: Panel, { failsPanels }: PanelRules): TestCase["outcome"] {
  const { status, why, queries, known } = panel;
  if (status === "data" || status === "static") return { kind: "passed" };
  if (status === "unsupported")
    return { kind: "skipped", reason: why ?? "it queries something else than Prometheus" };
  const text = {
    partial: "some of its queries return nothing",
    empty: "it shows nothing",
    error: "a query fails",
  }[status];
  const message = limitLine(why === undefined ? text : `${text}: ${why}`);
  const details = queries.map((query) => `query: ${limitLine(query)}`);
  if (failsPanels && !known && status !== "partial")
    return { kind: "failed", failure: { type: `panel-${status}`, message, details } };
  const note = known ? "known from the baseline file" : "warning";
  return { kind: "passed", output: [`${note}: ${message}`, ...details].join("\n") };
}
