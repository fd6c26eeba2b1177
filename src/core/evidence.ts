import { join } from "node:path";
import { messageOf } from "../host/errors.ts";
import { hide } from "../host/logger.ts";
import type { Session } from "./session.ts";

/** Characters of k3s' log that are kept, from its end: about what its first minutes write. */
const mostCharacters = 2_000_000;

/** Keeps what a teardown takes away and somebody will want to read after a failure: k3s' log, beside the report. */
export async function keepEvidence({ context, loaded, secrets }: Session): Promise<void> {
  const { host, log } = context;
  const path = join(loaded.config.reportDir, "k3s.log");
  try {
    const text = await host.files.read(join(loaded.config.stateDir, "k3s.log"));
    if (text === undefined) return;
    await host.files.write(path, hide(text.slice(-mostCharacters), secrets));
    log.info(`k3s' log is kept in ${path}`);
  } catch (error) {
    // A full disk, say: the teardown that comes next matters more.
    log.warn(`k3s' log could not be kept in ${path}: ${messageOf(error)}`);
  }
}
