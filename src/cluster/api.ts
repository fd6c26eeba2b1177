import { Health, VersionApi } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { reportWaits } from "../host/waits.ts";
import { limitCallTime } from "../kube/api.ts";
import { SharingKubeConfig } from "../kube/kube-config.ts";
import { describeError, InstallError, Interrupted } from "../lib/errors.ts";
import type { Cluster, RunningK3s } from "../model/cluster.ts";
import { explainK3sEnd, findKnownCause, formatLogTail, readLog } from "./diagnosis.ts";
import { isRunning } from "./launch.ts";

/** The kubeconfig of k3s and its API are polled at this interval, since neither can be watched before it exists. */
const pollMs = 100;
const requestMs = 3_000;

/**
 * Waits until the API of k3s is ready, and writes a kubeconfig for this user next to the journal. Returns the cluster.
 * @throws InstallError with the cause if k3s exits, or if the API is not ready in time
 */
export async function waitForApi(context: Context, running: RunningK3s, timeoutMs: number): Promise<Cluster> {
  let lastProblem = "its start";
  return await reportWaits(
    context,
    () => `k3s: ${lastProblem}`,
    () =>
      pollApi(context, running, timeoutMs, (newProblem) => {
        lastProblem = newProblem;
      }),
  );
}

/**
 * Tries the API until it is ready, and returns the cluster.
 * @param onProblem receives the reason after each failed attempt
 */
async function pollApi(
  context: Context,
  running: RunningK3s,
  timeoutMs: number,
  onProblem: (problem: string) => void,
): Promise<Cluster> {
  const { host, signal } = context;
  const deadline = host.now() + timeoutMs;
  for (;;) {
    const attempt = await tryApi(context, running);
    if (typeof attempt !== "string") return attempt;
    onProblem(attempt);
    if (signal.aborted) throw new Interrupted();
    if (!(await isRunning(host, running))) throw await explainK3sEnd(host, running);
    if (host.now() >= deadline) throw await createTimeoutError(context, running, timeoutMs, attempt);
    await host.sleep(pollMs, signal);
  }
}

const watchMs = 1_000;

/**
 * Watches a k3s whose API has responded, until `until` fires. A component that can't start ends k3s seconds later;
 * errors of a deployment at that time would only say that the API does not respond.
 * @throws InstallError with the cause if k3s exits
 */
export async function watchUntilStopped(
  { host, signal }: Context,
  running: RunningK3s,
  until: AbortSignal,
): Promise<void> {
  const stopSignal = AbortSignal.any([signal, until]);
  while (!stopSignal.aborted) {
    if (!(await isRunning(host, running))) throw await explainK3sEnd(host, running);
    await host.sleep(watchMs, stopSignal).catch(() => undefined);
  }
}

/** Returns the cluster if its API is ready; else the reason why it is not. */
async function tryApi({ host, signal }: Context, running: RunningK3s): Promise<Cluster | string> {
  // Read in each attempt: until k3s has written it, the file can be missing or from an earlier k3s.
  const kubeconfigText = await readServerKubeconfig(host, running.serverKubeconfig);
  if (kubeconfigText === undefined) return `${running.serverKubeconfig} is not there yet`;
  const kube = new SharingKubeConfig();
  try {
    kube.loadFromString(kubeconfigText);
    const requestSignal = AbortSignal.any([signal, AbortSignal.timeout(requestMs)]);
    if (!(await new Health(kube).readyz({ signal: requestSignal })))
      return "the API answers, but is not ready yet";
    const { gitVersion } = await kube.makeApiClient(VersionApi).getCode({}, limitCallTime(requestMs, signal));
    await host.files.write(running.kubeconfig, kubeconfigText, 0o600);
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

/** Returns the kubeconfig that k3s writes; undefined if it is missing or incomplete. */
async function readServerKubeconfig(host: Context["host"], path: string): Promise<string | undefined> {
  // Read as root: with a strict umask, other users can't enter the folder.
  const text = await (host.rights === "root" ? host.files.read(path) : host.files.readAsRoot(path));
  return text?.includes("current-context") ? text : undefined;
}

/** Returns the error for an API that is not ready in time, with the known cause or the end of k3s' log. */
async function createTimeoutError(
  { host }: Context,
  running: RunningK3s,
  timeoutMs: number,
  lastProblem: string,
): Promise<InstallError> {
  const log = await readLog(host, running);
  const cause = findKnownCause(log);
  const reason = cause?.message ?? `${lastProblem}. The last lines of k3s' log:\n${formatLogTail(log)}`;
  return new InstallError(`k3s' API was not ready after ${timeoutMs / 1000} s: ${reason}`, {
    fix: cause?.fix ?? `look into ${running.logFile}, or give it more time (timeouts.cluster)`,
  });
}
