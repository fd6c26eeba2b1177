/** How long a host that doesn't answer well is borne with. All times in milliseconds. */
export interface Patience {
  /** Requests in all, the first one included. */
  readonly tries: number;
  /** Before the second try; three times as long before each further one. */
  readonly firstWaitMs: number;
  /** No waiting beyond this in all; a Retry-After that asks for more ends the tries. */
  readonly totalWaitMs: number;
  /** A request over which no byte came for so long has failed. */
  readonly stallMs: number;
  /** A request with all its tries and waits, however well it goes. */
  readonly totalMs: number;
}

export const defaultPatience: Patience = {
  tries: 4,
  firstWaitMs: 1_000,
  totalWaitMs: 60_000,
  stallMs: 30_000,
  totalMs: 20 * 60_000,
};

/** Milliseconds to wait after the given number of tries; half of it by chance, so that many jobs don't come back at once. */
export function backOff(patience: Patience, tried: number): number {
  return patience.firstWaitMs * 3 ** (tried - 1) * (0.5 + Math.random() / 2);
}
