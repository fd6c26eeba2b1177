import { KubeConfig } from "@kubernetes/client-node";
import type { Received, Reply } from "./local-server.ts";

/** An object as the API server sends it: dates are strings. */
export type ApiObject = { metadata: { name: string; namespace?: string; [key: string]: unknown } } & Record<
  string,
  unknown
>;

/** What a stand-in for the API server holds. */
export interface FakeKubeApi {
  nodes: ApiObject[];
  pods: ApiObject[];
  services: ApiObject[];
  endpointSlices: ApiObject[];
  claims: ApiObject[];
  events: ApiObject[];
}

/** Lists only, by namespace; of selectors just the name of an event's object. */
export function answerAsKubeApi(state: FakeKubeApi, { path }: Received): Reply {
  const url = new URL(path, "http://kube");
  const match = /^\/(?:api|apis\/[^/]+)\/v1(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(url.pathname);
  const [, namespace, resource = ""] = match ?? [];
  const items = { ...state, endpointslices: state.endpointSlices, persistentvolumeclaims: state.claims }[
    resource
  ];
  if (!Array.isArray(items))
    return { status: 404, body: { kind: "Status", code: 404, message: "not found" } };
  const involved = /involvedObject\.name=([^,]+)/.exec(url.searchParams.get("fieldSelector") ?? "")?.[1];
  const found = (items as ApiObject[])
    .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
    .filter(
      (item) => involved === undefined || (item["involvedObject"] as { name: string }).name === involved,
    );
  return { body: { kind: "List", apiVersion: "v1", metadata: {}, items: found } };
}

/** A kubeconfig for a stand-in. */
export function kubeConfigFor(url: string): KubeConfig {
  const kube = new KubeConfig();
  kube.loadFromClusterAndUser({ name: "stand-in", server: url, skipTLSVerify: true }, { name: "tester" });
  return kube;
}
