import { CoreV1Api, type V1Node, type V1Pod } from "@kubernetes/client-node";
import { z } from "zod";
import type { Context } from "../host/host.ts";
import { getErrorStatus, limitCallTime } from "../kube/api.ts";
import type { KubeObject } from "../kube/manifest.ts";
import { InstallError } from "../lib/errors.ts";
import type { Cluster } from "../model/cluster.ts";
import type { RenderedApp } from "../model/rendered.ts";

/** Milliseconds: by then the node of a k3s with flannel is ready. */
const firstLookMs = 5_000;
const pollMs = 1_000;
const requestMs = 5_000;
/** A network that the host has already shows within a status of the kubelet or two, which it sends every 10 s. */
const graceMs = 12_000;

/** What the kubelet reports while no CNI configuration is in its folder. */
const noNetwork = /NetworkPluginNotReady|cni plugin not initialized|cni config uninitialized/i;

/**
 * Ends a deployment whose pods can never start: k3s runs without flannel, and nothing brings another CNI. Returns when a node
 * is ready, when that can't be found out, and when the signal fires.
 * @param withoutFlannel whether the arguments that monstack gave k3s turn flannel off
 * @throws InstallError with the node's own message
 */
export async function watchPodNetwork(
  { host, signal }: Context,
  cluster: Cluster,
  apps: readonly RenderedApp[],
  withoutFlannel: boolean,
): Promise<void> {
  if (apps.some(({ objects }) => objects.some(bringsNetwork))) return;
  const core = cluster.kube.makeApiClient(CoreV1Api);
  let since: number | undefined;
  await host.sleep(firstLookMs, signal).catch(() => undefined);
  while (!signal.aborted) {
    const nodes = await readNodes(core, signal);
    if (nodes === "forbidden" || nodes?.some((node) => findReadyCondition(node)?.status === "True")) return;
    const lacking = nodes === undefined ? undefined : findMissingNetwork(nodes, withoutFlannel);
    since = lacking === undefined ? undefined : (since ?? host.now());
    if (lacking !== undefined && since !== undefined && host.now() - since >= graceMs) {
      const pods = await core
        .listPodForAllNamespaces({}, limitCallTime(requestMs, signal))
        .catch(() => undefined);
      if (pods === undefined || pods.items.some(isForNetwork)) return;
      throw createNeverReadyError(lacking);
    }
    await host.sleep(pollMs, signal).catch(() => undefined);
  }
}

/** The node and the reason in the message of such an error; undefined for any other message. */
export function parseNetworkError(
  message: string,
): { readonly node: string; readonly why: string } | undefined {
  const [, node, why] =
    /^node (\S+) never gets ready: (k3s runs with --flannel-backend=none[^\n]*)/.exec(message) ?? [];
  return node === undefined || why === undefined ? undefined : { node, why };
}

/** Undefined if there was no response. */
async function readNodes(core: CoreV1Api, signal: AbortSignal): Promise<V1Node[] | "forbidden" | undefined> {
  try {
    return (await core.listNode({}, limitCallTime(requestMs, signal))).items;
  } catch (error) {
    return getErrorStatus(error) === 403 ? "forbidden" : undefined;
  }
}

function createNeverReadyError({
  node,
  message,
}: {
  readonly node: string;
  readonly message: string;
}): InstallError {
  return new InstallError(
    [
      `node ${node} never gets ready: k3s runs with --flannel-backend=none, and nothing brings another pod network (CNI)`,
      `kubelet, on node ${node}: ${message}`,
    ].join("\n"),
    {
      fix: "Take --flannel-backend=none out of k3s.args, or deploy the CNI as an app of its own (its manifests, or its chart).",
    },
  );
}

/** Undefined unless each node lacks a pod network and k3s is known to bring none. */
function findMissingNetwork(
  nodes: readonly V1Node[],
  withoutFlannel: boolean,
): { readonly node: string; readonly message: string } | undefined {
  const [first] = nodes;
  const isLacking = (node: V1Node) => {
    const ready = findReadyCondition(node);
    const isOff = withoutFlannel || runsWithoutFlannel(node.metadata?.annotations);
    return isOff && noNetwork.test(`${ready?.reason} ${ready?.message}`);
  };
  if (first === undefined || !nodes.every(isLacking)) return undefined;
  return { node: first.metadata?.name ?? "", message: findReadyCondition(first)?.message ?? "" };
}

function findReadyCondition(node: V1Node) {
  return node.status?.conditions?.find(({ type }) => type === "Ready");
}

/** Returns true if k3s runs without flannel: the node's annotations have its arguments, also those of its configuration file. */
export function runsWithoutFlannel(annotations: Readonly<Record<string, string>> = {}): boolean {
  const args = annotations["k3s.io/node-args"] ?? "";
  return /"--flannel-backend(?:=|"\s*,\s*")none"/.test(args);
}

const podSpecSchema = z.looseObject({
  hostNetwork: z.boolean().nullish(),
  volumes: z.array(z.looseObject({ hostPath: z.looseObject({ path: z.string() }).nullish() })).nullish(),
});
const ownerSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()).nullish() }).nullish(),
      spec: podSpecSchema,
    }),
  }),
});

/** True if the object may set a pod network up: such pods use the host's network, and HelmCharts of k3s can bring anything. */
function bringsNetwork(object: KubeObject): boolean {
  if (object.kind === "HelmChart") return true;
  const template = ownerSchema.safeParse(object).data?.spec.template;
  return template !== undefined && isNetworkPod(template.spec, template.metadata?.labels ?? {});
}

function isForNetwork({ metadata, spec }: V1Pod): boolean {
  const parsed = podSpecSchema.safeParse(spec).data;
  return parsed !== undefined && isNetworkPod(parsed, metadata?.labels ?? {});
}

function isNetworkPod(
  { hostNetwork, volumes }: z.infer<typeof podSpecSchema>,
  labels: Readonly<Record<string, string>>,
): boolean {
  if ((volumes ?? []).some(({ hostPath }) => /\/cni(\/|$)/.test(hostPath?.path ?? ""))) return true;
  const isExporter = /node-exporter/.test(`${labels["app.kubernetes.io/name"]} ${labels["app"]}`);
  return hostNetwork === true && !isExporter;
}
