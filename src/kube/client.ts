import { STATUS_CODES } from "node:http";
import {
  ApiException,
  type ConfigurationOptions,
  Observable,
  type ObservableMiddleware,
} from "@kubernetes/client-node";
import { messageOf } from "../lib/errors.ts";

/**
 * Options for one call of the Kubernetes client, which has no limit in time of its own: the call ends after
 * `timeoutMs` milliseconds or when the signal fires.
 */
export function bounded(timeoutMs: number, signal: AbortSignal): ConfigurationOptions<ObservableMiddleware> {
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

/** The HTTP status of an answer that the client threw; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/** What the API server, or else the connection, said: without the headers that the client puts into its message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof ApiException)) return messageOf(error);
  const body: unknown = typeof error.body === "string" ? parsed(error.body) : error.body;
  const said = typeof body === "object" && body !== null && "message" in body ? body.message : body;
  // For some codes the client drops the body.
  return `${error.code} ${String(said || STATUS_CODES[error.code] || "")}`.trim();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
