import type { KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { createApi } from "../kube/api.ts";
import { encodeUrlPart, shorten } from "../lib/text.ts";
import type { WorkloadFailure } from "../model/rendered.ts";

const withLog = ["CrashLoopBackOff", "BackoffLimitExceeded", "Error", "Failed"];
const lookupMs = 5_000;
/** A program can write a line of any length. */
const mostLogBytes = 1024 ** 2;

/** A crash says why in its last words: adds them to the message. Anything but a crash comes back as it is. */
export async function failureWithLog(
  context: Context,
  kube: KubeConfig,
  failure: WorkloadFailure,
): Promise<WorkloadFailure> {
  if (!failure.pod || !withLog.includes(failure.reason)) return failure;
  const [, namespace = ""] = /^\S+ ([^/]+)\//.exec(failure.workload) ?? [];
  const base = `/api/v1/namespaces/${namespace}/pods/${failure.pod}/log?tailLines=30&limitBytes=${mostLogBytes}${failure.container ? `&container=${encodeUrlPart(failure.container)}` : ""}`;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(lookupMs)]);
  const api = createApi(kube);
  const read = (path: string) =>
    api.text(path, signal).catch((error: unknown) => {
      context.log.debug(`no log of ${failure.pod}: ${String(error)}`);
      return "";
    });
  // The kubelet's present one is that of the container that ended, or, if that runs again by now, of the new one.
  const logs = await Promise.all([read(base), read(`${base}&previous=true`)]);
  const line = lastWordsOf(logs);
  return line ? { ...failure, message: `${failure.message}; it said last: ${line}` } : failure;
}

/** Of several logs, the most telling one first; empty when there is none. */
export function lastWordsOf(logs: readonly string[]): string {
  // For a container that was removed meanwhile the kubelet answers 200, with an error as the log.
  const genuine = logs.filter((log) => !/^unable to retrieve container logs for /.test(log));
  const words = genuine.map(lastWords).filter((line) => line !== "");
  return words.find((line) => trouble.test(line)) ?? words[0] ?? "";
}

const trouble = /error|fatal|panic|fail|exception/i;

/** The last line that speaks of an error, else the last line. Empty when there is none. */
export function lastWords(log: string): string {
  const lines = log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const line = lines.findLast((text) => trouble.test(text)) ?? lines.at(-1) ?? "";
  return shorten(line, 1_000);
}
