import { describeError } from "../../lib/errors.ts";
import { formatList } from "../../lib/text.ts";
import { listNamespaces } from "../../model/rendered.ts";
import { createGrafanaClient } from "../../stack/grafana.ts";
import { createPrometheusClient } from "../../stack/prometheus.ts";
import { createRange, type TimeRange } from "../../stack/range-query.ts";
import type { Stack } from "../../stack/stack.ts";
import { readPanels } from "../../verify/measure/panels.ts";
import { readPlots } from "../../verify/measure/plots.ts";
import type { Session } from "../session/session.ts";
import type { StackRecord } from "../session/stack-file.ts";
import { connectToStack } from "./verify.ts";

/** Milliseconds for all requests together. The verdict is known, so nobody waits longer for the report. */
const limitMs = 3_000;

/** How far back the report looks at most, in milliseconds: a stack can have been there for months. */
const longestRangeMs = 3_600_000;

/**
 * Stores in the draft what the stack showed since its deployment, for the report. What could not be read is named
 * there; any other failure is only logged.
 */
export async function tryMeasurements(session: Session, record: StackRecord): Promise<void> {
  const { context, draft } = session;
  const { signal, host, log } = context;
  if (signal.aborted) return;
  try {
    const limited = { ...context, signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) };
    const stack = await connectToStack({ ...session, context: limited }, record);
    const nowMs = host.now();
    const range = createRange(Math.max(Date.parse(record.deployedAt), nowMs - longestRangeMs), nowMs);
    const [{ plots, missing }, { dashboards, left }] = await Promise.all([
      measureStack(stack, range),
      measureDashboards(session, stack, range),
    ]);
    const lefts = [missing.length > 0 ? `not read: ${formatList(missing, 3)}` : undefined, left];
    const said = lefts.filter((text) => text !== undefined).join("; ");
    if (plots.length === 0 && dashboards.length === 0 && said === "") return;
    draft.measurements = {
      from: new Date(range.from * 1000).toISOString(),
      to: new Date(range.to * 1000).toISOString(),
      plots,
      dashboards,
      ...(said === "" ? {} : { left: said }),
    };
  } catch (error) {
    log.debug(`the measurements for the report were not read: ${describeError(error)}`);
  }
}

/** Reads the plots of the stack's pods and of Prometheus itself. */
async function measureStack(stack: Stack, range: TimeRange): ReturnType<typeof readPlots> {
  if (stack.prometheus === undefined) return { plots: [], missing: [] };
  const { namespace } = stack.prometheus.service;
  const namespaces = [...new Set([namespace, ...listNamespaces(stack.rendered)])];
  return await readPlots(createPrometheusClient(stack.context, stack.prometheus), { range, namespaces });
}

/** Reads what the panels show that a check has found data for. */
async function measureDashboards(
  { progress }: Session,
  { context, grafana }: Stack,
  range: TimeRange,
): ReturnType<typeof readPanels> {
  const { drawable = [] } = progress.findings;
  if (grafana === undefined) return { dashboards: [], left: undefined };
  return await readPanels(createGrafanaClient(context, grafana), drawable, { range, signal: context.signal });
}
