import type { LoadedConfig } from "../../config/load.ts";
import type { SettingName } from "../../config/settings.ts";
import type { Trust } from "../../config/trust/decide.ts";
import { type GuardRule, guardFetch, guardFiles, refuseLinksOut } from "../../host/guard-files.ts";
import type { Context, Host } from "../../host/host.ts";
import type { Workspace } from "../../host/workspace.ts";
import { cacheFolder, toolCacheFolder } from "../../sources/cache-folders.ts";

/** Settings that name what is written. */
const written = ["report-dir", "lock-file", "dashboard-baseline", "state-dir"] as const;

/** What a configuration is read under: nothing is known yet of what it sets. */
export function readingRule(host: Host, trust: Trust, workspace: Workspace): GuardRule {
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
  const paths: Record<(typeof written)[number], string> = {
    "report-dir": config.reportDir,
    "lock-file": config.lock.file,
    "dashboard-baseline": config.verify.dashboardBaseline,
    "state-dir": config.stateDir,
  };
  const isUsersWord = (name: SettingName) => ["env", "input", "flag"].includes(origins[name]);
  const ofUser = [...written.filter(isUsersWord).map((name) => paths[name]), ...named];
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
  return [cacheFolder(host), toolCacheFolder(host), host.temporary.folder];
}
