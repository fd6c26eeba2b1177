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
  type Deployed,
  findClaims,
  findLeftovers,
  findRemainingDefinitions,
  getQualifiedName,
  type Leftover,
  type ReleaseEntry,
  removeDefinitions,
  toLeak,
} from "./cluster-objects.ts";
import { protectVolumes, restoreClaims } from "./keep-claims.ts";
import { chooseHelm } from "./programs.ts";
import { findRemainingServices, removeServices } from "./units.ts";

/** Milliseconds after which something that isn't being deleted counts as left. */
const settleMs = 3_000;

/** Milliseconds that a cluster may take to answer at all. */
const firstAnswerMs = 20_000;

/** What became of what was deployed. */
export interface RemovalResult {
  readonly leaks: Leak[];
  /** What was kept on purpose. */
  readonly kept: string[];
}

/** Removes what was deployed: releases, their claims and volumes, namespaces. Then reports what is left. */
export async function removeReleases(
  context: Context,
  deployed: Deployed,
  step: Step,
): Promise<RemovalResult> {
  let api: Api;
  let claims: V1PersistentVolumeClaim[];
  try {
    api = await connectToCluster(context, deployed);
    claims = await limitTime(context, firstAnswerMs, findClaims(api, deployed));
  } catch (error) {
    // Nothing is proved by a cluster that doesn't answer.
    const why = describeError(error);
    return { leaks: listUntouched(deployed, `the cluster can't be asked: ${why}`), kept: [] };
  }
  if (deployed.keepData) {
    try {
      await protectVolumes(api, claims);
    } catch (error) {
      // To uninstall now would delete what is to be kept.
      return { leaks: listUntouched(deployed, `its data can't be kept: ${describeError(error)}`), kept: [] };
    }
  }
  const newestFirst = [...deployed.releases].reverse();
  await Promise.all(
    newestFirst.map((release) =>
      step(`uninstall ${release.name}`, () => uninstall(context, deployed, release, api.helmKubeconfig)),
    ),
  );
  const removed = deployed.keepData
    ? await restoreClaimsAndDeleteNamespaces(context, api, deployed, step)
    : await deleteClaimsAndNamespaces(context, api, deployed, claims, step);
  // Last: their objects go with the releases and the namespaces.
  const definitions = await removeDefinitions(context, api, deployed.crds, step);
  await removeServices(api, deployed.services, step);
  const left = await waitUntilGone(context, deployed, async () => [
    ...(await findRemainingDefinitions(api, definitions.removed)),
    ...(await findRemainingServices(api, deployed.services)),
  ]);
  return { leaks: [...removed.leaks, ...left], kept: [...removed.kept, ...definitions.kept] };
}

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

/** Returns everything as a leak: nothing was removed. */
function listUntouched({ releases, namespaces, crds, services }: Deployed, why: string): Leak[] {
  return [
    ...releases.map(({ name, namespace }) => toLeak("release", `${namespace}/${name} (${why})`)),
    ...namespaces.map((name) => toLeak("namespace", `${name} (${why})`)),
    ...crds.map((name) => toLeak("crd", `${name} (${why})`)),
    ...services.map(({ namespace, name }) =>
      toLeak("cluster-object", `Service ${namespace}/${name} (${why})`),
    ),
  ];
}

/** What comes after the releases are gone, where the claims stay; a namespace stays for the claims in it. */
async function restoreClaimsAndDeleteNamespaces(
  context: Context,
  api: Api,
  deployed: Deployed,
  step: Step,
): Promise<RemovalResult> {
  const kept: string[] = [];
  let trouble: string | undefined = "it was not tried";
  await step("keep the claims", async () => {
    try {
      kept.push(...(await restoreClaims(context, api, deployed)));
      trouble = undefined;
    } catch (error) {
      trouble = describeError(error);
      throw error;
    }
    return kept.length === 0 ? undefined : `kept ${kept.join(", ")}`;
  });
  const full = await Promise.all(deployed.namespaces.map((name) => hasClaims(api, name)));
  const stays = deployed.namespaces.filter((_, index) => trouble !== undefined || full[index]);
  const goes = deployed.namespaces.filter((name) => !stays.includes(name));
  await Promise.all(goes.map((name) => step(`delete namespace ${name}`, () => deleteNamespace(api, name))));
  const rest = { ...deployed, namespaces: goes };
  const leaks = await waitUntilGone(context, deployed, () => findLeftovers(api, rest, []));
  if (trouble !== undefined)
    leaks.push(
      toLeak("pvc", `the claims of ${deployed.releases.map(formatReleaseName).join(", ")} (${trouble})`),
    );
  return { leaks, kept: [...kept, ...stays.map((name) => `namespace ${name}, for the claims in it`)] };
}

function formatReleaseName({ namespace, name }: ReleaseEntry): string {
  return `${namespace}/${name}`;
}

async function hasClaims({ core }: Api, namespace: string): Promise<boolean> {
  return (await core.listNamespacedPersistentVolumeClaim({ namespace })).items.length > 0;
}

/** Limits a call in time: the client has no timeout of its own. */
async function limitTime<T>({ host }: Context, ms: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = host.sleep(ms, over.signal).then(() => {
    throw new Error(`no answer in ${ms / 1_000} s`);
  });
  return Promise.race([work, late]).finally(() => {
    late.catch(() => {});
    over.abort();
  });
}

/** Waits as long as something is on its way out, and a little for controllers to notice; then it won't go any more. */
async function waitUntilGone(
  { host }: Context,
  { timeoutMs }: Deployed,
  look: () => Promise<Leftover[]>,
): Promise<Leak[]> {
  const deadline = host.now() + timeoutMs;
  let stillUntil = host.now() + settleMs;
  for (;;) {
    const left = await look().catch((error: unknown) => [
      {
        kind: "release",
        what: `unknown: the cluster can't be asked: ${describeError(error)}`,
        isTerminating: false,
      } as const,
    ]);
    const now = host.now();
    if (left.some(({ isTerminating }) => isTerminating)) stillUntil = now + settleMs;
    if (left.length === 0 || now > Math.min(deadline, stillUntil)) {
      return left.map(({ kind, what }) => ({ kind, what }));
    }
    await host.sleep(250);
  }
}

async function uninstall(
  { host }: Context,
  deployed: Deployed,
  release: ReleaseEntry,
  forHelm: string | undefined,
): Promise<string> {
  const helm = await chooseHelm(host, release.helm, deployed.known);
  const result = await host.files.withTemp("kubeconfig-", async (folder) => {
    const kubeconfig = forHelm === undefined ? deployed.kubeconfig : join(folder, "kubeconfig");
    if (forHelm !== undefined) await host.files.write(kubeconfig, forHelm, 0o600);
    const target = ["--kubeconfig", kubeconfig, "--namespace", release.namespace];
    if (deployed.context !== undefined) target.push("--kube-context", deployed.context);
    return await withKubeCache(host, (cache) =>
      host.exec([helm, "uninstall", release.name, ...target], {
        env: { ...selectLoginEnvironment(host.env), ...cache },
        allowFailure: true,
      }),
    );
  });
  const what = `release ${release.namespace}/${release.name}`;
  if (result.exitCode === 0) return `uninstalled ${what}`;
  if (/release: not found|not found/i.test(result.stderr)) return `${what} was not there any more`;
  throw new Error(result.stderr.trim() || `helm ended with exit code ${result.exitCode}`);
}

async function deleteClaim({ core }: Api, claim: V1PersistentVolumeClaim): Promise<string> {
  const name = claim.metadata?.name ?? "";
  const namespace = claim.metadata?.namespace ?? "";
  await ignoreNotFound(core.deleteNamespacedPersistentVolumeClaim({ name, namespace }));
  return `deleted claim ${namespace}/${name}`;
}

async function deleteNamespace({ core }: Api, name: string): Promise<string> {
  await ignoreNotFound(core.deleteNamespace({ name }));
  return `deleted namespace ${name}`;
}

async function ignoreNotFound(answer: Promise<unknown>): Promise<void> {
  await answer.catch((error: { code?: number }) => {
    if (error.code !== 404) throw error;
  });
}
