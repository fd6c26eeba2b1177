import { InstallError } from "../../lib/errors.ts";

/** GitHub's downloads take one; each mirror in front may add one. */
export const mostRedirects = 10;

/**
 * Where an answer sends to, if it may.
 * @param verified what comes is held against a checksum of its own: then any host may send it
 * @param what the request as messages call it
 * @throws InstallError when the way leads from https to http, or what nothing verifies would come from another site.
 */
export function nextHop(
  from: string,
  location: string | null,
  { verified, what }: { readonly verified: boolean; readonly what: string },
): string {
  if (location === null || !URL.canParse(location, from))
    throw new InstallError(`${what}: it redirects, but not to an address (${JSON.stringify(location)})`, {
      fix: "the host, the mirror or a proxy before it is not set up well: ask who runs it",
    });
  const [here, there] = [new URL(from), new URL(location, from)];
  // A query can be a signature that lets anybody in.
  const target = `${there.origin}${there.pathname}`;
  if (there.protocol !== "https:" && there.protocol !== here.protocol)
    throw new InstallError(`${what}: it redirects from https to ${target}, where anybody could answer`, {
      fix: "don't use what comes from there; if it is a mirror of your own, name its http address in `mirrors`",
    });
  if (!verified && !isSameSite(here.hostname, there.hostname))
    throw new InstallError(
      `${what}: it redirects to another host, ${target}, and no checksum says what must come from there`,
      { fix: `if that host is the right one, name it: mirrors: {"${here.origin}/": "${there.origin}/"}` },
    );
  return there.href;
}

/**
 * One host below the other, or GitHub's own for files. Where the owners' border lies between two names side by side
 * (a.github.io, b.github.io) only a list of the world's suffixes knows; so those are never one site here.
 */
function isSameSite(from: string, to: string): boolean {
  if (from === to || to.endsWith(`.${from}`) || from.endsWith(`.${to}`)) return true;
  return from === "github.com" && to.endsWith(".githubusercontent.com");
}
