import type { z } from "zod";
import type { Context } from "../host/host.ts";
import { readBody } from "../host/read-body.ts";
import { describeError } from "../lib/errors.ts";
import { shorten, tryParseJson } from "../lib/text.ts";

/** Time limit of a single request of a check, in milliseconds. */
export const requestTimeoutMs = 5_000;

/** A response of any status: the caller judges it. */
export interface HttpResponse {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly body: string;
}

/** A request failed, or its response is not one that the API documents. Never means an empty result. */
export class HttpError extends Error {
  readonly url: string;
  /** Undefined if there was no response. */
  readonly status: number | undefined;
  /** How long the server was observed to send no response before the request was given up, in milliseconds; else 0. */
  readonly silentMs: number;

  constructor(
    message: string,
    url: string,
    status?: number,
    options?: { cause?: unknown; silentMs?: number },
  ) {
    super(message, options);
    this.name = "HttpError";
    this.url = url;
    this.status = status;
    this.silentMs = options?.silentMs ?? 0;
  }
}

/** A server requires a login or a certificate, and refuses the configured one. A retry would not help. */
export class AccessRefused extends HttpError {
  /** How to fix it, in one line. */
  readonly fix: string;

  constructor(
    message: string,
    url: string,
    { status, fix, cause }: { status?: number; fix: string; cause?: unknown },
  ) {
    super(message, url, status, { cause });
    this.name = "AccessRefused";
    this.fix = fix;
  }
}

/**
 * Sends one request with a time limit. Redirects are not followed.
 * @throws HttpError if there is no complete response; AccessRefused if the server requires a login that the request lacks.
 */
export async function sendRequest(
  context: Context,
  url: string,
  init: RequestInit = {},
  timeoutMs: number = requestTimeoutMs,
): Promise<HttpResponse> {
  const method = init.method ?? "GET";
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const signal = AbortSignal.any([context.signal, timeout]);
    const response = await context.host.fetch(url, { ...init, redirect: "manual", signal });
    return { method, url, status: response.status, body: await readBody(response.body) };
  } catch (error) {
    if (error instanceof AccessRefused) throw error;
    const reason = findReason(error);
    const why = timeout.aborted ? `no response within ${timeoutMs / 1000} s` : describeError(reason);
    const silentMs = timeout.aborted ? timeoutMs : 0;
    throw new HttpError(`${method} ${url}: ${why}`, url, undefined, { cause: reason, silentMs });
  }
}

/** Returns the reason of a failed fetch: its cause, and with several addresses the cause's first error. */
function findReason(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof AggregateError) return cause.errors[0] ?? cause;
  return cause ?? error;
}

/** Returns the response. @throws HttpError unless its status is 200. */
export function expectOk(response: HttpResponse): HttpResponse {
  if (response.status === 200) return response;
  throw createUnexpectedError(response, `HTTP ${response.status}`);
}

/** Returns the parsed body, whatever the status. @throws HttpError if the body is not JSON of this shape. */
export function parseJson<T>(
  response: HttpResponse,
  schema: z.ZodType<T>,
  json: unknown = tryParseJson(response.body),
): T {
  if (json === undefined) {
    const kind = /^\s*<(!doctype|html)/i.test(response.body) ? "HTML" : "something";
    throw createUnexpectedError(response, `HTTP ${response.status} and ${kind} that is not JSON`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  const where = first?.path.join(".") || "the top level";
  throw createUnexpectedError(
    response,
    `HTTP ${response.status} and JSON of another shape (${where}: ${first?.message})`,
  );
}

/** Returns the body of a response of /metrics. @throws HttpError for another status or a proxy's page. */
export function expectMetrics(response: HttpResponse): string {
  const { body } = expectOk(response);
  if (/^\s*</.test(body)) throw createUnexpectedError(response, "HTML, not metrics");
  return body;
}

/** Returns the URL without slashes at its end. */
export function withoutTrailingSlash(url: string): string {
  return url.replace(/(?<!\/)\/+$/, "");
}

/** Returns a response body of at most 400 characters on one line. */
export function abridgeBody(body: string): string {
  const line = body.trim().replace(/\s+/g, " ");
  return shorten(line, 400) || "(empty body)";
}

/** Returns the error for a response that the API does not document. */
export function createUnexpectedError(response: HttpResponse, description: string): HttpError {
  const message = `${response.method} ${response.url} answered ${description}: ${abridgeBody(response.body)}`;
  return new HttpError(message, response.url, response.status);
}
