import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** The part of `ws` that is used here; it comes with the Kubernetes client, without types. */
interface Ws {
  readonly WebSocketServer: new (options: {
    server: Server;
    handleProtocols: (offered: Set<string>) => string | false;
  }) => {
    on(event: "connection", listener: (socket: Socket, request: IncomingMessage) => void): void;
  };
}
interface Socket {
  on(event: "message", listener: (data: Buffer) => void): void;
  on(event: "close", listener: () => void): void;
  send(data: Buffer): void;
  close(): void;
  terminate(): void;
}
const ws = "ws";
const { WebSocketServer } = (await import(ws)) as Ws;

/** An API server with one pod whose containers' commands are real processes of this machine. */
export interface Pod extends AsyncDisposable {
  readonly url: string;
  /** Each command that was started. */
  readonly commands: string[][];
  /** What a command finds first in its PATH. */
  programs: string | undefined;
  /** Programs that its image does not have. */
  lacks: string[];
  /** Ends the connection of commands that begin with this, after this many bytes of their output. */
  cut: { readonly command: string; readonly after: number } | undefined;
  /** The containers of the pod. */
  containers: {
    name: string;
    image?: string;
    args?: string[];
    volumeMounts?: { name: string; mountPath: string; subPath?: string }[];
    securityContext?: object;
  }[];
  /** Where the volume that an added container mounts is on this machine; undefined: none may be added. */
  volume: string | undefined;
  /** Containers that were added. */
  readonly added: Added[];
}

/** An ephemeral container, as it was asked for. */
interface Added {
  readonly name: string;
  readonly volumeMounts: readonly { readonly mountPath: string }[];
}

/** @param protocol v4 can't end a command's input, v5 can */
export async function startPod(protocol: "v4" | "v5"): Promise<Pod> {
  const state: Pick<Pod, "programs" | "lacks" | "cut" | "containers" | "volume" | "added"> = {
    programs: undefined,
    lacks: [],
    cut: undefined,
    volume: undefined,
    added: [],
    containers: [
      { name: "reloader", args: ["--watched-dir=/etc/config"] },
      { name: "server", args: ["--storage.tsdb.path=/data"] },
    ],
  };
  const commands: string[][] = [];
  const api = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    const answer = (body: unknown, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (pathname.endsWith("/ephemeralcontainers")) {
      const message =
        'pods "prometheus-0" is forbidden: User "x" cannot patch resource "pods/ephemeralcontainers"';
      if (state.volume === undefined) return answer({ kind: "Status", code: 403, message }, 403);
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      const { spec } = JSON.parse(Buffer.concat(parts).toString()) as {
        spec: { ephemeralContainers: Added[] };
      };
      state.added.push(...spec.ephemeralContainers);
      return answer({ metadata: { name: "prometheus-0" } });
    }
    if (pathname.endsWith("/endpointslices")) {
      const name = searchParams.get("labelSelector")?.split("=")[1];
      const endpoint = (pod: string, ready: boolean) => ({
        conditions: { ready },
        addresses: ["10.42.0.9"],
        targetRef: { kind: "Pod", name: pod },
      });
      const endpoints = [endpoint("starting", false), endpoint(`${name}-0`, true)];
      return answer({ items: [{ metadata: { name: "x" }, addressType: "IPv4", endpoints }] });
    }
    const { containers } = state;
    return answer({
      metadata: { name: pathname.split("/").at(-1), namespace: "monitoring" },
      spec: { containers },
      status: {
        ephemeralContainerStatuses: state.added.map(({ name }) => ({ name, state: { running: {} } })),
      },
    });
  });
  const sockets = new WebSocketServer({
    server: api,
    handleProtocols: (offered) => [...offered].find((one) => one.startsWith(protocol)) ?? false,
  });
  const open = new Set<Socket>();
  sockets.on("connection", (socket, { url = "" }) => {
    open.add(socket);
    const query = new URL(url, "http://x").searchParams;
    const command = query.getAll("command");
    commands.push(command);
    const helper = state.added.find(({ name }) => name === query.get("container"));
    if (helper !== undefined) {
      if (command[0] === "kill") return runIn(socket, ["true"], state);
      // What it mounts is somewhere else on this machine.
      const { mountPath = "" } = helper.volumeMounts[0] ?? {};
      const words = command.map((word) => word.replace(mountPath, state.volume ?? ""));
      return runIn(socket, words, state);
    }
    if (query.get("container") !== "server") throw new Error("a command in another container");
    if (state.lacks.includes(command[0] ?? "")) return refuse(socket, command[0] ?? "");
    runIn(socket, command, state);
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    commands,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.terminate();
      api.closeAllConnections();
      await new Promise((resolve) => api.close(resolve));
    },
  });
}

/** Channels as the kubelet's: 0 input, 1 output, 2 errors, 3 how it ended; 255 ends one. */
function runIn(
  socket: Socket,
  [file = "", ...args]: string[],
  { programs, cut }: Pick<Pod, "programs" | "cut">,
): void {
  const path = programs === undefined ? process.env.PATH : `${programs}:${process.env.PATH}`;
  const child = spawn(file, args, { env: { PATH: path }, stdio: "pipe" });
  const send = (channel: number, data: Buffer) => socket.send(Buffer.concat([Buffer.from([channel]), data]));
  let left = cut !== undefined && file === cut.command ? cut.after : Number.POSITIVE_INFINITY;
  child.stdout.on("data", (data: Buffer) => {
    left -= data.length;
    if (left < 0) socket.terminate();
    else send(1, data);
  });
  child.stderr.on("data", (data: Buffer) => send(2, data));
  child.stdin.on("error", () => {});
  socket.on("message", (data) => {
    if (data[0] === 0) child.stdin.write(data.subarray(1));
    if (data[0] === 255) child.stdin.end();
  });
  socket.on("close", () => child.kill("SIGKILL"));
  const end = (status: unknown) => {
    send(3, Buffer.from(JSON.stringify(status)));
    socket.close();
  };
  child.on("close", (code) => {
    if (code === 0) return end({ metadata: {}, status: "Success" });
    const causes = [{ reason: "ExitCode", message: String(code) }];
    const message = `command terminated with non-zero exit code: exit status ${code}`;
    return end({ status: "Failure", reason: "NonZeroExitCode", message, details: { causes } });
  });
}

/** In the words of containerd and runc. */
function refuse(socket: Socket, program: string): void {
  const message = `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "6f": OCI runtime exec failed: exec failed: unable to start container process: exec: "${program}": executable file not found in $PATH: unknown`;
  const status = { metadata: {}, status: "Failure", message, reason: "InternalError", code: 500 };
  socket.send(Buffer.concat([Buffer.from([3]), Buffer.from(JSON.stringify(status))]));
  socket.close();
}
