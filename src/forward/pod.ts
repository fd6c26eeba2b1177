import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { dirname } from "node:path";
import { Writable } from "node:stream";
import { CoreV1Api, DiscoveryV1Api, type KubeConfig, PortForward } from "@kubernetes/client-node";
import { SharingKubeConfig } from "../kube/kube-config.ts";
import type { ForwardTarget } from "./server.ts";

type PodTarget = Extract<ForwardTarget, { kind: "pod" }>;

/**
 * Returns a function that connects a client with a ready pod behind a service, through the cluster's API server. The
 * pod is chosen anew for each connection.
 */
export async function createPodDial(target: PodTarget): Promise<(client: Socket) => Promise<void>> {
  const config = new SharingKubeConfig();
  config.loadFromString(await readFile(target.kubeconfig, "utf8"));
  config.makePathsAbsolute(dirname(target.kubeconfig));
  if (target.context !== undefined) config.setCurrentContext(target.context);
  const forward = new PortForward(config);
  return async (client) => {
    const { pod, port } = await findPod(config, target);
    let errorText = "";
    const errors = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        // The first chunk is always empty.
        if (chunk.length > 0) client.resetAndDestroy();
        errorText += chunk.toString();
        done();
      },
    });
    const connection = await forward.portForward(target.namespace, pod, [port], client, errors, client);
    const socket = typeof connection === "function" ? connection() : connection;
    if (!socket) throw new Error(`no connection to pod ${target.namespace}/${pod}: ${errorText}`);
    socket.onclose = () => client.end();
    socket.onerror = () => client.resetAndDestroy();
    client.on("close", () => socket.close());
  };
}

/** Returns a ready pod of a service, and the pod's port. @throws Error if there is none */
async function findPod(config: KubeConfig, target: PodTarget): Promise<{ pod: string; port: number }> {
  const { namespace, service: name } = target;
  const [service, slices] = await Promise.all([
    config.makeApiClient(CoreV1Api).readNamespacedService({ namespace, name }),
    config
      .makeApiClient(DiscoveryV1Api)
      .listNamespacedEndpointSlice({ namespace, labelSelector: `kubernetes.io/service-name=${name}` }),
  ]);
  const servicePort = service.spec?.ports?.find(({ port }) => port === target.port);
  if (!servicePort) throw new Error(`service ${namespace}/${name} has no port ${target.port}`);
  for (const slice of slices.items) {
    const port = slice.ports?.find((candidate) => (candidate.name ?? "") === (servicePort.name ?? ""))?.port;
    const readyEndpoint = slice.endpoints?.find(
      ({ conditions, targetRef }) => conditions?.ready !== false && targetRef?.kind === "Pod",
    );
    if (port !== undefined && readyEndpoint?.targetRef?.name)
      return { pod: readyEndpoint.targetRef.name, port };
  }
  throw new Error(`service ${namespace}/${name} has no ready pod`);
}
