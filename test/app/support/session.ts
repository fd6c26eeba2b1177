import { join } from "node:path";
import { openSession as open } from "../../../src/app/session/open.ts";
import type { Session } from "../../../src/app/session/session.ts";
import { createHost } from "../../../src/host/create.ts";
import type { Host } from "../../../src/host/host.ts";
import { upstreamProgram } from "../../support/judge.ts";
import { createRecordingLogger, type RecordingLogger } from "../../support/recording-logger.ts";
import type { World } from "./world.ts";

export interface SessionOptions {
  readonly flags?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** A machine with a fault. */
  readonly change?: (host: Host) => Host;
}

/** A session as a door opens it, in a world's folder. */
export async function openSession(
  world: World,
  { flags = {}, signal = new AbortController().signal, change = (host) => host }: SessionOptions = {},
): Promise<{ readonly session: Session; readonly log: RecordingLogger }> {
  const host = change(
    await createHost({ PATH: process.env.PATH, HOME: world.home, MONSTACK_STATE_DIR: world.stateDir }),
  );
  const log = createRecordingLogger();
  const forwardScript = join(import.meta.dirname, "../../../src/forward/main.ts");
  const sources = { cwd: world.folder, flags, forwardScript, upstreamProgram };
  const session = await open({ host, log, signal }, sources);
  return { session, log };
}
