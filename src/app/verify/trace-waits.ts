import type { Span, SpanRecord } from "../../lib/trace.ts";
import type { CheckResult } from "../../stack/check.ts";
import type { Stack } from "../../stack/stack.ts";
import { prometheusReady } from "../../verify/checks/targets/prometheus-health.ts";
import { findNeededServers, isAboutSamples } from "../../verify/runner/needs.ts";
import { recordScrapes } from "../../verify/runner/scrapes.ts";
import { formatWorkload, listServerWorkloads } from "../readiness.ts";
import type { Session } from "../session/session.ts";

/** A check that has ended, and its span. */
export interface EndedCheck {
  readonly result: CheckResult;
  readonly span: Span;
}

/** Records the first scrapes in the trace, and what each check waited for. */
export async function traceWaits(
  { tracer, draft }: Session,
  stack: Stack,
  span: Span | undefined,
  ended: readonly EndedCheck[],
): Promise<void> {
  const { spans } = tracer.read();
  for (const { result, span: checkSpan } of ended)
    checkSpan.follow(findNeededWorkloads(spans, stack, result.id));
  // A Prometheus that does not respond must not delay the report.
  if (!draft.checks.some(({ id, status }) => id === prometheusReady.id && status === "pass")) return;
  const waiting = ended.filter(({ result }) => result.attempts > 1 && isAboutSamples(result.id));
  await recordScrapes(stack, {
    span,
    targets: draft.targets.length,
    recorded: spans,
    waiting: waiting.map((check) => ({ span: check.span, endedMs: Date.parse(check.result.endedAt) })),
  });
}

/** Returns the span of the workload that was ready last of those that a check needs; empty without a deployment. */
function findNeededWorkloads(spans: readonly SpanRecord[], { rendered }: Stack, id: string): SpanRecord[] {
  const workloads = spans.filter(({ kind }) => kind === "workload");
  const servers = findNeededServers(id);
  const needed =
    servers &&
    new Set(servers.flatMap((server) => listServerWorkloads(rendered, server).map(formatWorkload)));
  return workloads
    .filter(({ name }) => needed?.has(name) ?? true)
    .toSorted((a, b) => b.endedMs - a.endedMs)
    .slice(0, 1);
}
