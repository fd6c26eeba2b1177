import { describeError } from "../../lib/errors.ts";
import { formatList } from "../../lib/text.ts";
import { listNamespaces } from "../../model/rendered.ts";
import { createPrometheusClient } from "../../stack/prometheus.ts";
import { createRange } from "../../stack/range-query.ts";
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
  if (record.services.prometheus === undefined || signal.aborted) return;
  try {
    const limited = { ...context, signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) };
    const stack = await connectToStack({ ...session, context: limited }, record);
    if (stack.prometheus === undefined) return;
    const nowMs = host.now();
    const range = createRange(Math.max(Date.parse(record.deployedAt), nowMs - longestRangeMs), nowMs);
    const prometheus = createPrometheusClient(stack.context, stack.prometheus);
    const { namespace } = stack.prometheus.service;
    const namespaces = [...new Set([namespace, ...listNamespaces(stack.rendered)])];
    const { plots, missing } = await readPlots(prometheus, { range, namespaces });
    draft.measurements = {
      from: new Date(range.from * 1000).toISOString(),
      to: new Date(range.to * 1000).toISOString(),
      plots,
      dashboards: [],
      ...(missing.length > 0 ? { left: `Not read: ${formatList(missing, 3)}` } : {}),
    };
  } catch (error) {
    log.debug(`the measurements for the report were not read: ${describeError(error)}`);
  }
}
