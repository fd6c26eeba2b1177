import { unpackBundle } from "../bundle/unpack.ts";
import { showPath } from "../config/mistakes.ts";
import type { Supply } from "../sources/supply.ts";
import type { Session } from "./session.ts";

/** Puts a bundle's parts into the cache; from then on its lock is what is installed, and nothing is fetched. */
export async function supplyFrom(session: Session, file: string): Promise<Supply> {
  const { context, loaded, recorder } = session;
  const shown = showPath(loaded.cwd, file);
  const { manifest, lock, added } = await recorder.phase("unpack bundle", () => unpackBundle(context, file));
  const { createdAt, monstack } = manifest;
  const what = added === 0 ? "all of it is in the cache already" : `${added} of its parts put into the cache`;
  context.log.info(`bundle ${shown}, made at ${createdAt} by monstack ${monstack}: ${what}, sha256 verified`);
  return { lock, lockedBy: `the bundle ${shown}`, offline: `--bundle ${shown}` };
}
