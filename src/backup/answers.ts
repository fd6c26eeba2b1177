import { InstallError, messageOf } from "../host/errors.ts";
import type { Context } from "../host/host.ts";
import { expectOk, send } from "../verify/http.ts";
import type { Target } from "./target.ts";

/** Milliseconds. A service leads to a pod a little after the pod is ready. */
const patienceMs = 30_000;
const pollMs = 500;

/**
 * Waits until all of the stack answers, before anything is begun.
 * @throws InstallError when a part of it doesn't.
 */
export async function untilAllAnswer({ context, prometheus, alertmanager, grafana }: Target): Promise<void> {
  await Promise.all([
    prometheus && untilAnswers(context, "Prometheus", `${prometheus.url}/-/ready`),
    alertmanager && untilAnswers(context, "Alertmanager", `${alertmanager.url}/-/ready`),
    grafana && untilAnswers(context, "Grafana", `${grafana.url}/api/health`),
  ]);
}

async function untilAnswers(context: Context, who: string, url: string): Promise<void> {
  const { host, signal } = context;
  const deadline = host.now() + patienceMs;
  for (;;) {
    const trouble = await send(context, url)
      .then(expectOk)
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    if (trouble === undefined) return;
    if (host.now() >= deadline)
      throw new InstallError(`${who} does not answer: ${messageOf(trouble)}`, {
        mend: "`monstack verify` says what is wrong with the stack",
        cause: trouble,
      });
    await host.sleep(pollMs, signal);
  }
}
