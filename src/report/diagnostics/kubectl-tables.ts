import {
  type ContainerState,
  type ContainerStatus,
  getEventTime,
  type KubeEvent,
  type Pod,
} from "../../kube/objects.ts";

/** Returns rows in columns with the width of their longest cell, as kubectl prints them. */
function formatColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  const formatRow = (row: readonly string[]) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("   ")
      .trimEnd();
  return rows.map((row) => `${formatRow(row)}\n`).join("");
}

/** Returns the time since a date: `45s`, `12m`, `3h`, `2d`; `?` if the date is missing or invalid. */
export function formatKubectlAge(since: string | undefined, now: string): string {
  const seconds = Math.round((Date.parse(now) - Date.parse(since ?? "")) / 1000);
  if (Number.isNaN(seconds)) return "?";
  if (seconds < 120) return `${Math.max(seconds, 0)}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

const head = ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"];

/**
 * Returns the table of `kubectl get pods -A -o wide`.
 * @param now ISO 8601
 */
export function formatPods(pods: readonly Pod[], now: string): string {
  const rows = pods.map((pod) => {
    const { metadata, spec, status } = pod;
    const containers = status?.containerStatuses ?? [];
    const ready = `${containers.filter((container) => container.ready).length}/${spec?.containers?.length ?? containers.length}`;
    const restarts = containers.reduce((sum, container) => sum + container.restartCount, 0);
    // Read directly from the API's object, since only this table shows the IP.
    const { podIP = "<none>" } = (status ?? {}) as { podIP?: string };
    const identity = [
      metadata.namespace ?? "",
      metadata.name,
      ready,
      describePodStatus(pod),
      String(restarts),
    ];
    return [
      ...identity,
      formatKubectlAge(metadata.creationTimestamp, now),
      podIP,
      spec?.nodeName ?? "<none>",
    ];
  });
  return formatColumns([
    head,
    ...rows.sort((a, b) => a.slice(0, 2).join("/").localeCompare(b.slice(0, 2).join("/"), "en")),
  ]);
}

/**
 * Returns a pod's status as kubectl shows it: that of the first unfinished init container, else the first problem of a
 * container, else the phase.
 */
function describePodStatus({ metadata, status }: Pod): string {
  const podStatus = status?.reason ?? status?.phase ?? "Unknown";
  const initContainers = status?.initContainerStatuses ?? [];
  const finishedCount = initContainers.filter(({ state }) => state?.terminated?.exitCode === 0).length;
  const unfinished = initContainers.find((candidate) => !isInitialized(candidate));
  const shownStatus =
    unfinished !== undefined
      ? `Init:${describeContainerProblem(unfinished.state) ?? `${finishedCount}/${initContainers.length}`}`
      : ((status?.containerStatuses ?? [])
          .map(({ state }) => describeContainerProblem(state))
          .find((candidate) => candidate !== undefined) ?? podStatus);
  return metadata.deletionTimestamp === undefined ? shownStatus : "Terminating";
}

/** True if an init container has finished, or is a sidecar that is ready. */
function isInitialized({ state, ready }: ContainerStatus): boolean {
  return state?.terminated?.exitCode === 0 || (state?.running !== undefined && ready);
}

/** Returns the reason why a container waits or has ended; undefined if it runs or starts. */
function describeContainerProblem(state: ContainerState | undefined): string | undefined {
  const { waiting, terminated } = state ?? {};
  if (waiting?.reason !== undefined && waiting.reason !== "PodInitializing") return waiting.reason;
  if (terminated === undefined) return undefined;
  return (
    terminated.reason ??
    (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`)
  );
}

/** Returns a table with a line for each event, the latest last. */
export function formatEvents(events: readonly KubeEvent[]): string {
  const sorted = [...events].sort((a, b) => getEventTime(a) - getEventTime(b));
  const rows = sorted.map((event) => {
    const { involvedObject: object, metadata, type = "", reason = "", message = "" } = event;
    const time = getEventTime(event);
    const count = event.series?.count ?? event.count ?? 1;
    return [
      time > 0 ? new Date(time).toISOString().replace(/\.\d+Z$/, "Z") : "?",
      type,
      reason,
      `${object.kind}/${object.name}`,
      metadata.namespace ?? "",
      `${message.replaceAll(/\s+/g, " ").trim()}${count > 1 ? ` (${count} times)` : ""}`,
    ];
  });
  return formatColumns([["TIME", "TYPE", "REASON", "OBJECT", "NAMESPACE", "MESSAGE"], ...rows]);
}
