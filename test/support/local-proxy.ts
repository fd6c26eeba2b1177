import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

export interface LocalProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** `CONNECT host:port` and `GET http://...`, in order. */
  readonly seen: readonly string[];
}

export interface ProxyOptions {
  /** Where a `host:port` really is: a port on loopback. Others are answered 502. */
  readonly hosts: Readonly<Record<string, number>>;
  /** `user:password`; without it every request is answered 407. */
  readonly login?: string;
}

/** A real forward proxy: tunnels for CONNECT, and http requests handed on. */
export async function startProxy({ hosts, login }: ProxyOptions): Promise<LocalProxy> {
  const seen: string[] = [];
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(login).toString("base64")}`;
  const isLetIn = (asked: IncomingMessage) =>
    wanted === undefined || asked.headers["proxy-authorization"] === wanted;
  const server = createServer((asked, response) => {
    seen.push(`${asked.method} ${asked.url}`);
    if (isLetIn(asked)) handOn(asked, response, hosts);
    else response.writeHead(407).end();
  });
  server.on("connect", (asked, socket) => {
    seen.push(`CONNECT ${asked.url}`);
    const port = hosts[asked.url ?? ""];
    socket.on("error", () => socket.destroy());
    if (!isLetIn(asked)) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    if (port === undefined) return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const tunnel = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function handOn(asked: IncomingMessage, response: ServerResponse, hosts: ProxyOptions["hosts"]): void {
  const { host, pathname, search } = new URL(asked.url ?? "");
  const port = hosts[host.includes(":") ? host : `${host}:80`];
  if (port === undefined) {
    response.writeHead(502).end();
    return;
  }
  const { "proxy-authorization": _, ...headers } = asked.headers;
  const onward = request({ host: "127.0.0.1", port, path: pathname + search, method: asked.method, headers });
  onward.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  onward.end();
}

export interface TlsServer extends AsyncDisposable {
  readonly port: number;
  /** The certificate authority's file (PEM). */
  readonly ca: string;
  /** `GET /path`, in order. */
  readonly seen: readonly string[];
}

/** A real https server, with a certificate of its own for these names. */
export async function serveTls(
  folder: string,
  names: readonly string[],
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TlsServer> {
  const { key, cert, ca } = await certificateFor(folder, names);
  const seen: string[] = [];
  const server = createTlsServer({ key, cert }, (asked, response) => {
    seen.push(`${asked.method} ${asked.url}`);
    answer(asked, response);
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    ca,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A key and a certificate that is its own authority, made by openssl(1); `ca` is its file in `folder`. */
export async function certificateFor(
  folder: string,
  names: readonly string[],
): Promise<{ key: Buffer; cert: Buffer; ca: string }> {
  const [key, ca] = [join(folder, "key.pem"), join(folder, "ca.pem")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const alt = names.map((name) => `${/^[\d.]+$/.test(name) ? "IP" : "DNS"}:${name}`).join();
  const subject = ["-subj", "/CN=monstack test", "-addext", `subjectAltName=${alt}`];
  await promisify(execFile)("openssl", ["req", ...kind, "-keyout", key, "-out", ca, ...subject]);
  return { key: await readFile(key), cert: await readFile(ca), ca };
}
