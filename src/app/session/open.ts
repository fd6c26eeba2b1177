import { type ConfigSources, type LoadedConfig, loadConfig } from "../../config/load.ts";
import { collectEnvironmentSecrets, collectSecrets } from "../../config/secrets.ts";
import type { SettingName } from "../../config/settings.ts";
import { decideTrust, fullTrust, type Trust } from "../../config/trust/decide.ts";
import { type GuardRule, guardFetch, guardFiles, refuseLinksOut } from "../../host/guards.ts";
import type { Context, Host } from "../../host/host.ts";
import { findWorkspace, type Workspace } from "../../host/workspace.ts";
import { keyVariable } from "../../journal/journal-key.ts";
import { collectCredentialsByLine } from "../../lib/redact/data.ts";
import { collectUrlCredentials } from "../../lib/redact/urls.ts";
import { version } from "../../lib/version.ts";
import { createExpressions } from "../../promql/promql.ts";
import { cacheFolder, getToolCacheFolder } from "../../sources/cache-folders.ts";
import { openSupply } from "../../sources/web/web.ts";
import { createJudge, type UpstreamProgram } from "../../upstream/judge.ts";
import { createDraft, createProgress, createRecorder, type Session } from "./session.ts";

/** What a door knows when it opens. */
export interface SessionInput extends Pick<ConfigSources, "cwd" | "file" | "inputs" | "flags" | "fetches"> {
  /** Absolute path of dist/forward.js. */
  readonly forwardScript: string;
  readonly upstreamProgram: UpstreamProgram;
  /** Absolute paths that the user named besides, as what is to be written. */
  readonly named?: readonly string[];
}

/**
 * Reads the configuration and makes ready what one call of monstack needs.
 * @throws UserError that names every mistake in the configuration
 */
export async function openSession(context: Context, input: SessionInput): Promise<Session> {
  const { host, log } = context;
  const { forwardScript, upstreamProgram, named: _, ...sources } = input;
  const judge = createJudge(context, upstreamProgram);
  for (const path of await host.temporary.removeStale())
    log.debug(`removed ${path} of a monstack that was killed`);
  const trust = await decideTrust({ ...sources, env: host.env, readFile: host.files.read });
  // On a person's own machine without any setting there is nothing to report.
  if (trust !== fullTrust) log.info(`trust: ${trust.level} (${trust.why})`);
  if (trust.warning !== undefined) log.warn(trust.warning, { title: "monstack: trust" });
  const workspace = findWorkspace(sources.cwd, host.env, [
    sources.inputs?.["kubeconfig"],
    sources.flags?.["kubeconfig"],
  ]);
  const rule = createReadingRule(host, trust, workspace);
  const reading = guardFiles(host.files, rule);
  const loaded = await loadMasked(context, reading, { ...sources, trust, workspace });
  const guarded = guardContext(context, loaded, rule, input);
  return {
    context: guarded,
    loaded,
    recorder: createRecorder(guarded),
    version,
    forwardScript,
    judge,
    expressions: createExpressions(judge),
    program: upstreamProgram,
    supply: openSupply,
    progress: createProgress(),
    draft: createDraft(loaded.config.cluster.kind),
  };
}

/** Lists the secrets in inputs and flags, valid or not. */
function listGivenSecrets({ inputs = {}, flags = {} }: Pick<ConfigSources, "inputs" | "flags">): string[] {
  return [inputs, flags].flatMap((texts) => [
    ...(texts["grafana-password"] ? [texts["grafana-password"]] : []),
    ...Object.values(texts).flatMap((text) => collectUrlCredentials(text ?? "")),
  ]);
}

/** Reads the configuration; what is secret in it is known to the log before anything is said about it. */
async function loadMasked(
  { host: { env }, log }: Context,
  files: Pick<Host["files"], "read" | "list">,
  sources: Omit<ConfigSources, "env" | "readFile" | "listFolder">,
): Promise<LoadedConfig> {
  const key = env[keyVariable];
  for (const secret of [
    ...listGivenSecrets(sources),
    ...collectEnvironmentSecrets(env),
    ...(key ? [key] : []),
  ])
    log.mask(secret);
  const texts: string[] = [];
  const readFile = async (path: string) => {
    const text = await files.read(path);
    if (text !== undefined) texts.push(text);
    return text;
  };
  try {
    const loaded = await loadConfig({ ...sources, env, readFile, listFolder: files.list });
    for (const secret of collectSecrets(loaded, env)) log.mask(secret);
    return loaded;
  } catch (error) {
    // Its message can quote what is wrong.
    for (const secret of texts.flatMap(collectCredentialsByLine)) log.mask(secret);
    throw error;
  }
}

/** Settings that name what is written. */
const writtenPaths = ["report-dir", "lock-file", "dashboard-baseline", "state-dir"] as const;

/** Creates the rule under which a configuration is read, before its settings are known. */
export function createReadingRule(host: Host, trust: Trust, workspace: Workspace): GuardRule {
  return { workspace, reads: trust.level === "restricted", own: ownFolders(host) };
}

/**
 * The context in which a configuration is acted on: no link in the workspace leads what is written out of it, nor, with
 * restricted trust, what is read. A path that the user named by a flag or an input is taken as it is where files are trusted.
 * @param named further paths that the user named, absolute
 * @param fetches false: nothing new is begun, and what is there must be able to go whatever lies in its way
 * @throws UserError for a report folder that lies behind such a link
 */
export function guardContext(
  context: Context,
  { config, origins }: Pick<LoadedConfig, "config" | "origins">,
  rule: GuardRule,
  { named = [], fetches = true }: { readonly named?: readonly string[]; readonly fetches?: boolean },
): Context {
  const { host } = context;
  const paths: Record<(typeof writtenPaths)[number], string> = {
    "report-dir": config.reportDir,
    "lock-file": config.lock.file,
    "dashboard-baseline": config.verify.dashboardBaseline,
    "state-dir": config.stateDir,
  };
  const isUsersWord = (name: SettingName) => ["env", "input", "flag"].includes(origins[name]);
  const ofUser = [...writtenPaths.filter(isUsersWord).map((name) => paths[name]), ...named];
  const isDefaultState = origins["state-dir"] === "default" && host.env["HOME"] !== undefined;
  const own = [
    ...rule.own,
    ...rule.workspace.secrets,
    ...(isDefaultState ? [config.stateDir] : []),
    // A stranger's checkout can hold a link of that name.
    ...(rule.reads ? [] : ofUser),
  ];
  const whole = { ...rule, own };
  if (fetches) refuseLinksOut(config.reportDir, whole);
  const requests = rule.reads ? guardFetch(host) : {};
  return { ...context, host: { ...host, ...requests, files: guardFiles(host.files, whole) } };
}

/** Where this user keeps what is downloaded, and what is temporary. */
function ownFolders(host: Host): string[] {
  return [cacheFolder(host), getToolCacheFolder(host), host.temporary.folder];
}
