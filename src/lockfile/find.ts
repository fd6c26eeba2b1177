import type { Lock, LockedChart, LockedDashboard } from "./lock.ts";

/** What is asked for, as `asked` in the lock has it. */
interface AskedChart {
  readonly from: string;
  readonly name: string;
  readonly asked: string | undefined;
}

interface AskedDashboard {
  readonly from: string;
  readonly asked: number | undefined;
}

/** How a lock writes a repository's URL. */
export function repoOf(url: string): string {
  return url.replace(/(?<!\/)\/+$/, "");
}

/** The chart that was locked for this wish; or one with just the version that is asked for, whatever was before. */
export function chartIn(lock: Lock, { from, name, asked }: AskedChart): LockedChart | undefined {
  const same = lock.charts.filter((chart) => chart.from === from && chart.name === name);
  const isExactly = ({ version }: LockedChart) => asked !== undefined && bare(version) === bare(asked);
  return same.find((chart) => chart.asked === asked) ?? same.find(isExactly);
}

/** The same for a dashboard and its revision. */
export function dashboardIn(lock: Lock, { from, asked }: AskedDashboard): LockedDashboard | undefined {
  const same = lock.dashboards.filter((dashboard) => dashboard.from === from);
  return (
    same.find((dashboard) => dashboard.asked === asked) ??
    same.find(({ revision }) => asked !== undefined && revision === asked)
  );
}

function bare(version: string): string {
  return version.replace(/^v/, "");
}
