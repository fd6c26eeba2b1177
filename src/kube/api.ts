import { HttpMethod, type KubeConfig, RequestContext } from "@kubernetes/client-node";
import { BoundedHttp } from "../host/kube-http.ts";
import { shorten } from "../lib/text.ts";

/** The API server answered, but not with 200. */
export class ApiError extends Error {
  readonly status: number;

  constructor(path: string, status: number, body: string) {
    super(`${path}: HTTP ${status}: ${statusMessage(body)}`);
    this.name = "ApiError";
    this.status = status;
  }
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

export interface ApiRequest {
  /** Default GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/**
 * Requests to the API server with the official client's authentication and transport. The client's own `Watch` can't
 * be ended while it is connecting and its lists come as models with other types than the watch's; this does both
 * with plain JSON.
 */
export interface Api {
  /** @throws ApiError, or what the transport threw. */
  text(path: string, signal: AbortSignal): Promise<string>;
  /** One request of any kind, answered with any status; throws only what the transport threw. Redirects are followed. */
  ask(path: string, signal: AbortSignal, request?: ApiRequest): Promise<{ status: number; body: string }>;
  /** Yields one event per line until the server ends the watch or the signal fires. */
  watch(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent>;
}

export function createApi(kube: KubeConfig): Api {
  const send = async (path: string, signal: AbortSignal, asked: ApiRequest = {}) => {
    const cluster = kube.getCurrentCluster();
    if (!cluster) throw new Error("the kubeconfig has no current cluster");
    const url = `${cluster.server.replace(/\/$/, "")}${path}`;
    const request = new RequestContext(url, (asked.method ?? HttpMethod.GET) as HttpMethod);
    for (const [name, value] of Object.entries(asked.headers ?? {})) request.setHeaderParam(name, value);
    if (asked.body !== undefined) request.setBody(asked.body);
    await kube.applySecurityAuthentication(request);
    request.setSignal(signal);
    return await new BoundedHttp().send(request).toPromise();
  };
  const sendOk = async (path: string, signal: AbortSignal) => {
    const response = await send(path, signal);
    if (response.httpStatusCode === 200) return response.body;
    throw new ApiError(path.split("?")[0] ?? path, response.httpStatusCode, await response.body.text());
  };
  return {
    text: async (path, signal) => (await sendOk(path, signal)).text(),
    ask: async (path, signal, request) => {
      const response = await send(path, signal, request);
      return { status: response.httpStatusCode, body: await response.body.text() };
    },
    watch: async function* (path, signal) {
      const stream = (await sendOk(path, signal)).stream();
      if (!stream) return;
      yield* lines(stream);
    },
  };
}

/** Characters of one event: an object has at most a megabyte or two. */
const longestEvent = 32 * 1024 ** 2;

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<WatchEvent> {
  const decoder = new TextDecoder();
  // Joined when it is whole: to search all of it again with each piece would take its length squared.
  let begun: string[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [at, part] of parts.entries()) {
      begun.push(part);
      length += part.length;
      if (length > longestEvent) throw new Error("an event of the API server's watch has no end");
      if (at === parts.length - 1) break;
      const line = begun.join("");
      [begun, length] = [[], 0];
      if (line.trim() !== "") yield JSON.parse(line) as WatchEvent;
    }
  }
}

/** A Kubernetes `Status` carries its message; a proxy's page doesn't. */
function statusMessage(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? shorten(body, 400);
  } catch {
    return shorten(body, 400);
  }
}
