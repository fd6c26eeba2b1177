import { STATUS_CODES } from "node:http";
import {
  ApiException,
  type ConfigurationOptions,
  HttpMethod,
  type KubeConfig,
  Observable,
  type ObservableMiddleware,
  RequestContext,
} from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { BoundedHttp } from "../host/kube-http.ts";
import { describeError } from "../lib/errors.ts";
import { shorten } from "../lib/text.ts";

/** The API server responded with a status other than 200. */
export class ApiError extends Error {
  readonly status: number;

  constructor(path: string, status: number, body: string) {
    super(`${path}: HTTP ${status}: ${parseStatusMessage(body)}`);
    this.name = "ApiError";
    this.status = status;
  }
}

interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

interface ApiRequest {
  /** Default GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/**
 * Sends requests to the API server with the official client's authentication and transport. The client's own `Watch`
 * can't be stopped while it is connecting, and its lists use other types than the watch. This interface uses plain
 * JSON for both.
 */
export interface Api {
  /** Returns the body of a response with status 200. @throws ApiError for another status, or the transport's error */
  readText(path: string, signal: AbortSignal): Promise<string>;
  /** Sends one request, follows redirects and returns the response with any status. @throws the transport's error */
  send(path: string, signal: AbortSignal, request?: ApiRequest): Promise<{ status: number; body: string }>;
  /** Yields one event per line until the server ends the watch or the signal fires. */
  watch(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent>;
}

/** Returns an API client for the current context of a kubeconfig. */
export function createApi(kube: KubeConfig): Api {
  const send = async (path: string, signal: AbortSignal, options: ApiRequest = {}) => {
    const cluster = kube.getCurrentCluster();
    if (!cluster) throw new Error("the kubeconfig has no current cluster");
    const url = `${cluster.server.replace(/\/$/, "")}${path}`;
    const request = new RequestContext(url, (options.method ?? HttpMethod.GET) as HttpMethod);
    for (const [name, value] of Object.entries(options.headers ?? {})) request.setHeaderParam(name, value);
    if (options.body !== undefined) request.setBody(options.body);
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
    readText: async (path, signal) => (await sendOk(path, signal)).text(),
    send: async (path, signal, request) => {
      const response = await send(path, signal, request);
      return { status: response.httpStatusCode, body: await response.body.text() };
    },
    watch: async function* (path, signal) {
      const stream = (await sendOk(path, signal)).stream();
      if (!stream) return;
      yield* readWatchEvents(stream);
    },
  };
}

/** Maximum characters of one watch event. An object has at most one or two megabytes. */
const maxEventCharacters = 32 * 1024 ** 2;

/**
 * Yields the events of a watch's response, one per line. The parts of a line are joined only when it is complete: a
 * search through the whole text after each part would take quadratic time.
 * @throws Error for a line longer than `maxEventCharacters`
 */
async function* readWatchEvents(stream: ReadableStream<Uint8Array>): AsyncGenerator<WatchEvent> {
  const decoder = new TextDecoder();
  let lineParts: string[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [index, part] of parts.entries()) {
      lineParts.push(part);
      length += part.length;
      if (length > maxEventCharacters) throw new Error("an event of the API server's watch has no end");
      if (index === parts.length - 1) break;
      const line = lineParts.join("");
      [lineParts, length] = [[], 0];
      if (line.trim() !== "") yield JSON.parse(line) as WatchEvent;
    }
  }
}

/** Returns the message of a Kubernetes `Status`; the start of the body if it is something else, e.g. a proxy's page. */
function parseStatusMessage(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? shorten(body, 400);
  } catch {
    return shorten(body, 400);
  }
}

/**
 * Returns options for one call of the Kubernetes client, which has no limit in time of its own: the call ends after
 * `timeoutMs` milliseconds or when the signal fires.
 */
export function limitCallTime(
  timeoutMs: number,
  signal: AbortSignal,
): ConfigurationOptions<ObservableMiddleware> {
  return {
    middleware: [
      {
        pre: (request) => {
          request.setSignal(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
          return new Observable(Promise.resolve(request));
        },
        post: (response) => new Observable(Promise.resolve(response)),
      },
    ],
    middlewareMergeStrategy: "append",
  };
}

/** Returns the HTTP status of an error that the client threw; undefined if there was no response. */
export function getErrorStatus(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/**
 * Returns the message of the API server or of the connection, without the headers that the client adds to its message.
 */
export function describeApiError(error: unknown): string {
  if (!(error instanceof ApiException)) return describeError(error);
  const body: unknown = typeof error.body === "string" ? parseJsonOrText(error.body) : error.body;
  const message = typeof body === "object" && body !== null && "message" in body ? body.message : body;
  // The client drops the body for some status codes.
  return `${error.code} ${String(message || STATUS_CODES[error.code] || "")}`.trim();
}

/** Returns the parsed JSON; the text itself if it is not JSON. */
function parseJsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Messages that an API server reports during its first seconds. Only these errors are retried. */
const transientErrors = [
  /connection re(fused|set)/i,
  /server is currently unable to handle the request/i,
  /server could not find the requested resource/i,
  /stale GroupVersion discovery|unable to retrieve the complete list of server APIs/i,
  /TLS handshake timeout|i\/o timeout|\bEOF\b|http2: client connection lost/i,
  /etcdserver: (leader changed|request timed out)|no leader/i,
  /error looking up service account|serviceaccounts? "[^"]*" not found/i,
  /namespaces? "[^"]*" not found/i,
  /failed calling webhook .{0,1000}(connection refused|no endpoints available|deadline exceeded|no service port)/is,
  /too many requests|apiserver is shutting down|apiserver not ready|server was unable to return a response in the time/i,
];

/** True if an API server reports this message only while it starts. */
export function isTransient(message: string): boolean {
  return transientErrors.some((pattern) => pattern.test(message));
}

/**
 * Returns the result of `attempt`. Retries with exponential backoff for at most `forMs` milliseconds while
 * `isRetryable` is true for the error. @throws the last error
 */
export async function retryTransient<T>(
  context: Context,
  forMs: number,
  isRetryable: (error: unknown) => boolean,
  attempt: () => Promise<T>,
): Promise<T> {
  const deadline = context.host.now() + forMs;
  let pauseMs = 250;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRetryable(error) || context.host.now() + pauseMs > deadline) throw error;
      context.log.debug(
        `trying again in ${pauseMs} ms: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    await context.host.sleep(pauseMs, context.signal);
    pauseMs = Math.min(pauseMs * 2, 2_000);
  }
}
