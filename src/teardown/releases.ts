import type {
  CoreV1Api,
  KubernetesObject,
  RbacAuthorizationV1Api,
  V1PersistentVolumeClaim,
} from "@kubernetes/client-node";
import { messageOf } from "../host/errors.ts";
import type { Context } from "../host/host.ts";
import type { Step } from "./k3s.ts";
import type { JournalEntry, Leak } from "./types.ts";

type ReleaseEntry = Extract<JournalEntry, { kind: "release" }>;

/** What was deployed into a cluster that stays. */
export interface Deployed {
  readonly kubeconfig: string;
  readonly context: string | undefined;
  /** In the order in which they were installed. */
  readonly releases: readonly ReleaseEntry[];
  /** Namespaces that did not exist before. */
  readonly namespaces: readonly string[];
  /** ISO 8601; a claim that is older isn't ours. */
  readonly since: string;
  /** Used instead of the helm that the journal names. */
  readonly helm: string | undefined;
  /** Milliseconds for all that is deleted to be gone. */
  readonly timeoutMs: number;
}

interface Api {
  readonly core: CoreV1Api;
  readonly rbac: RbacAuthorizationV1Api;
}

/** Takes back what was deployed: releases, their claims and volumes, namespaces; then looks for what is left of it. */
export async function removeReleases(context: Context, deployed: Deployed, step: Step): Promise<Leak[]> {
  const { host } = context;
  let api: Api;
  let claims: V1PersistentVolumeClaim[];
  try {
    api = await connect(context, deployed);
    claims = await claimsOf(api, deployed);
  } catch (error) {
    // Nothing is proved by a cluster that doesn't answer.
    const why = messageOf(error);
    return deployed.releases.map(({ name, namespace }) =>
      leak("release", `${namespace}/${name} (the cluster can't be asked: ${why})`),
    );
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
  const deadline = host.now() + deployed.timeoutMs;
  for (;;) {
    const left = await leftovers(api, deployed, claims).catch((error: unknown) => [
      leak("release", `unknown: the cluster can't be asked: ${messageOf(error)}`),
    ]);
    if (left.length === 0 || host.now() > deadline) return left;
    await host.sleep(250);
  }
}

async function connect({ host }: Context, { kubeconfig, context }: Deployed): Promise<Api> {
  // Loading the client takes a while, and most teardowns are without a cluster that stays.
  const { CoreV1Api, KubeConfig, RbacAuthorizationV1Api } = await import("@kubernetes/client-node");
  const text = await host.files.read(kubeconfig);
  if (text === undefined) throw new Error(`there is no ${kubeconfig}`);
  const config = new KubeConfig();
  config.loadFromString(text);
  if (context !== undefined) config.setCurrentContext(context);
  return { core: config.makeApiClient(CoreV1Api), rbac: config.makeApiClient(RbacAuthorizationV1Api) };
}

async function uninstall({ host }: Context, deployed: Deployed, release: ReleaseEntry): Promise<string> {
  const target = ["--kubeconfig", deployed.kubeconfig, "--namespace", release.namespace];
  if (deployed.context !== undefined) target.push("--kube-context", deployed.context);
  const helm = deployed.helm ?? release.helm;
  const result = await host.exec([helm, "uninstall", release.name, ...target], { allowFailure: true });
  const what = `release ${release.namespace}/${release.name}`;
  if (result.exitCode === 0) return `uninstalled ${what}`;
  if (/release: not found|not found/i.test(result.stderr)) return `${what} was not there any more`;
  throw new Error(result.stderr.trim() || `helm ended with exit code ${result.exitCode}`);
}

/** Helm leaves the claims of a StatefulSet behind, and those that a chart wants kept. */
async function claimsOf({ core }: Api, deployed: Deployed): Promise<V1PersistentVolumeClaim[]> {
  const spaces = new Set([...deployed.releases.map(({ namespace }) => namespace), ...deployed.namespaces]);
  const lists = await Promise.all(
    [...spaces].map((namespace) => core.listNamespacedPersistentVolumeClaim({ namespace })),
  );
  const isNew = ({ metadata }: V1PersistentVolumeClaim) =>
    // The server's clock counts whole seconds.
    (metadata?.creationTimestamp?.getTime() ?? 0) + 1_000 > Date.parse(deployed.since);
  return lists
    .flatMap(({ items }) => items)
    .filter(
      (claim) =>
        deployed.namespaces.includes(claim.metadata?.namespace ?? "") ||
        (isNew(claim) && isOfAny(claim, deployed)),
    );
}

function isOfAny(object: KubernetesObject, { releases }: Deployed): boolean {
  return releases.some((release) => isOf(object, release));
}

/** Helm's own annotation decides; what a controller made for a release has only the labels that the chart gave it. */
function isOf({ metadata }: KubernetesObject, release: ReleaseEntry): boolean {
  const name = metadata?.annotations?.["meta.helm.sh/release-name"];
  const namespace = metadata?.annotations?.["meta.helm.sh/release-namespace"];
  if (name !== undefined) return name === release.name && namespace === release.namespace;
  if (metadata?.namespace !== undefined && metadata.namespace !== release.namespace) return false;
  return metadata?.labels?.["app.kubernetes.io/instance"] === release.name;
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

async function leftovers(
  api: Api,
  deployed: Deployed,
  claims: readonly V1PersistentVolumeClaim[],
): Promise<Leak[]> {
  const { core, rbac } = api;
  const volumes = new Set(claims.map(({ spec }) => spec?.volumeName));
  const claimNames = new Set(claims.map(nameOf));
  const ofClaim = (ref: { namespace?: string; name?: string } | undefined) =>
    claimNames.has(`${ref?.namespace}/${ref?.name}`);
  const [pvcs, pvs, roles, bindings, namespaces, secrets] = await Promise.all([
    claimsOf(api, deployed),
    core.listPersistentVolume(),
    rbac.listClusterRole(),
    rbac.listClusterRoleBinding(),
    core.listNamespace(),
    Promise.all(
      deployed.releases.map(({ name, namespace }) =>
        core.listNamespacedSecret({ namespace, labelSelector: `owner=helm,name=${name}` }),
      ),
    ),
  ]);
  const show = (kind: Leak["kind"], objects: readonly KubernetesObject[]) =>
    objects.map((object) => leak(kind, explain(object)));
  return [
    ...deployed.releases
      .filter((_, index) => (secrets[index]?.items.length ?? 0) > 0)
      .map(({ name, namespace }) => leak("release", `${namespace}/${name}`)),
    ...show("pvc", pvcs),
    ...show(
      "pv",
      pvs.items.filter(({ metadata, spec }) => volumes.has(metadata?.name ?? "") || ofClaim(spec?.claimRef)),
    ),
    ...show(
      "cluster-role",
      roles.items.filter((object) => isOfAny(object, deployed)),
    ),
    ...show(
      "cluster-role-binding",
      bindings.items.filter((object) => isOfAny(object, deployed)),
    ),
    ...show(
      "namespace",
      namespaces.items.filter(({ metadata }) => deployed.namespaces.includes(metadata?.name ?? "")),
    ),
  ];
}

function leak(kind: Leak["kind"], what: string): Leak {
  return { kind, what };
}

function nameOf({ metadata }: KubernetesObject): string {
  return [metadata?.namespace, metadata?.name].filter((part) => part !== undefined).join("/");
}

/** Names what keeps it, which is what its reader has to look at. */
function explain(object: KubernetesObject & { spec?: object }): string {
  const finalizers = [
    ...(object.metadata?.finalizers ?? []),
    ...((object.spec as { finalizers?: string[] } | undefined)?.finalizers ?? []),
  ];
  const policy = (object.spec as { persistentVolumeReclaimPolicy?: string } | undefined)
    ?.persistentVolumeReclaimPolicy;
  const why = [
    object.metadata?.deletionTimestamp && finalizers.length > 0
      ? `terminating, held by ${finalizers.join(", ")}`
      : "",
    policy === "Retain" ? "its reclaim policy is Retain" : "",
  ].filter((part) => part !== "");
  return why.length > 0 ? `${nameOf(object)} (${why.join("; ")})` : nameOf(object);
}

async function unlessMissing(answer: Promise<unknown>): Promise<void> {
  await answer.catch((error: { code?: number }) => {
    if (error.code !== 404) throw error;
  });
}
