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

/** Counters of Prometheus about one store. */
interface Sent {
  /** Sent for the first time; undefined when it has no such queue. */
  readonly samples: number | undefined;
  readonly failed: number;
  readonly dropped: number;
  readonly retried: number;
  readonly pending: number;
  /** Of the newest sample that was acknowledged, in seconds since the epoch; 0 when none was. */
  readonly newestSent: number;
}

interface StoreProblem extends Problem {
  readonly store: RemoteWrite;
}

/** Sending is batched, and a store that is still starting is tried again. */
const startMs = 20_000;
/** How old the newest sample that was sent may be, in seconds, beside two scrapes: a batch waits 5 s. */
const batchSeconds = 10;

async function checkRemoteWriteDelivers(stack: Stack): Promise<Verdict> {
  const { context, plan, prometheus } = stack;
  const { remoteWrite } = plan.config;
  if (remoteWrite.length === 0) return skip("nothing is written to a remote store");
  if (prometheus === undefined) return skipNotDeployed("Prometheus");
  const client = createPrometheusClient(context, prometheus);
  const [exposition, targets] = await Promise.all([client.metrics(), client.targets()]);
  const shortest = Math.min(...targets.map(({ intervalMs }) => (intervalMs ?? 60_000) / 1000), 60);
  const newest = sumMetric(exposition, "prometheus_remote_storage_highest_timestamp_in_seconds");
  const each = remoteWrite.map((store) => ({ store, sent: readSent(exposition, store.name) }));
  const allowed = 2 * shortest + batchSeconds;
  const problems = each.flatMap(({ store, sent }) => findStoreProblems(store, sent, newest, allowed));
  const [first] = problems;
  const cause = first && ((await readReason(stack, first.store)) ?? first.cause);
  return judgeProblems(
    problems.map((problem) => ({ ...problem, cause })),
    "every sample reaches every store: none failed, none dropped, the newest one sent lately",
    () =>
      formatList(
        each.map(
          ({ store, sent }) => `${store.name}: ${formatCount(sent.samples ?? 0, "sample")} sent, none failed`,
        ),
      ),
  );
}

function readSent(exposition: string, name: string): Sent {
  const own = exposition
    .split("\n")
    // What a relabelling leaves out on purpose is not lost.
    .filter((line) => line.includes(`remote_name="${name}"`) && !line.includes('reason="dropped_series"'))
    .join("\n");
  const of = (metric: string) => sumMetric(own, `prometheus_remote_storage_${metric}`);
  return {
    samples: of("samples_total"),
    failed: of("samples_failed_total") ?? 0,
    dropped: of("samples_dropped_total") ?? 0,
    retried: of("samples_retried_total") ?? 0,
    pending: of("samples_pending") ?? 0,
    newestSent: of("queue_highest_sent_timestamp_seconds") ?? 0,
  };
}

function findStoreProblems(
  store: RemoteWrite,
  sent: Sent,
  newest: number | undefined,
  allowed: number,
): StoreProblem[] {
  const { name, url } = store;
  const problem = (id: string, graceMs: number, line: string, cause: string): StoreProblem[] => [
    { store, line: `${name} (${url}): ${line}`, cause, fault: { id, graceMs } },
  ];
  if (sent.samples === undefined) {
    const cause =
      "the configuration that Prometheus runs with does not have it: it was not loaded again, or something replaces it";
    return problem("remote-write-missing", 90_000, "Prometheus sends nothing there", cause);
  }
  if (sent.failed + sent.dropped > 0) {
    const line = `${sent.failed} samples failed for good, ${sent.dropped} were dropped, of ${sent.samples} sent`;
    return problem("remote-write-refused", 5_000, line, "the store refuses what it is sent");
  }
  if (sent.newestSent === 0) {
    const line = `no sample has arrived yet; ${sent.retried} retried, ${sent.pending} waiting`;
    const cause = "the store can't be reached, or does not answer";
    return problem("remote-write-unreachable", startMs, line, cause);
  }
  const behind = newest === undefined || newest === 0 ? 0 : newest - sent.newestSent;
  if (behind <= allowed) return [];
  const line = `the newest sample there is ${Math.round(behind)} s behind, ${sent.pending} are waiting, ${sent.retried} were retried`;
  return problem("remote-write-behind", startMs, line, "the store takes samples more slowly than they come");
}

/** Returns the newest error about the store in Prometheus' log: its metrics have no reasons. */
async function readReason(stack: Stack, { name, url }: RemoteWrite): Promise<string | undefined> {
  const [pod] = (await listComponentPods(stack, "prometheus")) ?? [];
  const container = pod && findMainContainer("prometheus", pod);
  if (pod?.metadata?.name === undefined || container === undefined) return undefined;
  const { name: podName, namespace = "" } = pod.metadata;
  const log = await readLog(stack, { namespace, pod: podName, container: container.name });
  const line = log
    ?.split("\n")
    .findLast(
      (one) => /level=(warn|error)/i.test(one) && (one.includes(`remote_name=${name}`) || one.includes(url)),
    );
  const said =
    line && /\berr="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replaceAll('\\"', '"').replaceAll("\\n", " ").trim();
  return said && `Prometheus' log: ${explainResponse(said)}`;
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

function explainResponse(said: string): string {
  const why = explanations.find(({ pattern }) => pattern.test(said))?.why;
  return why === undefined ? said : `${said} (${why})`;
}
