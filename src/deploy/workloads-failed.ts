import type { KubeConfig } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { createApi } from "../kube/api.ts";
import { InstallError } from "../lib/errors.ts";
import { encodeUrlPart, shorten } from "../lib/text.ts";
import type { WorkloadFailure } from "../model/rendered.ts";

/** Workloads that can't become ready, or did not in time. Exit code 3. The first lines of the message name the cause. */
export class WorkloadsFailed extends InstallError {
  readonly failures: readonly WorkloadFailure[];
  /** The states of the other workloads, one line each. */
  readonly others: readonly string[];

  constructor(failures: readonly WorkloadFailure[], others: readonly string[] = []) {
    const fix = failures[0]?.fix;
    super(
      [...failures.map(describeFailure), ...formatOthers(others)].join("\n"),
      fix === undefined ? {} : { fix },
    );
    this.failures = failures;
    this.others = others;
  }
}

/** Describes a failed workload on one line, followed by its fix unless it is the first failure. */
function describeFailure(failure: WorkloadFailure, index: number): string {
  const place = [
    ...(failure.container ? [`container ${failure.container}`] : []),
    ...(failure.pod ? [`pod ${failure.pod}`] : []),
  ].join(" of ");
  const line = `${failure.workload} is not ready: ${failure.reason}${place ? ` (${place})` : ""}: ${failure.message.trim()}`;
  // The fix of the first failure is the error's own `fix`.
  return index === 0 ? line : `${line}\n  ${failure.fix}`;
}

function formatOthers(otherLines: readonly string[]): string[] {
  return otherLines.length === 0 ? [] : ["The others:", ...otherLines.map((line) => `  ${line}`)];
}

/** Reasons of failures for which the container's log gives the cause. */
const reasonsWithLog = ["CrashLoopBackOff", "BackoffLimitExceeded", "Error", "Failed"];
const logReadMs = 5_000;
/** Limits the log that is read, in bytes: a program can write a line of any length. */
const maxLogBytes = 1024 ** 2;

/**
 * Returns the failure with the last line of the container's log in its message, if the container crashed. Returns any
 * other failure unchanged.
 */
export async function addLogLine(
  context: Context,
  kube: KubeConfig,
  failure: WorkloadFailure,
): Promise<WorkloadFailure> {
  if (!failure.pod || !reasonsWithLog.includes(failure.reason)) return failure;
  const [, namespace = ""] = /^\S+ ([^/]+)\//.exec(failure.workload) ?? [];
  const path = `/api/v1/namespaces/${namespace}/pods/${failure.pod}/log?tailLines=30&limitBytes=${maxLogBytes}${failure.container ? `&container=${encodeUrlPart(failure.container)}` : ""}`;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(logReadMs)]);
  const api = createApi(kube);
  const readLog = (path: string) =>
    api.readText(path, signal).catch((error: unknown) => {
      context.log.debug(`no log of ${failure.pod}: ${String(error)}`);
      return "";
    });
  // The container may run again by now: then only the previous log has the cause.
  const logs = await Promise.all([readLog(path), readLog(`${path}&previous=true`)]);
  const line = findErrorLine(logs);
  return line ? { ...failure, message: `${failure.message}; last log line: ${line}` } : failure;
}

/** Returns the last error line of the first log that has one, else the last line; empty for empty logs. */
function findErrorLine(logs: readonly string[]): string {
  // The kubelet responds with 200 and an error as the log if the container was removed meanwhile.
  const realLogs = logs.filter((log) => !/^unable to retrieve container logs for /.test(log));
  const lines = realLogs.map(selectErrorLine).filter((line) => line !== "");
  return lines.find((line) => errorWords.test(line)) ?? lines[0] ?? "";
}

const errorWords = /error|fatal|panic|fail|exception/i;

/** Returns the last line about an error, else the last line; empty for an empty log. */
export function selectErrorLine(log: string): string {
  const lines = log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const line = lines.findLast((text) => errorWords.test(text)) ?? lines.at(-1) ?? "";
  return shorten(line, 1_000);
}
