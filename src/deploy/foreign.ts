import type { Context } from "../host/host.ts";
import { CommandError, InstallError, MonstackError, messageOf } from "../lib/errors.ts";
import type { Tool } from "../lockfile/tools.ts";
import type { Cluster } from "../model/cluster.ts";
import type { RenderedApp } from "../model/rendered.ts";
import { parseHelmError, runHelm } from "./helm.ts";
import { retryStarting } from "./release.ts";

const lookMs = 30_000;

/**
 * Refuses to touch releases that are in a cluster already. A run begins with an empty journal, so none of them is its
 * own; and what it upgraded it would uninstall at teardown.
 * @throws InstallError naming each of them, before anything is changed.
 */
export async function refuseForeignReleases(
  context: Context,
  cluster: Cluster,
  helm: Tool,
  apps: readonly RenderedApp[],
): Promise<void> {
  const found = await Promise.all(
    apps.map(async ({ app }) => {
      const standing = await standingRelease(context, cluster, helm, app.release, app.namespace);
      return standing === undefined ? [] : [{ app, standing }];
    }),
  );
  const [first, ...others] = found.flat();
  if (first === undefined) return;
  const lines = [first, ...others].map(
    ({ app, standing }) =>
      `release ${app.release} is in namespace ${app.namespace} already (${standing}), and it is not this run's`,
  );
  const { name, release, namespace } = first.app;
  throw new InstallError(
    `${lines.join("\n")}\nIt was left as it is: an upgrade would change it, and the teardown uninstall it.`,
    {
      fix:
        `choose another release name (apps.${name}.release) or namespace; ` +
        `or, if nobody needs it any more: helm uninstall ${release} -n ${namespace}`,
    },
  );
}

interface Revision {
  readonly status?: string;
  readonly chart?: string;
  readonly updated?: string;
}

/** What helm 3 and 4 both tell of a release in any state, also of an uninstalled one whose history is kept. */
async function standingRelease(
  context: Context,
  cluster: Cluster,
  helm: Tool,
  release: string,
  namespace: string,
): Promise<string | undefined> {
  const argv = ["history", release, "-n", namespace, "--max", "1", "-o", "json"];
  try {
    const text = await retryStarting(context, () => runHelm(context, cluster, helm, lookMs, argv));
    const latest = (JSON.parse(text) as Revision[]).at(-1);
    if (latest === undefined) return undefined;
    const updated = latest.updated?.replace(/\.\d+/, "");
    return [latest.chart, latest.status, ...(updated ? [`since ${updated}`] : [])].join(", ");
  } catch (error) {
    const words = error instanceof CommandError ? parseHelmError(error.stderr) : messageOf(error);
    if (/release: not found/i.test(words)) return undefined;
    if (error instanceof MonstackError && !(error instanceof CommandError)) throw error;
    throw new InstallError(
      `whether release ${release} is in namespace ${namespace} already can't be found out: ${words}`,
      {
        cause: error instanceof CommandError ? error.cause : error,
        fix: "Helm keeps its releases in Secrets: use a kubeconfig whose user may read and write them there.",
      },
    );
  }
}
