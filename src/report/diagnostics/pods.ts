import type { ContainerState, ContainerStatus, Pod } from "../../kube/objects.ts";
import { age, columns } from "./columns.ts";

const head = ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"];

/** As `kubectl get pods -A -o wide` has it. @param now ISO 8601 */
export function podsTable(pods: readonly Pod[], now: string): string {
  const rows = pods.map((pod) => {
    const { metadata, spec, status } = pod;
    const containers = status?.containerStatuses ?? [];
    const ready = `${containers.filter((one) => one.ready).length}/${spec?.containers?.length ?? containers.length}`;
    const restarts = containers.reduce((sum, one) => sum + one.restartCount, 0);
    // As the API sends it; nothing else needs it.
    const { podIP = "<none>" } = (status ?? {}) as { podIP?: string };
    const identity = [metadata.namespace ?? "", metadata.name, ready, statusOf(pod), String(restarts)];
    return [...identity, age(metadata.creationTimestamp, now), podIP, spec?.nodeName ?? "<none>"];
  });
  return columns([
    head,
    ...rows.sort((a, b) => a.slice(0, 2).join("/").localeCompare(b.slice(0, 2).join("/"), "en")),
  ]);
}

/** The one word that kubectl shows: the first init container that isn't done, else a container that isn't well. */
function statusOf({ metadata, status }: Pod): string {
  const own = status?.reason ?? status?.phase ?? "Unknown";
  const inits = status?.initContainerStatuses ?? [];
  const done = inits.filter(({ state }) => state?.terminated?.exitCode === 0).length;
  const waiting = inits.find((one) => !isInitialized(one));
  const word =
    waiting !== undefined
      ? `Init:${troubleOf(waiting.state) ?? `${done}/${inits.length}`}`
      : ((status?.containerStatuses ?? [])
          .map(({ state }) => troubleOf(state))
          .find((one) => one !== undefined) ?? own);
  return metadata.deletionTimestamp === undefined ? word : "Terminating";
}

/** A sidecar is an init container that goes on running. */
function isInitialized({ state, ready }: ContainerStatus): boolean {
  return state?.terminated?.exitCode === 0 || (state?.running !== undefined && ready);
}

function troubleOf(state: ContainerState | undefined): string | undefined {
  const { waiting, terminated } = state ?? {};
  if (waiting?.reason !== undefined && waiting.reason !== "PodInitializing") return waiting.reason;
  if (terminated === undefined) return undefined;
  return (
    terminated.reason ??
    (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`)
  );
}
