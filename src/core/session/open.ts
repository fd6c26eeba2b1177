import { loadConfig } from "../../config/load.ts";
import type { ConfigSources } from "../../config/sources.ts";
import { decideTrust, fullTrust } from "../../config/trust/decide.ts";
import { guardFiles } from "../../host/guard-files.ts";
import type { Context } from "../../host/host.ts";
import { workspaceOf } from "../../host/workspace.ts";
import { openSupply } from "../../sources/web/supply.ts";
import { keyVariable } from "../../teardown/journal-key.ts";
import { guardContext, readingRule } from "./guard.ts";
import { createRecorder } from "./recorder.ts";
import { emptyDraft, noProgress, type Session } from "./session.ts";
import { version } from "./version.ts";

/** What a door knows when it opens. */
export interface SessionInput extends Pick<ConfigSources, "cwd" | "file" | "inputs" | "flags" | "fetches"> {
  /** Absolute path of dist/forward.js. */
  readonly forwardScript: string;
  /** Absolute paths that the user named besides, as what is to be written. */
  readonly named?: readonly string[];
}

/**
 * Reads the configuration and makes ready what one call of monstack needs.
 * @throws UserError that names every mistake in the configuration
 */
export async function openSession(context: Context, input: SessionInput): Promise<Session> {
  const { host, log } = context;
  const { forwardScript, named: _, ...sources } = input;
  for (const path of await host.temporary.removeStale())
    log.debug(`removed ${path} of a monstack that was killed`);
  const trust = await decideTrust({ ...sources, env: host.env, readFile: host.files.read });
  // On a person's own machine, where nothing was said, there is nothing to tell.
  if (trust !== fullTrust) log.info(`trust: ${trust.level} (${trust.why})`);
  if (trust.warning !== undefined) log.warn(trust.warning, { title: "monstack: trust" });
  const workspace = workspaceOf(sources.cwd, host.env);
  const rule = readingRule(host, trust, workspace);
  const reading = guardFiles(host.files, rule);
  const loaded = await loadConfig({
    ...sources,
    trust,
    workspace,
    env: host.env,
    readFile: reading.read,
    listFolder: reading.list,
  });
  const guarded = guardContext(context, loaded, rule, input);
  const { grafana, repos, registries } = loaded.config;
  const { password } = grafana;
  const wanted = [...Object.values(repos), ...Object.values(registries)].flatMap(
    ({ credentials }) => credentials?.password || [],
  );
  const key = host.env[keyVariable];
  if (key !== undefined) log.mask(key);
  for (const secret of [...wanted, ...(password === undefined ? [] : [password])]) log.mask(secret);
  return {
    context: guarded,
    loaded,
    recorder: createRecorder(guarded),
    version,
    forwardScript,
    supply: openSupply,
    progress: noProgress(),
    draft: emptyDraft(loaded.config.cluster.kind),
  };
}
