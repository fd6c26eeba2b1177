import type { Context } from "../host/host.ts";
import { isTransient, retryTransient } from "../kube/api.ts";
import { CommandError, describeError, InstallError, MonstackError } from "../lib/errors.ts";
import type { Tool } from "../lockfile/tools.ts";
import type { Cluster } from "../model/cluster.ts";
import type { RenderedApp } from "../model/rendered.ts";
import { parseHelmError, runHelm, toHelmError, withValuesFile } from "./helm.ts";

const startingMs = 45_000;
/** On a cluster that others use too, a pending release may be somebody's that is just being installed. */
const otherRunMs = 20_000;
const pendingWords = /another operation \(install\/upgrade\/rollback\) is in progress/i;

/**
 * Installs or upgrades one release without waiting for its workloads (hooks are waited for, by helm). Tries again what
 * a starting API server refuses, and takes up a release that a killed run left pending.
 * @throws UserError or InstallError with helm's message.
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
        await recover(context, cluster, helm, rendered, upgrade);
      });
    } catch (error) {
      throw toHelmError("installing", app, chart, error);
    }
  });
}

function formatLabels(labels: Readonly<Record<string, string>>): string[] {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? [] : ["--labels", pairs.join(",")];
}

/** Tries again what an API server refuses in its first seconds. */
function retryStarting<T>(context: Context, attempt: () => Promise<T>): Promise<T> {
  const again = (error: unknown) =>
    error instanceof CommandError && isTransient(parseHelmError(error.stderr));
  return retryTransient(context, startingMs, again, attempt);
}

/** A run that was killed leaves `pending-install` or `pending-upgrade`, and helm then refuses for ever. */
async function recover(
  context: Context,
  cluster: Cluster,
  helm: Tool,
  { app }: RenderedApp,
  upgrade: () => Promise<string>,
): Promise<void> {
  if (cluster.kind === "existing" && (await awaitOtherRun(context, upgrade))) return;
  const run = (...argv: string[]) => runHelm(context, cluster, helm, 120_000, [...argv, "-n", app.namespace]);
  const good = findLastGoodRevision(await run("history", app.release, "-o", "json"));
  if (good === undefined) {
    context.log.warn(
      `release ${app.release} was left half installed by an earlier run: it is removed and installed anew`,
    );
    await run("uninstall", app.release);
  } else {
    context.log.warn(
      `release ${app.release} was left half upgraded by an earlier run: it is rolled back to revision ${good} first`,
    );
    await run("rollback", app.release, String(good));
  }
  await retryStarting(context, upgrade);
}

/** Returns true if another run was installing the release, and the upgrade succeeded after it. */
async function awaitOtherRun(context: Context, upgrade: () => Promise<string>): Promise<boolean> {
  try {
    await retryTransient(context, otherRunMs, isPending, upgrade);
    return true;
  } catch (error) {
    if (isPending(error)) return false;
    throw error;
  }
}

/** Returns the newest revision that was once deployed, from the output of `helm history -o json`. */
export function findLastGoodRevision(history: string): number | undefined {
  const revisions = JSON.parse(history) as { revision: number; status: string }[];
  return revisions.findLast(({ status }) => status === "deployed" || status === "superseded")?.revision;
}

function isPending(error: unknown): boolean {
  return error instanceof CommandError && pendingWords.test(error.stderr);
}

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
      const standing = await findExistingRelease(context, cluster, helm, app.release, app.namespace);
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

/** Fields that helm 3 and 4 both report of a release in any state, also of an uninstalled one whose history is kept. */
async function findExistingRelease(
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
