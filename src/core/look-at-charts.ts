import { filesOfValues } from "../config/locate.ts";
import { MonstackError, messageOf } from "../host/errors.ts";
import { formatChart } from "../plan/chart.ts";
import type { ChartSource } from "../plan/chart-source.ts";
import type { Plan, PlannedApp, UnknownValue } from "../plan/types.ts";
import { readChartSource } from "../sources/chart-values.ts";
import { fetchChart } from "../sources/charts.ts";
import { installTool } from "../sources/tools.ts";
import type { ChartFile } from "../sources/types.ts";
import type { Session } from "./session.ts";
import { unknownIn } from "./unknown-values.ts";

/** A chart and the keys of the user's values that it doesn't know. */
export interface LookedAt {
  readonly app: string;
  readonly chart: ChartFile;
  readonly source: ChartSource;
  readonly unknown: readonly UnknownValue[];
}

export interface ChartsLooked {
  readonly looked: readonly LookedAt[];
  /** Apps whose values could not be held against their chart. */
  readonly missed: readonly { readonly app: string; readonly why: string }[];
}

/** Somebody waits for the plan: no long retries. */
const patience = { tries: 2, firstWaitMs: 500, stallMs: 10_000 };

/**
 * Fetches the charts that the user wrote values for, and holds these against them; no cluster is needed, and no helm but
 * for charts in a registry. Offline only what is on this machine is looked at.
 */
export async function lookAtCharts(
  session: Session,
  plan: Plan,
  { offline }: { readonly offline: boolean },
): Promise<ChartsLooked> {
  const { context, loaded } = session;
  const asked = plan.apps.filter(
    ({ name, chart }) =>
      (chart.kind === "path" || chart.kind === "repo" || chart.kind === "oci") &&
      filesOfValues(loaded, name).length > 0,
  );
  const all = await Promise.all(
    asked.map(async (app): Promise<LookedAt | { app: string; why: string }> => {
      if (offline && app.chart.kind !== "path")
        return { app: app.name, why: "its chart is not fetched offline" };
      try {
        const chart = await fetchFor(session, app);
        const source = await readChartSource(context, chart);
        return { app: app.name, chart, source, unknown: unknownIn(loaded, app.name, source) };
      } catch (error) {
        if (!(error instanceof MonstackError)) throw error;
        context.signal.throwIfAborted();
        return { app: app.name, why: `chart ${formatChart(app.chart)}: ${messageOf(error)}` };
      }
    }),
  );
  return {
    looked: all.filter((one) => "chart" in one),
    missed: all.filter((one) => "why" in one),
  };
}

async function fetchFor({ context, loaded, supply }: Session, { chart }: PlannedApp): Promise<ChartFile> {
  const helm = chart.kind === "oci" ? { helm: installTool(context, loaded.config, "helm", { supply }) } : {};
  return fetchChart(context, loaded.config, chart, { ...helm, patience, supply });
}
