import type { Context } from "../host/host.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import { AccessRefused, expectOk, sendRequest } from "../stack/http.ts";
import type { Stack } from "../stack/stack.ts";

/** The stack that is backed up, or restored into. */
export type Target = Pick<Stack, "context" | "kube" | "prometheus" | "alertmanager" | "grafana">;

/** Milliseconds. A service leads to a pod a little after the pod is ready. */
const freshTimeoutMs = 30_000;
const pollMs = 500;

/**
 * Waits until all of the stack answers, before anything is begun.
 * @param timeoutMs milliseconds that it may take
 * @throws InstallError when a part of it doesn't.
 */
export async function untilAllAnswer(
  { context, prometheus, alertmanager, grafana }: Target,
  timeoutMs: number = freshTimeoutMs,
): Promise<void> {
  const deadline = context.host.now() + timeoutMs;
  await Promise.all([
    prometheus && untilAnswers(context, deadline, "Prometheus", `${prometheus.url}/-/ready`),
    alertmanager && untilAnswers(context, deadline, "Alertmanager", `${alertmanager.url}/-/ready`),
    grafana && untilAnswers(context, deadline, "Grafana", `${grafana.url}/api/health`),
  ]);
}

async function untilAnswers(context: Context, deadline: number, who: string, url: string): Promise<void> {
  const { host, signal } = context;
  for (;;) {
    const trouble = await sendRequest(context, url)
      .then(expectOk)
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    if (trouble === undefined) return;
    if (trouble instanceof AccessRefused)
      throw new InstallError(trouble.message, { fix: trouble.fix, cause: trouble });
    if (host.now() >= deadline)
      throw new InstallError(`${who} does not answer: ${describeError(trouble)}`, {
        fix: "`monstack verify` says what is wrong with the stack",
        cause: trouble,
      });
    await host.sleep(pollMs, signal);
  }
}

/** What became of the things of one kind, each by its name. */
export interface Restored {
  readonly created: string[];
  readonly replaced: string[];
  /** With the reason. */
  readonly skipped: string[];
  /** With what was said. */
  readonly failed: string[];
}

export function createEmptyResult(): Restored {
  return { created: [], replaced: [], skipped: [], failed: [] };
}
