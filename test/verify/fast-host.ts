import type { Stack } from "../../src/stack/stack.ts";

/** The same stack on a host whose clock goes so much faster than the one on the wall. */
export function withFastHost(stack: Stack, speed: number): Stack {
  const { host } = stack.context;
  const start = host.now();
  const fast = {
    ...host,
    now: () => start + (host.now() - start) * speed,
    sleep: (ms: number, signal?: AbortSignal) => host.sleep(ms / speed, signal),
  };
  return { ...stack, context: { ...stack.context, host: fast } };
}
