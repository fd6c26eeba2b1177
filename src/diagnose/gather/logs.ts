import { type Api, ApiError } from "../../kube/api.ts";
import type { ContainerStatus, Pod } from "../../kube/objects.ts";
import type { ContainerLog } from "../evidence.ts";
import type { Reader } from "./reader.ts";

/** Apps whose logs are always read. CoreDNS has the label of kube-dns, which it replaced. */
const alwaysRead = ["prometheus", "alertmanager", "grafana", "kube-state-metrics", "coredns", "kube-dns"];

/** Maximum number of logs that are read. */
const maxLogs = 40;
/** Maximum size of the part of a log that is kept: its last lines. */
const maxLines = 200;
const maxBytes = 64 * 1024;
/**
 * Maximum size of a log in a response. The API server cuts a log at its end, so it may send more than the part that is
 * kept.
 */
const sentBytes = 1024 * 1024;

/** A log to read. */
type WantedLog = Omit<ContainerLog, "text">;

/** Reads a limited number of logs: first those of containers that are not ready, then those of the central programs. */
export async function gatherLogs(
  reader: Reader,
  api: Api,
  pods: readonly Pod[],
): Promise<readonly ContainerLog[]> {
  const wantedLogs = pods.flatMap(listWantedLogs);
  const sortedLogs = [
    ...wantedLogs.filter(({ isReady }) => !isReady),
    ...wantedLogs.filter(({ isReady }) => isReady),
  ];
  const skippedCount = sortedLogs.length - maxLogs;
  if (skippedCount > 0) reader.note(`${skippedCount} more logs`, `only the first ${maxLogs} were read`);
  const logs = await Promise.all(sortedLogs.slice(0, maxLogs).map(({ log }) => readLog(reader, api, log)));
  return logs.flatMap((log) => log ?? []);
}

/**
 * Returns the logs of a pod to read: those of containers that are not ready or were restarted, and all of an app in
 * `alwaysRead`; empty for a pod that has ended without an error (`Succeeded`).
 */
function listWantedLogs(pod: Pod): { log: WantedLog; isReady: boolean }[] {
  const { metadata, status } = pod;
  if (status?.phase === "Succeeded") return [];
  const app = metadata.labels?.["app.kubernetes.io/name"] ?? metadata.labels?.["k8s-app"];
  const isAlwaysRead = app !== undefined && alwaysRead.includes(app);
  const failedInits = (status?.initContainerStatuses ?? []).filter((container) => !isHealthy(container));
  return [...failedInits, ...(status?.containerStatuses ?? [])].flatMap((container) => {
    const isReady = isHealthy(container);
    if (isReady && !isAlwaysRead) return [];
    return listPreviousFlags(container).map((previous) => ({
      log: {
        namespace: metadata.namespace ?? "",
        pod: metadata.name,
        app,
        container: container.name,
        previous,
      },
      isReady,
    }));
  });
}

/** True if a container is ready and never restarted. A finished init container is ready too. */
function isHealthy({ ready, restartCount }: ContainerStatus): boolean {
  return ready && restartCount === 0;
}

/**
 * Returns for each run that has a log whether it is the previous one. The kubelet refuses the log of a run that did
 * not happen.
 */
function listPreviousFlags({ state, lastState, restartCount }: ContainerStatus): boolean[] {
  const hasPreviousRun = restartCount > 0 || lastState?.terminated !== undefined;
  const hasAnyRun = hasPreviousRun || state?.running !== undefined || state?.terminated !== undefined;
  return [...(hasAnyRun ? [false] : []), ...(hasPreviousRun ? [true] : [])];
}

/** Reads the end of a container's log; undefined if it could not be read. */
async function readLog(reader: Reader, api: Api, log: WantedLog): Promise<ContainerLog | undefined> {
  const { namespace, pod, container, previous } = log;
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
  const query = new URLSearchParams({
    container,
    tailLines: String(maxLines),
    limitBytes: String(sentBytes),
    ...(previous ? { previous: "true" } : {}),
  });
  const what = `log of ${namespace}/${pod}, container ${container}${previous ? ", its run before" : ""}`;
  const text = await reader.read(what, async ({ signal }) => {
    const { status, body } = await api.send(`${path}?${query}`, signal);
    if (status !== 200) throw new ApiError(path, status, body);
    // The kubelet responds with 200 and an error as the log if the container was removed meanwhile.
    if (/^unable to retrieve container logs for /.test(body)) throw new Error(body.trim());
    return cutToEnd(body, maxLines, maxBytes);
  });
  return text === undefined ? undefined : { ...log, text };
}

/**
 * Returns the last lines of a text, at most `lines` lines and `bytes` bytes. Cuts a line only if that line alone is
 * too long.
 */
export function cutToEnd(text: string, lines: number, bytes: number): string {
  const lastLines = text.replace(/\n$/, "").split("\n").slice(-lines).join("\n");
  const encoded = Buffer.from(lastLines);
  if (encoded.length <= bytes) return lastLines;
  const lastBytes = encoded.subarray(-bytes).toString("utf8");
  return lastBytes.slice(lastBytes.indexOf("\n") + 1);
}
