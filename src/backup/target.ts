import type { Context } from "../host/host.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import { AccessRefused, expectOk, sendRequest } from "../stack/http.ts";
import type { Stack } from "../stack/stack.ts";

/** The stack that is backed up or restored. */
export type Target = Pick<Stack, "context" | "kube" | "prometheus" | "alertmanager" | "grafana">;

/** Milliseconds for a new stack to respond. A service leads to a pod shortly after the pod is ready. */
const freshTimeoutMs = 30_000;
const pollMs = 500;

/**
 * Waits until all servers of the stack respond. Called before anything is changed.
 * @param timeoutMs milliseconds in which they must respond
 * @throws InstallError if one of them does not
 */
export async function waitUntilAllRespond(
  { context, prometheus, alertmanager, grafana }: Target,
  timeoutMs: number = freshTimeoutMs,
): Promise<void> {
  const deadline = context.host.now() + timeoutMs;
  await Promise.all([
    prometheus && waitUntilResponds(context, deadline, "Prometheus", `${prometheus.url}/-/ready`),
    alertmanager && waitUntilResponds(context, deadline, "Alertmanager", `${alertmanager.url}/-/ready`),
    grafana && waitUntilResponds(context, deadline, "Grafana", `${grafana.url}/api/health`),
  ]);
}

/**
 * Waits until a URL responds with status 200. @throws InstallError at the deadline, or if the server refuses the login
 */
async function waitUntilResponds(
  context: Context,
  deadline: number,
  server: string,
  url: string,
): Promise<void> {
  const { host, signal } = context;
  for (;;) {
    const failure = await sendRequest(context, url)
      .then(expectOk)
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    if (failure === undefined) return;
    if (failure instanceof AccessRefused)
      throw new InstallError(failure.message, { fix: failure.fix, cause: failure });
    if (host.now() >= deadline)
      throw new InstallError(`${server} does not answer: ${describeError(failure)}`, {
        fix: "`monstack verify` says what is wrong with the stack",
        cause: failure,
      });
    await host.sleep(pollMs, signal);
  }
}

/** The outcome for the objects of one kind, each by its name. */
export interface Restored {
  readonly created: string[];
  readonly replaced: string[];
  /** Each with the reason. */
  readonly skipped: string[];
  /** Each with the server's message. */
  readonly failed: string[];
}

export function createEmptyResult(): Restored {
  return { created: [], replaced: [], skipped: [], failed: [] };
}
