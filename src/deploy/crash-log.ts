import type { KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { createApi } from "./api.ts";
import type { WorkloadFailure } from "./types.ts";

const withLog = ["CrashLoopBackOff", "BackoffLimitExceeded", "Error", "Failed"];
const lookupMs = 5_000;

/** A crash says why in its last words: adds them to the message. Anything but a crash comes back as it is. */
export async function failureWithLog(
  context: Context,
  kube: KubeConfig,
  failure: WorkloadFailure,
): Promise<WorkloadFailure> {
  if (!failure.pod || !withLog.includes(failure.reason)) return failure;
  const [, namespace = ""] = /^\S+ ([^/]+)\//.exec(failure.workload) ?? [];
  const base = `/api/v1/namespaces/${namespace}/pods/${failure.pod}/log?tailLines=30${failure.container ? `&container=${encodeURIComponent(failure.container)}` : ""}`;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(lookupMs)]);
  const api = createApi(kube);
  // A container that is not restarted (a Job's) has no previous one.
  const log = await api
    .text(`${base}&previous=true`, signal)
    .catch(() => api.text(base, signal))
    .catch((error: unknown) => {
      context.log.debug(`no log of ${failure.pod}: ${String(error)}`);
      return "";
    });
  const line = lastWords(log);
  return line ? { ...failure, message: `${failure.message}; it said last: ${line}` } : failure;
}

/** The last line that speaks of an error, else the last line. Empty when there is none. */
export function lastWords(log: string): string {
  const lines = log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const line = lines.findLast((text) => /error|fatal|panic|fail|exception/i.test(text)) ?? lines.at(-1) ?? "";
  return line.slice(0, 500);
}
