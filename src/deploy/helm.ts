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

/** Overrides the helm variables in the user's environment, which must not influence the helm that monstack runs. */
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

/**
 * Calls `use` with the path of a file that holds the app's values, then deletes the file. Only this user can read it,
 * since values can contain passwords.
 */
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
  const connectionFlags = [
    "--kubeconfig",
    cluster.kubeconfig,
    ...(cluster.context ? ["--kube-context", cluster.context] : []),
  ];
  context.log.debug(`helm ${argv.join(" ")}`);
  // Helm applies its own timeout to each step. This one ends a helm process that hangs.
  const result = await withKubeCache(context.host, (cache) =>
    context.host.exec([helm.path, ...argv, ...connectionFlags], {
      env: { ...getLogin(context, cluster), ...helmEnv, ...cache },
      timeoutMs: timeoutMs + 15_000,
    }),
  );
  return result.stdout;
}

/**
 * Returns the environment variables that an existing cluster's login may need. A cluster that monstack created needs
 * none: its kubeconfig contains a client certificate.
 */
function getLogin({ host }: Context, { kind }: Cluster): Record<string, string> {
  return kind === "existing" ? selectLoginEnvironment(host.env) : {};
}

/**
 * Returns an error with helm's message, the app and its chart. The error is a UserError if helm's message is about the
 * user's settings. An error that isn't from the command itself, such as an interruption, is returned unchanged.
 * @param doing what helm was doing, for example `installing`
 */
export function toHelmError(doing: string, app: PlannedApp, chart: ChartFile, error: unknown): MonstackError {
  // For example an interruption, which explains itself.
  if (error instanceof MonstackError && !(error instanceof CommandError)) return error;
  if (!(error instanceof CommandError))
    return new InstallError(`${doing} app ${app.name} (chart ${chart.name} ${chart.version})`, {
      cause: error,
    });
  const helmMessage = parseHelmError(error.stderr) || error.message;
  const failure = matchFailure([...helmFailures, ...policyFailures], helmMessage);
  const message = `${doing} app ${app.name} (chart ${chart.name} ${chart.version}): ${helmMessage}`;
  const options = {
    // The cause of the command's error, not that error itself: its message would repeat helm's.
    cause: error.cause,
    fix: failure?.fix ?? "Read helm's message; `--verbose` shows the whole command.",
  };
  return failure?.isUserError ? new UserError(message, options) : new InstallError(message, options);
}

/** Returns helm's message from `Error:` on, without the warnings before it. */
export function parseHelmError(stderr: string): string {
  const output = clipLines(stderr);
  const start = output.search(/^Error: /m);
  return (start >= 0 ? output.slice(start + "Error: ".length) : output)
    .replace(/\n{0,3}Use --debug flag to render out invalid YAML\n{0,3}/, "")
    .trim();
}
