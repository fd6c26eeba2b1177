import { type Api, ApiError } from "../../kube/api.ts";
import type { ContainerStatus, Pod } from "../../kube/objects.ts";
import type { ContainerLog } from "../evidence.ts";
import type { Reader } from "./reader.ts";

/** CoreDNS goes by the name of what it replaced. */
const alwaysRead = ["prometheus", "alertmanager", "grafana", "kube-state-metrics", "coredns", "kube-dns"];

const mostLogs = 40;
const mostLines = 200;
const mostBytes = 64 * 1024;
/** The API server cuts a log's end off, not its beginning: so it may send more than is kept. */
const sentBytes = 1024 * 1024;

type Wanted = Omit<ContainerLog, "text">;

/** Reads a bounded number of logs: those of containers that are not ready first, then those of the central programs. */
export async function gatherLogs(
  reader: Reader,
  api: Api,
  pods: readonly Pod[],
): Promise<readonly ContainerLog[]> {
  const all = pods.flatMap(listWantedLogs);
  const wanted = [...all.filter(({ well }) => !well), ...all.filter(({ well }) => well)];
  const left = wanted.length - mostLogs;
  if (left > 0) reader.note(`${left} more logs`, `only the first ${mostLogs} were read`);
  const logs = await Promise.all(wanted.slice(0, mostLogs).map(({ log }) => readLog(reader, api, log)));
  return logs.flatMap((log) => log ?? []);
}

function listWantedLogs(pod: Pod): { log: Wanted; well: boolean }[] {
  const { metadata, status } = pod;
  if (status?.phase === "Succeeded") return [];
  const app = metadata.labels?.["app.kubernetes.io/name"] ?? metadata.labels?.["k8s-app"];
  const isAlwaysRead = app !== undefined && alwaysRead.includes(app);
  const inits = (status?.initContainerStatuses ?? []).filter((one) => !isWell(one));
  return [...inits, ...(status?.containerStatuses ?? [])].flatMap((container) => {
    const well = isWell(container);
    if (well && !isAlwaysRead) return [];
    return listRuns(container).map((previous) => ({
      log: {
        namespace: metadata.namespace ?? "",
        pod: metadata.name,
        app,
        container: container.name,
        previous,
      },
      well,
    }));
  });
}

/** A finished init container is ready. */
function isWell({ ready, restartCount }: ContainerStatus): boolean {
  return ready && restartCount === 0;
}

/** Returns for each run with a log whether it is the previous one. The kubelet refuses the log of a run that never was. */
function listRuns({ state, lastState, restartCount }: ContainerStatus): boolean[] {
  const ranBefore = restartCount > 0 || lastState?.terminated !== undefined;
  const ran = ranBefore || state?.running !== undefined || state?.terminated !== undefined;
  return [...(ran ? [false] : []), ...(ranBefore ? [true] : [])];
}

async function readLog(reader: Reader, api: Api, log: Wanted): Promise<ContainerLog | undefined> {
  const { namespace, pod, container, previous } = log;
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
  const query = new URLSearchParams({
    container,
    tailLines: String(mostLines),
    limitBytes: String(sentBytes),
    ...(previous ? { previous: "true" } : {}),
  });
  const what = `log of ${namespace}/${pod}, container ${container}${previous ? ", its run before" : ""}`;
  const text = await reader.read(what, async ({ signal }) => {
    const { status, body } = await api.send(`${path}?${query}`, signal);
    if (status !== 200) throw new ApiError(path, status, body);
    // The kubelet responds with 200 and an error as the log if the container was removed meanwhile.
    if (/^unable to retrieve container logs for /.test(body)) throw new Error(body.trim());
    return endOf(body, mostLines, mostBytes);
  });
  return text === undefined ? undefined : { ...log, text };
}

/** Returns the last lines of a text, at most `lines` and `bytes` of them; cuts a line only if it alone is too long. */
export function endOf(text: string, lines: number, bytes: number): string {
  const whole = text.replace(/\n$/, "").split("\n").slice(-lines).join("\n");
  const encoded = Buffer.from(whole);
  if (encoded.length <= bytes) return whole;
  const end = encoded.subarray(-bytes).toString("utf8");
  return end.slice(end.indexOf("\n") + 1);
}
