import { unpackBundle } from "../../bundle/unpack.ts";
import type { Supply } from "../../sources/web/web.ts";
import { showPath } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";

/**
 * Opens a bundle. Returns the supply that installs exactly the bundle's lock, without any request.
 */
export async function unpackSupply(session: Session, file: string): Promise<Supply> {
  const { context, loaded, recorder } = session;
  const shownFile = showPath(loaded.cwd, file);
  const { manifest, lock, bundle, blobs, added } = await recorder.phase(
    "open bundle",
    () => unpackBundle(context, file),
    () => `the bundle to be opened`,
  );
  const { createdAt, monstack } = manifest;
  const cacheState =
    added === 0 ? "all of it is in the cache already" : `${added} of its parts put into the cache`;
  context.log.info(
    `bundle ${shownFile}, made at ${createdAt} by monstack ${monstack}: ${cacheState}, sha256 verified`,
  );
  return { lock, lockedBy: `the bundle ${shownFile}`, offline: `--bundle ${shownFile}`, bundle, blobs };
}
