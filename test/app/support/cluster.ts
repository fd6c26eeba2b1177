import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Stored {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** An API server on loopback with one workload in it that is ready: enough for a whole `run` on an existing cluster. */
export interface Cluster extends AsyncDisposable {
  readonly url: string;
  /** `POST /path` of every request that changes something. */
  readonly changes: string[];
  readonly requests: string[];
  /** Requests whose `METHOD /path` matches are never answered. */
  hang: RegExp | undefined;
  /** Requests whose `METHOD /path` matches are answered with 500. */
  broken: RegExp | undefined;
  /** Of `verb resource` what this user may not do; undefined: they may do everything. */
  lacks: RegExp | undefined;
  readonly namespaces: readonly string[];
}

const labels = { "app.kubernetes.io/name": "prometheus", "app.kubernetes.io/component": "server" };
const inStack = {
  namespace: "monitoring",
  generation: 1,
  uid: "u",
  creationTimestamp: "2026-11-23T14:00:00Z",
};

/** What the chart of `world.ts` renders, as the cluster shows it. */
function workload(): Record<string, Stored[]> {
  const owner = (kind: string, name: string) => ({
    ownerReferences: [{ kind, name, uid: "u", controller: true }],
  });
  const imageID = `docker.io/library/x@sha256:${"1".repeat(64)}`;
  const started = { state: { running: { startedAt: "2026-11-23T14:00:01Z" } }, restartCount: 0, ready: true };
  return {
    deployments: [
      {
        metadata: { name: "server", ...inStack, annotations: { "deployment.kubernetes.io/revision": "1" } },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: {} },
        },
        status: {
          ...{
            observedGeneration: 1,
            replicas: 1,
            updatedReplicas: 1,
            readyReplicas: 1,
            availableReplicas: 1,
          },
          conditions: [{ type: "Available", status: "True" }],
        },
      },
    ],
    replicasets: [
      {
        metadata: {
          ...{ name: "server-1", ...inStack, ...owner("Deployment", "server") },
          annotations: { "deployment.kubernetes.io/revision": "1" },
        },
        spec: { replicas: 1 },
        status: { replicas: 1, readyReplicas: 1, observedGeneration: 1 },
      },
    ],
    pods: [
      {
        metadata: { name: "server-1-a", labels, ...inStack, ...owner("ReplicaSet", "server-1") },
        spec: {
          nodeName: "n",
          containers: [{ name: "server", image: "x", readinessProbe: { periodSeconds: 1 } }],
        },
        status: {
          phase: "Running",
          conditions: ["PodScheduled", "Ready"].map((type) => ({ type, status: "True" })),
          containerStatuses: [{ name: "server", image: "x", imageID, started: true, ...started }],
        },
      },
    ],
  };
}

export async function startCluster(): Promise<Cluster> {
  const requests: string[] = [];
  const changes: string[] = [];
  const store = workload();
  const namespaces: string[] = [];
  const faults: Pick<Cluster, "hang" | "broken" | "lacks"> = {
    hang: undefined,
    broken: undefined,
    lacks: undefined,
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    const said = `${request.method} ${pathname}`;
    requests.push(said);
    if (request.method !== "GET" && !pathname.endsWith("reviews")) changes.push(said);
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const fail = (code: number) => json(code, { kind: "Status", code, message: `HTTP ${code}` });
    if (faults.hang?.test(said)) return;
    if (faults.broken?.test(said)) return fail(500);
    if (pathname === "/version") return json(200, { gitVersion: "v1.36.3", major: "1", minor: "36" });
    if (pathname.endsWith("/selfsubjectrulesreviews")) {
      const status = { resourceRules: [], nonResourceRules: [], incomplete: false };
      return json(201, { status });
    }
    if (pathname.endsWith("/selfsubjectaccessreviews")) {
      const { resourceAttributes: asked } = JSON.parse(await text(request)).spec;
      const said = `${asked?.verb} ${asked?.resource}`;
      const allowed = faults.lacks === undefined || !faults.lacks.test(said);
      return json(201, { status: { allowed } });
    }
    const [, namespace, resource = "", name] = take(pathname);
    if (resource === "namespaces") {
      if (request.method === "POST") {
        const body = JSON.parse(await text(request)) as Stored;
        namespaces.push(body.metadata.name);
        return json(201, body);
      }
      if (name !== undefined && !namespaces.includes(name)) return fail(404);
      if (request.method === "DELETE") namespaces.splice(namespaces.indexOf(name ?? ""), 1);
      if (name !== undefined) return json(200, { metadata: { name }, status: { phase: "Active" } });
      return json(200, { metadata: {}, items: namespaces.map((one) => ({ metadata: { name: one } })) });
    }
    if (searchParams.get("watch") === "true") {
      response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      return;
    }
    const items = (store[resource] ?? []).filter(
      ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
    );
    return json(200, { kind: "List", apiVersion: "v1", metadata: { resourceVersion: "1" }, items });
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(faults, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    changes,
    namespaces,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** Namespace, resource and name of an API path. */
function take(pathname: string): readonly (string | undefined)[] {
  return (
    /^\/(?:api|apis\/[^/]+)\/v1(?:\/namespaces\/([^/]+)(?=\/[a-z]+))?\/([a-z]+)(?:\/([^/]+))?/.exec(
      pathname,
    ) ?? []
  );
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
