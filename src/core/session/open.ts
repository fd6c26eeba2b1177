import { type LoadedConfig, loadConfig } from "../../config/load.ts";
import { configuredSecrets, environmentSecrets } from "../../config/secrets.ts";
import type { ConfigSources } from "../../config/sources.ts";
import type { Context } from "../../host/host.ts";
import { credentialsInLines } from "../../lib/redact/collect.ts";
import { urlCredentials } from "../../lib/redact/urls.ts";
import { openSupply } from "../../sources/web/supply.ts";
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
  const loaded = await loadMasked(context, sources);
  return {
    context,
    loaded,
    recorder: createRecorder(context),
    version,
    forwardScript,
    supply: openSupply,
    progress: noProgress(),
    draft: emptyDraft(loaded.config.cluster.kind),
  };
}

/** Those in inputs and flags, whether or not they are right. */
function givenSecrets({ inputs = {}, flags = {} }: Pick<ConfigSources, "inputs" | "flags">): string[] {
  return [inputs, flags].flatMap((texts) => [
    ...(texts["grafana-password"] ? [texts["grafana-password"]] : []),
    ...Object.values(texts).flatMap((text) => urlCredentials(text ?? "")),
  ]);
}

/** Reads the configuration; what is secret in it is known to the log before anything is said about it. */
async function loadMasked(
  { host, log }: Context,
  sources: Omit<SessionInput, "forwardScript">,
): Promise<LoadedConfig> {
  const { env, files } = host;
  for (const secret of [...givenSecrets(sources), ...environmentSecrets(env)]) log.mask(secret);
  const texts: string[] = [];
  const readFile = async (path: string) => {
    const text = await files.read(path);
    if (text !== undefined) texts.push(text);
    return text;
  };
  try {
    const loaded = await loadConfig({ ...sources, env, readFile, listFolder: files.list });
    for (const secret of configuredSecrets(loaded, env)) log.mask(secret);
    return loaded;
  } catch (error) {
    // Its message can quote what is wrong.
    for (const secret of texts.flatMap(credentialsInLines)) log.mask(secret);
    throw error;
  }
}
