import type { Results } from "../results-schema.ts";

/**
 * Returns the part of the results that a later run is compared with. Everything big that no comparison reads is left
 * out.
 */
export function toBaseline(results: Results): Results {
  return {
    ...results,
    profileSettings: [],
    adaptations: [],
    trace: results.trace && { ...results.trace, spans: [], criticalPath: [] },
    causes: [],
    targets: [],
    dashboards: results.dashboards.map((dashboard) => ({
      ...dashboard,
      panels: dashboard.panels.map((panel) => ({ ...panel, queries: [] })),
    })),
    measurements: undefined,
    comparison: undefined,
    watch: undefined,
  };
}
