import { InstallError, UserError } from "../lib/errors.ts";
import { type Downloaded, download } from "./web/download.ts";
import { type Web, where } from "./web/http.ts";

/** What a lock says of a download. */
export interface LockedBytes {
  readonly url: string;
  /** Hex. */
  readonly sha256: string;
  /** As messages call it: `helm v4.2.3`. */
  readonly what: string;
}

/** Downloads to `path` what the lock names, in its very bytes; of others nothing is kept. */
export async function downloadLocked(
  web: Web,
  locked: LockedBytes,
  path: string,
  options: { readonly mode?: number } = {},
): Promise<Downloaded> {
  const got = await download(web, locked.url, path, { ...options, verified: true });
  if (got.sha256 === locked.sha256) return got;
  await web.context.host.files.remove(path);
  throw notAsLocked(web, locked, got.sha256);
}

/** Other bytes came than the lock has: either they are wrong, or the lock is. That is for somebody to find out. */
export function notAsLocked(web: Web, { what, url, sha256 }: LockedBytes, got: string): InstallError {
  const { lockedBy } = web.supply;
  return new InstallError(
    `${what} is not what ${lockedBy} says: expected sha256 ${sha256}, got ${got} from ${where(web, url)}; ` +
      "nothing was kept",
    {
      fix: "the host or the mirror serves other bytes than when it was locked: find out why, and only then `monstack lock --update`",
    },
  );
}

/** Nothing is fetched that the lock doesn't name. */
export function notInLock({ supply }: Web, what: string): UserError {
  return new UserError(`${what} is not in ${supply.lockedBy}, so it is not fetched`, {
    fix: "`monstack lock` adds what the configuration asks for",
  });
}
