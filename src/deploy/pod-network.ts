import { CoreV1Api, type V1Node, type V1Pod } from "@kubernetes/client-node";
import { z } from "zod";
import type { Context } from "../host/host.ts";
import { getErrorStatus, limitCallTime } from "../kube/api.ts";
import type { KubeObject } from "../kube/manifest.ts";
import { InstallError } from "../lib/errors.ts";
import type { Cluster } from "../model/cluster.ts";
import type { RenderedApp } from "../model/rendered.ts";

/** By then the node of a k3s with flannel is ready, in milliseconds. */
const firstLookMs = 5_000;
const pollMs = 1_000;
const requestMs = 5_000;
/** How long the network may be missing, in milliseconds. The kubelet reports every 10 s whether the host has a network. */
const graceMs = 12_000;

/** The kubelet's message while its folder contains no CNI configuration. */
const noNetwork = /NetworkPluginNotReady|cni plugin not initialized|cni config uninitialized/i;

/**
 * Throws if the pods can never start: k3s runs without flannel, and no app or pod brings another CNI. Returns as soon
 * as a node is ready, if the cluster can't be read, or at the signal.
 * @param withoutFlannel whether monstack's arguments for k3s disable flannel
 * @throws InstallError with the node's message
 */
export async function watchPodNetwork(
  { host, signal }: Context,
  cluster: Cluster,
  apps: readonly RenderedApp[],
  withoutFlannel: boolean,
): Promise<void> {
  if (apps.some(({ objects }) => objects.some(bringsNetwork))) return;
  const core = cluster.kube.makeApiClient(CoreV1Api);
  let lackingSince: number | undefined;
  await host.sleep(firstLookMs, signal).catch(() => undefined);
  while (!signal.aborted) {
    const nodes = await readNodes(core, signal);
    if (nodes === "forbidden" || nodes?.some((node) => findReadyCondition(node)?.status === "True")) return;
    const nodeWithoutNetwork = nodes === undefined ? undefined : findMissingNetwork(nodes, withoutFlannel);
    lackingSince = nodeWithoutNetwork === undefined ? undefined : (lackingSince ?? host.now());
    if (
      nodeWithoutNetwork !== undefined &&
      lackingSince !== undefined &&
      host.now() - lackingSince >= graceMs
    ) {
      const pods = await core
        .listPodForAllNamespaces({}, limitCallTime(requestMs, signal))
        .catch(() => undefined);
      if (pods === undefined || pods.items.some(isForNetwork)) return;
      throw createNeverReadyError(nodeWithoutNetwork);
    }
    await host.sleep(pollMs, signal).catch(() => undefined);
  }
}

/** Returns the node and the reason from the message of such an error; undefined for any other message. */
export function parseNetworkError(
  message: string,
): { readonly node: string; readonly why: string } | undefined {
  const [, node, reason] =
    /^node (\S+) never gets ready: (k3s runs with --flannel-backend=none[^\n]*)/.exec(message) ?? [];
  return node === undefined || reason === undefined ? undefined : { node, why: reason };
}

/** Returns the nodes; `forbidden` if this user may not read them, undefined if there was no response. */
async function readNodes(core: CoreV1Api, signal: AbortSignal): Promise<V1Node[] | "forbidden" | undefined> {
  try {
    return (await core.listNode({}, limitCallTime(requestMs, signal))).items;
  } catch (error) {
    return getErrorStatus(error) === 403 ? "forbidden" : undefined;
  }
}

/** Returns the error for a node without a pod network, with the kubelet's message. `parseNetworkError` reads it. */
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

/** Returns the first node and its message if all nodes lack a pod network and run without flannel; else undefined. */
function findMissingNetwork(
  nodes: readonly V1Node[],
  withoutFlannel: boolean,
): { readonly node: string; readonly message: string } | undefined {
  const [firstNode] = nodes;
  const lacksNetwork = (node: V1Node) => {
    const ready = findReadyCondition(node);
    const isWithoutFlannel = withoutFlannel || runsWithoutFlannel(node.metadata?.annotations);
    return isWithoutFlannel && noNetwork.test(`${ready?.reason} ${ready?.message}`);
  };
  if (firstNode === undefined || !nodes.every(lacksNetwork)) return undefined;
  return { node: firstNode.metadata?.name ?? "", message: findReadyCondition(firstNode)?.message ?? "" };
}

function findReadyCondition(node: V1Node) {
  return node.status?.conditions?.find(({ type }) => type === "Ready");
}

/**
 * True if k3s runs without flannel. The node's annotations contain the arguments of k3s, including those from its
 * configuration file.
 */
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

/**
 * True if the object may set up a pod network: its pods use the host's network, or it is a HelmChart of k3s, which can
 * install anything.
 */
function bringsNetwork(object: KubeObject): boolean {
  if (object.kind === "HelmChart") return true;
  const template = ownerSchema.safeParse(object).data?.spec.template;
  return template !== undefined && isNetworkPod(template.spec, template.metadata?.labels ?? {});
}

function isForNetwork({ metadata, spec }: V1Pod): boolean {
  const parsed = podSpecSchema.safeParse(spec).data;
  return parsed !== undefined && isNetworkPod(parsed, metadata?.labels ?? {});
}

/** True if a pod mounts a CNI folder of the host, or uses the host's network without being a node-exporter. */
function isNetworkPod(
  { hostNetwork, volumes }: z.infer<typeof podSpecSchema>,
  labels: Readonly<Record<string, string>>,
): boolean {
  if ((volumes ?? []).some(({ hostPath }) => /\/cni(\/|$)/.test(hostPath?.path ?? ""))) return true;
  const isExporter = /node-exporter/.test(`${labels["app.kubernetes.io/name"]} ${labels["app"]}`);
  return hostNetwork === true && !isExporter;
}
