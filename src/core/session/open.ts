import { loadConfig } from "../../config/load.ts";
import type { ConfigSources } from "../../config/sources.ts";
import type { Context } from "../../host/host.ts";
import { openSupply } from "../../sources/web/supply.ts";
import { keyVariable } from "../../teardown/journal-key.ts";
import { createRecorder } from "./recorder.ts";
import { emptyDraft, noProgress, type Session } from "./session.ts";
import { version } from "./version.ts";

/** What a door knows when it opens. */
export interface SessionInput extends Pick<ConfigSources, "cwd" | "file" | "inputs" | "flags" | "fetches"> {
  /** Absolute path of dist/forward.js. */
  readonly forwardScript: string;
}

/**
 * Reads the configuration and makes ready what one call of monstack needs.
 * @throws UserError that names every mistake in the configuration
 */
export async function openSession(context: Context, input: SessionInput): Promise<Session> {
  const { host, log } = context;
  const { forwardScript, ...sources } = input;
  for (const path of await host.temporary.removeStale())
    log.debug(`removed ${path} of a monstack that was killed`);
  const loaded = await loadConfig({
    ...sources,
    env: host.env,
    readFile: host.files.read,
    listFolder: host.files.list,
  });
  const { grafana, repos, registries } = loaded.config;
  const { password } = grafana;
  const wanted = [...Object.values(repos), ...Object.values(registries)].flatMap(
    ({ credentials }) => credentials?.password || [],
  );
  const key = host.env[keyVariable];
  if (key !== undefined) log.mask(key);
  for (const secret of [...wanted, ...(password === undefined ? [] : [password])]) log.mask(secret);
  return {
    context,
    loaded,
    recorder: createRecorder(context),
    version,
    forwardScript,
    secrets: wanted,
    supply: openSupply,
    progress: noProgress(),
    draft: emptyDraft(loaded.config.cluster.kind),
  };
}
