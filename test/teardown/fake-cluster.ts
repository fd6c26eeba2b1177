import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** An object as the API server sends it. */
export interface Stored {
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    finalizers?: string[];
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export interface FakeCluster extends AsyncDisposable {
  readonly url: string;
  /** By resource, e.g. `persistentvolumeclaims`. */
  readonly store: Record<string, Stored[]>;
  readonly deleted: string[];
}

/**
 * An API server over HTTP that lists, reads, deletes, makes claims and patches volumes. An object with finalizers is only marked; a volume goes with its
 * claim, what is in a namespace with the namespace. `DELETE /release/NAMESPACE/NAME` is for the fake helm.
 */
export async function startFakeCluster(store: Record<string, Stored[]>): Promise<FakeCluster> {
  const deleted: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const helm = /^\/release\/([^/]+)\/([^/]+)$/.exec(pathname);
    if (helm) {
      deleted.push(`release ${helm[2]}`);
      for (const [resource, items] of Object.entries(store)) {
        if (resource === "namespaces" || resource === "persistentvolumeclaims") continue;
        store[resource] = items.filter(
          ({ metadata }) =>
            metadata.labels?.name !== helm[2] &&
            !(
              metadata.annotations?.["meta.helm.sh/release-name"] === helm[2] &&
              metadata.annotations?.["meta.helm.sh/release-namespace"] === helm[1]
            ),
        );
      }
      for (const claim of store.persistentvolumeclaims ?? [])
        if (claim.metadata.annotations?.["meta.helm.sh/release-name"] === helm[2])
          remove(store, "persistentvolumeclaims", claim);
      return answer(200, {});
    }
    const [, namespace, resource = "", name] =
      /^\/(?:api|apis\/[^/]+)\/v1(?:beta1)?(?:\/namespaces\/([^/]+)(?=\/[a-z]+))?\/([a-z]+)(?:\/([^/]+))?$/.exec(
        pathname,
      ) ?? [];
    const all = store[resource] ?? [];
    const here = all.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
    if (request.method === "DELETE") {
      const found = here.find(({ metadata }) => metadata.name === name);
      if (!found) return answer(404, { kind: "Status", code: 404, message: "not found" });
      deleted.push(`${resource} ${name}`);
      remove(store, resource, found);
      return answer(200, { kind: "Status", status: "Success" });
    }
    if (request.method === "POST") {
      const made = JSON.parse(await bodyOf(request)) as Stored;
      const volume = store.persistentvolumes?.find(({ metadata }) => metadata.name === made.spec?.volumeName);
      // A volume that still names the claim that is gone is bound to no other one.
      const free = (volume?.spec?.claimRef as { uid?: string } | undefined)?.uid === undefined;
      made.status = { phase: free ? "Bound" : "Pending" };
      store[resource] = [...all, made];
      return answer(201, made);
    }
    const one = here.find(({ metadata }) => metadata.name === name);
    if (name !== undefined && one === undefined) return answer(404, { kind: "Status", code: 404 });
    if (one !== undefined && request.method === "PATCH") merge(one, JSON.parse(await bodyOf(request)));
    if (one !== undefined) return answer(200, one);
    const wanted = (searchParams.get("labelSelector") ?? "")
      .split(",")
      .filter(Boolean)
      .map((pair) => pair.split("="));
    const items = here.filter(({ metadata }) =>
      wanted.every(([key = "", value]) => metadata.labels?.[key] === value),
    );
    return answer(200, { kind: "List", apiVersion: "v1", metadata: {}, items });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    deleted,
    [Symbol.asyncDispose]: () => close(server),
  };
}

function remove(store: Record<string, Stored[]>, resource: string, object: Stored): void {
  if (object.metadata.finalizers?.length) {
    object.metadata.deletionTimestamp = new Date().toISOString();
    return;
  }
  store[resource] = (store[resource] ?? []).filter((other) => other !== object);
  const { name } = object.metadata;
  if (resource === "persistentvolumeclaims") {
    const volume = store.persistentvolumes?.find(({ metadata }) => metadata.name === object.spec?.volumeName);
    if (volume && volume.spec?.persistentVolumeReclaimPolicy !== "Retain")
      remove(store, "persistentvolumes", volume);
  }
  if (resource !== "namespaces") return;
  for (const [other, items] of Object.entries(store)) {
    for (const item of items) if (item.metadata.namespace === name) remove(store, other, item);
  }
}

/** As RFC 7386 has it: null takes a key away. */
function merge(into: object, patch: object): void {
  const target = into as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete target[key];
    else if (typeof value === "object" && !Array.isArray(value)) {
      target[key] ??= {};
      merge(target[key] as object, value);
    } else target[key] = value;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
