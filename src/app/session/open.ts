import { type ConfigSources, type LoadedConfig, loadConfig } from "../../config/load.ts";
import { collectEnvironmentSecrets, collectSecrets } from "../../config/secrets.ts";
import { isPrefix, readSetFlags, readSetInputs } from "../../config/set/lines.ts";
import type { SettingName } from "../../config/settings.ts";
import { decideTrust, fullTrust, type Trust } from "../../config/trust/decide.ts";
import { type GuardRule, guardFetch, guardFiles, refuseLinksOut } from "../../host/guards.ts";
import type { Context, Host } from "../../host/host.ts";
import { findWorkspace, type Workspace } from "../../host/workspace.ts";
import { keyVariable } from "../../journal/journal-key.ts";
import { collectCredentialsByLine } from "../../lib/redact/data.ts";
import { collectUrlCredentials } from "../../lib/redact/urls.ts";
import { createTracer } from "../../lib/trace.ts";
import { version } from "../../lib/version.ts";
import { createExpressions } from "../../promql/promql.ts";
import { getCacheFolder, getToolCacheFolder } from "../../sources/cache-folders.ts";
import { openSupply } from "../../sources/web/web.ts";
import { createJudge, type UpstreamProgram } from "../../upstream/judge.ts";
import { readPath } from "../../yaml/mistakes.ts";
import { createDraft, createProgress, createRecorder, type Session } from "./session.ts";

/** What the CLI or the action passes to a session. */
interface SessionInput extends Pick<ConfigSources, "cwd" | "file" | "inputs" | "flags" | "set" | "fetches"> {
  /** Absolute path of dist/forward.js. */
  readonly forwardScript: string;
  readonly upstreamProgram: UpstreamProgram;
  /** Further absolute paths that the user named for output. */
  readonly named?: readonly string[];
}

/**
 * Reads the configuration and creates what one call of monstack needs.
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
    ...listSetTexts(sources, ["cluster", "kubeconfig"]),
  ]);
  const rule = createReadingRule(host, trust, workspace);
  const reading = guardFiles(host.files, rule);
  const loaded = await loadMasked(context, reading, { ...sources, trust, workspace });
  const tracer = createTracer(context.host.now);
  const guarded = { ...guardContext(context, loaded, rule, input), span: tracer.root };
  return {
    context: guarded,
    loaded,
    recorder: createRecorder(guarded),
    tracer,
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

type GivenTexts = Pick<ConfigSources, "inputs" | "flags" | "set">;

/** Returns the secrets in inputs and flags, valid or not. */
function listGivenSecrets(sources: GivenTexts): string[] {
  const { inputs = {}, flags = {}, set = {} } = sources;
  const setTexts = [...Object.values(set.inputs ?? {}), ...(set.flags ?? [])];
  return [
    ...[inputs, flags].flatMap((texts) => [
      ...(texts["grafana-password"] ? [texts["grafana-password"]] : []),
      ...Object.values(texts).flatMap((text) => collectUrlCredentials(text ?? "")),
    ]),
    ...listSetTexts(sources, ["grafana", "password"]),
    ...setTexts.flatMap(collectCredentialsByLine),
  ];
}

/** Returns the texts that the input `set` and the flags `--set` give a key of the file, valid or not. */
function listSetTexts({ set = {} }: GivenTexts, key: readonly string[]): string[] {
  const lines = [...readSetInputs(set, []), ...readSetFlags(set, [])];
  return lines.flatMap(({ path, value }) => {
    const text = isPrefix(path, key) ? readPath(value, key.slice(path.length)) : undefined;
    return typeof text === "string" || typeof text === "number" ? [String(text)] : [];
  });
}

/** Loads the configuration. Masks its secrets before anything about it is logged, also if it is invalid. */
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
    // The error message can quote a secret from an invalid file.
    for (const secret of texts.flatMap(collectCredentialsByLine)) log.mask(secret);
    throw error;
  }
}

/** Settings that name files or folders that monstack writes. */
const writtenPaths = ["report-dir", "lock-file", "dashboard-baseline", "state-dir"] as const;

/** Returns the rule under which a configuration is read, before its settings are known. */
function createReadingRule(host: Host, trust: Trust, workspace: Workspace): GuardRule {
  return { workspace, checksReads: trust.level === "restricted", ownFolders: listOwnFolders(host) };
}

/**
 * Returns the context with guarded file access: no link in the workspace leads a write out of it, nor, with
 * restricted trust, a read. With full trust, paths that the user set by flag, input or environment are exempt.
 * @param named further absolute paths that the user named
 * @param fetches false if nothing new is started; then a report folder behind a link is allowed, so that a teardown
 *   works
 * @throws UserError for a report folder behind such a link
 */
function guardContext(
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
  const isSetByUser = (name: SettingName) => ["env", "input", "flag"].includes(origins[name]);
  const userPaths = [...writtenPaths.filter(isSetByUser).map((name) => paths[name]), ...named];
  const isDefaultState = origins["state-dir"] === "default" && host.env["HOME"] !== undefined;
  const exemptPaths = [
    ...rule.ownFolders,
    ...rule.workspace.secrets,
    ...(isDefaultState ? [config.stateDir] : []),
    // With restricted trust, the checkout can contain a link of that name.
    ...(rule.checksReads ? [] : userPaths),
  ];
  const completeRule: GuardRule = { ...rule, ownFolders: exemptPaths };
  if (fetches) refuseLinksOut(config.reportDir, completeRule);
  const requests = rule.checksReads ? guardFetch(host) : {};
  return { ...context, host: { ...host, ...requests, files: guardFiles(host.files, completeRule) } };
}

/** Returns the folders of this user's downloads and temporary files. */
function listOwnFolders(host: Host): string[] {
  return [getCacheFolder(host), getToolCacheFolder(host), host.temporary.folder];
}
