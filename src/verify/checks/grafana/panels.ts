import {
  type Baseline,
  emptyBaseline,
  formatBaseline,
  parseBaseline,
  updateBaseline,
} from "../../../dashboards/baseline.ts";
import { parseInterval } from "../../../dashboards/options.ts";
import { Interrupted } from "../../../lib/errors.ts";
import { formatCount } from "../../../lib/text.ts";
import { type Check, type Coverage, skip, type Verdict } from "../../../stack/check.ts";
import type { GrafanaClient } from "../../../stack/grafana.ts";
import { createPrometheusClient } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { describePanels, type JudgedPanels, judgePanels } from "../../panels/findings.ts";
import {
  createProgress,
  listDrawable,
  listFindings,
  type Progress,
  queryPendingPanels,
} from "../../panels/pass.ts";
import { listProvisionedDashboards } from "../../panels/provisioned.ts";
import { createAbsentKindFinder } from "../../targets/missing-metrics.ts";
import { type StackWith, withGrafana } from "../required-services.ts";

export const dashboardPanels: Check = {
  id: "dashboard-panels",
  title: "The dashboards' panels show data",
  severity: "error",
  absence: "targets",
  meaning: 'Somebody opens the dashboard in need, and the panel says "No data".',
  fix: "fix the query as the reason says, or take the panel out; what may stay empty belongs into the baseline file (`--update-baseline true` writes it)",
  run: withGrafana(checkDashboardPanels),
};

/** The progress of a run. Attempts of the same run share a stack. */
const progressByStack = new WeakMap<Stack, Progress>();

/** Queries the panels of all dashboards again, and judges the results of all attempts so far. */
async function checkDashboardPanels(
  client: GrafanaClient,
  stack: StackWith<"grafana">,
  coverage?: Coverage,
): Promise<Verdict> {
  const { context } = stack;
  const baselineFile = await readBaseline(stack);
  if ("problem" in baselineFile) return reportBrokenBaseline(stack, baselineFile.problem);
  const progress = progressByStack.get(stack) ?? createProgress();
  progressByStack.set(stack, progress);
  await waitForNextPass(stack, progress);
  await queryPendingPanels(client, progress, {
    now: () => context.host.now(),
    expressions: stack.expressions,
    findAbsentKind: createAbsentKindFinder(stack),
  });
  if (progress.boards.size === 0) return skipNoDashboards(stack);
  return await judgeProgress(stack, progress, baselineFile.baseline, coverage?.status !== "incomplete");
}

/** Waits until the next pass is due: up to 2 s after the last one. An empty panel needs a scrape, so earlier queries are useless. */
async function waitForNextPass({ context }: Stack, { passes, lastPassAt }: Progress): Promise<void> {
  const waitMs = lastPassAt + Math.min(passes, 2) * 1000 - context.host.now();
  if (passes > 0 && waitMs > 0) await context.host.sleep(waitMs, context.signal);
  if (context.signal.aborted) throw new Interrupted();
}

/** Returns the skip if there are no dashboards; a failure if the charts provision some. */
function skipNoDashboards({ rendered }: Stack): Verdict {
  if (listProvisionedDashboards(rendered).length === 0) return skip("Grafana has no dashboards");
  return {
    status: "fail",
    expected: "the charts' dashboards in Grafana",
    seen: "none",
    cause: "see dashboards-whole",
    fault: { id: "dashboard-missing", graceMs: 12_000 },
  };
}

/** The baseline, or why its file is invalid. */
type ReadBaseline = { readonly baseline: Baseline | undefined } | { readonly problem: string };

/** Reads the baseline file. The baseline is undefined if there is no file. */
async function readBaseline({ context, verify }: Stack): Promise<ReadBaseline> {
  const text = await context.host.files.read(verify.dashboardBaseline);
  return text === undefined ? { baseline: undefined } : parseBaseline(text);
}

/** Returns the final failure for a baseline file that can't be read. */
function reportBrokenBaseline({ verify }: Stack, problem: string): Verdict {
  return {
    status: "fail",
    expected: "a baseline file that can be read",
    seen: `${verify.dashboardBaseline}: ${problem}`,
    fix: "fix the file, or remove it and write it anew with --update-baseline true",
    final: true,
    fault: { id: "dashboard-baseline-broken", graceMs: 0 },
  };
}

/**
 * Judges the results of all attempts so far, and writes the baseline file if that is requested.
 * @param hasAllTargets false if targets are missing, so that empty panels prove nothing
 */
async function judgeProgress(
  stack: Stack,
  progress: Progress,
  baseline: Baseline | undefined,
  hasAllTargets: boolean,
): Promise<Verdict> {
  const { verify } = stack;
  const judgedPanels = judgePanels(listFindings(progress), { maxDead: verify.maxDeadPanels, baseline });
  const drawable = listDrawable(progress, judgedPanels.boards);
  const findings = { dashboards: judgedPanels.boards, drawable };
  if (judgedPanels.queriedCount === 0)
    return { status: "skipped", reason: "no panel of Grafana's dashboards queries Prometheus", findings };
  const { graceMs, quietMs } = await computeGracePeriods(stack);
  // The observations of a slow pass are old when it ends.
  const unchangedMs = progress.lastPassBegan - progress.changedAt;
  if (verify.updateBaseline && judgedPanels.dead.length > 0) {
    if (unchangedMs < graceMs || !hasAllTargets) return { ...reportWaiting(judgedPanels), findings };
    return { status: "pass", seen: await writeBaseline(stack, judgedPanels, baseline), findings };
  }
  if (judgedPanels.failing.length > 0 || judgedPanels.unexpected.length > 0)
    return { ...reportFailure(judgedPanels, verify.maxDeadPanels, graceMs), findings };
  const hasLimit = baseline !== undefined || verify.maxDeadPanels !== undefined;
  // Without a limit empty panels are accepted once the results no longer improve.
  if (judgedPanels.dead.length > 0 && !hasLimit && unchangedMs < quietMs)
    return { ...reportWaiting(judgedPanels), findings };
  if (verify.updateBaseline)
    return { status: "pass", seen: await writeBaseline(stack, judgedPanels, baseline), findings };
  return { status: "pass", seen: summarizePanels(judgedPanels), findings };
}

/** Returns the failure while panels are empty that may still get data. */
function reportWaiting(judgedPanels: JudgedPanels): Extract<Verdict, { status: "fail" }> {
  const seen = `nothing yet in ${describePanels(judgedPanels.boards, judgedPanels.dead)}`;
  return { status: "fail", expected: "every panel shows data, or goes on showing none", seen };
}

/** Returns the failure for queries that fail and for panels without data that are not accepted. */
function reportFailure(
  { boards, failing, unexpected: unexpectedPanels }: JudgedPanels,
  maxDead: number | undefined,
  graceMs: number,
): Extract<Verdict, { status: "fail" }> {
  const parts = [
    failing.length > 0 ? `queries fail in ${describePanels(boards, failing)}` : "",
    unexpectedPanels.length > 0 ? `nothing is shown in ${describePanels(boards, unexpectedPanels)}` : "",
  ];
  return {
    status: "fail",
    expected:
      maxDead === undefined
        ? "every panel shows data that the baseline file doesn't name"
        : `at most ${formatCount(maxDead, "panel")} of a dashboard without data, and no query that fails`,
    seen: parts.filter((part) => part !== "").join("; "),
    fault: { id: failing.length > 0 ? "dashboard-query-error" : "dashboard-panels-dead", graceMs },
  };
}

/** Returns the text of a pass: the panels with data, without data, with a part of it, and in the baseline file. */
function summarizePanels({ boards, queriedCount, dead, partial, revivedCount }: JudgedPanels): string {
  const totalText = `${formatCount(queriedCount, "panel")} of ${formatCount(boards.length, "dashboard")}`;
  const unsupportedCount = boards.flatMap(({ panels }) =>
    panels.filter(({ status }) => status === "unsupported"),
  ).length;
  const knownPanels = dead.filter(({ panel }) => panel.known);
  return [
    dead.length === 0
      ? `all ${totalText} show data`
      : `${queriedCount - dead.length} of ${totalText} show data`,
    dead.length > knownPanels.length
      ? `nothing in ${describePanels(
          boards,
          dead.filter(({ panel }) => !panel.known),
        )}`
      : "",
    partial.length > 0 ? `only a part in ${describePanels(boards, partial)}` : "",
    knownPanels.length > 0 ? `${knownPanels.length} without data are in the baseline file` : "",
    revivedCount > 0
      ? `${revivedCount} that the baseline file names show data again (--update-baseline true)`
      : "",
    unsupportedCount > 0 ? `${unsupportedCount} could not be queried (not Prometheus)` : "",
  ]
    .filter((part) => part !== "")
    .join("; ");
}

/** Writes the empty panels to the baseline file, and returns a line for the report. */
async function writeBaseline(
  stack: Stack,
  { boards, dead }: JudgedPanels,
  baseline: Baseline | undefined,
): Promise<string> {
  const { context, verify } = stack;
  const current = boards.map(({ uid, title }) => ({
    uid,
    title,
    dead: dead.filter(({ board }) => board.uid === uid).map(({ panel }) => panel),
  }));
  const text = formatBaseline(updateBaseline(baseline ?? emptyBaseline, current));
  await context.host.files.write(verify.dashboardBaseline, text);
  return `${formatCount(dead.length, "panel")} without data written to ${verify.dashboardBaseline}`;
}

/** The scrape interval if Prometheus does not report it. */
const assumedIntervalMs = 15_000;
/** The longest grace period. */
const longestMs = 60_000;

/** Returns, in milliseconds, how long a panel may stay empty, and how long the results must be unchanged: a few scrapes each. */
async function computeGracePeriods({
  context,
  prometheus,
}: Stack): Promise<{ graceMs: number; quietMs: number }> {
  const config =
    prometheus &&
    (await createPrometheusClient(context, prometheus)
      .config()
      .catch(() => undefined));
  const interval = parseInterval(config?.global?.scrape_interval) ?? assumedIntervalMs;
  return {
    graceMs: Math.min(longestMs, Math.max(10_000, 3 * interval)),
    quietMs: Math.min(longestMs, Math.max(5_000, 2 * interval + 1_000)),
  };
}
