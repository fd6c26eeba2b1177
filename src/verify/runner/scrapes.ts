import { z } from "zod";
import { describeError } from "../../lib/errors.ts";
import { encodeUrlPart } from "../../lib/text.ts";
import type { Span, SpanRecord } from "../../lib/trace.ts";
import { parseJson, sendRequest } from "../../stack/http.ts";
import { createPrometheusClient, sumMetric } from "../../stack/prometheus.ts";
import type { HttpEndpoint, Stack } from "../../stack/stack.ts";

/** With more targets, no scrape is read: the response grows with their number. */
const maxTargets = 200;
/** Scrapes are read only from this many milliseconds before now. */
const lookBackMs = 300_000;
/** Time limit of a request in milliseconds: the trace must not delay a report. */
const requestMs = 1_000;
/** Milliseconds between the start of a container and of the process in it. */
const processStartMs = 3_000;

const matrixSchema = z.object({
  data: z.object({
    resultType: z.literal("matrix"),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

/** A check that has ended, and its span. */
interface EndedCheck {
  readonly endedMs: number;
  readonly span: Span;
}

interface ScrapeOptions {
  readonly span: Span | undefined;
  /** Number of Prometheus' targets; 0 if it is not known. */
  readonly targets: number;
  /** The spans so far: those of Prometheus' containers are what its first scrapes waited for. */
  readonly recorded: readonly SpanRecord[];
  /** Checks that had to wait for samples. Each gets a link to the last scrape before its end. */
  readonly waiting: readonly EndedCheck[];
}

/**
 * Records the first and the second scrape of each target since Prometheus' start, from the times of the samples of `up`:
 * `/api/v1/targets` knows only the last one. Nothing is recorded for a stack that was deployed long ago. Failures are
 * only logged.
 */
export async function recordScrapes(stack: Stack, options: ScrapeOptions): Promise<void> {
  const { context, prometheus, deployedAt } = stack;
  const rangeMs = context.host.now() - Date.parse(deployedAt);
  if (options.span === undefined || prometheus === undefined || !(rangeMs <= lookBackMs)) return;
  // Without their number, the response could have any size.
  if (options.targets === 0) return;
  if (options.targets > maxTargets) return options.span.note({ targetsWithoutScrapes: options.targets });
  try {
    const [series, startedMs] = await Promise.all([
      readFirstScrapes(stack, prometheus, Math.ceil(rangeMs / 1_000)),
      readStart(stack, prometheus),
    ]);
    addScrapes(options.span, series, startedMs, options);
  } catch (error) {
    context.log.debug(`the times of the first scrapes are not known: ${describeError(error)}`);
  }
}

interface ScrapedTarget {
  readonly name: string;
  /** When it was scraped the first and the second time, in milliseconds since the epoch. */
  readonly scrapesMs: readonly number[];
}

async function readFirstScrapes(
  { context, deployedAt }: Stack,
  { url }: HttpEndpoint,
  rangeSeconds: number,
): Promise<ScrapedTarget[]> {
  const path = `/api/v1/query?query=${encodeUrlPart(`up[${rangeSeconds}s]`)}`;
  const response = await sendRequest(context, `${url.replace(/\/$/, "")}${path}`, {}, requestMs);
  const { data } = parseJson(response, matrixSchema);
  const sinceMs = Date.parse(deployedAt);
  return data.result.slice(0, maxTargets).map(({ metric, values }) => {
    const times = values.filter(([, value]) => value === "1").map(([seconds]) => Math.round(seconds * 1_000));
    const name = `${metric["job"] ?? ""} ${metric["instance"] ?? ""}`;
    return { name, scrapesMs: times.filter((time) => time >= sinceMs).slice(0, 2) };
  });
}

/** Returns when Prometheus' process started, in milliseconds since the epoch; undefined if it does not say. */
async function readStart({ context }: Stack, prometheus: HttpEndpoint): Promise<number | undefined> {
  const bounded = { ...context, signal: AbortSignal.any([context.signal, AbortSignal.timeout(requestMs)]) };
  const exposition = await createPrometheusClient(bounded, prometheus).metrics();
  const seconds = sumMetric(exposition, "process_start_time_seconds");
  return seconds === undefined ? undefined : Math.round(seconds * 1_000);
}

/** Returns the span of the container in which Prometheus' process started, which says so only to the second. */
function findContainer(
  recorded: readonly SpanRecord[],
  startedMs: number | undefined,
): SpanRecord | undefined {
  if (startedMs === undefined) return undefined;
  const distance = ({ endedMs }: SpanRecord) => Math.abs(endedMs - startedMs);
  return recorded
    .filter(({ kind, name }) => kind === "container" && /prometheus/.test(name) && !/reload/.test(name))
    .filter((span) => distance(span) <= processStartMs)
    .toSorted((a, b) => distance(a) - distance(b))[0];
}

/** Adds the spans of scrapes: the first begins when Prometheus has started, the second with the first. */
function addScrapes(
  parent: Span,
  targets: readonly ScrapedTarget[],
  startedMs: number | undefined,
  { recorded, waiting }: ScrapeOptions,
): void {
  const container = findContainer(recorded, startedMs);
  const scrapes = targets.flatMap(({ name, scrapesMs: [first, second] }) => {
    if (first === undefined) return [];
    const begunMs = Math.min(container?.endedMs ?? startedMs ?? first, first);
    const firstSpan = parent.add({
      ...{ kind: "scrape", name: `first scrape of ${name}` },
      ...{ startedMs: begunMs, endedMs: first, after: container ? [container] : [] },
    });
    const firstScrape = { span: firstSpan, endedMs: first };
    if (second === undefined) return [firstScrape];
    const secondSpan = parent.add({
      ...{ kind: "scrape", name: `second scrape of ${name}` },
      ...{ startedMs: first, endedMs: second, after: [firstSpan] },
    });
    return [firstScrape, { span: secondSpan, endedMs: second }];
  });
  for (const { span, endedMs } of waiting) {
    const before = scrapes.filter((scrape) => scrape.endedMs <= endedMs);
    const last = before.toSorted((a, b) => b.endedMs - a.endedMs)[0];
    if (last !== undefined) span.follow([last.span]);
  }
}
