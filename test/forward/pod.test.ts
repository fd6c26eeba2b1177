import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { startForwarder } from "../../src/forward/start.ts";
import { createHost } from "../../src/host/create.ts";
import { openJournal } from "../../src/journal/journal.ts";
import { tearDown } from "../../src/teardown/down.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

/** The part of `ws` that is used here; it comes with the Kubernetes client, without types. */
interface Ws {
  readonly WebSocketServer: new (options: {
    server: Server;
    handleProtocols: (offered: Set<string>) => string | false;
  }) => {
    on(event: "connection", listener: (socket: WebSocketLike, request: IncomingMessage) => void): void;
  };
}
interface WebSocketLike {
  on(event: "message", listener: (data: Buffer) => void): void;
  send(data: Buffer): void;
  close(): void;
}
const ws = "ws";
const { WebSocketServer } = (await import(ws)) as Ws;

const context = {
  host: await createHost(),
  log: createRecordingLogger(),
  signal: new AbortController().signal,
};

/** The parts of an API server that a port-forward to a service needs; the pod behind it answers in capitals. */
function startApi(ready: { pod: string | undefined }) {
  const forwarded: string[] = [];
  const api = createServer((request, response) => {
    const answer = (body: unknown) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (request.url?.startsWith("/api/v1/namespaces/monitoring/services/grafana")) {
      return answer({ metadata: { name: "grafana" }, spec: { ports: [{ name: "service", port: 80 }] } });
    }
    const endpoint = (name: string, isReady: boolean) => ({
      conditions: { ready: isReady },
      addresses: ["10.42.0.9"],
      targetRef: { kind: "Pod", name },
    });
    return answer({
      items: [
        {
          metadata: { name: "grafana-x" },
          addressType: "IPv4",
          ports: [{ name: "service", port: 3000 }],
          endpoints: [endpoint("starting", false), ...(ready.pod ? [endpoint(ready.pod, true)] : [])],
        },
      ],
    });
  });
  const sockets = new WebSocketServer({
    server: api,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  sockets.on("connection", (socket, { url = "" }: IncomingMessage) => {
    forwarded.push(url);
    // Both channels begin with the port's number, as the kubelet's do.
    for (const channel of [0, 1]) socket.send(Buffer.from([channel, 0xb8, 0x0b]));
    socket.on("message", (data: Buffer) => {
      const text = data.subarray(1).toString();
      if (text === "bye") return socket.close();
      socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(text.toUpperCase())]));
    });
  });
  return { api, forwarded };
}

it("goes through the API server to a ready pod, found anew for each connection", async () => {
  const root = await mkdtemp(join(tmpdir(), "forward-pod-"));
  const stateDir = join(root, "state");
  const ready: { pod: string | undefined } = { pod: "grafana-1" };
  const { api, forwarded } = startApi(ready);
  api.listen(0, "127.0.0.1");
  await once(api, "listening");
  const kubeconfig = join(root, "kubeconfig");
  const server = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: {} }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    }),
  );
  const target = {
    kind: "pod",
    kubeconfig,
    context: "x",
    namespace: "monitoring",
    service: "grafana",
    port: 80,
  } as const;
  const { grafana } = await startForwarder(context, {
    stateDir,
    journal: await openJournal(context.host, stateDir),
    listeners: [{ name: "grafana", port: 23_000, target }],
    script: fileURLToPath(new URL("../../src/forward/main.ts", import.meta.url)),
    whenBusy: "other",
  });
  const ask = async (text: string) => {
    const client = connect(grafana?.port ?? 0, "127.0.0.1");
    client.write(text);
    const [data] = (await once(client, "data")) as [Buffer];
    client.write("bye");
    await once(client, "end");
    client.destroy();
    return data.toString();
  };
  try {
    expect(await ask("hello")).toBe("HELLO");
    ready.pod = undefined;
    await expect(ask("is anybody there")).rejects.toMatchObject({ code: "ECONNRESET" });
    ready.pod = "grafana-2";
    expect(await ask("again")).toBe("AGAIN");
    const pods = forwarded.map((url) => /pods\/([^/]+)\/portforward\?ports=(\d+)/.exec(url)?.slice(1));
    expect(pods).toEqual([
      ["grafana-1", "3000"],
      ["grafana-2", "3000"],
    ]);
  } finally {
    await tearDown(context, { stateDir });
    api.closeAllConnections();
    api.close();
    await rm(root, { recursive: true });
  }
});
