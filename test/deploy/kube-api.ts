import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import type { Meta } from "../../src/kube/objects.ts";
import type { Cluster } from "../../src/model/cluster.ts";

interface Item {
  metadata: Meta;
  [key: string]: unknown;
}

/** A server on loopback that lists, watches and creates the way a Kubernetes API server does. */
export interface KubeApi extends AsyncDisposable {
  readonly cluster: Cluster;
  /** `GET /path?query` of every request. */
  readonly requests: string[];
  /** Namespaces as they were sent to be made. */
  readonly made: readonly unknown[];
  /** Adds or changes an object and tells the watches. */
  set<T extends { metadata: Meta }>(resource: string, item: T): void;
  remove(resource: string, name: string): void;
  /** Cuts every open watch in the middle. */
  breakWatches(): void;
  /** Ends every open watch with 410 Gone, as after a compaction. */
  expireWatches(): void;
  /** Answers instead of the resource, until it is called with undefined. */
  fail(resource: string, status: number | undefined): void;
  log: string;
  /** Answered for `previous=true` instead of `log`, once it is set. */
  previousLog?: string;
  readonly openWatches: () => number;
}

export async function startKubeApi(): Promise<KubeApi> {
  const state = new Map<string, Map<string, Item>>();
  const failing = new Map<string, number>();
  const watches = new Set<{ resource: string; response: ServerResponse }>();
  const requests: string[] = [];
  const made: unknown[] = [];
  let version = 100;
  const itemsOf = (resource: string) => {
    const items = state.get(resource) ?? new Map<string, Item>();
    state.set(resource, items);
    return items;
  };
  const happened: { resource: string; version: number; line: string }[] = [];
  const tell = (resource: string, type: string, object: Item) => {
    happened.push({ resource, version, line: `${JSON.stringify({ type, object })}\n` });
    for (const watch of watches)
      if (watch.resource === resource) watch.response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const api: Partial<KubeApi> & { log: string; previousLog?: string } = { log: "" };
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(`${request.method} ${request.url}`);
    const url = new URL(request.url ?? "/", "http://x");
    const parts = url.pathname.split("/");
    const namespaced = /\/namespaces\/[^/]+\/([^/]+)/.exec(url.pathname)?.[1];
    const ofCluster = parts[1] === "apis" ? parts[4] : parts[3];
    const resource = namespaced ?? ofCluster ?? "groups";
    const json = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const status = failing.get(resource);
    if (status !== undefined)
      return json(status, { kind: "Status", code: status, message: `${resource} fails` });
    if (url.pathname.endsWith("/log"))
      return response.end(url.searchParams.has("previous") ? (api.previousLog ?? api.log) : api.log);
    if (resource === "namespaces" && request.method === "POST") {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        made.push(JSON.parse(body));
        json(201, { metadata: { name: "made" } });
      });
      return;
    }
    if (resource === "namespaces") {
      const found = itemsOf("namespaces").get(parts[4] ?? "");
      return found ? json(200, found) : json(404, { kind: "Status", code: 404, message: "not found" });
    }
    if (url.searchParams.get("watch") !== "true")
      return json(200, {
        metadata: { resourceVersion: String(version) },
        items: [...itemsOf(resource).values()],
      });
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    // What happened between the list and the watch is told first.
    const from = Number(url.searchParams.get("resourceVersion"));
    for (const item of happened)
      if (item.resource === resource && item.version > from) response.write(item.line);
    const watch = { resource, response };
    watches.add(watch);
    response.on("close", () => watches.delete(watch));
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(api, {
    cluster: clusterAt(url),
    requests,
    made,
    set: <T extends { metadata: Meta }>(resource: string, item: T) => {
      version += 1;
      const stored = { ...item, metadata: { ...item.metadata, resourceVersion: String(version) } };
      const known = itemsOf(resource).has(item.metadata.name);
      itemsOf(resource).set(item.metadata.name, stored);
      tell(resource, known ? "MODIFIED" : "ADDED", stored);
    },
    remove: (resource: string, name: string) => {
      version += 1;
      const item = itemsOf(resource).get(name);
      itemsOf(resource).delete(name);
      if (item) tell(resource, "DELETED", item);
    },
    breakWatches: () => {
      for (const { response } of watches) response.destroy();
      watches.clear();
    },
    expireWatches: () => {
      const object = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
      for (const { response } of watches) response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
      watches.clear();
    },
    fail: (resource: string, status: number | undefined) => {
      if (status === undefined) failing.delete(resource);
      else failing.set(resource, status);
    },
    openWatches: () => watches.size,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  }) as KubeApi;
}

export function clusterAt(server: string): Cluster {
  const kube = new KubeConfig();
  // The client takes plain HTTP only with this set.
  kube.loadFromClusterAndUser({ name: "test", server, skipTLSVerify: true }, { name: "test" });
  return {
    kind: "k3s",
    kubeconfig: "/nonexistent/kubeconfig",
    context: "test",
    kube,
    version: "v1.36.3+k3s1",
    reach: "direct",
  };
}
