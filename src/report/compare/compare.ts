import type { Results } from "../results-schema.ts";
import type { AreaComparison } from "./area.ts";
import { comparePhases, compareResources, compareSeries } from "./figures.ts";
import { compareAlerts, compareChecks, compareMetricNames, comparePanels } from "./outcomes.ts";
import { type Area, areas, type Change, type Comparison, maxChanges } from "./schema.ts";
import { compareVersions } from "./versions.ts";

const comparers: Readonly<Record<Area, (before: Results, after: Results) => AreaComparison>> = {
  checks: compareChecks,
  alerts: compareAlerts,
  panels: comparePanels,
  phases: comparePhases,
  versions: compareVersions,
  resources: compareResources,
  series: compareSeries,
  metrics: compareMetricNames,
};

/**
 * Returns what changed from one run to another.
 * @param from where the earlier run came from, as shown to the user
 */
export function compareResults(before: Results, after: Results, from: string): Comparison {
  const { startedAt, mode, verified } = before;
  const outcomes = areas.map((area) => ({ area, ...comparers[area](before, after) }));
  const comparable = outcomes.filter((outcome) => "changes" in outcome);
  return {
    baseline: { from, startedAt, mode, verified },
    changes: comparable.flatMap(({ changes }) => sortChanges(changes).slice(0, maxChanges)),
    compared: comparable.map(({ area, count }) => ({ area, count })),
    left: comparable
      .map(({ area, changes }) => ({ area, count: changes.length - maxChanges }))
      .filter(({ count }) => count > 0),
    notCompared: outcomes.flatMap((outcome) =>
      "why" in outcome ? [{ area: outcome.area, why: outcome.why }] : [],
    ),
  };
}

const effectOrder = { worse: 0, better: 1, neutral: 2 } as const;

/** Returns the changes with the worst first, otherwise in their given order. */
function sortChanges(changes: readonly Change[]): Change[] {
  return changes.toSorted((a, b) => effectOrder[a.effect] - effectOrder[b.effect]);
}
