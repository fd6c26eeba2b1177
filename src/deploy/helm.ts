import { join } from "node:path";
import { matchFailure } from "../failures/failure.ts";
import { helmFailures } from "../failures/helm.ts";
import { policyFailures } from "../failures/scheduling.ts";
import { selectLoginEnvironment } from "../host/child-environment.ts";
import type { Context } from "../host/host.ts";
import { withKubeCache } from "../host/temporary.ts";
import { CommandError, InstallError, MonstackError, UserError } from "../lib/errors.ts";
import { clipLines } from "../lib/text.ts";
import type { ChartFile, Tool } from "../lockfile/tools.ts";
import type { Cluster } from "../model/cluster.ts";
import type { PlannedApp } from "../model/plan.ts";

/** What the user's shell has set for their own helm must not steer ours. */
export const helmEnv: Record<string, string> = {
  HELM_KUBEAPISERVER: "",
  HELM_KUBEASGROUPS: "",
  HELM_KUBEASUSER: "",
  HELM_KUBECAFILE: "",
  HELM_KUBECONTEXT: "",
  HELM_KUBETOKEN: "",
  HELM_NAMESPACE: "",
  HELM_DEBUG: "false",
};

/** Writes an app's values to a file that only this user can read, for as long as `use` takes: they hold passwords. */
export async function withValuesFile<T>(
  context: Context,
  app: PlannedApp,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const { files } = context.host;
  return await files.withTemp("monstack-values-", async (folder) => {
    const path = join(folder, "values.yaml");
    // helm reads JSON without YAML's conversions: "yes" remains a string.
    await files.write(path, JSON.stringify(app.values), 0o600);
    return await use(path);
  });
}

/**
 * Runs helm against the cluster and returns what it prints.
 * @param timeoutMs helm's own timeout, if it has one; the process gets a little longer
 */
export async function runHelm(
  context: Context,
  cluster: Cluster,
  helm: Tool,
  timeoutMs: number,
  argv: readonly string[],
): Promise<string> {
  const where = [
    "--kubeconfig",
    cluster.kubeconfig,
    ...(cluster.context ? ["--kube-context", cluster.context] : []),
  ];
  context.log.debug(`helm ${argv.join(" ")}`);
  // Helm's own timeout is per step; this one ends a helm that hangs.
  const result = await withKubeCache(context.host, (cache) =>
    context.host.exec([helm.path, ...argv, ...where], {
      env: { ...getLogin(context, cluster), ...helmEnv, ...cache },
      timeoutMs: timeoutMs + 15_000,
    }),
  );
  return result.stdout;
}

/** The kubeconfig of a cluster of monstack's own has a client certificate, and needs nothing else to log in. */
function getLogin({ host }: Context, { kind }: Cluster): Record<string, string> {
  return kind === "existing" ? selectLoginEnvironment(host.env) : {};
}

/** Returns helm's message as an error, with the app and chart that it is about. */
export function toHelmError(doing: string, app: PlannedApp, chart: ChartFile, error: unknown): MonstackError {
  // For example an interruption, which needs no explanation.
  if (error instanceof MonstackError && !(error instanceof CommandError)) return error;
  if (!(error instanceof CommandError))
    return new InstallError(`${doing} app ${app.name} (chart ${chart.name} ${chart.version})`, {
      cause: error,
    });
  const report = parseHelmError(error.stderr) || error.message;
  const failure = matchFailure([...helmFailures, ...policyFailures], report);
  const message = `${doing} app ${app.name} (chart ${chart.name} ${chart.version}): ${report}`;
  const options = {
    // Not the command's own error, whose message would repeat helm's.
    cause: error.cause,
    fix: failure?.fix ?? "Read helm's message; `--verbose` shows the whole command.",
  };
  return failure?.isUserError ? new UserError(message, options) : new InstallError(message, options);
}

/** Returns what helm reports from `Error:` on; warnings and coalescing notes come before it. */
export function parseHelmError(stderr: string): string {
  const lines = clipLines(stderr);
  const start = lines.search(/^Error: /m);
  return (start >= 0 ? lines.slice(start + "Error: ".length) : lines)
    .replace(/\n{0,3}Use --debug flag to render out invalid YAML\n{0,3}/, "")
    .trim();
}
