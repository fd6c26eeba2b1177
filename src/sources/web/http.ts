import { InstallError, Interrupted } from "../../lib/errors.ts";
import { showUrl } from "../../lib/redact/urls.ts";
import { exchange } from "./exchange.ts";
import { backOff } from "./patience.ts";
import { Transient } from "./trouble.ts";
import { type Answer, type RequestOptions, seconds, type Web, where } from "./web.ts";

export { HttpStatusError } from "./trouble.ts";
export type { Answer, HostCredentials, Refusal, Web } from "./web.ts";
export { whence, where } from "./web.ts";

/** What a try must bring to be no failure but a piece of the way. */
const worthwhile = 1024 ** 2;

/**
 * Asks for `url`, through the mirrors, and hands the answer to `read`; the whole, reading included, is tried again on
 * a failure that may pass: no connection, 403, 408, 429, 5xx, a body cut off or standing still.
 * @throws HttpStatusError for any other status (404, ...) and a 403 that stays, InstallError when the tries, the time for
 *   waiting or the time in all are used up, Interrupted, and whatever `read` throws of its own.
 */
export async function request<T>(
  web: Web,
  url: string,
  read: (answer: Answer) => Promise<T>,
  options: RequestOptions = {},
): Promise<T> {
  const { context, patience } = web;
  refuseOffline(web, url);
  const until = context.host.now() + patience.totalMs;
  const kept = options.kept ?? (() => 0);
  let waitedMs = 0;
  for (let tried = 1; ; tried++) {
    const before = kept();
    try {
      return await exchange(web, url, { read, until, ...options });
    } catch (error) {
      if (context.signal.aborted) throw new Interrupted();
      if (!(error instanceof Transient)) throw error;
      if (kept() - before >= worthwhile) [tried, waitedMs] = [1, 0];
      const waitMs = Math.max(backOff(patience, tried), error.retryAfterMs);
      const whole = `${where(web, url)}: ${error.message}`;
      const isOver = waitedMs + waitMs > patience.totalWaitMs || context.host.now() + waitMs > until;
      if (tried >= patience.tries || isOver) throw givenUp(whole, tried, error);
      const from = kept() > 0 ? `, from byte ${kept()} on` : "";
      context.log.info(
        `${whole}; trying again in ${seconds(waitMs)}${from} (${tried + 1} of ${patience.tries})`,
      );
      await context.host.sleep(waitMs, context.signal);
      waitedMs += waitMs;
    }
  }
}

/** @throws InstallError where nothing may be fetched */
export function refuseOffline({ supply }: Web, url: string): void {
  if (supply.offline === undefined) return;
  throw new InstallError(`${showUrl(url)} would be fetched, and ${supply.offline} allows no request`, {
    fix: "make the bundle again, from the configuration as it is now: `monstack bundle create`",
  });
}

function givenUp(whole: string, tried: number, error: Transient): InstallError {
  const asked = error.retryAfterMs > 0 ? `, and asks to wait ${seconds(error.retryAfterMs)}` : "";
  const often = ` (tried ${tried} ${tried === 1 ? "time" : "times"}${asked})`;
  if (error.refusal) return error.refusal(often);
  return new InstallError(`${whole}${often}`, {
    cause: error,
    fix: "try again later, or name a host that answers under `mirrors`",
  });
}
