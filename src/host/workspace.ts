import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";

/** The folder that a configuration belongs to: a checkout, as a rule. */
export interface Workspace {
  /** Absolute. */
  readonly folder: string;
  /** Whether a path is written as one below the folder, whatever links make of it. */
  isNamedBelow(path: string): boolean;
  /** Absolute paths with logins that the user or the environment named. No file may name them; monstack itself reads them. */
  readonly secrets: readonly string[];
  /** Why a path must not be followed from a file; undefined when it leads to something below the folder. */
  refusal(path: string): string | undefined;
}

/**
 * Files in a checkout that no file of the same checkout may name: git's own, in which a token can be, and the logins that
 * google-github-actions/auth writes into the workspace.
 */
const secretNames = /^(\.git|gha-creds-.*\.json)$/i;

/**
 * The workspace of a run: on GitHub the job's, where the working folder lies in it, else the working folder.
 * @param cwd absolute
 * @param secrets files with logins that the user named, e.g. the kubeconfig
 */
export function findWorkspace(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  secrets: readonly (string | undefined)[] = [],
): Workspace {
  const ofJob = env["GITHUB_WORKSPACE"];
  const isInJob =
    ofJob?.startsWith("/") && isBelow(resolveRealPath(cwd) ?? cwd, resolveRealPath(ofJob) ?? ofJob);
  const folder = ofJob !== undefined && isInJob ? ofJob : cwd;
  const named = [...secrets, ...secretVariables.flatMap((name) => env[name]?.split(":") ?? [])];
  return createWorkspace(
    folder,
    named.filter((path) => path !== undefined && path !== "").map((path) => resolve(cwd, path as string)),
  );
}

/** Variables that name files with logins, and the runner's own folder. */
const secretVariables = ["KUBECONFIG", "GOOGLE_APPLICATION_CREDENTIALS", "RUNNER_TEMP"];

/**
 * Links are followed at the time of the question.
 * @param secrets absolute paths of files and folders that may lie in it and that no file of it may name
 */
export function createWorkspace(folder: string, secrets: readonly string[] = []): Workspace {
  const root = resolveRealPath(folder) ?? resolve(folder);
  const isNamedBelow = (path: string) =>
    isBelow(resolve(path), root) || isBelow(resolve(path), resolve(folder));
  return {
    folder,
    secrets,
    isNamedBelow,
    refusal: (path) => {
      const leadsTo = resolveDestination(resolve(path));
      if (leadsTo === undefined) return "it leads through a link to nothing, or in a circle";
      if (!isBelow(leadsTo, root)) return "it lies outside the workspace";
      const secret = relative(root, leadsTo)
        .split(sep)
        .find((name) => secretNames.test(name));
      if (secret !== undefined) return `${secret} can hold secrets of the job`;
      const isSecret = (path: string) => !isBelow(root, path) && isBelow(leadsTo, path);
      return secrets.map((path) => resolveRealPath(path) ?? path).some(isSecret)
        ? "it can hold secrets of the job"
        : undefined;
    },
  };
}

/**
 * Returns where a path leads, with links resolved in the part of it that exists. Undefined for a dangling link: what would be
 * created through it could be anywhere.
 */
function resolveDestination(path: string): string | undefined {
  const found = resolveRealPath(path);
  if (found !== undefined) return found;
  if (isThere(path)) return undefined;
  const above = dirname(path);
  const parent = above === path ? path : resolveDestination(above);
  return parent === undefined ? undefined : join(parent, basename(path));
}

function resolveRealPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** A link that leads to nothing, too. What can't be looked at counts as there. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
