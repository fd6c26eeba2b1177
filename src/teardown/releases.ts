import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { messageOf } from "../host/errors.ts";
import type { Context } from "../host/host.ts";
import { withKubeCache } from "../host/kube-cache.ts";
import {
  type Api,
  claimsOf,
  connect,
  type Deployed,
  type Leftover,
  leak,
  leftovers,
  nameOf,
  type ReleaseEntry,
} from "./cluster-objects.ts";
import type { Step } from "./k3s.ts";
import type { Leak } from "./types.ts";

/** Milliseconds after which something that isn't being deleted counts as left. */
const stillMs = 3_000;

/** Milliseconds that a cluster may take to answer at all. */
const firstAnswerMs = 20_000;

/** Takes back what was deployed: releases, their claims and volumes, namespaces; then looks for what is left of it. */
export async function removeReleases(context: Context, deployed: Deployed, step: Step): Promise<Leak[]> {
  let api: Api;
  let claims: V1PersistentVolumeClaim[];
  try {
    api = await connect(context, deployed);
    claims = await within(context, firstAnswerMs, claimsOf(api, deployed));
  } catch (error) {
    // Nothing is proved by a cluster that doesn't answer.
    const why = messageOf(error);
    const unproved = (kind: Leak["kind"], what: string) =>
      leak(kind, `${what} (the cluster can't be asked: ${why})`);
    return [
      ...deployed.releases.map(({ name, namespace }) => unproved("release", `${namespace}/${name}`)),
      ...deployed.namespaces.map((name) => unproved("namespace", name)),
    ];
  }
  const newestFirst = [...deployed.releases].reverse();
  await Promise.all(
    newestFirst.map((release) =>
      step(`uninstall ${release.name}`, () => uninstall(context, deployed, release)),
    ),
  );
  await Promise.all(
    claims.map((claim) => step(`delete claim ${nameOf(claim)}`, () => deleteClaim(api, claim))),
  );
  await Promise.all(
    deployed.namespaces.map((name) => step(`delete namespace ${name}`, () => deleteNamespace(api, name))),
  );
  return untilGone(context, deployed, () => leftovers(api, deployed, claims));
}

/** The client has no timeout of its own. */
async function within<T>({ host }: Context, ms: number, work: Promise<T>): Promise<T> {
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
async function untilGone(
  { host }: Context,
  { timeoutMs }: Deployed,
  look: () => Promise<Leftover[]>,
): Promise<Leak[]> {
  const deadline = host.now() + timeoutMs;
  let stillUntil = host.now() + stillMs;
  for (;;) {
    const left = await look().catch((error: unknown) => [
      {
        kind: "release",
        what: `unknown: the cluster can't be asked: ${messageOf(error)}`,
        going: false,
      } as const,
    ]);
    const now = host.now();
    if (left.some(({ going }) => going)) stillUntil = now + stillMs;
    if (left.length === 0 || now > Math.min(deadline, stillUntil)) {
      return left.map(({ kind, what }) => ({ kind, what }));
    }
    await host.sleep(250);
  }
}

async function uninstall({ host }: Context, deployed: Deployed, release: ReleaseEntry): Promise<string> {
  const target = ["--kubeconfig", deployed.kubeconfig, "--namespace", release.namespace];
  if (deployed.context !== undefined) target.push("--kube-context", deployed.context);
  const helm = deployed.helm ?? release.helm;
  const result = await withKubeCache(host, (env) =>
    host.exec([helm, "uninstall", release.name, ...target], { env, allowFailure: true }),
  );
  const what = `release ${release.namespace}/${release.name}`;
  if (result.exitCode === 0) return `uninstalled ${what}`;
  if (/release: not found|not found/i.test(result.stderr)) return `${what} was not there any more`;
  throw new Error(result.stderr.trim() || `helm ended with exit code ${result.exitCode}`);
}

async function deleteClaim({ core }: Api, claim: V1PersistentVolumeClaim): Promise<string> {
  const name = claim.metadata?.name ?? "";
  const namespace = claim.metadata?.namespace ?? "";
  await unlessMissing(core.deleteNamespacedPersistentVolumeClaim({ name, namespace }));
  return `deleted claim ${namespace}/${name}`;
}

async function deleteNamespace({ core }: Api, name: string): Promise<string> {
  await unlessMissing(core.deleteNamespace({ name }));
  return `deleted namespace ${name}`;
}

async function unlessMissing(answer: Promise<unknown>): Promise<void> {
  await answer.catch((error: { code?: number }) => {
    if (error.code !== 404) throw error;
  });
}
