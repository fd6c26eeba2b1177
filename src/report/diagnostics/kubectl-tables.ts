import {
  type ContainerState,
  type ContainerStatus,
  getEventTime,
  type KubeEvent,
  type Pod,
} from "../../kube/objects.ts";

/** Rows in columns as wide as they must be, as kubectl prints them. */
function formatColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("   ")
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}

/** `45s`, `12m`, `3h`, `2d`; `?` for a time that isn't there or can't be read. */
export function formatKubectlAge(since: string | undefined, now: string): string {
  const seconds = Math.round((Date.parse(now) - Date.parse(since ?? "")) / 1000);
  if (Number.isNaN(seconds)) return "?";
  if (seconds < 120) return `${Math.max(seconds, 0)}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

const head = ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"];

/** As `kubectl get pods -A -o wide` has it. @param now ISO 8601 */
export function formatPods(pods: readonly Pod[], now: string): string {
  const rows = pods.map((pod) => {
    const { metadata, spec, status } = pod;
    const containers = status?.containerStatuses ?? [];
    const ready = `${containers.filter((one) => one.ready).length}/${spec?.containers?.length ?? containers.length}`;
    const restarts = containers.reduce((sum, one) => sum + one.restartCount, 0);
    // As the API sends it; nothing else needs it.
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

/** Returns the status as kubectl shows it: of the first init container that isn't done, else of a container with a problem. */
function describePodStatus({ metadata, status }: Pod): string {
  const own = status?.reason ?? status?.phase ?? "Unknown";
  const inits = status?.initContainerStatuses ?? [];
  const done = inits.filter(({ state }) => state?.terminated?.exitCode === 0).length;
  const waiting = inits.find((one) => !isInitialized(one));
  const word =
    waiting !== undefined
      ? `Init:${describeContainerProblem(waiting.state) ?? `${done}/${inits.length}`}`
      : ((status?.containerStatuses ?? [])
          .map(({ state }) => describeContainerProblem(state))
          .find((one) => one !== undefined) ?? own);
  return metadata.deletionTimestamp === undefined ? word : "Terminating";
}

/** True if an init container is done. A sidecar is one that keeps running. */
function isInitialized({ state, ready }: ContainerStatus): boolean {
  return state?.terminated?.exitCode === 0 || (state?.running !== undefined && ready);
}

function describeContainerProblem(state: ContainerState | undefined): string | undefined {
  const { waiting, terminated } = state ?? {};
  if (waiting?.reason !== undefined && waiting.reason !== "PodInitializing") return waiting.reason;
  if (terminated === undefined) return undefined;
  return (
    terminated.reason ??
    (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`)
  );
}

/** Formats one line for each event, the latest last. */
export function formatEvents(events: readonly KubeEvent[]): string {
  const sorted = [...events].sort((a, b) => getEventTime(a) - getEventTime(b));
  const rows = sorted.map((event) => {
    const { involvedObject: of, metadata, type = "", reason = "", message = "" } = event;
    const time = getEventTime(event);
    const count = event.series?.count ?? event.count ?? 1;
    return [
      time > 0 ? new Date(time).toISOString().replace(/\.\d+Z$/, "Z") : "?",
      type,
      reason,
      `${of.kind}/${of.name}`,
      metadata.namespace ?? "",
      `${message.replaceAll(/\s+/g, " ").trim()}${count > 1 ? ` (${count} times)` : ""}`,
    ];
  });
  return formatColumns([["TIME", "TYPE", "REASON", "OBJECT", "NAMESPACE", "MESSAGE"], ...rows]);
}
