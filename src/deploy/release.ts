import type { Context } from "../host/host.ts";
import { isTransient, retryTransient } from "../kube/api.ts";
import { CommandError, describeError, InstallError, MonstackError } from "../lib/errors.ts";
import type { Tool } from "../lockfile/tools.ts";
import type { Cluster } from "../model/cluster.ts";
import type { RenderedApp } from "../model/rendered.ts";
import { parseHelmError, runHelm, toHelmError, withValuesFile } from "./helm.ts";

/** How long commands are repeated that fail because the API server is starting. */
const startingMs = 45_000;
/** How long a pending release in an existing cluster is waited for, in milliseconds: another run may be installing it. */
const otherRunMs = 20_000;
const pendingWords = /another operation \(install\/upgrade\/rollback\) is in progress/i;

/**
 * Installs or upgrades one release. Does not wait for its workloads; helm itself waits for its hooks. Repeats the
 * command while the API server is starting, and repairs a release that a killed run left pending.
 * @throws UserError or InstallError with helm's message
 */
export async function installRelease(
  context: Context,
  cluster: Cluster,
  helm: Tool,
  rendered: RenderedApp,
  timeoutMs: number,
): Promise<void> {
  const { app, chart } = rendered;
  await withValuesFile(context, app, async (values) => {
    const upgrade = () =>
      runHelm(context, cluster, helm, timeoutMs, [
        ...["upgrade", app.release, chart.path, "--install", "-n", app.namespace, "-f", values],
        ...["--timeout", `${Math.max(1, Math.ceil(timeoutMs / 1000))}s`],
        ...formatLabels(app.labels ?? {}),
      ]);
    try {
      await retryStarting(context, upgrade).catch(async (error: unknown) => {
        if (!isPending(error)) throw error;
        await repairPendingRelease(context, cluster, helm, rendered, upgrade);
      });
    } catch (error) {
      throw toHelmError("installing", app, chart, error);
    }
  });
}

/** Returns helm's arguments for the labels of a release; empty without labels. */
function formatLabels(labels: Readonly<Record<string, string>>): string[] {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? [] : ["--labels", pairs.join(",")];
}

/** Calls a function, and repeats it while the API server is starting. */
function retryStarting<T>(context: Context, runCommand: () => Promise<T>): Promise<T> {
  const isStarting = (error: unknown) =>
    error instanceof CommandError && isTransient(parseHelmError(error.stderr));
  return retryTransient(context, startingMs, isStarting, runCommand);
}

/**
 * Repairs a pending release, then upgrades it: rolls it back to its last good revision, or uninstalls it if it has
 * none. A killed run leaves such a release, and helm refuses every further upgrade.
 */
async function repairPendingRelease(
  context: Context,
  cluster: Cluster,
  helm: Tool,
  { app }: RenderedApp,
  upgrade: () => Promise<string>,
): Promise<void> {
  if (cluster.kind === "existing" && (await awaitOtherRun(context, upgrade))) return;
  const run = (...argv: string[]) => runHelm(context, cluster, helm, 120_000, [...argv, "-n", app.namespace]);
  const lastGoodRevision = findLastGoodRevision(await run("history", app.release, "-o", "json"));
  if (lastGoodRevision === undefined) {
    context.log.warn(
      `release ${app.release} was left half installed by an earlier run: it is removed and installed anew`,
    );
    await run("uninstall", app.release);
  } else {
    context.log.warn(
      `release ${app.release} was left half upgraded by an earlier run: it is rolled back to revision ${lastGoodRevision} first`,
    );
    await run("rollback", app.release, String(lastGoodRevision));
  }
  await retryStarting(context, upgrade);
}

/** True if another run was installing the release and the upgrade succeeded after it. */
async function awaitOtherRun(context: Context, upgrade: () => Promise<string>): Promise<boolean> {
  try {
    await retryTransient(context, otherRunMs, isPending, upgrade);
    return true;
  } catch (error) {
    if (isPending(error)) return false;
    throw error;
  }
}

/**
 * Returns the newest revision that was once deployed, from the output of `helm history -o json`; undefined if there is
 * none.
 */
export function findLastGoodRevision(history: string): number | undefined {
  const revisions = JSON.parse(history) as { revision: number; status: string }[];
  return revisions.findLast(({ status }) => status === "deployed" || status === "superseded")?.revision;
}

function isPending(error: unknown): boolean {
  return error instanceof CommandError && pendingWords.test(error.stderr);
}

const historyMs = 30_000;

/**
 * Throws if a release with an app's name already exists. A run starts with an empty journal, so such a release is not
 * its own: an upgrade would change it, and the teardown would uninstall it.
 * @throws InstallError with all of these releases, before anything is changed
 */
export async function refuseForeignReleases(
  context: Context,
  cluster: Cluster,
  helm: Tool,
  apps: readonly RenderedApp[],
): Promise<void> {
  const existingReleases = await Promise.all(
    apps.map(async ({ app }) => {
      const description = await findExistingRelease(context, cluster, helm, app.release, app.namespace);
      return description === undefined ? [] : [{ app, standing: description }];
    }),
  );
  const [firstRelease, ...otherReleases] = existingReleases.flat();
  if (firstRelease === undefined) return;
  const lines = [firstRelease, ...otherReleases].map(
    ({ app, standing: description }) =>
      `release ${app.release} is in namespace ${app.namespace} already (${description}), and it is not this run's`,
  );
  const { name, release, namespace } = firstRelease.app;
  throw new InstallError(
    `${lines.join("\n")}\nIt was left as it is: an upgrade would change it, and the teardown uninstall it.`,
    {
      fix:
        `choose another release name (apps.${name}.release) or namespace; ` +
        `or, if nobody needs it any more: helm uninstall ${release} -n ${namespace}`,
    },
  );
}

/** An entry of `helm history -o json`. */
interface Revision {
  readonly status?: string;
  readonly chart?: string;
  readonly updated?: string;
}

/**
 * Describes a release in the cluster by its chart, status and time; undefined if there is none. Only uses fields that
 * helm 3 and 4 both report, also for an uninstalled release whose history is kept.
 * @throws InstallError if helm can't read its releases
 */
async function findExistingRelease(
  context: Context,
  cluster: Cluster,
  helm: Tool,
  release: string,
  namespace: string,
): Promise<string | undefined> {
  const argv = ["history", release, "-n", namespace, "--max", "1", "-o", "json"];
  try {
    const output = await retryStarting(context, () => runHelm(context, cluster, helm, historyMs, argv));
    const latestRevision = (JSON.parse(output) as Revision[]).at(-1);
    if (latestRevision === undefined) return undefined;
    const updatedAt = latestRevision.updated?.replace(/\.\d+/, "");
    return [latestRevision.chart, latestRevision.status, ...(updatedAt ? [`since ${updatedAt}`] : [])].join(
      ", ",
    );
  } catch (error) {
    const message = error instanceof CommandError ? parseHelmError(error.stderr) : describeError(error);
    if (/release: not found/i.test(message)) return undefined;
    if (error instanceof MonstackError && !(error instanceof CommandError)) throw error;
    throw new InstallError(
      `whether release ${release} is in namespace ${namespace} already can't be found out: ${message}`,
      {
        cause: error instanceof CommandError ? error.cause : error,
        fix: "Helm keeps its releases in Secrets: use a kubeconfig whose user may read and write them there.",
      },
    );
  }
}
