import { join } from "node:path";
import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { selectLoginEnvironment } from "../host/child-environment.ts";
import type { Context } from "../host/host.ts";
import { withKubeCache } from "../host/temporary.ts";
import type { Leak, Step } from "../journal/types.ts";
import { describeError } from "../lib/errors.ts";
import {
  type Api,
  connectToCluster,
  createLeak,
  type Deployed,
  findClaims,
  findLeftovers,
  findRemainingDefinitions,
  getQualifiedName,
  type Leftover,
  type ReleaseEntry,
  removeDefinitions,
} from "./cluster-objects.ts";
import { protectVolumes, restoreClaims } from "./keep-claims.ts";
import { chooseHelm } from "./programs.ts";
import { findRemainingServices, removeServices } from "./units.ts";

/** The time, in milliseconds, without a terminating object after which the remaining objects count as leaks. */
const settleMs = 3_000;

/** The time, in milliseconds, in which a cluster has to respond to the first requests. */
const firstAnswerMs = 20_000;

/** The result of removing what was deployed. */
interface RemovalResult {
  readonly leaks: Leak[];
  /** Descriptions of everything that was kept on purpose. */
  readonly kept: string[];
}

/**
 * Removes the releases, their claims and volumes, the namespaces, custom resource definitions and services from a
 * cluster. Returns what is left as leaks, and what was kept on purpose. Changes nothing if the cluster does not
 * respond.
 */
export async function removeReleases(
  context: Context,
  deployed: Deployed,
  step: Step,
): Promise<RemovalResult> {
  let api: Api;
  let claims: V1PersistentVolumeClaim[];
  try {
    api = await connectToCluster(context, deployed);
    claims = await rejectAfter(context, firstAnswerMs, findClaims(api, deployed));
  } catch (error) {
    // A cluster that does not respond proves nothing, so everything counts as a leak.
    const why = describeError(error);
    return { leaks: listDeployedAsLeaks(deployed, `the cluster can't be asked: ${why}`), kept: [] };
  }
  if (deployed.keepData) {
    try {
      await protectVolumes(api, claims);
    } catch (error) {
      // Uninstalling now would delete the data that has to be kept.
      return {
        leaks: listDeployedAsLeaks(deployed, `its data can't be kept: ${describeError(error)}`),
        kept: [],
      };
    }
  }
  const newestFirst = [...deployed.releases].reverse();
  await Promise.all(
    newestFirst.map((release) =>
      step(`uninstall ${release.name}`, () =>
        uninstallRelease(context, deployed, release, api.helmKubeconfig),
      ),
    ),
  );
  const claimsResult = deployed.keepData
    ? await restoreClaimsAndDeleteNamespaces(context, api, deployed, step)
    : await deleteClaimsAndNamespaces(context, api, deployed, claims, step);
  // Definitions are deleted last: their objects are deleted with the releases and the namespaces.
  const definitions = await removeDefinitions(context, api, deployed.crds, step);
  await removeServices(api, deployed.services, step);
  const remaining = await waitUntilGone(context, deployed, async () => [
    ...(await findRemainingDefinitions(api, definitions.removed)),
    ...(await findRemainingServices(api, deployed.services)),
  ]);
  return { leaks: [...claimsResult.leaks, ...remaining], kept: [...claimsResult.kept, ...definitions.kept] };
}

/**
 * Deletes the claims and the run's namespaces, and waits until the releases' objects are gone. Returns those that
 * remain.
 */
async function deleteClaimsAndNamespaces(
  context: Context,
  api: Api,
  deployed: Deployed,
  claims: readonly V1PersistentVolumeClaim[],
  step: Step,
): Promise<RemovalResult> {
  await Promise.all(
    claims.map((claim) => step(`delete claim ${getQualifiedName(claim)}`, () => deleteClaim(api, claim))),
  );
  await Promise.all(
    deployed.namespaces.map((name) => step(`delete namespace ${name}`, () => deleteNamespace(api, name))),
  );
  return {
    leaks: await waitUntilGone(context, deployed, () => findLeftovers(api, deployed, claims)),
    kept: [],
  };
}

/** Returns everything that was deployed as leaks with a reason. For a teardown that removed nothing. */
function listDeployedAsLeaks({ releases, namespaces, crds, services }: Deployed, reason: string): Leak[] {
  return [
    ...releases.map(({ name, namespace }) => createLeak("release", `${namespace}/${name} (${reason})`)),
    ...namespaces.map((name) => createLeak("namespace", `${name} (${reason})`)),
    ...crds.map((name) => createLeak("crd", `${name} (${reason})`)),
    ...services.map(({ namespace, name }) =>
      createLeak("cluster-object", `Service ${namespace}/${name} (${reason})`),
    ),
  ];
}

/**
 * Restores the claims after the releases are uninstalled, and deletes the namespaces without claims. Keeps all
 * namespaces if the claims could not be restored.
 */
async function restoreClaimsAndDeleteNamespaces(
  context: Context,
  api: Api,
  deployed: Deployed,
  step: Step,
): Promise<RemovalResult> {
  const keptClaims: string[] = [];
  let failure: string | undefined = "it was not tried";
  await step("keep the claims", async () => {
    try {
      keptClaims.push(...(await restoreClaims(context, api, deployed)));
      failure = undefined;
    } catch (error) {
      failure = describeError(error);
      throw error;
    }
    return keptClaims.length === 0 ? undefined : `kept ${keptClaims.join(", ")}`;
  });
  const haveClaims = await Promise.all(deployed.namespaces.map((name) => hasClaims(api, name)));
  const keptNamespaces = deployed.namespaces.filter((_, index) => failure !== undefined || haveClaims[index]);
  const emptyNamespaces = deployed.namespaces.filter((name) => !keptNamespaces.includes(name));
  await Promise.all(
    emptyNamespaces.map((name) => step(`delete namespace ${name}`, () => deleteNamespace(api, name))),
  );
  const emptyDeployed = { ...deployed, namespaces: emptyNamespaces };
  const leaks = await waitUntilGone(context, deployed, () => findLeftovers(api, emptyDeployed, []));
  if (failure !== undefined)
    leaks.push(
      createLeak("pvc", `the claims of ${deployed.releases.map(formatReleaseName).join(", ")} (${failure})`),
    );
  return {
    leaks,
    kept: [...keptClaims, ...keptNamespaces.map((name) => `namespace ${name}, for the claims in it`)],
  };
}

function formatReleaseName({ namespace, name }: ReleaseEntry): string {
  return `${namespace}/${name}`;
}

/** True if a namespace contains a claim. */
async function hasClaims({ core }: Api, namespace: string): Promise<boolean> {
  return (await core.listNamespacedPersistentVolumeClaim({ namespace })).items.length > 0;
}

/**
 * Returns the result of a request, or rejects after `ms` milliseconds. The Kubernetes client has no timeout of its
 * own.
 */
async function rejectAfter<T>({ host }: Context, ms: number, request: Promise<T>): Promise<T> {
  const finished = new AbortController();
  const timeout = host.sleep(ms, finished.signal).then(() => {
    throw new Error(`no answer in ${ms / 1_000} s`);
  });
  return Promise.race([request, timeout]).finally(() => {
    timeout.catch(() => {});
    finished.abort();
  });
}

/**
 * Waits while objects are terminating, at most until the deadline, and `settleMs` more for controllers to react.
 * Returns the objects that remain, as leaks.
 */
async function waitUntilGone(
  { host }: Context,
  { timeoutMs }: Deployed,
  findRemaining: () => Promise<Leftover[]>,
): Promise<Leak[]> {
  const deadline = host.now() + timeoutMs;
  let settledAt = host.now() + settleMs;
  for (;;) {
    const remaining = await findRemaining().catch((error: unknown) => [
      {
        kind: "release",
        what: `unknown: the cluster can't be asked: ${describeError(error)}`,
        isTerminating: false,
      } as const,
    ]);
    const now = host.now();
    if (remaining.some(({ isTerminating }) => isTerminating)) settledAt = now + settleMs;
    if (remaining.length === 0 || now > Math.min(deadline, settledAt)) {
      return remaining.map(({ kind, what }) => ({ kind, what }));
    }
    await host.sleep(250);
  }
}

/** Uninstalls a release with helm and returns the line for the log. @throws Error with helm's message */
async function uninstallRelease(
  { host }: Context,
  deployed: Deployed,
  release: ReleaseEntry,
  helmKubeconfig: string | undefined,
): Promise<string> {
  const helm = await chooseHelm(host, release.helm, deployed.known);
  const result = await host.files.withTemp("kubeconfig-", async (folder) => {
    const kubeconfig = helmKubeconfig === undefined ? deployed.kubeconfig : join(folder, "kubeconfig");
    if (helmKubeconfig !== undefined) await host.files.write(kubeconfig, helmKubeconfig, 0o600);
    const target = ["--kubeconfig", kubeconfig, "--namespace", release.namespace];
    if (deployed.context !== undefined) target.push("--kube-context", deployed.context);
    return await withKubeCache(host, (cache) =>
      host.exec([helm, "uninstall", release.name, ...target], {
        env: { ...selectLoginEnvironment(host.env), ...cache },
        allowFailure: true,
      }),
    );
  });
  const label = `release ${release.namespace}/${release.name}`;
  if (result.exitCode === 0) return `uninstalled ${label}`;
  if (/release: not found|not found/i.test(result.stderr)) return `${label} was not there any more`;
  throw new Error(result.stderr.trim() || `helm ended with exit code ${result.exitCode}`);
}

/** Deletes a claim if it exists, and returns the line for the log. */
async function deleteClaim({ core }: Api, claim: V1PersistentVolumeClaim): Promise<string> {
  const name = claim.metadata?.name ?? "";
  const namespace = claim.metadata?.namespace ?? "";
  await ignoreNotFound(core.deleteNamespacedPersistentVolumeClaim({ name, namespace }));
  return `deleted claim ${namespace}/${name}`;
}

/** Deletes a namespace if it exists, and returns the line for the log. */
async function deleteNamespace({ core }: Api, name: string): Promise<string> {
  await ignoreNotFound(core.deleteNamespace({ name }));
  return `deleted namespace ${name}`;
}

/** Waits for a request. Ignores a response with status 404. @throws the request's other errors */
async function ignoreNotFound(request: Promise<unknown>): Promise<void> {
  await request.catch((error: { code?: number }) => {
    if (error.code !== 404) throw error;
  });
}
