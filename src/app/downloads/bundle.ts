import { unpackBundle } from "../../bundle/unpack.ts";
import { findAlwaysPulled } from "../../deploy/render.ts";
import { UserError } from "../../lib/errors.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import type { Supply } from "../../sources/web/web.ts";
import { showPath } from "../../yaml/mistakes.ts";
import type { Session } from "../session/session.ts";

/**
 * Unpacks a bundle into the cache. Returns the supply that installs exactly the bundle's lock, without any request.
 */
export async function unpackSupply(session: Session, file: string): Promise<Supply> {
  const { context, loaded, recorder } = session;
  const shownFile = showPath(loaded.cwd, file);
  const { manifest, lock, bundle, added } = await recorder.phase(
    "unpack bundle",
    () => unpackBundle(context, file),
    () => `the bundle to be unpacked`,
  );
  const { createdAt, monstack } = manifest;
  const cacheState =
    added === 0 ? "all of it is in the cache already" : `${added} of its parts put into the cache`;
  context.log.info(
    `bundle ${shownFile}, made at ${createdAt} by monstack ${monstack}: ${cacheState}, sha256 verified`,
  );
  return { lock, lockedBy: `the bundle ${shownFile}`, offline: `--bundle ${shownFile}`, bundle };
}

/**
 * Refuses containers for which the kubelet would request an image from a registry although the run is offline.
 * @throws UserError that names these containers, before anything is deployed
 */
export function refusePulls({ supply }: Pick<Session, "supply">, apps: readonly RenderedApp[]): void {
  if (supply.offline === undefined) return;
  const pulled = findAlwaysPulled(apps);
  if (pulled.length === 0) return;
  const lines = pulled.map(
    ({ app, object, container, image }) => `  app ${app}: container ${container} of ${object} (${image})`,
  );
  throw new UserError(
    `${supply.offline} allows no request, and with the pull policy Always the kubelet would make one for\n${lines.join("\n")}`,
    {
      fix: "set imagePullPolicy (in most charts image.pullPolicy) to IfNotPresent there, and give the image a tag that is not `latest`",
    },
  );
}
