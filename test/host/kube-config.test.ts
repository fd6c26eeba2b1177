import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createSecureServer } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { limitCallTime } from "../../src/kube/api.ts";
import { SharingKubeConfig } from "../../src/kube/kube-config.ts";
import { certificateFor } from "../support/local-proxy.ts";

interface Asked {
  readonly socket: Socket;
  readonly httpVersion: string;
  readonly authorization: string | undefined;
}

/** An API server over TLS that would rather speak HTTP/2, as Kubernetes' does, and has no namespaces. */
async function api() {
  const folder = await mkdtemp(join(tmpdir(), "monstack-kube-config-"));
  const asked: Asked[] = [];
  const held: (() => void)[] = [];
  const open = new Set<Socket>();
  const { key, cert } = await certificateFor(folder, ["127.0.0.1"]);
  const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
    const { socket, httpVersion, headers } = request;
    asked.push({ socket, httpVersion, authorization: headers.authorization });
    const answer = () => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ apiVersion: "v1", kind: "NamespaceList", items: [] }));
    };
    if (holding) held.push(answer);
    else answer();
  });
  let holding = false;
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const users = [
    { name: "one", token: "1" },
    { name: "two", token: "2" },
    {
      name: "plugin",
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: "cat",
        args: [join(folder, "credential")],
        interactiveMode: "Never",
      },
    },
  ];
  const kube = new SharingKubeConfig();
  kube.loadFromOptions({
    clusters: [
      {
        name: "c",
        server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
        caData: cert.toString("base64"),
      },
    ],
    users,
    contexts: users.map(({ name }) => ({ name, cluster: "c", user: name })),
    currentContext: "one",
  });
  const core = kube.makeApiClient(CoreV1Api);
  return {
    folder,
    kube,
    asked,
    connections: () => new Set(asked.map(({ socket }) => socket)).size,
    list: (signal = new AbortController().signal) => core.listNamespace({}, limitCallTime(10_000, signal)),
    /** Requests wait from now on until they are released. */
    hold: () => {
      holding = true;
    },
    held,
    closeConnections: () => {
      for (const socket of open) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

test("requests one after the other share connections, in HTTP/1.1", async () => {
  await using cluster = await api();
  for (let count = 0; count < 20; count++) expect((await cluster.list()).items).toEqual([]);
  expect(cluster.asked.map(({ httpVersion }) => httpVersion)).toEqual(Array(20).fill("1.1"));
  // A request can come while the one before it is being put away.
  expect(cluster.connections()).toBeLessThanOrEqual(2);
});

test("of requests beside each other, one that is given up leaves the others alone", async () => {
  await using cluster = await api();
  cluster.hold();
  const given = new AbortController();
  const first = cluster.list(given.signal);
  const others = [cluster.list(), cluster.list()];
  await expect.poll(() => cluster.held.length).toBe(3);
  given.abort();
  await expect(first).rejects.toThrow();
  for (const answer of cluster.held) answer();
  for (const other of await Promise.all(others)) expect(other.items).toEqual([]);
  expect(cluster.connections()).toBe(3);
});

test("a connection that the server closed is replaced", async () => {
  await using cluster = await api();
  await cluster.list();
  cluster.closeConnections();
  // The end of it has to arrive here first; a request that meets it on its way fails, as it always did.
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await cluster.list()).items).toEqual([]);
  expect(cluster.connections()).toBe(2);
});

test("another context has connections of its own", async () => {
  await using cluster = await api();
  await cluster.list();
  cluster.kube.setCurrentContext("two");
  await cluster.list();
  expect(cluster.asked.map(({ authorization }) => authorization)).toEqual(["Bearer 1", "Bearer 2"]);
  expect(cluster.connections()).toBe(2);
});

test("a user whose credentials come from a plugin has a connection for each request", async () => {
  await using cluster = await api();
  const status = { token: "from the plugin" };
  const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
  await writeFile(join(cluster.folder, "credential"), JSON.stringify(credential));
  cluster.kube.setCurrentContext("plugin");
  await cluster.list();
  await cluster.list();
  expect(cluster.asked.map(({ authorization }) => authorization)).toEqual(
    Array(2).fill("Bearer from the plugin"),
  );
  expect(cluster.connections()).toBe(2);
});
