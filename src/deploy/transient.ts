import type { Context } from "../host/host.ts";

/**
 * What an API server says in its first seconds, when it answers but not all of it does yet. Nothing else is tried
 * again: a wrong value stays wrong.
 */
const transientWords = [
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

export function isTransient(words: string): boolean {
  return transientWords.some((pattern) => pattern.test(words));
}

/** Tries again, for at most `forMs` milliseconds, as long as `again` says of the error that it may go away. */
export async function retryTransient<T>(
  context: Context,
  forMs: number,
  again: (error: unknown) => boolean,
  attempt: () => Promise<T>,
): Promise<T> {
  const deadline = context.host.now() + forMs;
  let pauseMs = 250;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!again(error) || context.host.now() + pauseMs > deadline) throw error;
      context.log.debug(
        `trying again in ${pauseMs} ms: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    await context.host.sleep(pauseMs, context.signal);
    pauseMs = Math.min(pauseMs * 2, 2_000);
  }
}
