import { allowsNone } from "../../config/checks/comparison.ts";
import type { PromqlCheck } from "../../config/checks/promql.ts";
import { pointAt, positionIn } from "../../promql/promql.ts";
import type { HttpEndpoint, Stack, Verdict } from "../../stack/types.ts";
import { pass } from "../../stack/verdicts.ts";
import { type Asked, ask, type Window } from "./ask.ts";
import { hasScraped, type Split, splitByFreshness } from "./fresh.ts";
import { expectedOf, judgeSeries, shownLabels } from "./judge-series.ts";
import { whyEmpty } from "./why-empty.ts";

/** Milliseconds for which an explanation is kept: it costs some requests, and a check is tried twice a second. */
const explanationMs = 5_000;

/** A query that fails while it is evaluated may do so because of series that are about to go, e.g. of an old pod. */
const executionGraceMs = 10_000;

/** One attempt at a time of asking Prometheus and judging its answer. */
export function createPromqlRun(check: PromqlCheck): (stack: Stack) => Promise<Verdict> {
  const { expression, expect } = check;
  const explain = createExplainer(expression);
  return async (stack) => {
    const endpoint = stack.prometheus;
    const expected = expectedOf(expect);
    if (endpoint === undefined) return noPrometheus(expected);
    const asked = await ask(stack.context, endpoint, expression, await windowOf(check, stack, endpoint));
    if (asked.status === "refused") return refused(expression, asked);
    const { fresh, stale } = expect.fresh
      ? await splitByFreshness(stack, endpoint, expression, asked.series)
      : { fresh: asked.series, stale: [] };
    const { isRight, seen } = judgeSeries(expect, fresh);
    if (isRight && fresh.length === 0 && expect.fresh && !(await hasScraped(stack, endpoint)))
      return {
        status: "fail",
        expected,
        seen: "no series, but Prometheus has scraped nothing since the deployment",
      };
    if (isRight) return pass(seen + besides(stale));
    const verdict = { status: "fail", expected, seen: seen + besides(stale) } as const;
    if (asked.series.length > 0) return verdict;
    const cause = await explain(stack, endpoint);
    return cause === undefined ? verdict : { ...verdict, cause };
  };
}

/**
 * Whether series that are still to come could make it fail: it says how many there may be at most, or what holds for every
 * one. Only that there are some, or that one has a value, is proven by what is there already.
 */
export function needsSight({ expect }: PromqlCheck): boolean {
  const { series, every, range, labels, fresh } = expect;
  const isAtLeast = series.operator === ">" || (series.operator === ">=" && !allowsNone(series));
  return (
    fresh && (!isAtLeast || every !== undefined || range !== undefined || Object.keys(labels).length > 0)
  );
}

function noPrometheus(expected: string): Verdict {
  const fix = "deploy Prometheus, or leave this check out with --skip";
  return { status: "fail", expected, seen: "no Prometheus in this stack to ask", final: true, fix };
}

/** By Prometheus' clock, which may be another than ours. */
async function windowOf(
  { over, expect }: PromqlCheck,
  stack: Stack,
  endpoint: HttpEndpoint,
): Promise<Window | undefined> {
  if (over === undefined) return undefined;
  const clock = await ask(stack.context, endpoint, "time()");
  const end =
    (clock.status === "answered" ? clock.series[0]?.samples[0]?.value : undefined) ??
    stack.context.host.now() / 1000;
  const deployed = expect.fresh ? Date.parse(stack.deployedAt) / 1000 : 0;
  return { start: Math.min(Math.max(end - over.rangeMs / 1000, deployed), end), end, stepMs: over.stepMs };
}

function refused(expression: string, { type, message }: Extract<Asked, { status: "refused" }>): Verdict {
  const expected = "an expression that Prometheus can evaluate";
  const place = positionIn(message);
  const shown = place === undefined ? expression : pointAt(expression, inCharacters(expression, place));
  const seen = `Prometheus: ${message}\n${shown.replaceAll(/^/gm, "    ")}`;
  // The expression does not change, so neither does what Prometheus says of it.
  if (type === "bad_data")
    return { status: "fail", expected, seen, final: true, fault: { id: "own-promql-refused", graceMs: 0 } };
  const fault = { id: "own-promql-failed", graceMs: executionGraceMs };
  return { status: "fail", expected, seen, fault };
}

/** Prometheus counts a line's bytes. */
function inCharacters(expression: string, { line, column }: { line: number; column: number }) {
  const text = expression.split("\n")[line - 1] ?? "";
  const before = Buffer.from(text)
    .subarray(0, column - 1)
    .toString();
  return { line, column: before.length + 1 };
}

function besides(stale: Split["stale"]): string {
  const [first] = stale;
  if (first === undefined) return "";
  return `; ${stale.length} stale, not counted: ${shownLabels(first.series.labels)} (${first.why})`;
}

function createExplainer(expression: string) {
  let known: { readonly at: number; readonly cause: string | undefined } | undefined;
  return async (stack: Stack, endpoint: HttpEndpoint): Promise<string | undefined> => {
    const now = stack.context.host.now();
    if (known === undefined || now - known.at >= explanationMs)
      known = { at: now, cause: await whyEmpty(stack, endpoint, expression) };
    return known.cause;
  };
}
