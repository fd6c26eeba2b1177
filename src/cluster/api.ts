import { Health, VersionApi } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { reportWaits } from "../host/waits.ts";
import { limitCallTime } from "../kube/api.ts";
import { SharingKubeConfig } from "../kube/kube-config.ts";
import { describeError, InstallError, Interrupted } from "../lib/errors.ts";
import type { Cluster, RunningK3s } from "../model/cluster.ts";
import { explainK3sEnd, findKnownCause, readLog, tail } from "./diagnosis.ts";
import { isRunning } from "./launch.ts";

/** k3s' kubeconfig and its API can only be polled: neither can be watched before it exists. */
const pollMs = 100;
const requestMs = 3_000;

/**
 * Waits until k3s' API is ready, and puts a kubeconfig for this user beside the journal.
 * @param timeoutMs from now on.
 * @throws InstallError with the cause when k3s ends, or when it takes too long.
 */
export async function waitForApi(context: Context, running: RunningK3s, timeoutMs: number): Promise<Cluster> {
  let missing = "its start";
  return await reportWaits(
    context,
    () => `k3s: ${missing}`,
    () =>
      pollApi(context, running, timeoutMs, (what) => {
        missing = what;
      }),
  );
}

async function pollApi(
  context: Context,
  running: RunningK3s,
  timeoutMs: number,
  onMissing: (what: string) => void,
): Promise<Cluster> {
  const { host, signal } = context;
  const deadline = host.now() + timeoutMs;
  for (;;) {
    const attempt = await tryApi(context, running);
    if (typeof attempt !== "string") return attempt;
    onMissing(attempt);
    if (signal.aborted) throw new Interrupted();
    if (!(await isRunning(host, running))) throw await explainK3sEnd(host, running);
    if (host.now() >= deadline) throw await describeTimeout(context, running, timeoutMs, attempt);
    await host.sleep(pollMs, signal);
  }
}

const watchMs = 1_000;

/**
 * Watches a k3s whose API has responded, until `until` fires: a component that can't start takes it down seconds
 * later, and what is deployed meanwhile would only say that nobody answers.
 * @throws InstallError with the cause when it ends before.
 */
export async function watchUntilStopped(
  { host, signal }: Context,
  running: RunningK3s,
  until: AbortSignal,
): Promise<void> {
  const either = AbortSignal.any([signal, until]);
  while (!either.aborted) {
    if (!(await isRunning(host, running))) throw await explainK3sEnd(host, running);
    await host.sleep(watchMs, either).catch(() => undefined);
  }
}

/** @returns the cluster, or what is still missing. */
async function tryApi({ host, signal }: Context, running: RunningK3s): Promise<Cluster | string> {
  // Read anew each time: k3s writes it before its API answers, and could have found an older one there.
  const text = await readServerKubeconfig(host, running.serverKubeconfig);
  if (text === undefined) return `${running.serverKubeconfig} is not there yet`;
  const kube = new SharingKubeConfig();
  try {
    kube.loadFromString(text);
    const bound = AbortSignal.any([signal, AbortSignal.timeout(requestMs)]);
    if (!(await new Health(kube).readyz({ signal: bound }))) return "the API answers, but is not ready yet";
    const { gitVersion } = await kube.makeApiClient(VersionApi).getCode({}, limitCallTime(requestMs, signal));
    await host.files.write(running.kubeconfig, text, 0o600);
    return {
      kind: "k3s",
      kubeconfig: running.kubeconfig,
      context: kube.getCurrentContext(),
      kube,
      version: gitVersion,
      reach: "direct",
    };
  } catch (error) {
    return `the API doesn't answer: ${describeError(error)}`;
  }
}

async function readServerKubeconfig(host: Context["host"], path: string): Promise<string | undefined> {
  // A look as this user would not do: with a strict umask only root may enter the folder.
  const text = await (host.rights === "root" ? host.files.read(path) : host.files.readAsRoot(path));
  return text?.includes("current-context") ? text : undefined;
}

async function describeTimeout(
  { host }: Context,
  running: RunningK3s,
  timeoutMs: number,
  missing: string,
): Promise<InstallError> {
  const log = await readLog(host, running);
  const cause = findKnownCause(log);
  const why = cause?.message ?? `${missing}. The last lines of k3s' log:\n${tail(log)}`;
  return new InstallError(`k3s' API was not ready after ${timeoutMs / 1000} s: ${why}`, {
    fix: cause?.fix ?? `look into ${running.logFile}, or give it more time (timeouts.cluster)`,
  });
}
