import type { RemoteWrite } from "../../../config/endpoints.ts";
import { formatCount, formatList } from "../../../lib/text.ts";
import {
  type Check,
  judgeProblems,
  type Problem,
  skip,
  skipNotDeployed,
  type Verdict,
} from "../../../stack/check.ts";
import { readLog } from "../../../stack/kube.ts";
import { createPrometheusClient, sumMetric } from "../../../stack/prometheus.ts";
import type { Stack } from "../../../stack/stack.ts";
import { findMainContainer, listComponentPods } from "../../access/components.ts";

export const remoteWriteDelivers: Check = {
  id: "remote-write-delivers",
  title: "Remote write delivers every sample",
  severity: "error",
  meaning: "The long-term store misses samples: what is not sent in about two hours is lost for it.",
  fix: "read the reason in Prometheus' log; compare url, tenant header and login with what the store wants",
  run: checkRemoteWriteDelivers,
};

/** Prometheus' counters for one store. */
interface StoreCounters {
  /** Samples sent, without retries; undefined if Prometheus has no queue for the store. */
  readonly samples: number | undefined;
  readonly failed: number;
  readonly dropped: number;
  readonly retried: number;
  readonly pending: number;
  /** Time of the newest acknowledged sample, in seconds since the epoch; 0 if there is none. */
  readonly newestSent: number;
}

/** A problem with one store. */
interface StoreProblem extends Problem {
  readonly store: RemoteWrite;
}

/** Milliseconds: samples are sent in batches, and a store that is still starting gets retries. */
const startMs = 20_000;
/** Seconds that the newest sent sample may be old, in addition to two scrape intervals: a batch waits 5 s. */
const batchSeconds = 10;

/** Fails if samples for a store failed, were dropped, or are late. */
async function checkRemoteWriteDelivers(stack: Stack): Promise<Verdict> {
  const { context, plan, prometheus } = stack;
  const { remoteWrite } = plan.config;
  if (remoteWrite.length === 0) return skip("nothing is written to a remote store");
  if (prometheus === undefined) return skipNotDeployed("Prometheus");
  const client = createPrometheusClient(context, prometheus);
  const [exposition, targets] = await Promise.all([client.metrics(), client.targets()]);
  const shortestSeconds = Math.min(...targets.map(({ intervalMs }) => (intervalMs ?? 60_000) / 1000), 60);
  const newestSeconds = sumMetric(exposition, "prometheus_remote_storage_highest_timestamp_in_seconds");
  const stores = remoteWrite.map((store) => ({ store, sent: readStoreCounters(exposition, store.name) }));
  const allowedSeconds = 2 * shortestSeconds + batchSeconds;
  const problems = stores.flatMap(({ store, sent }) =>
    findStoreProblems(store, sent, newestSeconds, allowedSeconds),
  );
  const [firstProblem] = problems;
  const cause = firstProblem && ((await readLoggedError(stack, firstProblem.store)) ?? firstProblem.cause);
  return judgeProblems(
    problems.map((problem) => ({ ...problem, cause })),
    "every sample reaches every store: none failed, none dropped, the newest one sent lately",
    () =>
      formatList(
        stores.map(
          ({ store, sent }) => `${store.name}: ${formatCount(sent.samples ?? 0, "sample")} sent, none failed`,
        ),
      ),
  );
}

/** Reads the counters of one store from Prometheus' metrics. */
function readStoreCounters(exposition: string, name: string): StoreCounters {
  const storeMetrics = exposition
    .split("\n")
    // Series that relabelling drops on purpose are not lost.
    .filter((line) => line.includes(`remote_name="${name}"`) && !line.includes('reason="dropped_series"'))
    .join("\n");
  const readMetric = (metric: string) => sumMetric(storeMetrics, `prometheus_remote_storage_${metric}`);
  return {
    samples: readMetric("samples_total"),
    failed: readMetric("samples_failed_total") ?? 0,
    dropped: readMetric("samples_dropped_total") ?? 0,
    retried: readMetric("samples_retried_total") ?? 0,
    pending: readMetric("samples_pending") ?? 0,
    newestSent: readMetric("queue_highest_sent_timestamp_seconds") ?? 0,
  };
}

/**
 * Returns the problem of one store; empty if it receives every sample.
 * @param newestSeconds the time of the newest sample in Prometheus, in seconds since the epoch
 * @param allowedSeconds the accepted delay in seconds
 */
function findStoreProblems(
  store: RemoteWrite,
  sent: StoreCounters,
  newestSeconds: number | undefined,
  allowedSeconds: number,
): StoreProblem[] {
  const { name, url } = store;
  const createProblem = (id: string, graceMs: number, line: string, cause: string): StoreProblem[] => [
    { store, line: `${name} (${url}): ${line}`, cause, fault: { id, graceMs } },
  ];
  if (sent.samples === undefined) {
    const cause =
      "the configuration that Prometheus runs with does not have it: it was not loaded again, or something replaces it";
    return createProblem("remote-write-missing", 90_000, "Prometheus sends nothing there", cause);
  }
  if (sent.failed + sent.dropped > 0) {
    const line = `${sent.failed} samples failed for good, ${sent.dropped} were dropped, of ${sent.samples} sent`;
    return createProblem("remote-write-refused", 5_000, line, "the store refuses what it is sent");
  }
  if (sent.newestSent === 0) {
    const line = `no sample has arrived yet; ${sent.retried} retried, ${sent.pending} waiting`;
    const cause = "the store can't be reached, or does not answer";
    return createProblem("remote-write-unreachable", startMs, line, cause);
  }
  const delaySeconds =
    newestSeconds === undefined || newestSeconds === 0 ? 0 : newestSeconds - sent.newestSent;
  if (delaySeconds <= allowedSeconds) return [];
  const line = `the newest sample there is ${Math.round(delaySeconds)} s behind, ${sent.pending} are waiting, ${sent.retried} were retried`;
  return createProblem(
    "remote-write-behind",
    startMs,
    line,
    "the store takes samples more slowly than they come",
  );
}

/**
 * Returns the newest error about the store in Prometheus' log; undefined if there is none. Prometheus' metrics contain
 * no reasons.
 */
async function readLoggedError(stack: Stack, { name, url }: RemoteWrite): Promise<string | undefined> {
  const [pod] = (await listComponentPods(stack, "prometheus")) ?? [];
  const container = pod && findMainContainer("prometheus", pod);
  if (pod?.metadata?.name === undefined || container === undefined) return undefined;
  const { name: podName, namespace = "" } = pod.metadata;
  const log = await readLog(stack, { namespace, pod: podName, container: container.name });
  const line = log
    ?.split("\n")
    .findLast(
      (logLine) =>
        /level=(warn|error)/i.test(logLine) &&
        (logLine.includes(`remote_name=${name}`) || logLine.includes(url)),
    );
  const message =
    line && /\berr="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replaceAll('\\"', '"').replaceAll("\\n", " ").trim();
  return message && `Prometheus' log: ${explainResponse(message)}`;
}

/** Explanations of the usual responses of a store. */
const explanations: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /HTTP status 401/, why: "the login is missing or wrong" },
  { pattern: /HTTP status 403/, why: "the login may not write there" },
  { pattern: /HTTP status 404/, why: "the path of the url is not where the store takes remote write" },
  {
    pattern: /out of order|duplicate sample/i,
    why: "the store has the same series from another sender: give this Prometheus external_labels of its own",
  },
];

/** Returns the store's error, with an explanation if it is a usual one. */
function explainResponse(message: string): string {
  const why = explanations.find(({ pattern }) => pattern.test(message))?.why;
  return why === undefined ? message : `${message} (${why})`;
}
